/* Many files in a scene of the index, and what is to be in it of them. */
#ifndef AID_TESTS_INDEX_MANY_H
#define AID_TESTS_INDEX_MANY_H

#include "index_scene.h"

static inline int64_t
number (const char *sql)
{
  sqlite3_stmt *s;
  int row;
  struct aid_error e = { AID_OK, "" };
  if (aid_db_prepare (ix->writer.db, sql, &s, &e) || aid_db_step (ix->writer.db, s, &row, &e) || !row)
    fail_msg ("%s: %s", sql, e.msg);
  int64_t n = sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  return n;
}

static void
finds (const char *question, const char *path)
{
  ask (question);
  if (!place_of (path))
    fail_msg ("\"%s\" does not find %s", question, path);
}

static inline void
finds_not (const char *question, const char *path)
{
  ask (question);
  if (place_of (path))
    fail_msg ("\"%s\" finds %s", question, path);
}

/* The file of the database. */
static inline const char *
database (void)
{
  static char path[1024];
  assert_non_null (ix);
  snprintf (path, sizeof path, "%s/%s", ix->dir, ix->writer.name);
  return path;
}

static void
write_many (int from, int to)
{
  char name[64], text[4000];
  for (int i = from; i < to; i++)
    {
      size_t len = (size_t)snprintf (text, sizeof text, "int\nfunction_%d (void)\n{\n  return marker_%d", i, i);
      for (int k = 0; k < 60; k++)
        len += (size_t)snprintf (text + len, sizeof text - len, " + word_%d_%d", i % 97, k);
      snprintf (text + len, sizeof text - len, ";\n}\n");
      snprintf (name, sizeof name, "d%d/f%d.c", i % 20, i);
      char folder[64];
      snprintf (folder, sizeof folder, "d%d", i % 20);
      aid_fs_mkdirs (in_project (folder), 0755, NULL);
      FILE *f = fopen (in_project (name), "w");
      assert_non_null (f);
      fputs (text, f);
      fclose (f);
    }
}

static inline void
expect_whole (int files)
{
  char question[64], path[64];
  index_it ();
  assert_int_equal (number ("SELECT count(*) FROM files WHERE live=1 AND (state=2 OR (state=1 AND id <= "
                            "(SELECT value FROM meta WHERE key='worded')))"),
                    files);
  assert_int_equal (aid_db_exec (ix->writer.db,
                                 "INSERT INTO names(names) VALUES('integrity-check'); "
                                 "INSERT INTO words(words) VALUES('integrity-check')",
                                 NULL),
                    AID_OK);
  assert_int_equal (number ("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check='ok'"), 1);
  for (int i = 0; i < files; i += files / 7)
    {
      snprintf (question, sizeof question, "marker_%d", i);
      snprintf (path, sizeof path, "d%d/f%d.c", i % 20, i);
      finds (question, path);
      assert_int_equal (place_of (path), 1);
    }
}

#endif
