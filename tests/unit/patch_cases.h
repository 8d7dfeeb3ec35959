/* What the patch tests share: a scratch folder, files in it, and a source that reads texts from memory. */
#ifndef AID_TESTS_PATCH_CASES_H
#define AID_TESTS_PATCH_CASES_H

#include "base/fs.h"
#include "patch/patch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- a scratch folder --- */

static inline char *
scratch_make (void)
{
  char *dir = strdup ("/tmp/aid-patch-XXXXXX");
  char state[64];
  assert_non_null (mkdtemp (dir));
  snprintf (state, sizeof state, "%s.state", dir);      /* locks and journals of what is applied */
  setenv ("XDG_STATE_HOME", state, 1);
  return dir;
}

static inline void
scratch_remove (char *dir)
{
  char cmd[200];
  snprintf (cmd, sizeof cmd, "chmod -R u+rwx '%s'; rm -rf '%s' '%s.state'", dir, dir, dir);
  assert_int_equal (system (cmd), 0);
  free (dir);
}

static inline void
put (const char *dir, const char *name, const char *text)
{
  char path[400];
  snprintf (path, sizeof path, "%s/%s", dir, name);
  struct aid_str folder = AID_STR_INIT (400);
  aid_str_add (&folder, path, (size_t) (aid_fs_base (path) - path));
  assert_int_equal (aid_fs_mkdirs (aid_str_z (&folder), 0755, NULL), AID_OK);
  aid_str_free (&folder);
  FILE *f = fopen (path, "wb");
  assert_non_null (f);
  fputs (text, f);
  fclose (f);
}

static inline void
assert_file (const char *dir, const char *name, const char *text)
{
  char path[400];
  struct aid_str got = AID_STR_INIT (1 << 20);
  snprintf (path, sizeof path, "%s/%s", dir, name);
  if (!text)
    {
      assert_false (aid_fs_exists (path));
      return;
    }
  assert_int_equal (aid_fs_read (path, &got, NULL), AID_OK);
  assert_string_equal (aid_str_z (&got), text);
  aid_str_free (&got);
}

/* --- texts in memory --- */

struct memory_file
{
  const char *path;
  struct aid_span text;
};

struct memory
{
  struct memory_file file[8];
  size_t reads;
};

static inline enum aid_err
memory_read (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  struct memory *m = ctx;
  m->reads++;
  for (size_t i = 0; i < 8 && m->file[i].path; i++)
    if (strcmp (m->file[i].path, path) == 0)
      return aid_str_addspan (out, m->file[i].text);
  return aid_error_set (e, AID_E_NOTFOUND, "no such file");
}

static inline enum aid_err
memory_list (void *ctx, int (*each) (void *closure, const char *path), void *closure)
{
  struct memory *m = ctx;
  for (size_t i = 0; i < 8 && m->file[i].path; i++)
    if (each (closure, m->file[i].path))
      break;
  return AID_OK;
}

static inline struct aid_patch *
read_patch (struct aid_span answer, enum aid_patch_format format)
{
  struct aid_patch *p = NULL;
  struct aid_error e;
  assert_int_equal (aid_patch_read (answer, format, &p, &e), AID_OK);
  return p;
}

static inline struct aid_plan *
plan_in (const struct aid_patch *p, struct memory *m, const struct aid_plan_options *options)
{
  struct aid_patch_source source = { memory_read, m, memory_list };
  struct aid_plan *plan = NULL;
  struct aid_error e;
  assert_int_equal (aid_patch_plan (p, &source, options, &plan, &e), AID_OK);
  return plan;
}

#define FILE_AT(p, i) (&AID_VEC_AT (struct aid_patch_file, &(p)->files, i))
#define HUNK_AT(p, i) (&AID_VEC_AT (struct aid_patch_hunk, &(p)->hunks, i))
#define LINE_AT(p, i) (&AID_VEC_AT (struct aid_patch_line, &(p)->lines, i))
#define NOTE_AT(p, i) (&AID_VEC_AT (struct aid_patch_note, &(p)->notes, i))
#define BLOCK_AT(p, i) (&AID_VEC_AT (struct aid_patch_block, &(p)->blocks, i))
#define PLAN_AT(plan, i) (&AID_VEC_AT (struct aid_file_plan, &(plan)->files, i))
#define PLACED_AT(plan, i) (&AID_VEC_AT (struct aid_placement, &(plan)->placements, i))

/* Files and folders below DIR. */
static inline int
names_in (const char *dir)
{
  char cmd[300];
  int n = -1;
  snprintf (cmd, sizeof cmd, "find '%s' -mindepth 1 | wc -l", dir);
  FILE *f = popen (cmd, "r");
  assert_non_null (f);
  assert_int_equal (fscanf (f, "%d", &n), 1);
  pclose (f);
  return n;
}

#endif
