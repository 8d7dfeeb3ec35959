/* Strategies: which file is meant, what may be said where, what is made of it. */
#include "strategy_files.h"
#include "config/trust.h"

/* The error says WHERE, a file under the scratch folder, and WHAT. */
static void
expect_error (const char *name, const char *where, const char *what)
{
  struct aid_strategy *s;
  struct aid_error e = { AID_OK, "" };
  char want[400];
  assert_int_equal (aid_strategy_load (root, name, &s, &e), AID_E_PARSE);
  assert_null (s);
  snprintf (want, sizeof want, "%s%s", scratch_path (where), what);
  assert_string_equal (e.msg, want);
}

static void
expect_prompt (const char *name, const char *want)
{
  struct aid_strategy *s = load (name);
  struct aid_scene scene;
  struct aid_str out = AID_STR_INIT (AID_TEMPLATE_MAX);
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_scene_find (root, AID_SPAN (""), 0, "some-model", name, &scene, &e), AID_OK);
  assert_int_equal (aid_strategy_render (s, &scene, &out, &e), AID_OK);
  assert_string_equal (aid_str_z (&out), want);
  aid_scene_free (&scene);
  aid_str_free (&out);
  aid_strategy_free (s);
}

static void
test_settings_are_taken (void **state)
{
  (void) state;
  put (MINE ("mine"), "---\ndescription: Does it\nedit-format: search-replace\n"
                      "context: [errors, siblings, errors]\neffort: high\n"
                      "temperature: 0.5\ntop_p: 0.9\nmax_tokens: 1000\nbudget: 5000\ntools: ask\nmodel: m\nvariant-of: ask\n"
                      "languages: [c, cpp]\n---\nText.\n");
  struct aid_strategy *s = load ("mine");
  assert_string_equal (s->description, "Does it");
  assert_int_equal (s->format, AID_EDIT_SEARCH_REPLACE);
  assert_int_equal (s->nsources, 2);
  assert_true (aid_strategy_has (s, AID_SOURCE_ERRORS) && aid_strategy_has (s, AID_SOURCE_SIBLINGS));
  assert_string_equal (s->effort, "high");
  assert_true (s->temperature > 0.49 && s->temperature < 0.51 && s->top_p > 0.89 && s->top_p < 0.91);
  assert_int_equal (s->max_tokens, 1000);
  assert_int_equal (s->budget, 5000);
  assert_string_equal (s->tools, "ask");
  assert_string_equal (s->model, "m");
  assert_string_equal (s->variant_of, "ask");
  assert_int_equal (s->languages.len, 2);
  assert_int_equal (s->origin, AID_ORIGIN_USER);
  assert_string_equal (aid_str_z (&s->warnings), "");
  aid_strategy_free (s);
}

static void
test_nothing_need_be_set (void **state)
{
  (void) state;
  put (MINE ("plain"), "Just answer.\n");
  struct aid_strategy *s = load ("plain");
  assert_int_equal (s->format, AID_EDIT_NONE);
  assert_true (s->temperature < 0 && s->top_p < 0 && !s->effort && !s->max_tokens && !s->nsources);
  assert_int_equal (s->budget, AID_STRATEGY_BUDGET);
  aid_strategy_free (s);
  expect_prompt ("plain", "Just answer.");
}

static void
test_wrong_settings_are_told_with_their_place (void **state)
{
  (void) state;
  static const char *const cases[][2] = {
    { "edit-format: diff", ":2:1: edit-format must be none, unified, search-replace, apply-patch or whole" },
    { "context: [region, world]",
      ":2:19: a source of context must be region, definition, buffer, errors, diff, build, siblings, instructions or search" },
    { "temperature: hot", ":2:1: temperature must be a number from 0 to 2" },
    { "temperature: 3", ":2:1: temperature must be a number from 0 to 2" },
    { "top_p: -1", ":2:1: top-p must be a number from 0 to 1" },
    { "max_tokens: 1.5", ":2:1: max-tokens must be a whole number, 0 or more" },
    { "budget: 5000000000", ":2:1: budget must be a whole number, 0 or more" },
    { "effort: [high]", ":2:1: effort must be a text" },
    { "tools: all", ":2:1: tools must be none, ask or auto" },
    { "vars: x", ":2:1: vars must be names with their texts, on lines of their own" },
    { "extends: ../x", ":2:1: extends must be the name of a strategy" },
    { "extends: nobody", ":2:1: there is no strategy of that name to extend" },
    { "variant-of: No", ":2:1: variant-of must be the name of a strategy" },
    { "# comment\n\nbudget: many", ":4:1: budget must be a whole number, 0 or more" },
    { "budget: 1\n---\n\nHello {{world}}", ":5:9: there is no variable \"world\"" },
    { "vars:\n  a: b\n---\n{{vars.a}} {{vars.b}}", ":5:14: there is no variable \"vars.b\"" },
    { "budget: 1\n---\n{{> nothing}}", ":4:5: there is no file \"_nothing.md\" to include" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      char text[500];
      snprintf (text, sizeof text, "---\n%s\n%s", cases[i][0], strstr (cases[i][0], "---") ? "" : "---\nText.\n");
      put (MINE ("bad"), text);
      expect_error ("bad", MINE ("bad"), cases[i][1]);
    }
}

static void
test_unknown_settings_are_warnings (void **state)
{
  (void) state;
  char want[300];
  put (MINE ("odd"), "---\nbudget: 1\nbugdet: 2\n---\nText.\n");
  struct aid_strategy *s = load ("odd");
  snprintf (want, sizeof want, "%s:3: \"bugdet\" is not a setting of strategies\n", scratch_path (MINE ("odd")));
  assert_string_equal (aid_str_z (&s->warnings), want);
  aid_strategy_free (s);
}

static void
test_the_project_comes_first_then_the_user (void **state)
{
  (void) state;
  struct aid_strategy *s = load ("ask");
  assert_int_equal (s->origin, AID_ORIGIN_SHIPPED);
  assert_string_equal (s->file, "strategies/ask.md");
  aid_strategy_free (s);
  put (MINE ("ask"), "Mine.");
  expect_prompt ("ask", "Mine.");
  put (THEIRS ("ask"), "Theirs.");
  expect_prompt ("ask", "Theirs.");
}

static void
test_a_project_may_not_say_everything (void **state)
{
  (void) state;
  char want[600];
  put (THEIRS ("sly"), "---\ntools: auto\nmodel: dear\nbudget: 7\n---\nText.\n");
  struct aid_strategy *s = load ("sly");
  assert_null (s->tools);
  assert_null (s->model);
  assert_int_equal (s->budget, 7);
  snprintf (want, sizeof want,
            "%s:2: \"tools\" is left out until you trust the file (aid trust)\n"
            "%s:3: \"model\" is left out until you trust the file (aid trust)\n",
            scratch_path (THEIRS ("sly")), scratch_path (THEIRS ("sly")));
  assert_string_equal (aid_str_z (&s->warnings), want);
  aid_strategy_free (s);
}

static void
test_a_trusted_strategy_says_everything_until_it_changes (void **state)
{
  static const char text[] = "---\ntools: auto\nmodel: dear\n---\nText.\n";
  (void) state;
  put (THEIRS ("sly"), text);
  assert_int_equal (aid_trust_add (root, ".aid/strategies/sly.md", aid_span_z (text), NULL), AID_OK);
  struct aid_strategy *s = load ("sly");
  assert_string_equal (s->tools, "auto");
  assert_string_equal (s->model, "dear");
  assert_string_equal (aid_str_z (&s->warnings), "");
  aid_strategy_free (s);
  put (THEIRS ("sly"), "---\ntools: auto\nmodel: dearer\n---\nText.\n");
  s = load ("sly");
  assert_null (s->tools);
  assert_null (s->model);
  aid_strategy_free (s);
  put (THEIRS ("other"), text);
  s = load ("other");          /* the same text under another name */
  assert_null (s->tools);
  aid_strategy_free (s);
}

static void
test_a_project_s_links_do_not_lead_out (void **state)
{
  (void) state;
  struct aid_strategy *s;
  struct aid_error e;
  put ("secret.md", "TOP SECRET");
  put (THEIRS ("fine"), "{{> key}}");
  assert_int_equal (symlink ("../../../secret.md", scratch_path (THEIRS ("link"))), 0);
  assert_int_equal (symlink ("../../../secret.md", scratch_path (THEIRS ("_key"))), 0);
  assert_int_equal (aid_strategy_load (root, "link", &s, &e), AID_E_REFUSED);
  assert_non_null (strstr (e.msg, "leads out of the project"));
  assert_int_equal (aid_strategy_load (root, "fine", &s, &e), AID_E_REFUSED);
  assert_int_equal (symlink ("fine.md", scratch_path (THEIRS ("inner"))), 0);
  put (THEIRS ("fine"), "Inside.");
  expect_prompt ("inner", "Inside.");
}

static void
test_a_strategy_extends_another (void **state)
{
  (void) state;
  put (MINE ("base"), "---\nedit-format: none\neffort: low\nbudget: 10\ndescription: Base\nvars:\n  who: you\n  what: it\n---\n"
                      "Do {{vars.what}}, {{vars.who}}.\n");
  put (MINE ("same"), "---\nextends: base\neffort:\n---\n");
  put (MINE ("more"), "---\nextends: base\nbudget: 20\nvars:\n  who: we\n---\nFirst: {{parent}}\nThen rest, {{vars.who}}.\n");
  struct aid_strategy *s = load ("same");
  assert_null (s->effort);             /* set to nothing */
  assert_null (s->description);        /* each has its own */
  assert_int_equal (s->budget, 10);
  aid_strategy_free (s);
  s = load ("more");
  assert_string_equal (s->effort, "low");
  assert_int_equal (s->budget, 20);
  aid_strategy_free (s);
  expect_prompt ("same", "Do it, you.");
  expect_prompt ("more", "First: Do it, we.\nThen rest, we.");
}

static void
test_a_strategy_may_extend_the_one_it_hides (void **state)
{
  (void) state;
  put (MINE ("ask"), "---\nextends: ask\neffort: high\n---\n");
  struct aid_strategy *s = load ("ask");
  assert_string_equal (s->effort, "high");
  assert_int_equal (s->format, AID_EDIT_UNIFIED);      /* of the shipped one */
  aid_strategy_free (s);
  put (THEIRS ("ask"), "---\nextends: ask\n---\n{{parent}}\nHouse rules.\n");
  s = load ("ask");
  assert_string_equal (s->effort, "high");
  aid_strategy_free (s);
}

static void
test_circles_are_refused (void **state)
{
  (void) state;
  put (MINE ("a"), "---\nextends: b\n---\n");
  put (MINE ("b"), "---\nextends: a\n---\n");
  put (MINE ("self"), "---\nextends: self\n---\nx\n");
  expect_error ("a", MINE ("b"), ":2:1: these strategies extend one another in a circle");
  expect_error ("self", MINE ("self"), ":2:1: there is no strategy of that name to extend");
  for (int i = 0; i < 9; i++)
    {
      char file[60], text[60];
      snprintf (file, sizeof file, "aid/strategies/c%d.md", i);
      snprintf (text, sizeof text, "---\nextends: c%d\n---\nx\n", i + 1);
      put (file, text);
    }
  expect_error ("c0", "aid/strategies/c7.md", ":2:1: more strategies extend one another than may");
}

static void
test_parts_come_from_the_same_places (void **state)
{
  (void) state;
  put (MINE ("uses"), "{{> mine}} {{> theirs}} {{#if build}}{{build}}{{/if}}");
  put (MINE ("_mine"), "my part in {{project}}\n");
  put (THEIRS ("_theirs"), "theirs, {{vc}}");
  expect_prompt ("uses", "my part in p theirs, Git");
}

static void
test_the_format_is_asked_for (void **state)
{
  (void) state;
  put (MINE ("_format-unified"), "A diff for {{project}}, please.");
  put (MINE ("placed"), "---\nedit-format: unified\n---\nBegin. {{edit_format}} End.");
  put (MINE ("behind"), "---\nedit-format: unified\n---\nBegin.");
  put (MINE ("none"), "---\nedit-format: none\n---\nBegin.{{#if edit_format}} No.{{/if}}");
  expect_prompt ("placed", "Begin. A diff for p, please. End.");
  expect_prompt ("behind", "Begin.\n\nA diff for p, please.");
  expect_prompt ("none", "Begin.");
  put (MINE ("_format-unified"), "Again: {{edit_format}}");
  expect_error ("placed", MINE ("_format-unified"), ":1:10: there is no variable \"edit_format\"");
}

static void
test_the_user_s_instructions (void **state)
{
  (void) state;
  put (MINE ("obeys"), "A.{{#if instructions}} {{instructions}}{{/if}}");
  expect_prompt ("obeys", "A.");
  put ("aid/instructions.md", "Always tabs. {{name}}\n\n");
  expect_prompt ("obeys", "A. Always tabs. {{name}}");
}

static void
test_names (void **state)
{
  (void) state;
  struct aid_strategy *s;
  struct aid_error e;
  static const char *const bad[] = { "", "../x", "-x", "Ask", "_manner", "a/b", "ask.md" };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal (aid_strategy_load (root, bad[i], &s, &e), AID_E_NOTFOUND);
  assert_non_null (strstr (e.msg, "there are ask, ask-ocaml, describe, describe-question, edit, "));
}

#define KEY "k7Qx2mT9"
#define ITEM(path) "- [" path "](" path ") <!--aid:" KEY " item-->\n"
#define CHAT(items) aid_span_z ("<!--aid:" KEY " chat v=1-->\n## You <!--aid:" KEY " 1 user-->\nq\n\n" items)

static void
test_the_main_language_of_a_chat (void **state)
{
  (void) state;
  assert_string_equal (aid_chat_language (CHAT ("")), "");
  assert_string_equal (aid_chat_language (CHAT (ITEM ("a.ml#L3"))), "ocaml");
  assert_string_equal (aid_chat_language (CHAT (ITEM ("a.c") ITEM ("b.ml") ITEM ("b.mli"))), "ocaml");
  assert_string_equal (aid_chat_language (CHAT (ITEM ("a.c") ITEM ("b.ml"))), "c");
  assert_string_equal (aid_chat_language (CHAT (ITEM ("x/dune") ITEM ("a.md") ITEM ("b.md") ITEM ("b.ml"))), "ocaml");
  assert_string_equal (aid_chat_language (CHAT (ITEM ("x/dune"))), "dune");
  assert_string_equal (aid_chat_language (CHAT (ITEM ("aid:errors/lib/b.ml"))), "ocaml");
  assert_string_equal (aid_chat_language (CHAT (ITEM ("aid:buffer/b.ml"))), "");
}

static void
test_a_variant_stands_in (void **state)
{
  (void) state;
  char *name = aid_strategy_variant (root, "edit", "ocaml");
  assert_string_equal (name, "edit-ocaml");
  free (name);
  assert_null (aid_strategy_variant (root, "edit", "c"));
  assert_null (aid_strategy_variant (root, "edit-ocaml", "ocaml"));
  assert_null (aid_strategy_variant (root, "edit", ""));
  put (MINE ("kernel"), "---\nvariant-of: edit\nlanguages: c\n---\nx\n");
  put (THEIRS ("house"), "---\nvariant-of: edit\nlanguages:\n  - ocaml\n  - dune\n---\nx\n");
  name = aid_strategy_variant (root, "edit", "c");
  assert_string_equal (name, "kernel");
  free (name);
  name = aid_strategy_variant (root, "edit", "ocaml");
  assert_string_equal (name, "house");
  free (name);
}

static void
expect_in_force (const char *settings, const char *name, int exact, const char *want)
{
  struct aid_config *c = aid_config_parse (aid_span_z (settings), AID_SPAN (""), NULL);
  assert_non_null (c);
  char *used = aid_strategy_in_force (c, root, name, exact, CHAT (ITEM ("a.ml")));
  assert_string_equal (used, want);
  free (used);
  aid_config_free (c);
}

static void
test_which_is_in_force (void **state)
{
  (void) state;
  expect_in_force ("{}", NULL, 0, "ask-ocaml");
  expect_in_force ("{}", NULL, 1, "ask");
  expect_in_force ("{\"strategy\": \"edit\"}", NULL, 0, "edit-ocaml");
  expect_in_force ("{\"strategy\": \"edit\"}", "review", 0, "review-ocaml");
  expect_in_force ("{\"strategy\": \"edit\", \"strategy_variants\": false}", NULL, 0, "edit");
  expect_in_force ("{}", "explain", 0, "explain");
}

static const struct aid_strategy_listed *
listed (const struct aid_vec *list, const char *name)
{
  for (size_t i = 0; i < list->len; i++)
    if (!strcmp (AID_VEC_AT (struct aid_strategy_listed, list, i).name, name))
      return &AID_VEC_AT (struct aid_strategy_listed, list, i);
  fail_msg ("%s is not listed", name);
  abort ();
}

static int
is_listed (const struct aid_vec *list, const char *name)
{
  for (size_t i = 0; i < list->len; i++)
    if (!strcmp (AID_VEC_AT (struct aid_strategy_listed, list, i).name, name))
      return 1;
  return 0;
}

static void
test_the_list (void **state)
{
  (void) state;
  struct aid_vec list;
  put (MINE ("edit"), "---\ndescription: My edit\n---\nx\n");
  put (MINE ("zz"), "---\nbudget: x\n---\n");
  put (MINE ("README"), "No strategy.");
  put (MINE ("_part"), "A part.");
  put (THEIRS ("house"), "x");
  assert_int_equal (aid_strategy_list (root, &list, NULL), AID_OK);
  assert_string_equal (AID_VEC_AT (struct aid_strategy_listed, &list, 0).name, "house");
  assert_int_equal (listed (&list, "house")->origin, AID_ORIGIN_PROJECT);
  assert_int_equal (listed (&list, "edit")->origin, AID_ORIGIN_USER);
  assert_string_equal (listed (&list, "edit")->strategy->description, "My edit");
  assert_null (listed (&list, "zz")->strategy);
  assert_non_null (strstr (listed (&list, "zz")->error, "zz.md:2:1: budget must be"));
  assert_false (is_listed (&list, "README"));
  assert_false (is_listed (&list, "_part"));
  assert_true (is_listed (&list, "fix-build-ocaml"));
  aid_strategy_list_free (&list);
}

static void
test_a_file_anywhere_is_checked (void **state)
{
  (void) state;
  struct aid_strategy *s;
  struct aid_error e = { AID_OK, "" };
  put ("else/new.md", "---\nextends: ask\n---\n{{parent}} {{> beside}}");
  put ("else/_beside.md", "x");
  assert_int_equal (aid_strategy_load_file (root, scratch_path ("else/new.md"), &s, &e), AID_OK);
  aid_strategy_free (s);
  put (THEIRS ("new"), "---\ntools: ask\n---\nx\n");
  assert_int_equal (aid_strategy_load_file (root, scratch_path (THEIRS ("new")), &s, &e), AID_OK);
  assert_non_null (strstr (aid_str_z (&s->warnings), "new.md:2: \"tools\" is left out"));
  aid_strategy_free (s);
  put ("else/_beside.md", "\n{{x}}");
  assert_int_equal (aid_strategy_load_file (root, scratch_path ("else/new.md"), &s, &e), AID_E_PARSE);
  assert_non_null (strstr (e.msg, "else/_beside.md:2:3: there is no variable \"x\""));
  assert_int_equal (aid_strategy_load_file (root, scratch_path ("else/none.md"), &s, &e), AID_E_NOTFOUND);
}

static void
test_large_files_are_refused (void **state)
{
  (void) state;
  struct aid_strategy *s;
  struct aid_error e;
  char *large = malloc (AID_STRATEGY_FILE_MAX + 2);
  assert_non_null (large);
  memset (large, 'x', AID_STRATEGY_FILE_MAX + 1);
  large[AID_STRATEGY_FILE_MAX + 1] = '\0';
  put (MINE ("large"), large);
  assert_int_equal (aid_strategy_load (root, "large", &s, &e), AID_E_LIMIT);
  assert_non_null (strstr (e.msg, "256 kB"));
  free (large);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_settings_are_taken),
    TEST (test_nothing_need_be_set),
    TEST (test_wrong_settings_are_told_with_their_place),
    TEST (test_unknown_settings_are_warnings),
    TEST (test_the_project_comes_first_then_the_user),
    TEST (test_a_project_may_not_say_everything),
    TEST (test_a_trusted_strategy_says_everything_until_it_changes),
    TEST (test_a_project_s_links_do_not_lead_out),
    TEST (test_a_strategy_extends_another),
    TEST (test_a_strategy_may_extend_the_one_it_hides),
    TEST (test_circles_are_refused),
    TEST (test_parts_come_from_the_same_places),
    TEST (test_the_format_is_asked_for),
    TEST (test_the_user_s_instructions),
    TEST (test_names),
    TEST (test_the_main_language_of_a_chat),
    TEST (test_a_variant_stands_in),
    TEST (test_which_is_in_force),
    TEST (test_the_list),
    TEST (test_a_file_anywhere_is_checked),
    TEST (test_large_files_are_refused),
  };
  return cmocka_run_group_tests_name ("assist strategy", tests, NULL, NULL);
}
