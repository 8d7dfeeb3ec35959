/* Projects for tests: made, and opened when they are listed. */
#ifndef AID_TESTS_PROJECT_OPEN_H
#define AID_TESTS_PROJECT_OPEN_H

#include "project/project.h"
#include "project_trees.h"

/* A new folder NAME of the scratch. */
static const char *
folder (const char *name)
{
  const char *dir = scratch_path (name);
  assert_int_equal (aid_fs_mkdirs (dir, 0777, NULL), AID_OK);
  return dir;
}

static inline struct aid_project *
open_project (const char *dir, const struct aid_project_options *options)
{
  struct aid_project *p;
  assert_int_equal (aid_project_open (dir, options, &p, NULL), AID_OK);
  aid_project_wait (p, 0, 20000);
  return p;
}

static inline void
make_repository (const char *dir)
{
  run_in (dir, "git init -q -b main . && git config user.email a@example.org && git config user.name A");
}

/* Makes what a list must not stumble over. */
static inline void
make_oddities (const char *dir)
{
  write_file (dir, "with blank/and\nnewline", AID_SPAN ("x\n"));
  write_file (dir, "latin-\xE9", AID_SPAN ("x\n"));
  write_file (dir, "-rf", AID_SPAN ("x\n"));
  write_file (dir, "sub/file", AID_SPAN ("x\n"));
  run_in (dir, "ln -s .. sub/loop && ln -s /etc/passwd out && ln -s nowhere dangling && mkfifo fifo && ln -s sub linked");
  run_in (dir, "truncate -s 2G huge.txt");
}

#endif
