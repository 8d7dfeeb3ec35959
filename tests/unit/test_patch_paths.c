/* The path rules as a table, and links on a real file system. */
#include "patch_cases.h"

static void
assert_path (const char *dir, const char *path, const char *refused)
{
  struct aid_str full = AID_STR_INIT (8000);
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_patch_path (dir, path, &full, &e);
  if (refused ? err != AID_E_REFUSED || !strstr (e.msg, refused) : err != AID_OK)
    fail_msg ("\"%s\": expected %s, got %d \"%s\"", path, refused ? refused : "no error", (int) err, e.msg);
  if (refused)
    assert_int_equal (full.len, 0);
  aid_str_free (&full);
}

static void
names_are_judged_by_their_text (void **state)
{
  (void) state;
  static const struct
  {
    const char *path, *refused;
  } rows[] = {
    { "a.c", NULL },
    { "src/a.c", NULL },
    { "./src//a.c", NULL },
    { "new/folder/a.c", NULL },
    { "..a/b..c/...", NULL },
    { ".gitignore", NULL },
    { ".github/workflows/x.yml", NULL },
    { "a b/ä.txt", NULL },
    { "git/hooks/x", NULL },
    { "", "names no file" },
    { "..", "leads out" },
    { "../a", "leads out" },
    { "a/../b", "leads out" },
    { "a/..", "leads out" },
    { "./../a", "leads out" },
    { "/a", "absolute" },
    { "//a", "absolute" },
    { "C:\\a", "absolute" },
    { "c:/a", "absolute" },
    { "~/a", "home" },
    { "~root/a", "home" },
    { "a/", "is a folder" },
    { ".", "is a folder" },
    { "a/.", "is a folder" },
    { ".git/hooks/x", "version control" },
    { ".git", "version control" },
    { ".GIT/x", "version control" },
    { ".Git./x", "version control" },
    { ".git /x", "version control" },
    { ".git::$INDEX_ALLOCATION/x", "version control" },
    { "GIT~1/x", "version control" },
    { "sub/.git/x", "version control" },
    { ".hg/hgrc", "version control" },
    { ".jj/x", "version control" },
    { ".svn/x", "version control" },
    { "a\nb", "control characters" },
    { "a\x01", "control characters" },
    { "a\x7f", "control characters" },
    { "a\xc2\x85", "control characters" },
    { ".g\xe2\x80\x8cit/x", "control characters" },
    { "a\xe2\x80\xae.c", "control characters" },
    { "a\xff", "UTF-8" },
  };
  char *dir = scratch_make ();
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_path (dir, rows[i].path, rows[i].refused);
  char *longer = malloc (5001);
  memset (longer, 'a', 5000);
  longer[5000] = 0;
  assert_path (dir, longer, "too long");
  free (longer);
  scratch_remove (dir);
}

static void
link_to (const char *dir, const char *name, const char *to)
{
  char path[400];
  snprintf (path, sizeof path, "%s/%s", dir, name);
  assert_int_equal (symlink (to, path), 0);
}

static void
links_must_stay_inside (void **state)
{
  (void) state;
  char *dir = scratch_make (), *outside = scratch_make ();
  char neighbour[300];
  put (dir, "src/a.c", "x\n");
  put (dir, ".git/config", "x\n");
  put (outside, "secret", "x\n");
  snprintf (neighbour, sizeof neighbour, "%s-more", dir);
  assert_int_equal (mkdir (neighbour, 0755), 0);
  link_to (dir, "inside", "src");
  link_to (dir, "file", "src/a.c");
  link_to (dir, "out", outside);
  link_to (dir, "up", "..");
  link_to (dir, "secret", outside);
  link_to (dir, "src/repo", "../.git");
  link_to (dir, "nowhere", "missing");
  link_to (dir, "loop", "loop");
  link_to (dir, "neighbour", neighbour);
  link_to (dir, "root", "/");
  assert_path (dir, "inside/a.c", NULL);
  assert_path (dir, "inside/new/b.c", NULL);
  assert_path (dir, "file", NULL);
  assert_path (dir, "out/secret", "symbolic link");
  assert_path (dir, "out/new", "symbolic link");
  assert_path (dir, "up/x", "symbolic link");
  assert_path (dir, "neighbour/x", "symbolic link");
  assert_path (dir, "root/etc/passwd", "symbolic link");
  assert_path (dir, "inside/repo/config", "version control");
  assert_path (dir, "nowhere", "leads nowhere");
  assert_path (dir, "nowhere/x", "leads nowhere");
  assert_path (dir, "loop", "leads nowhere");
  assert_path (dir, "src", "is a folder");
  assert_path (dir, "src/a.c/b", "through a file");
  assert_int_equal (rmdir (neighbour), 0);
  scratch_remove (outside);
  scratch_remove (dir);
}

static void
the_full_name_is_tidy (void **state)
{
  (void) state;
  char *dir = scratch_make (), rooted[300], want[300];
  struct aid_str full = AID_STR_INIT (8000);
  snprintf (rooted, sizeof rooted, "%s//", dir);
  snprintf (want, sizeof want, "%s/src/a.c", dir);
  assert_int_equal (aid_patch_path (rooted, "./src//./a.c", &full, NULL), AID_OK);
  assert_string_equal (aid_str_z (&full), want);
  aid_str_free (&full);
  assert_path ("/nonexistent-root", "a", "not there");
  assert_path ("/", "a", "root of the file system");
  scratch_remove (dir);
}

/* A root that is itself reached through a link is fine. */
static void
a_linked_root_is_a_root (void **state)
{
  (void) state;
  char *dir = scratch_make (), linked[300];
  put (dir, "real/a.c", "x\n");
  link_to (dir, "link", "real");
  snprintf (linked, sizeof linked, "%s/link", dir);
  assert_path (linked, "a.c", NULL);
  assert_path (linked, "new.c", NULL);
  scratch_remove (dir);
}

static void
assert_reads (const char *dir, const char *path, enum aid_err want, const char *why)
{
  struct aid_patch_source source = aid_patch_disk_source (dir);
  struct aid_str text = AID_STR_INIT (1 << 20);
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (source.read (source.ctx, path, &text, &e), want);
  if (!strstr (e.msg, why))
    fail_msg ("%s: \"%s\" lacks \"%s\"", path, e.msg, why);
  aid_str_free (&text);
}

static void
the_disk_gives_texts_only (void **state)
{
  (void) state;
  char *dir = scratch_make (), path[300];
  put (dir, "a.c", "x\n");
  put (dir, "ro.c", "x\n");
  put (dir, "empty", "");
  snprintf (path, sizeof path, "%s/ro.c", dir);
  assert_int_equal (chmod (path, 0444), 0);
  snprintf (path, sizeof path, "%s/bin", dir);
  FILE *f = fopen (path, "wb");
  assert_int_equal (fwrite ("a\0b", 1, 3, f), 3);
  fclose (f);
  snprintf (path, sizeof path, "%s/pipe", dir);
  assert_int_equal (mkfifo (path, 0600), 0);
  assert_reads (dir, "a.c", AID_OK, "");
  assert_reads (dir, "empty", AID_OK, "");
  assert_reads (dir, "missing", AID_E_NOTFOUND, "missing");
  assert_reads (dir, "no/folder", AID_E_NOTFOUND, "no/folder");
  assert_reads (dir, "ro.c", AID_E_REFUSED, "read-only");
  assert_reads (dir, "bin", AID_E_REFUSED, "binary");
  assert_reads (dir, "pipe", AID_E_REFUSED, "regular");
  assert_reads (dir, "../a.c", AID_E_REFUSED, "leads out");
  scratch_remove (dir);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (names_are_judged_by_their_text), cmocka_unit_test (links_must_stay_inside),
    cmocka_unit_test (the_full_name_is_tidy),          cmocka_unit_test (a_linked_root_is_a_root),
    cmocka_unit_test (the_disk_gives_texts_only),
  };
  return cmocka_run_group_tests_name ("patch paths", tests, NULL, NULL);
}
