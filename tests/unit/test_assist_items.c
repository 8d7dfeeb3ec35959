/* What is told of the items of a prompt: their costs, reasons and pins, and that counting runs nothing. */
#include "scratch.h"
#include "assist/assist_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define KEY "k7Qx2mT9"
#define HEAD "<!--aid:" KEY " chat v=1-->\n\n## You <!--aid:" KEY " 1 user-->\nWhy?\n\n"
#define ITEM(label, target, words) "- [" label "](" target ") <!--aid:" KEY " item" words "-->\n"

static struct aid_resolver *resolver;

static int
setup (void **state)
{
  resolver = aid_resolver_new ();
  return scratch_make (state);
}

static int
teardown (void **state)
{
  aid_resolver_free (resolver);
  return scratch_drop (state);
}

static void
build (const char *chat, int quick, struct aid_prompt *p)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_prompt_request r = { .chat = aid_span_z (chat), .dir = scratch, .system = "S", .model_id = "m", .dry = 1,
                                  .quick = quick, .list = 1, .resolver = resolver, .root = scratch };
  if (aid_prompt_build (&r, p, &e))
    fail_msg ("%s", e.msg);
}

static const struct aid_prompt_item *
item_at (const struct aid_prompt *p, size_t i)
{
  assert_true (i < p->items.len);
  return &AID_VEC_AT (struct aid_prompt_item, &p->items, i);
}

static void
items_are_told_in_their_order (void **state)
{
  (void) state;
  struct aid_prompt p;
  char sent[AID_BLOB_ID];
  struct aid_str chat = AID_STR_INIT (10000);
  assert_int_equal (aid_fs_replace (scratch_path ("a.c"), AID_SPAN ("int a;\n"), 0644, NULL), AID_OK);
  assert_int_equal (aid_blob_put (AID_SPAN ("int b;\n"), sent, NULL), AID_OK);
  aid_str_addf (&chat, HEAD ITEM ("b.c", "b.c", " sent=%s pin=1") ITEM ("a.c", "a.c", " why=header%%20of%%20b.c"), sent);
  build (aid_str_z (&chat), 1, &p);
  assert_int_equal (p.items.len, 2);
  const struct aid_prompt_item *b = item_at (&p, 0), *a = item_at (&p, 1);
  assert_string_equal (b->label, "b.c");
  assert_string_equal (b->sent, sent);
  assert_true (b->pinned && b->known && b->tokens > 0 && b->age >= 0 && b->age < 60);
  assert_null (b->why);
  assert_string_equal (a->why, "header of b.c");
  assert_string_equal (a->sent, "");
  assert_true (!a->pinned && a->known && a->tokens > 0 && a->turn == 1 && a->upto > b->upto);
  assert_int_equal (a->age, -1);
  aid_prompt_free (&p);
  aid_str_free (&chat);
}

/* A commit that was not read counts what its line says; once it was read, what it gave. */
static void
counting_runs_nothing (void **state)
{
  (void) state;
  const char *chat = HEAD ITEM ("commit HEAD", "aid:commit/HEAD", " tok=1234");
  char command[400];
  struct aid_prompt p;
  snprintf (command, sizeof command,
            "cd '%s' && git init -q . && git -c user.name=A -c user.email=a@b.c commit -q --allow-empty -m 'A subject'", scratch);
  assert_int_equal (system (command), 0);
  build (chat, 1, &p);
  assert_int_equal (item_at (&p, 0)->tokens, 1234);
  assert_false (item_at (&p, 0)->known);
  assert_in_range (p.tokens, 1234, 1300);
  aid_prompt_free (&p);
  build (chat, 0, &p);
  assert_true (item_at (&p, 0)->known && item_at (&p, 0)->tokens < 200);
  aid_prompt_free (&p);
  build (chat, 1, &p);
  assert_true (item_at (&p, 0)->known && item_at (&p, 0)->tokens < 200 && item_at (&p, 0)->age >= 0);
  aid_prompt_free (&p);
}

static void
what_cannot_be_read_is_told_too (void **state)
{
  (void) state;
  struct aid_prompt p;
  build (HEAD ITEM ("none.c", "none.c", " tok=7") ITEM ("x", "aid:kill/0123", ""), 1, &p);
  assert_int_equal (p.items.len, 2);
  assert_true (!item_at (&p, 0)->known && item_at (&p, 0)->tokens == 7);
  assert_true (!item_at (&p, 1)->known && item_at (&p, 1)->tokens == 0);
  aid_prompt_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (items_are_told_in_their_order), cmocka_unit_test (counting_runs_nothing),
                                      cmocka_unit_test (what_cannot_be_read_is_told_too) };
  return cmocka_run_group_tests_name ("assist items", tests, setup, teardown);
}
