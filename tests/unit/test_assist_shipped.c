/* The strategies that the core brings along. */
#include "patch/patch.h"
#include "strategy_files.h"

/* What the core brings along is whole: each loads without a warning, says what it is, and asks for the format it states. */
static void
test_the_shipped_ones (void **state)
{
  (void) state;
  struct aid_vec list;
  assert_int_equal (aid_strategy_list (NULL, &list, NULL), AID_OK);
  assert_true (list.len >= 11);
  for (size_t i = 0; i < list.len; i++)
    {
      const struct aid_strategy_listed *l = &AID_VEC_AT (struct aid_strategy_listed, &list, i);
      struct aid_scene scene;
      struct aid_str out = AID_STR_INIT (AID_TEMPLATE_MAX);
      if (!l->strategy)
        fail_msg ("%s", l->error);
      assert_string_equal (aid_str_z (&l->strategy->warnings), "");
      assert_non_null (l->strategy->description);
      assert_int_equal (aid_scene_find (root, AID_SPAN (""), 0, NULL, NULL, &scene, NULL), AID_OK);
      assert_int_equal (aid_strategy_render (l->strategy, &scene, &out, NULL), AID_OK);
      assert_null (strstr (aid_str_z (&out), "{{"));
      assert_int_equal (strstr (aid_str_z (&out), "@@ -41,7 +41,7 @@") != NULL, l->strategy->format == AID_EDIT_UNIFIED);
      assert_int_equal (strstr (aid_str_z (&out), "<<<<<<< SEARCH") != NULL, l->strategy->format == AID_EDIT_SEARCH_REPLACE);
      assert_int_equal (strstr (aid_str_z (&out), "This is OCaml") != NULL,
                        l->strategy->variant_of && strcmp (l->name, "review-ocaml") != 0);
      aid_scene_free (&scene);
      aid_str_free (&out);
    }
  aid_strategy_list_free (&list);
}

/* The example of each format is one that our own reader takes. */
static void
test_the_formats_examples_are_read (void **state)
{
  (void) state;
  static const char *const formats[][2] = { { "unified", "1" }, { "search-replace", "1" }, { "apply-patch", "3" } };
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
    {
      char text[100];
      struct aid_patch *p = NULL;
      struct aid_str out = AID_STR_INIT (AID_TEMPLATE_MAX);
      struct aid_scene scene;
      snprintf (text, sizeof text, "---\nedit-format: %s\n---\n", formats[i][0]);
      put (MINE ("example"), text);
      struct aid_strategy *s = load ("example");
      assert_int_equal (aid_scene_find (root, AID_SPAN (""), 0, NULL, NULL, &scene, NULL), AID_OK);
      assert_int_equal (aid_strategy_render (s, &scene, &out, NULL), AID_OK);
      assert_int_equal (aid_patch_read (aid_str_span (&out), AID_FORMAT_AUTO, &p, NULL), AID_OK);
      assert_int_equal (p->files.len, atoi (formats[i][1]));
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, 0);
      assert_string_equal (f->old_path, "src/queue.c");
      assert_int_equal (f->nhunks, 1);
      aid_patch_free (p);
      aid_scene_free (&scene);
      aid_str_free (&out);
      aid_strategy_free (s);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_the_shipped_ones),
    TEST (test_the_formats_examples_are_read),
  };
  return cmocka_run_group_tests_name ("assist shipped strategies", tests, NULL, NULL);
}
