/* Rows: in the trainers' formats, by their rules, read from files, parted. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scratch_put.h"
#include "base/json.h"
#include "learn/dataset_build.h"
#include "learn/jsonl.h"
#include "learn/licence.h"

#define CASES "tests/cases/dataset/"

static struct aid_dataset_rules all_rules = { 0, 1, 1 };

/* --- formats ------------------------------------------------------------------------------------------------------ */

struct writing
{
  enum aid_dataset_format format;
  struct aid_str out;
};

static void
add (void *ctx, const json_t *made)
{
  struct writing *w = ctx;
  assert_int_equal (aid_dataset_format_of (made), w->format);
  assert_int_equal (aid_dataset_check (w->format, made, &all_rules, NULL, NULL), 0);
  aid_json_dump (made, &w->out);
  aid_str_addc (&w->out, '\n');
}

static enum aid_err
write_line (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct writing *w = ctx;
  (void)e;
  assert_non_null (line->row);
  aid_dataset_write (w->format, line->row, add, w);
  return AID_OK;
}

static void
each_format_is_the_trainers (void **state)
{
  (void)state;
  for (unsigned f = 0; f < AID_DATA_FORMATS; f++)
    {
      struct writing w = { (enum aid_dataset_format)f, AID_STR_INIT (1 << 20) };
      struct aid_str file = AID_STR_INIT (1000), wanted = AID_STR_INIT (1 << 20);
      struct aid_error e = { AID_OK, "" };
      aid_str_addf (&file, CASES "%s.jsonl", aid_dataset_format_name (w.format));
      if (aid_jsonl_read (CASES "source.jsonl", write_line, &w, &e) || aid_fs_read (aid_str_z (&file), &wanted, &e))
        fail_msg ("%s", e.msg);
      assert_string_equal (aid_str_z (&w.out), aid_str_z (&wanted));
      assert_int_equal (aid_dataset_format_named (aid_dataset_format_name (w.format)), w.format);
      aid_str_free (&w.out);
      aid_str_free (&wanted);
      aid_str_free (&file);
    }
  assert_int_equal (aid_dataset_format_named ("parquet"), AID_DATA_FORMATS);
}

/* --- rules -------------------------------------------------------------------------------------------------------- */

struct faults
{
  size_t n;
  char first[300];
};

static void
note (void *ctx, const char *words)
{
  struct faults *f = ctx;
  if (!f->n++)
    snprintf (f->first, sizeof f->first, "%s", words);
}

/* What is wrong first with the row TEXT, of the format that it seems to be; "" when nothing is. */
static const char *
fault (const char *text)
{
  static struct faults f;
  char wrong[200];
  json_t *row = aid_jsonl_parse (aid_span_z (text), wrong);
  f = (struct faults){ 0, "" };
  if (!row)
    fail_msg ("%s: %s", text, wrong);
  size_t n = aid_dataset_check (aid_dataset_format_of (row), row, &all_rules, note, &f);
  assert_int_equal (n, f.n);
  json_decref (row);
  return f.first;
}

#define U "{\"role\":\"user\",\"content\":\"q\"}"
#define A "{\"role\":\"assistant\",\"content\":\"a\"}"
#define S "{\"role\":\"system\",\"content\":\"s\"}"

static void
messages_have_roles_in_their_order (void **state)
{
  (void)state;
  assert_string_equal (fault ("{\"messages\":[" S "," U "," A "]}"), "");
  assert_string_equal (fault ("{\"messages\":[" U "," A "," U "," A "]}"), "");
  assert_string_equal (fault ("{\"messages\":[" U "]}"), "\"messages\" must end with a message of the assistant");
  assert_string_equal (fault ("{\"messages\":[" U "," U "," A "]}"), "messages[1]: two user messages follow one another");
  assert_string_equal (fault ("{\"messages\":[" U "," S "," A "]}"), "messages[1]: a system message must be the first");
  assert_string_equal (fault ("{\"messages\":[" S "," A "]}"), "messages[1]: an assistant message needs a user's before it");
  assert_string_equal (fault ("{\"messages\":[]}"), "\"messages\" must be a list of messages that is not empty");
  assert_string_equal (fault ("{\"messages\":{}}"), "\"messages\" must be a list of messages that is not empty");
  assert_string_equal (fault ("{\"messages\":[{\"role\":\"bot\",\"content\":\"x\"}]}"),
                       "messages[0]: its role must be system, developer, user, assistant or tool");
  assert_string_equal (fault ("{\"messages\":[{\"role\":\"user\",\"content\":\" \\n\"}," A "]}"),
                       "messages[0]: its content must be a text that is not empty");
  assert_string_equal (fault ("{\"messages\":[{\"role\":\"user\",\"content\":7}," A "]}"),
                       "messages[0]: its content must be a text that is not empty");
  assert_string_equal (fault ("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}," A "]}"),
                       "");
}

static void
prompts_and_answers_are_of_one_kind (void **state)
{
  (void)state;
  assert_string_equal (fault ("{\"prompt\":[" U "],\"completion\":[" A "]}"), "");
  assert_string_equal (fault ("{\"prompt\":\"q\",\"completion\":\"a\"}"), "");
  assert_string_equal (fault ("{\"prompt\":\"q\",\"completion\":[" A "]}"),
                       "\"completion\" and its prompt must both be texts, or both messages");
  assert_string_equal (fault ("{\"prompt\":[" U "],\"completion\":[" U "]}"),
                       "\"completion\" must be a list of one message of the assistant");
  assert_string_equal (fault ("{\"prompt\":[" U "],\"completion\":[]}"),
                       "\"completion\" must be a list of one message of the assistant");
  assert_string_equal (fault ("{\"prompt\":[" U "," A "],\"completion\":[" A "]}"),
                       "\"prompt\" must end with a message of the user");
  assert_string_equal (fault ("{\"prompt\":[" U "],\"completion\":[" A "],\"label\":1}"), "\"label\" must be true or false");
  assert_string_equal (fault ("{\"prompt\":[" U "],\"completion\":[" A "],\"label\":false}"), "");
  assert_string_equal (fault ("{\"prompt\":[" U "],\"chosen\":[" A "],\"rejected\":[" A "]}"),
                       "\"chosen\" and \"rejected\" are the same");
  assert_string_equal (fault ("{\"prompt\":[" U "],\"chosen\":[" A "]}"),
                       "\"rejected\" must be a list of one message of the assistant");
  assert_string_equal (fault ("{\"input\":{\"messages\":[" U "]},\"preferred_output\":[" A "]}"),
                       "\"non_preferred_output\" must be a list of one message of the assistant");
  assert_string_equal (fault ("{\"responses_create_params\":{\"input\":[" U "]}}"),
                       "\"verifier_metadata\" must be an object");
  assert_string_equal (
    fault ("{\"responses_create_params\":{\"input\":[" U "]},\"verifier_metadata\":{\"task\":{\"base\":\"x\"}}}"),
    "the task needs a \"repository\" and a \"base\"");
  assert_string_equal (fault ("{\"prompt\":[" U "]}"), "");
}

static void
secrets_lengths_and_leaks_are_faults (void **state)
{
  (void)state;
  assert_non_null (strstr (fault ("{\"messages\":[" U ",{\"role\":\"assistant\",\"content\":\"use gh"
                                  "p_m8Rw3nU0vB3nR8wL5cF1jH6dS0gK4pZ2xY9a\"}]}"),
                           "it holds what looks like a secret: GitHub token"));
  all_rules.max_tokens = 3;
  assert_non_null (strstr (fault ("{\"messages\":[{\"role\":\"user\",\"content\":\"one two three four five six\"}," A "]}"),
                           "tokens, more than 3"));
  all_rules.max_tokens = 0;
  assert_non_null (
    strstr (fault ("{\"messages\":[{\"role\":\"user\",\"content\":\"int f (void) { return first + second; }\"},"
                   "{\"role\":\"assistant\",\"content\":\"--- a/x.c\\n+++ b/x.c\\n@@ -1 +1 @@\\n-old\\n"
                   "+int f (void) { return first + second; }\\n\"}]}"),
            "the prompt holds 100 % of what the answer adds"));
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static enum aid_err
count_wrong (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct faults *f = ctx;
  (void)e;
  if (!line->row)
    {
      f->n++;
      snprintf (f->first + strlen (f->first), sizeof f->first - strlen (f->first), "%zu: %s\n", line->number, line->wrong);
    }
  return AID_OK;
}

static void
lines_that_are_no_objects_are_told_by_number (void **state)
{
  struct faults f = { 0, "" };
  struct aid_error e;
  (void)state;
  put ("bad.jsonl", "{\"a\":1}\r\n\n[1]\n{\"a\":1,\"a\":2}\n{\"a\"\n{}");
  assert_int_equal (aid_jsonl_read (scratch_path ("bad.jsonl"), count_wrong, &f, NULL), AID_OK);
  assert_int_equal (f.n, 4);
  assert_non_null (strstr (f.first, "2: the line is empty\n3: it is no object\n4: no JSON at byte"));
  assert_int_equal (aid_jsonl_read (scratch_path ("none.jsonl"), count_wrong, &f, &e), AID_E_NOTFOUND);
  struct aid_str deep = AID_STR_INIT (10000);
  char wrong[200];
  aid_str_addz (&deep, "{\"a\":");
  for (int i = 0; i < 100; i++)
    aid_str_addc (&deep, '[');
  for (int i = 0; i < 100; i++)
    aid_str_addc (&deep, ']');
  aid_str_addc (&deep, '}');
  assert_null (aid_jsonl_parse (aid_str_span (&deep), wrong));
  assert_non_null (strstr (wrong, "deep"));
  aid_str_free (&deep);
}

static void
a_file_is_there_when_it_is_whole (void **state)
{
  struct aid_jsonl_out *o, *other;
  struct aid_error e;
  struct aid_str text = AID_STR_INIT (1000);
  char hash[65];
  (void)state;
  assert_int_equal (aid_jsonl_create (scratch_path ("new/out.jsonl"), &o, &e), AID_OK);
  aid_jsonl_add_text (o, AID_SPAN ("{}"));
  assert_false (aid_fs_exists (scratch_path ("new/out.jsonl")));
  assert_int_equal (aid_jsonl_close (o, 0, NULL, &e), AID_OK);
  assert_false (aid_fs_exists (scratch_path ("new/out.jsonl")));
  assert_int_equal (aid_jsonl_create (scratch_path ("new/out.jsonl"), &o, &e), AID_OK);
  aid_jsonl_add_text (o, AID_SPAN ("{}"));
  assert_int_equal (aid_jsonl_close (o, 1, hash, &e), AID_OK);
  assert_int_equal (aid_fs_read (scratch_path ("new/out.jsonl"), &text, NULL), AID_OK);
  assert_string_equal (aid_str_z (&text), "{}\n");
  assert_string_equal (hash, "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356");
  /* What a killed process has left is taken over; what one that lives writes is not. */
  assert_int_equal (aid_fs_replace (scratch_path ("new/out.jsonl.tmp"), AID_SPAN ("half a li"), 0600, NULL), AID_OK);
  assert_int_equal (aid_jsonl_create (scratch_path ("new/out.jsonl"), &o, &e), AID_OK);
  assert_int_equal (aid_jsonl_create (scratch_path ("new/out.jsonl"), &other, &e), AID_E_STATE);
  assert_non_null (strstr (e.msg, "another process"));
  aid_jsonl_add_text (o, AID_SPAN ("[]"));
  assert_int_equal (aid_jsonl_close (o, 1, hash, &e), AID_OK);
  aid_str_clear (&text);
  assert_int_equal (aid_fs_read (scratch_path ("new/out.jsonl"), &text, NULL), AID_OK);
  assert_string_equal (aid_str_z (&text), "[]\n");
  assert_int_equal (rmdir (scratch_path ("new")), -1); /* nothing else is in it */
  assert_int_equal (unlink (scratch_path ("new/out.jsonl")), 0);
  assert_int_equal (rmdir (scratch_path ("new")), 0);
  aid_str_free (&text);
}

/* --- parting ------------------------------------------------------------------------------------------------------ */

/* A file of N rows, of which the I-th is of the time 1000 + I and the project P(I / 4), and adds lines of its own. */
static void
put_rows (const char *name, int n, int same_as_last)
{
  struct aid_str text = AID_STR_INIT (1 << 20);
  for (int i = 0; i < n; i++)
    {
      int k = i == same_as_last ? n - 1 : i;
      aid_str_addf (
        &text,
        "{\"row\":1,\"task_id\":\"%016d\",\"time\":%d,\"project\":\"P%d\",\"messages\":[{\"role\":\"user\",\"content\":\"q%"
        "d\"}],"
        "\"completion\":\"--- a/f%d.c\\n+++ b/f%d.c\\n@@ -1 +1,4 @@\\n old\\n+int a%d (int x%d) { return b%d + c%d; }\\n"
        "+int d%d (int y%d) { return e%d * g%d; }\\n+int h%d (int z%d) { return i%d - j%d; }\\n\"}\n",
        i, 1000 + i, i / 4, i, k, k, k, k, k, k, k, k, k, k, k, k, k, k);
    }
  put (name, aid_str_z (&text));
  aid_str_free (&text);
}

static enum aid_split_part
part (const struct aid_split *s, size_t i)
{
  return AID_VEC_AT (struct aid_split_row, &s->rows, i).part;
}

static void
the_newest_are_held_out (void **state)
{
  struct aid_split s;
  struct aid_error e;
  (void)state;
  put_rows ("time.jsonl", 20, -1);
  if (aid_split_make (scratch_path ("time.jsonl"), AID_SPLIT_TIME, 0.1, 1, &s, &e))
    fail_msg ("%s", e.msg);
  assert_int_equal (s.train, 18);
  assert_int_equal (s.holdout, 2);
  assert_int_equal (part (&s, 18), AID_PART_HOLDOUT);
  assert_int_equal (part (&s, 19), AID_PART_HOLDOUT);
  aid_split_free (&s);
  put_rows ("two.jsonl", 2, -1);
  assert_int_equal (aid_split_make (scratch_path ("two.jsonl"), AID_SPLIT_TIME, 0.9, 1, &s, &e), AID_OK);
  assert_int_equal (s.train, 1);
  aid_split_free (&s);
}

static void
projects_are_held_out_whole (void **state)
{
  struct aid_split s, again;
  struct aid_error e;
  (void)state;
  put_rows ("projects.jsonl", 20, -1);
  assert_int_equal (aid_split_make (scratch_path ("projects.jsonl"), AID_SPLIT_PROJECT, 0.3, 7, &s, &e), AID_OK);
  assert_int_equal (aid_split_make (scratch_path ("projects.jsonl"), AID_SPLIT_PROJECT, 0.3, 7, &again, &e), AID_OK);
  assert_int_equal (s.holdout, 8);
  for (size_t i = 0; i < 20; i++)
    {
      assert_int_equal (part (&s, i), part (&s, i / 4 * 4));
      assert_int_equal (part (&s, i), part (&again, i));
    }
  aid_split_free (&s);
  aid_split_free (&again);
  put_rows ("one.jsonl", 4, -1);
  assert_int_equal (aid_split_make (scratch_path ("one.jsonl"), AID_SPLIT_PROJECT, 0.3, 7, &s, &e), AID_E_INVALID);
  assert_non_null (strstr (e.msg, "one project only"));
  aid_split_free (&s);
}

static void
what_is_like_one_held_out_is_in_neither (void **state)
{
  struct aid_split s;
  (void)state;
  put_rows ("like.jsonl", 20, 3);
  assert_int_equal (aid_split_make (scratch_path ("like.jsonl"), AID_SPLIT_TIME, 0.05, 1, &s, NULL), AID_OK);
  assert_int_equal (part (&s, 3), AID_PART_NEITHER);
  assert_string_equal (AID_VEC_AT (struct aid_split_row, &s.rows, 3).why, "near-duplicate");
  assert_int_equal (AID_VEC_AT (struct aid_split_row, &s.rows, 3).of, 20);
  assert_int_equal (s.alike, 1);
  assert_int_equal (s.results, 0);
  assert_int_equal (s.train, 18);
  aid_split_free (&s);
}

static void
a_context_that_holds_the_result_is_in_neither (void **state)
{
  struct aid_str text = AID_STR_INIT (1 << 16);
  struct aid_split s;
  (void)state;
  put_rows ("base.jsonl", 8, -1);
  aid_fs_read (scratch_path ("base.jsonl"), &text, NULL);
  aid_str_addz (&text,
                "{\"row\":1,\"time\":5,\"project\":\"P9\",\"messages\":[{\"role\":\"user\",\"content\":\"see\\nint a7(int "
                "x7)\\n{ return b7 + c7; }"
                " int d7 (int y7) { return e7 * g7; }\\n int h7 (int z7) { return i7 - j7; }\"}],"
                "\"completion\":\"--- a/z.c\\n+++ b/z.c\\n@@ -1 +1,2 @@\\n old\\n+something else here (now);\\n\"}\n");
  put ("context.jsonl", aid_str_z (&text));
  assert_int_equal (aid_split_make (scratch_path ("context.jsonl"), AID_SPLIT_TIME, 0.1, 1, &s, NULL), AID_OK);
  assert_int_equal (part (&s, 7), AID_PART_HOLDOUT);
  assert_int_equal (part (&s, 8), AID_PART_NEITHER);
  assert_string_equal (AID_VEC_AT (struct aid_split_row, &s.rows, 8).why, "result");
  assert_int_equal (AID_VEC_AT (struct aid_split_row, &s.rows, 8).of, 8);
  assert_int_equal (s.train, 7);
  aid_split_free (&s);
  aid_str_free (&text);
}

static void
short_answers_are_alike_when_they_are_the_same (void **state)
{
  struct aid_split s;
  (void)state;
  put ("short.jsonl", "{\"prompt\":\"p\",\"completion\":\"no\",\"time\":1}\n"
                      "{\"prompt\":\"q\",\"completion\":\"not now\",\"time\":2}\n"
                      "{\"prompt\":\"r\",\"completion\":\"yes\",\"time\":3}\n"
                      "{\"prompt\":\"s\",\"completion\":\"yes\",\"time\":4}\n");
  assert_int_equal (aid_split_make (scratch_path ("short.jsonl"), AID_SPLIT_TIME, 0.1, 1, &s, NULL), AID_OK);
  assert_int_equal (part (&s, 0), AID_PART_TRAIN);
  assert_int_equal (part (&s, 1), AID_PART_TRAIN);
  assert_int_equal (part (&s, 2), AID_PART_NEITHER);
  assert_int_equal (part (&s, 3), AID_PART_HOLDOUT);
  aid_split_free (&s);
}

static void
rows_of_one_task_are_in_one_part (void **state)
{
  struct aid_split s;
  (void)state;
  put ("tasks.jsonl", "{\"prompt\":\"p\",\"completion\":\"the first is this one\",\"task_id\":\"a\",\"time\":1}\n"
                      "{\"prompt\":\"q\",\"completion\":\"some other answer here\",\"task_id\":\"b\",\"time\":2}\n"
                      "{\"prompt\":\"p\",\"completion\":\"nothing like it at all\",\"task_id\":\"a\",\"time\":3}\n");
  assert_int_equal (aid_split_make (scratch_path ("tasks.jsonl"), AID_SPLIT_TIME, 0.1, 1, &s, NULL), AID_OK);
  assert_int_equal (part (&s, 0), AID_PART_NEITHER);
  assert_int_equal (AID_VEC_AT (struct aid_split_row, &s.rows, 0).of, 3);
  assert_int_equal (part (&s, 1), AID_PART_TRAIN);
  assert_int_equal (part (&s, 2), AID_PART_HOLDOUT);
  aid_split_free (&s);
}

static void
rows_that_cannot_be_parted_are_told (void **state)
{
  static const struct
  {
    const char *text, *words;
  } bad[] = { { "{\"messages\":[]}\n", "line 1: it has no \"time\"" },
              { "{\"x\":1}\n", "line 1: it is of no format that is known" },
              { "{\"prompt\":\"a\",\"time\":1}\n{\"messages\":[],\"time\":1}\n",
                "line 2: it is a row of messages, those before are of prompt-only" },
              { "{\"prompt\":\"a\",\"time\":1}\nnothing\n", "line 2: no JSON" } };
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      struct aid_split s;
      struct aid_error e;
      put ("wrong.jsonl", bad[i].text);
      assert_int_equal (aid_split_make (scratch_path ("wrong.jsonl"), AID_SPLIT_TIME, 0.1, 1, &s, &e), AID_E_INVALID);
      if (!strstr (e.msg, bad[i].words))
        fail_msg ("%s", e.msg);
      aid_split_free (&s);
    }
}

/* --- licences ----------------------------------------------------------------------------------------------------- */

static void
licences_by_files_and_words (void **state)
{
  char out[AID_LICENCE_MAX];
  (void)state;
  put ("LICENSE", "Permission is hereby  granted,\nfree of charge, ... THE SOFTWARE IS PROVIDED \"AS IS\", ...");
  aid_licence_find (scratch, out);
  assert_string_equal (out, "MIT");
  put ("x.opam", "opam-version: \"2.0\"\nlicense: \"ISC\"\n");
  aid_licence_find (scratch, out);
  assert_string_equal (out, "ISC");
  put ("package.json", "{ \"name\": \"x\",\n  \"license\": \"Apache-2.0\" }");
  aid_licence_find (scratch, out);
  assert_string_equal (out, "Apache-2.0");
  aid_licence_of_text (AID_SPAN ("/* SPDX-License-Identifier: GPL-3.0-or-later */\n"), out);
  assert_string_equal (out, "GPL-3.0-or-later");
  aid_licence_of_text (AID_SPAN ("GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007"), out);
  assert_string_equal (out, "GPL-3.0");
  aid_licence_of_text (AID_SPAN ("All rights reserved."), out);
  assert_string_equal (out, "");
  /* What a text is called at its head is what it is; others are named in it, too. */
  aid_licence_of_text (AID_SPAN ("GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n... Use with the GNU Affero General\n"
                                 "Public License. ... under version 3 of that"),
                       out);
  assert_string_equal (out, "GPL-3.0");
  aid_licence_of_text (
    AID_SPAN ("Mozilla Public License Version 2.0\n... \"Secondary License\": the GNU General Public License,\n"
              "Version 2.0, ... the GNU Affero General Public License, Version 3.0"),
    out);
  assert_string_equal (out, "MPL-2.0");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_format_is_the_trainers),
    cmocka_unit_test (messages_have_roles_in_their_order),
    cmocka_unit_test (prompts_and_answers_are_of_one_kind),
    cmocka_unit_test (secrets_lengths_and_leaks_are_faults),
    cmocka_unit_test (lines_that_are_no_objects_are_told_by_number),
    cmocka_unit_test (a_file_is_there_when_it_is_whole),
    cmocka_unit_test (the_newest_are_held_out),
    cmocka_unit_test (projects_are_held_out_whole),
    cmocka_unit_test (what_is_like_one_held_out_is_in_neither),
    cmocka_unit_test (a_context_that_holds_the_result_is_in_neither),
    cmocka_unit_test (short_answers_are_alike_when_they_are_the_same),
    cmocka_unit_test (rows_of_one_task_are_in_one_part),
    cmocka_unit_test (rows_that_cannot_be_parted_are_told),
    cmocka_unit_test (licences_by_files_and_words),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
