/* Trees of files for the tests of projects, and programs run upon them. */
#ifndef AID_TESTS_PROJECT_TREES_H
#define AID_TESTS_PROJECT_TREES_H

#include "scratch.h"

#include "base/vec.h"
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

/* Runs COMMAND by the shell in the folder DIR, quietly; it must succeed (or, with MAY_FAIL, need not). */
static void
run_in (const char *dir, const char *command)
{
  struct aid_str all = AID_STR_INIT (1 << 16);
  aid_str_addf (&all, "cd '%s' && { %s ; } >/dev/null 2>'%s/errors'", dir, command, scratch);
  int status = system (aid_str_z (&all));
  if (status)
    fail_msg ("%s: status %d", command, status);
  aid_str_free (&all);
}

/* What COMMAND prints, run in DIR by the shell; its status does not matter. */
__attribute__ ((unused)) static void
output_of (const char *dir, const char *command, struct aid_str *out)
{
  struct aid_str all = AID_STR_INIT (1 << 16);
  char part[4096];
  size_t n;
  aid_str_addf (&all, "cd '%s' && %s 2>/dev/null", dir, command);
  FILE *pipe = popen (aid_str_z (&all), "r");
  assert_non_null (pipe);
  while ((n = fread (part, 1, sizeof part, pipe)) > 0)
    aid_str_add (out, part, n);
  pclose (pipe);
  aid_str_free (&all);
}

/* Writes TEXT to DIR/NAME, making the folders. */
static void
write_file (const char *dir, const char *name, struct aid_span text)
{
  struct aid_str path = AID_STR_INIT (8192);
  aid_str_addf (&path, "%s/%s", dir, name);
  char *slash = strrchr (path.ptr, '/');
  *slash = '\0';
  assert_int_equal (aid_fs_mkdirs (path.ptr, 0777, NULL), AID_OK);
  *slash = '/';
  int fd = open (path.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  assert_true (fd >= 0);
  assert_int_equal (aid_fs_write_all (fd, text), 0);
  close (fd);
  aid_str_free (&path);
}

/* Numbers that are the same in each run. */
static uint32_t tree_seed = 1;

static unsigned
draw (unsigned below)
{
  tree_seed = tree_seed * 1664525u + 1013904223u;
  return (tree_seed >> 8) % below;
}

static const char *const tree_names[] = { "a", "b", "ab", "ba", "a.c", "b.o", "abc", ".x", "a b", "c" };
#define TREE_NAMES (sizeof tree_names / sizeof *tree_names)

/* Makes files and folders below DIR (whose own path from the top is AT), some of them with a file RULES that WRITE fills. */
__attribute__ ((unused)) static void
make_tree (const char *dir, const char *at, int depth, void (*rules) (const char *dir, const char *at))
{
  for (size_t i = 0; i < TREE_NAMES; i++)
    {
      struct aid_str name = AID_STR_INIT (4096);
      aid_str_addf (&name, "%s%s%s", at, *at ? "/" : "", tree_names[i]);
      unsigned kind = draw (depth > 0 ? 3 : 2);
      if (kind == 1)
        write_file (dir, aid_str_z (&name), AID_SPAN ("x\n"));
      else if (kind == 2)
        make_tree (dir, aid_str_z (&name), depth - 1, rules);
      aid_str_free (&name);
    }
  rules (dir, at);
}

#endif
