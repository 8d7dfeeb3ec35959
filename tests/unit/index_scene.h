/* A project in the scratch folder and its index, for tests: files are written, version control is run, questions are
   asked. */
#ifndef AID_TESTS_INDEX_SCENE_H
#define AID_TESTS_INDEX_SCENE_H

#include "index/index_internal.h"
#include "index/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch.h"

static struct aid_project *project;
static struct aid_index *ix;
static struct aid_found found;

static const char *
in_project (const char *name)
{
  static char path[512];
  snprintf (path, sizeof path, "%s/%s", scratch_path ("p"), name);
  return path;
}

static void
write_file (const char *name, const char *text)
{
  char folder[512];
  snprintf (folder, sizeof folder, "%s", in_project (name));
  *strrchr (folder, '/') = '\0';
  assert_int_equal (aid_fs_mkdirs (folder, 0755, NULL), AID_OK);
  assert_int_equal (aid_fs_replace (in_project (name), aid_span_z (text), 0644, NULL), AID_OK);
}

/* Runs COMMAND in the project's folder. */
static inline void
sh (const char *command)
{
  char line[2000];
  snprintf (line, sizeof line,
            "mkdir -p %s/p && cd %s/p && export HGUSER=a GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a "
            "GIT_COMMITTER_EMAIL=a@b && { %s; } >/dev/null 2>%s/err",
            scratch, scratch, command, scratch);
  if (system (line))
    fail_msg ("failed: %s", command);
}

/* How the index is opened; set back after each scene. */
static struct aid_index_options scene_options;

static void
close_index (void)
{
  aid_index_close (ix);
  if (project)
    aid_project_close (project);
  ix = NULL;
  project = NULL;
}

static enum aid_err
update (struct aid_error *e)
{
  struct aid_project_options options = { .watch = 0 };
  close_index ();
  assert_int_equal (aid_project_open (in_project (""), &options, &project, e), AID_OK);
  assert_int_equal (aid_index_open (project, &scene_options, &ix, e), AID_OK);
  return aid_index_update (ix, 10000, NULL, e);
}

/* Brings the index to the project as it is now, as a new process would. */
static void
index_it (void)
{
  struct aid_error e = { AID_OK, "" };
  if (update (&e))
    fail_msg ("%s", e.msg);
}

static void
ask_for (struct aid_question q)
{
  struct aid_error e = { AID_OK, "" };
  aid_found_free (&found);
  q.ms = 10000;
  if (aid_search (ix, &q, &found, &e))
    fail_msg ("%s", e.msg);
}

static inline void
ask (const char *text)
{
  ask_for ((struct aid_question){ .text = aid_span_z (text) });
}

__attribute__ ((unused)) static struct aid_passage *
passage (size_t i)
{
  static char none[1];
  static struct aid_passage nothing = { .path = none, .name = none, .reason = none };
  return i < found.passages.len ? &AID_VEC_AT (struct aid_passage, &found.passages, i) : &nothing;
}

/* The place of PATH among the ranked files, from 1; 0: it is not there. */
static size_t
place_of (const char *path)
{
  for (size_t i = 0; i < found.files.len; i++)
    if (!strcmp (AID_VEC_AT (struct aid_ranked, &found.files, i).path, path))
      return i + 1;
  return 0;
}

/* The reason why PATH was found. */
__attribute__ ((unused)) static const char *
reason_of (const char *path)
{
  size_t place = place_of (path);
  return place ? AID_VEC_AT (struct aid_ranked, &found.files, place - 1).reason : "";
}

static int
scene_make (void **state)
{
  return scratch_make (state);
}

static int
scene_drop (void **state)
{
  close_index ();
  aid_found_free (&found);
  memset (&found, 0, sizeof found);
  memset (&scene_options, 0, sizeof scene_options);
  return scratch_drop (state);
}

#define SCENE(test) cmocka_unit_test_setup_teardown (test, scene_make, scene_drop)

#endif
