/* What is found by the vectors of passages, and how that goes with what is found by words. */
#include "vectors_scene.h"

static void
ask_with_meaning (const char *text)
{
  float q[DIMENSIONS];
  make_vector (text, DIMENSIONS, q);
  ask_for ((struct aid_question){ .text = aid_span_z (text), .vectors = vectors, .meaning = q, .dimensions = DIMENSIONS });
}

static void
a_passage_that_shares_no_word_is_found_by_its_meaning (void **state)
{
  (void)state;
  three_files ();
  open_vectors ("m");
  fill ();
  ask ("what do I owe?");
  assert_int_equal (place_of ("src/a.c"), 0);
  ask_with_meaning ("what do I owe?");
  assert_int_equal (place_of ("src/a.c"), 1);
  assert_string_equal (reason_of ("src/a.c"), "similar in meaning");
  assert_string_equal (passage (0)->path, "src/a.c");
  assert_string_equal (passage (0)->reason, "similar in meaning");
  assert_string_equal (passage (0)->name, "invoice_total");
  assert_int_equal (place_of ("src/c.c"), 0); /* what does not stand out is not there */
}

/* Of a long file the passage that is meant is shown, not its first. */
static void
the_lines_that_are_similar_are_shown (void **state)
{
  struct aid_str text = AID_STR_INIT (1 << 20);
  (void)state;
  for (int i = 0; i < 120; i++)
    aid_str_addf (&text,
                  "int\nfunction_%d (int n)\n{\n  /* number %d of many, and some more words */\n  return n * %d;\n}\n\n", i,
                  i, i);
  aid_str_addz (&text, "int\ninvoice (int invoice)\n{\n  return invoice + invoice;\n}\n");
  write_file ("long.c", aid_str_z (&text));
  three_files ();
  open_vectors ("m");
  fill ();
  ask_with_meaning ("what do I owe?");
  assert_true (place_of ("long.c") > 0);
  int shown = 0;
  for (size_t i = 0; i < found.passages.len; i++)
    shown |= passage (i)->name && !strcmp (passage (i)->name, "invoice");
  assert_true (shown);
  aid_str_free (&text);
}

/* Fused by rank: what two lists have goes before what one has. */
static void
meaning_counts_beside_words (void **state)
{
  (void)state;
  write_file ("a.txt", "The ledger of heron is here: invoice invoice.\n");
  write_file ("b.txt", "The ledger of heron is here: nothing of it.\n");
  write_file ("c.txt", "An abort.\n");
  write_file ("d.txt", "A canvas.\n");
  open_vectors ("m");
  fill ();
  ask_with_meaning ("which ledger of heron do I owe?");
  assert_int_equal (place_of ("a.txt"), 1);
  assert_int_equal (place_of ("b.txt"), 2);
  assert_non_null (strstr (reason_of ("b.txt"), "ledger"));
}

static void
without_a_vector_all_is_as_without_vectors (void **state)
{
  char before[1000] = "", after[1000] = "";
  size_t len = 0;
  (void)state;
  three_files ();
  open_vectors ("m");
  fill ();
  for (int round = 0; round < 2; round++)
    {
      char *to = round ? after : before;
      ask_for ((struct aid_question){ .text = AID_SPAN ("invoice total, abort"), .vectors = round ? vectors : NULL });
      len = 0;
      for (size_t i = 0; i < found.passages.len; i++)
        len += (size_t)snprintf (to + len, 1000 - len, "%s:%u %.6f %s\n", passage (i)->path, passage (i)->first,
                                 passage (i)->score, passage (i)->reason);
    }
  assert_true (len > 0);
  assert_string_equal (before, after);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    VECTORS (a_passage_that_shares_no_word_is_found_by_its_meaning),
    VECTORS (the_lines_that_are_similar_are_shown),
    VECTORS (meaning_counts_beside_words),
    VECTORS (without_a_vector_all_is_as_without_vectors),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
