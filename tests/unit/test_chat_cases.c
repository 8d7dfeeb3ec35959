/* The pairs of files in tests/cases/chat: a chat and what must be told about it, positions in characters. */
#include "base/fs.h"
#include "base/json.h"
#include "base/val.h"
#include "chat/chat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "chat_tiles.h"

#include <glob.h>

static json_t *
parse_to_json (struct aid_span text, int chars)
{
  struct aid_chat *c;
  struct aid_str val = AID_STR_INIT (64 << 20), json = AID_STR_INIT (64 << 20);
  assert_int_equal (aid_chat_parse (text, &c, NULL), AID_OK);
  assert_null (chat_tiles (c));
  aid_chat_to_val (c, chars, &val);
  assert_int_equal (val.err, AID_OK);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 1, &json), AID_OK);
  json_t *read = aid_json_parse (aid_str_span (&json), "the parser's answer", NULL);
  aid_chat_free (c);
  aid_str_free (&val);
  aid_str_free (&json);
  return read;
}

/* Fails unless all that WANT names is in HAVE. */
static void
assert_holds (const json_t *want, const json_t *have, const char *where)
{
  const char *key;
  json_t *member;
  size_t i;
  if (json_is_object (want))
    json_object_foreach ((json_t *) (uintptr_t) want, key, member)
      {
        char path[512];
        snprintf (path, sizeof path, "%s.%s", where, key);
        assert_holds (member, json_object_get (have, key), path);
      }
  else if (json_is_array (want) && json_array_size (want) == json_array_size (have))
    json_array_foreach (want, i, member)
      {
        char path[512];
        snprintf (path, sizeof path, "%s[%zu]", where, i);
        assert_holds (member, json_array_get (have, i), path);
      }
  else if (!json_equal (want, have))
    {
      char *w = json_dumps (want, JSON_ENCODE_ANY), *h = have ? json_dumps (have, JSON_ENCODE_ANY) : NULL;
      fail_msg ("%s is %s\nand should be %s", where, h ? h : "absent", w);
    }
}

static void
every_case_is_told_as_written (void **state)
{
  (void) state;
  glob_t found;
  size_t cases = 0;
  assert_int_equal (glob ("tests/cases/chat/*.json", 0, NULL, &found), 0);
  for (size_t i = 0; i < found.gl_pathc; i++)
    {
      struct aid_str text = AID_STR_INIT (1 << 20), expected = AID_STR_INIT (1 << 20);
      char path[512];
      snprintf (path, sizeof path, "%.*s.md", (int) strlen (found.gl_pathv[i]) - 5, found.gl_pathv[i]);
      assert_int_equal (aid_fs_read (path, &text, NULL), AID_OK);
      assert_int_equal (aid_fs_read (found.gl_pathv[i], &expected, NULL), AID_OK);
      struct aid_error e;
      json_t *want = aid_json_parse (aid_str_span (&expected), found.gl_pathv[i], &e);
      if (!want)
        fail_msg ("%s", e.msg);
      json_t *have = parse_to_json (aid_str_span (&text), 1);
      assert_holds (want, have, aid_fs_base (path));
      json_decref (want);
      json_decref (have);
      aid_str_free (&text);
      aid_str_free (&expected);
      cases++;
    }
  globfree (&found);
  assert_true (cases >= 4);
}

static int64_t
first_piece_end (json_t *chat)
{
  json_t *turn = json_array_get (json_object_get (chat, "turns"), 0);
  return aid_json_int (json_array_get (json_object_get (turn, "pieces"), 0), "end", -1);
}

static void
positions_are_bytes_or_characters (void **state)
{
  (void) state;
  struct aid_str text = AID_STR_INIT (100000);
  aid_str_addz (&text, "<!--aid:abcd chat v=1-->\n## \xC3\x84 <!--aid:abcd 1 user-->\n");
  size_t head = text.len;
  for (int i = 0; i < 1000; i++)
    aid_str_addz (&text, "a\xE2\x82\xAC");
  json_t *bytes = parse_to_json (aid_str_span (&text), 0), *chars = parse_to_json (aid_str_span (&text), 1);
  assert_int_equal (first_piece_end (bytes), text.len);
  assert_int_equal (first_piece_end (chars), head - 1 + 2000);
  json_decref (bytes);
  json_decref (chars);
  aid_str_free (&text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_case_is_told_as_written),
    cmocka_unit_test (positions_are_bytes_or_characters),
  };
  return cmocka_run_group_tests_name ("chat cases", tests, NULL, NULL);
}
