/* Projects that a script makes in the scratch folder, and items that are read in them. */
#ifndef AID_TESTS_CONTEXT_SCENE_H
#define AID_TESTS_CONTEXT_SCENE_H

#include "context/kinds.h"
#include "scratch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct aid_resolver *resolver;

/* How an item is read in PROJECT, a folder of the scratch folder: each test's own. */
static struct aid_resolve resolve_in (const char *project);

/* For a set-up: SETUP is a script of sh, whose first argument is the scratch folder. */
static int
make_scene (void **state, const char *setup)
{
  char command[512];
  if (scratch_make (state))
    return -1;
  resolver = aid_resolver_new ();
  FILE *f = fopen (scratch_path ("setup.sh"), "w");
  if (!f)
    return -1;
  fputs (setup, f);
  fclose (f);
  snprintf (command, sizeof command, "sh '%s/setup.sh' '%s'", scratch, scratch);
  return system (command);
}

static int
drop_scene (void **state)
{
  aid_resolver_free (resolver);
  return scratch_drop (state);
}

static enum aid_err
read_in (const char *project, const char *item, struct aid_str *out, struct aid_error *e)
{
  struct aid_str target = AID_STR_INIT (10000), label = AID_STR_INIT (10000);
  struct aid_resolve how = resolve_in (project);
  enum aid_err err = aid_context_written (aid_span_z (item), &target, &label, e);
  if (!err)
    err = aid_context_read (&how, aid_str_span (&target), out, e);
  aid_str_free (&target);
  aid_str_free (&label);
  return err;
}

static void
expect_error (const char *project, const char *item, enum aid_err code, const char *says)
{
  struct aid_str out = AID_STR_INIT (AID_ITEM_MAX);
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = read_in (project, item, &out, &e);
  if (err != code || !strstr (e.msg, says))
    fail_msg ("%s in %s: %s \"%s\"", item, project, aid_err_name (err), e.msg);
  aid_str_free (&out);
}

#endif
