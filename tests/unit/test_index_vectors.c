/* Vectors of passages: how they are kept, and which are lacking when. */
#include "vectors_scene.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

static void
vectors_are_kept_and_only_changed_passages_lack (void **state)
{
  (void)state;
  three_files ();
  open_vectors ("m");
  assert_int_equal (fill (), 3);
  assert_int_equal (now ().with, 3);
  assert_int_equal (now ().dimensions, DIMENSIONS);
  assert_string_equal (nearest ("what do I owe?"), "src/a.c");
  open_vectors ("m");
  assert_int_equal (fill (), 0);
  assert_int_equal (now ().with, 3);
  assert_string_equal (nearest ("what do I owe?"), "src/a.c");
  write_file ("src/b.c", "int\nabort_later (void)\n{\n  return 1;\n}\n");
  open_vectors ("m");
  assert_int_equal (fill (), 1);
  sh ("mv src/b.c src/moved.c"); /* the same text elsewhere */
  open_vectors ("m");
  assert_int_equal (fill (), 0);
  assert_string_equal (nearest ("why does it die?"), "src/moved.c");
}

/* A long file whose second half changes: its first passages stay as they are. */
static void
of_a_long_file_only_the_passages_that_changed_lack (void **state)
{
  struct aid_str text = AID_STR_INIT (1 << 20);
  (void)state;
  for (int i = 0; i < 200; i++)
    aid_str_addf (&text, "int\nfunction_%d (int n)\n{\n  /* number %d of many */\n  return n * %d + function_%d (n);\n}\n\n",
                  i, i, i, i + 1);
  write_file ("long.c", aid_str_z (&text));
  open_vectors ("m");
  size_t all = fill ();
  assert_true (all > 6);
  char *at = strstr (text.ptr, "number 190 ");
  assert_non_null (at);
  memcpy (at, "Number", 6);
  write_file ("long.c", aid_str_z (&text));
  open_vectors ("m");
  assert_int_equal (fill (), 1);
  aid_str_free (&text);
}

static void
another_maker_begins_anew (void **state)
{
  (void)state;
  three_files ();
  open_vectors ("m");
  assert_int_equal (fill (), 3);
  open_vectors ("n");
  assert_int_equal (now ().with, 0);
  assert_string_equal (nearest ("what do I owe?"), "");
  assert_int_equal (fill (), 3);
  open_vectors ("m");
  assert_int_equal (fill (), 3);
}

static void
vectors_of_another_length_are_refused_until_all_are_thrown_away (void **state)
{
  struct aid_vec batch;
  struct aid_error e = { AID_OK, "" };
  (void)state;
  three_files ();
  open_vectors ("m");
  assert_int_equal (fill (), 3);
  write_file ("src/d.c", "int owe;\n");
  open_vectors ("m");
  take (&batch);
  assert_int_equal (batch.len, 1);
  assert_int_equal (put (&batch, DIMENSIONS + 1, &e), AID_E_STATE);
  aid_lacking_free (&batch);
  assert_int_equal (aid_vectors_reset (vectors, &e), AID_OK);
  follow ();
  take (&batch);
  assert_int_equal (batch.len, 4);
  assert_int_equal (put (&batch, DIMENSIONS + 1, &e), AID_OK);
  assert_int_equal (now ().dimensions, DIMENSIONS + 1);
  aid_lacking_free (&batch);
  assert_string_equal (nearest ("what do I owe?"), ""); /* a question of the old length compares with nothing */
}

static void
what_never_gets_a_vector_is_not_asked_for_again (void **state)
{
  struct aid_vec batch;
  const float *none[3] = { NULL, NULL, NULL };
  (void)state;
  three_files ();
  open_vectors ("m");
  take (&batch);
  assert_int_equal (batch.len, 3);
  assert_int_equal (aid_vectors_put (vectors, &batch, none, 0, NULL), AID_OK);
  aid_lacking_free (&batch);
  assert_int_equal (now ().held, 3);
  open_vectors ("m");
  assert_int_equal (fill (), 0);
  assert_int_equal (now ().held, 3);
  assert_string_equal (nearest ("what do I owe?"), "");
}

static void
what_was_given_back_is_next_again (void **state)
{
  struct aid_vec batch;
  (void)state;
  three_files ();
  open_vectors ("m");
  take (&batch);
  assert_int_equal (batch.len, 3);
  aid_vectors_give_back (vectors, &batch);
  assert_int_equal (batch.len, 0);
  aid_lacking_free (&batch);
  follow ();
  assert_int_equal (fill (), 3);
}

static void
files_that_are_known_to_hold_secrets_have_no_passages (void **state)
{
  (void)state;
  write_file (".env", "NAME=invoice\nOTHER=abort\n");
  write_file ("a.c", "int invoice;\n");
  open_vectors ("m");
  assert_int_equal (fill (), 1);
  assert_string_equal (nearest ("what do I owe?"), "a.c");
}

static void
the_same_text_in_two_files_is_one_passage (void **state)
{
  (void)state;
  write_file ("a.c", "int invoice;\n");
  write_file ("b.c", "int invoice;\n");
  write_file ("c.c", "int abort_it;\n");
  open_vectors ("m");
  assert_int_equal (fill (), 2);
  assert_string_equal (nearest ("what do I owe?"), "a.c b.c");
}

static void
a_branch_that_comes_back_lacks_nothing (void **state)
{
  (void)state;
  three_files ();
  sh ("git init -q . && git add -A && git commit -qm one && git checkout -qb other");
  write_file ("src/b.c", "int\ndie_now (void)\n{\n  return 2;\n}\n");
  sh ("git commit -qam two");
  open_vectors ("m");
  assert_int_equal (fill (), 3);
  sh ("git checkout -q -");
  open_vectors ("m");
  assert_int_equal (fill (), 1);
  sh ("git checkout -q other");
  open_vectors ("m");
  assert_int_equal (fill (), 0);
}

static void
a_new_index_lacks_none_and_a_damaged_file_is_made_anew (void **state)
{
  char command[600];
  (void)state;
  three_files ();
  open_vectors ("m");
  assert_int_equal (fill (), 3);
  char *dir = strdup (ix->dir);
  aid_vectors_close (vectors);
  vectors = NULL;
  close_index ();
  snprintf (command, sizeof command, "rm %s/db-*", dir);
  sh (command);
  open_vectors ("m");
  assert_int_equal (fill (), 0);
  aid_vectors_close (vectors);
  vectors = NULL;
  snprintf (command, sizeof command, "head -c 9000 /dev/urandom >%s/vectors.db; rm -f %s/vectors.db-*", dir, dir);
  sh (command);
  open_vectors ("m");
  assert_int_equal (fill (), 3);
  assert_string_equal (nearest ("what do I owe?"), "src/a.c");
  free (dir);
}

/* Overwrites the file at PATH from FROM on. */
static void
overwrite (const char *path, off_t from)
{
  struct stat st;
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  assert_int_equal (fstat (fd, &st), 0);
  assert_true (st.st_size > from);
  for (off_t at = from; at < st.st_size; at += 8)
    assert_int_equal (pwrite (fd, "damaged.", 8, at), 8);
  close (fd);
}

/* Damage that is not where opening looks: it shows when the rows are read. */
static void
damage_within_is_made_anew_when_it_is_opened_again (void **state)
{
  char path[600];
  (void)state;
  for (int i = 0; i < 200; i++)
    {
      char name[32], text[100];
      snprintf (name, sizeof name, "src/f%d.c", i);
      snprintf (text, sizeof text, "int\ninvoice_%d (int n)\n{\n  return n * %d;\n}\n", i, i);
      write_file (name, text);
    }
  open_vectors ("m");
  assert_int_equal (fill (), 200);
  snprintf (path, sizeof path, "%s/vectors.db", ix->dir);
  aid_vectors_close (vectors);
  vectors = NULL;
  overwrite (path, 4 * 4096);
  open_vectors ("m");
  assert_int_equal (fill (), 200);
  assert_int_equal (now ().with, 200);
}

/* The same while it is in use. */
static void
damage_that_shows_later_is_made_anew (void **state)
{
  struct aid_vec batch;
  struct aid_error e = { AID_OK, "" };
  (void)state;
  three_files ();
  open_vectors ("m");
  take (&batch);
  char path[600];
  snprintf (path, sizeof path, "%s/vectors.db", ix->dir);
  sqlite3 *other; /* what it writes, the vectors' own connection has to read from the disk */
  assert_int_equal (sqlite3_open (path, &other), SQLITE_OK);
  assert_int_equal (sqlite3_exec (other, "CREATE TABLE other(x); PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
  overwrite (path, 4096);
  sqlite3_close (other);
  assert_int_equal (put (&batch, DIMENSIONS, &e), AID_E_PARSE);
  aid_lacking_free (&batch);
  follow ();
  assert_int_equal (fill (), 3);
  assert_string_equal (nearest ("what do I owe?"), "src/a.c");
}

/* Two of one project, as two processes have them: the second reads, and writes when the first has gone. */
static void
one_writes_and_others_read (void **state)
{
  struct aid_vec batch;
  struct aid_error e = { AID_OK, "" };
  (void)state;
  three_files ();
  open_vectors ("m");
  struct aid_vectors *writer = vectors, *reader;
  assert_int_equal (aid_vectors_open (ix, "m", &reader, &e), AID_OK);
  vectors = reader;
  assert_int_equal (aid_vectors_follow (reader, NULL, &e), AID_OK);
  take (&batch);
  assert_int_equal (batch.len, 0);
  assert_false (now ().writes);
  vectors = writer;
  assert_true (now ().writes);
  assert_int_equal (fill (), 3);
  vectors = reader;
  follow ();
  assert_string_equal (nearest ("what do I owe?"), "src/a.c");
  aid_vectors_close (writer);
  follow ();
  assert_true (now ().writes);
  assert_string_equal (nearest ("what do I owe?"), "src/a.c");
}

/* A writer that has only just begun has made no tables yet. */
static void
a_reader_that_comes_first_finds_none_yet (void **state)
{
  struct aid_error e = { AID_OK, "" };
  char path[600];
  (void)state;
  three_files ();
  index_it ();
  snprintf (path, sizeof path, "%s/vectors.lock", ix->dir);
  int lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  assert_int_equal (flock (lock, LOCK_EX | LOCK_NB), 0);
  assert_int_equal (aid_vectors_open (ix, "m", &vectors, &e), AID_OK);
  assert_int_equal (aid_vectors_follow (vectors, NULL, &e), AID_E_STATE);
  assert_false (now ().writes);
  close (lock);
  follow ();
  assert_true (now ().writes);
  assert_int_equal (fill (), 3);
}

/* Writes the file NAME while the project is open, which knows it then. */
static void
change (const char *name, const char *text)
{
  struct aid_project_file file;
  struct stat st;
  write_file (name, text);
  assert_int_equal (stat (in_project (name), &st), 0);
  aid_project_touch (project, aid_span_z (name));
  while (aid_project_find (project, aid_span_z (name), &file) || file.inode != st.st_ino)
    aid_project_wait (project, aid_project_wait (project, 0, 0), 1000);
}

/* The cache is deleted while both have it open: the writer makes it anew, and the reader reads what that one writes. */
static void
a_deleted_file_is_made_anew_and_read_anew (void **state)
{
  char command[600];
  struct aid_error e = { AID_OK, "" };
  (void)state;
  three_files ();
  open_vectors ("m");
  assert_int_equal (fill (), 3);
  struct aid_vectors *writer = vectors, *reader;
  assert_int_equal (aid_vectors_open (ix, "m", &reader, &e), AID_OK);
  vectors = reader;
  follow ();
  assert_string_equal (nearest ("what do I owe?"), "src/a.c");
  snprintf (command, sizeof command, "rm -r %s", ix->dir);
  sh (command);
  vectors = writer;
  follow ();
  assert_true (now ().writes);
  assert_int_equal (fill (), 3);
  change ("src/d.c", "/* The bill. */\nint bill_me (void) { return owe; }\n");
  follow ();
  assert_int_equal (fill (), 1);
  vectors = reader;
  follow ();
  assert_false (now ().writes);
  assert_string_equal (nearest ("what do I owe?"), "src/a.c src/d.c");
  aid_vectors_close (writer);
}

/* Writes files of functions that nobody has written before. */
static void
write_many_functions (int round)
{
  struct aid_str text = AID_STR_INIT (1 << 20);
  for (int file = 0; file < 13; file++)
    {
      char name[32];
      aid_str_clear (&text);
      for (int i = 0; i < 500; i++)
        {
          aid_str_addf (&text, "int\nf_%d (int n)\n{\n", i);
          for (int line = 0; line < 70; line++)
            aid_str_addf (&text, "  call_%d_%d (n, %d, %d);\n", file, i, line, round);
          aid_str_addz (&text, "}\n\n");
        }
      snprintf (name, sizeof name, "f%d.c", file);
      change (name, aid_str_z (&text));
    }
  aid_str_free (&text);
}

static size_t
fill_all (void)
{
  size_t all = 0;
  for (size_t n = 1; n; all += n)
    n = fill ();
  return all;
}

/* Texts that files had once take no room for ever: there is room for so many passages at most. */
static void
passages_of_no_file_are_let_go (void **state)
{
  (void)state;
  three_files ();
  open_vectors ("m");
  write_many_functions (1);
  follow ();
  size_t all = fill_all ();
  assert_true (all > 6000);
  assert_int_equal (now ().passages, all);
  write_many_functions (2);
  follow ();
  assert_int_equal (fill_all (), all - 3);
  follow ();
  assert_int_equal (fill_all (), 0);
  assert_int_equal (now ().passages, all);
  assert_int_equal (now ().with, all);
  assert_string_equal (nearest ("what do I owe?"), "src/a.c");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    VECTORS (vectors_are_kept_and_only_changed_passages_lack),
    VECTORS (of_a_long_file_only_the_passages_that_changed_lack),
    VECTORS (another_maker_begins_anew),
    VECTORS (vectors_of_another_length_are_refused_until_all_are_thrown_away),
    VECTORS (what_never_gets_a_vector_is_not_asked_for_again),
    VECTORS (what_was_given_back_is_next_again),
    VECTORS (files_that_are_known_to_hold_secrets_have_no_passages),
    VECTORS (the_same_text_in_two_files_is_one_passage),
    VECTORS (a_branch_that_comes_back_lacks_nothing),
    VECTORS (a_new_index_lacks_none_and_a_damaged_file_is_made_anew),
    VECTORS (damage_within_is_made_anew_when_it_is_opened_again),
    VECTORS (damage_that_shows_later_is_made_anew),
    VECTORS (one_writes_and_others_read),
    VECTORS (a_reader_that_comes_first_finds_none_yet),
    VECTORS (a_deleted_file_is_made_anew_and_read_anew),
    VECTORS (passages_of_no_file_are_let_go),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
