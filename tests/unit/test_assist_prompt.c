/* What is in the chat is what is sent: turns, items, decisions; never the key. */
#include "assist/assist_internal.h"
#include "context/item.h"
#include "patch/patch.h"
#include "store/blob.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "scratch.h"
#include "sanitized.h"

#define KEY "k7Qx2mT9"
#define HEAD "<!--aid:" KEY " chat v=1 root=..-->\n# t\n\n"
#define YOU(n) "## You <!--aid:" KEY " " #n " user-->\n"
#define IT(n) "## m <!--aid:" KEY " " #n " answer-->\n<!--aid:" KEY " meta model=m req=r1 state=done-->\n"

static const char *model = "m";
static int64_t summarise;
static int no_images;

static enum aid_err
build (const char *chat, const struct aid_ask_item *items, size_t n, struct aid_prompt *p, struct aid_error *e)
{
  struct aid_prompt_request r = { .chat = aid_span_z (chat), .dir = scratch, .items = items, .nitems = n, .system = "SYSTEM",
                                  .model_id = model, .summarise = summarise, .no_images = no_images };
  return aid_prompt_build (&r, p, e);
}

/* All messages as "S:text|U:text|A:text". */
static void
flatten (const struct aid_prompt *p, struct aid_str *out)
{
  for (size_t i = 0; i < p->conversation.messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &p->conversation.messages, i);
      aid_str_addf (out, "%s%c:", i ? "|" : "", "SUA"[m->role]);
      for (size_t j = 0; j < m->parts.len; j++)
        aid_str_addz (out, AID_VEC_AT (struct aid_part, &m->parts, j).text);
    }
}

static void
expect (const char *chat, const struct aid_ask_item *items, size_t n, const char *want)
{
  struct aid_prompt p;
  struct aid_error e = { AID_OK, "" };
  struct aid_str got = AID_STR_INIT (1u << 20);
  assert_int_equal (build (chat, items, n, &p, &e), AID_OK);
  flatten (&p, &got);
  assert_string_equal (aid_str_z (&got), want);
  assert_null (strstr (aid_str_z (&got), KEY));
  aid_str_free (&got);
  aid_prompt_free (&p);
}

static void
test_turns_become_messages (void **state)
{
  (void) state;
  expect (HEAD YOU (1) "one?\n\n" IT (2) "\nanswer\n\n" YOU (3) "two?\n", NULL, 0, "S:SYSTEM|U:one?|A:answer|U:two?");
}

#define SUMMARY "## Summary <!--aid:" KEY " 2 summary of=1-2-->\nthey said hello\n\n"
#define TOLD "Summary of the conversation up to here, whose turns are not repeated:\n\nthey said hello"

static void
test_a_summary_is_sent_instead_of_its_turns (void **state)
{
  (void) state;
  expect (HEAD YOU (1) "one?\n\n" IT (2) "\nanswer\n\n" SUMMARY YOU (3) "two?\n", NULL, 0, "S:SYSTEM|U:" TOLD "|U:two?");
  expect (HEAD YOU (1) "one?\n\n" IT (2) "\nanswer\n\n<!--aid:" KEY " hunks a1=rejected-->\n" SUMMARY YOU (3) "two?\n" IT (4)
            "yes\n\n" YOU (5) "three?\n",
          NULL, 0, "S:SYSTEM|U:" TOLD "|U:two?|A:yes|U:three?");
}

static void
test_turns_are_summarised_by_their_own_words (void **state)
{
  (void) state;
  struct aid_prompt p;
  struct aid_str got = AID_STR_INIT (1u << 20);
  summarise = 4;
  static const char chat[]
    = HEAD YOU (1) "one?\n\n" IT (2) "first\n\n" SUMMARY YOU (3) "two?\n" IT (4) "yes\n\n" YOU (5);
  assert_int_equal (build (chat, NULL, 0, &p, NULL), AID_OK);
  flatten (&p, &got);
  static const char head[] = "S:SYSTEM|U:" TOLD "|U:two?|A:yes|U:Summarise the conversation";
  assert_memory_equal (got.ptr, head, sizeof head - 1);
  assert_int_equal (p.weights.len, 3);
  aid_prompt_free (&p);
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (build (HEAD, NULL, 0, &p, &e), AID_E_INVALID);
  assert_string_equal (e.msg, "There are no turns to summarise.");
  aid_prompt_free (&p);
  aid_str_free (&got);
  summarise = 0;
}

static void
test_reasoning_and_alternatives_stay_at_home (void **state)
{
  (void) state;
  expect (HEAD YOU (1) "q\n\n" IT (2) "<!--aid:" KEY " reasoning ms=3-->\n> think\n\nanswer\n\n### other <!--aid:" KEY
          " 2.1 alternative-->\nother\n\n" YOU (3) "two?\n",
          NULL, 0, "S:SYSTEM|U:q|A:answer|U:two?");
}

/* Whether the signature of an answer's reasoning is sent when its meta line says GOT. */
static int
sends_signature (const char *answer, const char *got)
{
  char sig[AID_BLOB_ID];
  struct aid_str chat = AID_STR_INIT (10000);
  struct aid_prompt p;
  int sent = 0;
  assert_int_equal (aid_blob_put (AID_SPAN ("{\"signature\":\"s\"}"), sig, NULL), AID_OK);
  aid_str_addz (&chat, HEAD YOU (1) "q\n\n## m <!--aid:" KEY " 2 answer-->\n");
  aid_str_addz (&chat, "<!--aid:" KEY " meta");
  aid_marker_word (&chat, "model", aid_span_z (model));
  aid_str_addf (&chat, "%s sig=%s-->\n%s" YOU (3) "two?\n", got, sig, answer);
  assert_int_equal (build (aid_str_z (&chat), NULL, 0, &p, NULL), AID_OK);
  for (size_t i = 0; i < p.conversation.messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &p.conversation.messages, i);
      for (size_t j = 0; j < m->parts.len; j++)
        sent += AID_VEC_AT (struct aid_part, &m->parts, j).opaque != NULL;
    }
  aid_str_free (&chat);
  aid_prompt_free (&p);
  return sent;
}

static void
test_signatures_go_with_what_was_received_only (void **state)
{
  (void) state;
  static const char came[] = "<!--aid:" KEY " reasoning-->\n> think\n\nanswer\n\n";
  static const char edited[] = "<!--aid:" KEY " reasoning-->\n> think\n\nanswers\n\n";
  char hash[17], got[32], shorter[32];
  aid_chat_hash (AID_SPAN ("think\nanswer\n"), hash);
  snprintf (got, sizeof got, " got=%s", hash);
  snprintf (shorter, sizeof shorter, " got=%.6s", hash);
  assert_int_equal (sends_signature (came, got), 1);
  assert_int_equal (sends_signature (came, shorter), 1);
  assert_int_equal (sends_signature (edited, got), 0);
  assert_int_equal (sends_signature (edited, shorter), 0);
  assert_int_equal (sends_signature (came, ""), 0);
  model = "my model";         /* which the marker holds encoded */
  assert_int_equal (sends_signature (came, got), 1);
  model = "m";
}

static void
test_tool_calls_are_sent_as_they_came (void **state)
{
  (void) state;
  struct aid_prompt p;
  static const char chat[] = HEAD YOU (1) "q\n\n" IT (2) "<!--aid:" KEY " tool id=a%3E1 name=run%20it-->\n"
    "```json\n{\"a\":1}\n```\n\n" YOU (3) "two?\n";
  assert_int_equal (build (chat, NULL, 0, &p, NULL), AID_OK);
  const struct aid_message *m = &AID_VEC_AT (struct aid_message, &p.conversation.messages, 2);
  const struct aid_part *call = &AID_VEC_AT (struct aid_part, &m->parts, 0);
  assert_int_equal (call->kind, AID_PART_TOOL_CALL);
  assert_string_equal (call->id, "a>1");
  assert_string_equal (call->name, "run it");
  assert_string_equal (call->text, "{\"a\":1}");
  aid_prompt_free (&p);
}

static void
test_a_live_item_is_read_and_frozen (void **state)
{
  (void) state;
  struct aid_ask_item given = { AID_SPAN ("src/a.c#L1"), AID_SPAN ("int a; // " KEY "\n") };
  struct aid_prompt p;
  struct aid_error e;
  const char *chat = HEAD YOU (1) "q\n\n- [src/a.c:1](src/a.c#L1) <!--aid:" KEY " item-->\n";
  assert_int_equal (build (chat, &given, 1, &p, &e), AID_OK);
  assert_int_equal (p.frozen.len, 1);
  struct aid_frozen *f = &AID_VEC_AT (struct aid_frozen, &p.frozen, 0);
  struct aid_str kept = AID_STR_INIT (1000), file = AID_STR_INIT (1000);
  assert_int_equal (aid_blob_get (f->hash, &kept, &e), AID_E_NOTFOUND);   /* not before it is sent */
  assert_int_equal (aid_prompt_freeze (&p, &e), AID_OK);
  assert_int_equal (aid_blob_get (f->hash, &kept, &e), AID_OK);
  assert_string_equal (aid_str_z (&kept), "int a; // \n");      /* without the key */
  aid_str_addf (&file, HEAD YOU (1) "q\n\n- [src/a.c:1](src/a.c#L1) <!--aid:" KEY " item sent=%s-->\n", f->hash);
  /* Sent again, it is what it was, whatever the file says now. */
  given.text = AID_SPAN ("int b;\n");
  expect (aid_str_z (&file), &given, 1, "S:SYSTEM|U:q\n\nsrc/a.c, line 1:\n```c\nint a; // \n```");
  aid_str_free (&kept);
  aid_str_free (&file);
  aid_prompt_free (&p);
}

/* Writes FILE in the tests' folder. */
static void
write_file (const char *file, struct aid_span bytes)
{
  char path[128];
  snprintf (path, sizeof path, "%s/%s", scratch, file);
  assert_int_equal (aid_fs_replace (path, bytes, 0600, NULL), AID_OK);
}

#define IMAGE AID_SPAN ("\x89PNG\r\n\x1a\n\0\1")

static void
test_an_image_is_sent_as_it_is_and_frozen (void **state)
{
  (void) state;
  struct aid_prompt p;
  struct aid_error e;
  struct aid_str again = AID_STR_INIT (1000);
  const char *chat = HEAD YOU (1) "before\n\n- [a.png](a.png) <!--aid:" KEY " item-->\nafter\n";
  write_file ("a.png", IMAGE);
  assert_int_equal (build (chat, NULL, 0, &p, &e), AID_OK);
  const struct aid_vec *parts = &AID_VEC_AT (struct aid_message, &p.conversation.messages, 1).parts;
  const struct aid_part *image = &AID_VEC_AT (struct aid_part, parts, 1);
  assert_int_equal (parts->len, 3);
  assert_string_equal (AID_VEC_AT (struct aid_part, parts, 0).text, "before\n\na.png:");
  assert_int_equal (image->kind, AID_PART_IMAGE);
  assert_string_equal (image->name, "a.png");
  assert_int_equal (image->nbytes, IMAGE.len);
  assert_memory_equal (image->bytes, IMAGE.ptr, IMAGE.len);
  assert_string_equal (AID_VEC_AT (struct aid_part, parts, 2).text, "after");
  aid_str_addf (&again, HEAD YOU (1) "- [a.png](a.png) <!--aid:" KEY " item sent=%s-->\n",
                AID_VEC_AT (struct aid_frozen, &p.frozen, 0).hash);
  assert_int_equal (aid_prompt_freeze (&p, &e), AID_OK);
  aid_prompt_free (&p);
  write_file ("a.png", AID_SPAN ("now a text\n"));          /* what was sent is sent again */
  assert_int_equal (build (aid_str_z (&again), NULL, 0, &p, &e), AID_OK);
  parts = &AID_VEC_AT (struct aid_message, &p.conversation.messages, 1).parts;
  assert_int_equal (AID_VEC_AT (struct aid_part, parts, 1).kind, AID_PART_IMAGE);
  aid_prompt_free (&p);
  aid_str_free (&again);
}

static void
test_an_image_that_the_model_cannot_read_is_told_of (void **state)
{
  (void) state;
  write_file ("b.png", IMAGE);
  no_images = 1;
  expect (HEAD YOU (1) "q\n\n- [b.png](b.png) <!--aid:" KEY " item-->\n", NULL, 0,
          "S:SYSTEM|U:q\n\nb.png: (an image that is not sent: the model reads none.)");
  no_images = 0;
}

static void
test_a_pdf_counts_its_pages (void **state)
{
  (void) state;
  assert_int_equal (aid_media_tokens (AID_SPAN ("%PDF-1 /Type /Pages /Type /Page /Type/Page /Type/Pages")), 4000);
  assert_int_equal (aid_media_tokens (AID_SPAN ("%PDF-1 (compressed)")), 2000);
  assert_int_equal (aid_media_tokens (AID_SPAN ("GIF89a")), 1500);
  assert_int_equal (aid_media_tokens (AID_SPAN ("text")), 0);
}

static void
test_other_binary_files_are_refused (void **state)
{
  (void) state;
  struct aid_prompt p;
  struct aid_error e = { AID_OK, "" };
  write_file ("c.bin", AID_SPAN ("\x7f" "ELF\0\0\0"));
  assert_int_equal (build (HEAD YOU (1) "q\n\n- [c.bin](c.bin) <!--aid:" KEY " item-->\n", NULL, 0, &p, &e), AID_E_REFUSED);
  assert_non_null (strstr (e.msg, "binary"));
  aid_prompt_free (&p);
}

/* An answer with a diff of four hunks over two files and a rename without any. */
#define FOUR_HUNKS \
  "\n```diff\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-one\n+1\n@@ -9 +9 @@\n-nine\n+9\n--- a/b.c\n+++ b/b.c\n" \
  "@@ -1 +1 @@\n-two\n+2\n@@ -5 +5 @@\n-five\n+5\ndiff --git a/old.c b/new.c\nrename from old.c\nrename to new.c\n```\n"

static void
ids_of (const char *answer, char ids[4][9])
{
  struct aid_patch *p;
  assert_int_equal (aid_patch_read (aid_span_z (answer), AID_FORMAT_AUTO, &p, NULL), AID_OK);
  assert_int_equal (p->hunks.len, 4);
  for (size_t i = 0; i < 4; i++)
    strcpy (ids[i], AID_VEC_AT (struct aid_patch_hunk, &p->hunks, i).id);
  aid_patch_free (p);
}

/* What the model is told when DECIDED stands under that answer, with %1 to %4 for the hunks' ids. */
static void
expect_told (const char *decided, const char *told)
{
  char ids[4][9];
  struct aid_prompt p;
  struct aid_error e;
  struct aid_str chat = AID_STR_INIT (1u << 20), got = AID_STR_INIT (1u << 20), want = AID_STR_INIT (1u << 20);
  ids_of (FOUR_HUNKS, ids);
  aid_str_addz (&chat, HEAD YOU (1) "q\n\n" IT (2) FOUR_HUNKS);
  for (const char *c = decided; *c; c++)
    if (*c == '%')
      aid_str_addz (&chat, ids[*++c - '1']);
    else
      aid_str_addc (&chat, *c);
  aid_str_addz (&chat, YOU (3) "two?\n");
  assert_int_equal (build (aid_str_z (&chat), NULL, 0, &p, &e), AID_OK);
  flatten (&p, &got);
  aid_str_addf (&want, "|U:%stwo?", told);
  const char *asked = strrchr (aid_str_z (&got), '|');
  assert_non_null (asked);
  assert_string_equal (asked, aid_str_z (&want));
  aid_str_free (&chat);
  aid_str_free (&got);
  aid_str_free (&want);
  aid_prompt_free (&p);
}

static void
test_decisions_are_told (void **state)
{
  (void) state;
  expect_told ("<!--aid:" KEY " hunks %1=accepted %2=edited:e1 %3=accepted %4=rejected-->\n<!--aid:" KEY
               " edited e1-->\n> instead\n\n",
               "Of the hunks in your last answer: 1, 3 accepted; 2 edited; 4 rejected.\n\n"
               "Applied instead of hunk 2:\ninstead\n\n");
  expect_told ("<!--aid:" KEY " hunks-->\n", "");
}

static void
test_hunks_have_their_numbers_in_the_answer (void **state)
{
  (void) state;
  expect_told ("<!--aid:" KEY " hunks %2=accepted %4=rejected-->\n",
               "Of the hunks in your last answer: 2 accepted; 4 rejected.\n\n");
  expect_told ("<!--aid:" KEY " hunks %3=accepted %1=skipped %4=edited:e1-->\n<!--aid:" KEY " edited e1-->\n> instead\n\n",
               "Of the hunks in your last answer: 3 accepted; 4 edited; 1 skipped.\n\nApplied instead of hunk 4:\ninstead\n\n");
}

static void
test_a_hunk_that_has_changed_since_is_not_told_of (void **state)
{
  (void) state;
  expect_told ("<!--aid:" KEY " hunks 01234567=accepted %4=rejected-->\n",
               "Of the hunks in your last answer: 4 rejected.\n\n");
  expect_told ("<!--aid:" KEY " hunks 01234567=accepted-->\n", "");
}

static void
test_a_file_without_hunks_is_told_by_its_name (void **state)
{
  (void) state;
  char hash[17], line[128];
  aid_chat_hash (AID_SPAN ("file new.c"), hash);
  snprintf (line, sizeof line, "<!--aid:" KEY " hunks %%2=accepted %.8s=accepted-->\n", hash);
  expect_told (line, "Of the hunks in your last answer: 2, new.c (which has none) accepted.\n\n");
}

static void
expect_error (const char *chat, enum aid_err code)
{
  struct aid_prompt p;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (build (chat, NULL, 0, &p, &e), code);
  assert_true (strlen (e.msg) > 10);
  aid_prompt_free (&p);
}

static void
test_bad_questions_are_refused_with_words (void **state)
{
  (void) state;
  expect_error (HEAD YOU (1) "\n \n", AID_E_INVALID);
  expect_error ("# no chat\n", AID_E_INVALID);
  expect_error (HEAD YOU (1) "q\n- [gone.c](gone.c) <!--aid:" KEY " item-->\n", AID_E_NOTFOUND);
}

/* Sixteen items fill what one request may have: the next one is refused in words, for nothing prepared must be sent. */
static void
test_too_many_large_items_are_refused (void **state)
{
  (void) state;
  struct aid_str chat = AID_STR_INIT (1u << 16);
  char *large = malloc (AID_ITEM_MAX);
  assert_non_null (large);
  memset (large, 'x', AID_ITEM_MAX);
  struct aid_ask_item item = { AID_SPAN ("a.c"), { large, AID_ITEM_MAX } };
  aid_str_addz (&chat, HEAD YOU (1) "q\n\n");
  for (int i = 0; i < 17; i++)
    aid_str_addz (&chat, "- [a.c](a.c) <!--aid:" KEY " item-->\n");
  struct aid_prompt p;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (build (aid_str_z (&chat), &item, 1, &p, &e), AID_E_LIMIT);
  assert_int_equal (e.code, AID_E_LIMIT);
  assert_non_null (strstr (e.msg, "64 MB"));
  aid_prompt_free (&p);
  aid_str_free (&chat);
  free (large);
}

/* N context lines that name FILE, over two questions. */
static enum aid_err
build_with_files (const char *file, int n, struct aid_error *e)
{
  struct aid_str chat = AID_STR_INIT (1u << 16);
  struct aid_prompt p;
  aid_str_addz (&chat, HEAD YOU (1) "q\n\n");
  for (int i = 0; i < n; i++)
    aid_str_addf (&chat, "%s- [f](%s) <!--aid:" KEY " item-->\n", i == n / 2 ? "\n" IT (2) "a\n\n" YOU (3) "q\n\n" : "", file);
  enum aid_err err = build (aid_str_z (&chat), NULL, 0, &p, e);
  aid_prompt_free (&p);
  aid_str_free (&chat);
  return err;
}

/* Images and PDFs count as they are sent, and all of a chat counts together; also those that are kept but not sent. */
static void
test_too_many_images_are_refused (void **state)
{
  (void) state;
  struct aid_error e = { AID_OK, "" };
  size_t size = 8u << 20;
  char *bytes = malloc (size);
  assert_non_null (bytes);
  memset (bytes, 'x', size);
  memcpy (bytes, IMAGE.ptr, IMAGE.len);
  write_file ("large.png", (struct aid_span){ bytes, size });
  memcpy (bytes, "%PDF-1.7\n", 9);
  write_file ("large.pdf", (struct aid_span){ bytes, size });
  assert_int_equal (build_with_files ("large.png", 5, &e), AID_OK);
  assert_int_equal (build_with_files ("large.png", 7, &e), AID_E_LIMIT);
  assert_non_null (strstr (e.msg, "64 MB"));
  assert_int_equal (build_with_files ("large.pdf", 7, &e), AID_E_LIMIT);
  no_images = 1;
  assert_int_equal (build_with_files ("large.png", 7, &e), AID_OK);
  assert_int_equal (build_with_files ("large.png", 9, &e), AID_E_LIMIT);
  no_images = 0;
  free (bytes);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_turns_become_messages),
    cmocka_unit_test (test_a_summary_is_sent_instead_of_its_turns),
    cmocka_unit_test (test_turns_are_summarised_by_their_own_words),
    cmocka_unit_test (test_reasoning_and_alternatives_stay_at_home),
    cmocka_unit_test (test_signatures_go_with_what_was_received_only),
    cmocka_unit_test (test_tool_calls_are_sent_as_they_came),
    cmocka_unit_test (test_a_live_item_is_read_and_frozen),
    cmocka_unit_test (test_an_image_is_sent_as_it_is_and_frozen),
    cmocka_unit_test (test_an_image_that_the_model_cannot_read_is_told_of),
    cmocka_unit_test (test_a_pdf_counts_its_pages),
    cmocka_unit_test (test_other_binary_files_are_refused),
    cmocka_unit_test (test_decisions_are_told),
    cmocka_unit_test (test_hunks_have_their_numbers_in_the_answer),
    cmocka_unit_test (test_a_hunk_that_has_changed_since_is_not_told_of),
    cmocka_unit_test (test_a_file_without_hunks_is_told_by_its_name),
    cmocka_unit_test (test_bad_questions_are_refused_with_words),
#if !RACES
    cmocka_unit_test (test_too_many_large_items_are_refused),
    cmocka_unit_test (test_too_many_images_are_refused),
#endif
  };
  return cmocka_run_group_tests_name ("assist prompt", tests, scratch_make, scratch_drop);
}
