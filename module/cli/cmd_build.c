/* aid build: builds or tests a project, shows what is printed, and says where it fails. */
#include "assist/measured.h"
#include "base/fs.h"
#include "base/val.h"
#include "build/last.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "measure/events.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define JSON_MAX ((size_t)64 << 20)

struct building
{
  const char *root;
  int json, watch, status;
  struct aid_events *events;
};

/* --- printing ------------------------------------------------------------------------------------------------------- */

static void
print_json (const struct building *b, const struct aid_build_event *ev)
{
  static const char *const whats[] = { "build", "test", "watch" };
  struct aid_str val = AID_STR_INIT (JSON_MAX), line = AID_STR_INIT (JSON_MAX);
  size_t o = aid_val_object (&val);

  aid_val_kstrz (&val, "root", b->root);
  aid_val_kstrz (&val, "what", whats[ev->what]);
  aid_val_kstrz (&val, "command", ev->command->shown);
  aid_val_kstrz (&val, "dir", ev->command->dir);
  aid_val_kstrz (&val, "tool", ev->command->tool);
  aid_val_kstrz (&val, "status", aid_build_status_name (ev->status));
  aid_val_kint (&val, "code", ev->code);
  aid_val_kint (&val, "signal", ev->signal);
  aid_val_kint (&val, "ms", ev->ms);
  aid_val_kint (&val, "errors", (int64_t)ev->diags->errors);
  aid_val_kint (&val, "warnings", (int64_t)ev->diags->warnings);
  aid_val_key (&val, "diagnostics");
  aid_diags_val (ev->diags, AID_DIAGS_MAX, 1, &val);
  aid_val_end (&val, o, 12);
  if (!b->watch)
    aid_cli_print_val (aid_str_span (&val));
  else if (!aid_val_to_json (aid_str_span (&val), 0, &line) && !aid_str_addc (&line, '\n'))
    aid_cli_print (aid_str_span (&line));
  aid_str_free (&val);
  aid_str_free (&line);
}

static void
say_sum (const struct aid_build_event *ev)
{
  size_t errors = ev->diags->errors, warnings = ev->diags->warnings;

  fprintf (stderr, "aid: %s: %zu error%s, %zu warning%s in %.1f s (%s)\n", aid_build_status_name (ev->status), errors,
           errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s", (double)ev->ms / 1000, ev->command->shown);
}

static void
post (void *ctx, uint64_t id, const struct aid_build_event *ev)
{
  struct building *b = ctx;

  (void)id;
  aid_measured_build (b->events, ev, b->root);
  switch (ev->kind)
    {
    case AID_BUILD_STARTED:
      if (!b->json)
        fprintf (stderr, "aid: %s in %s\n", ev->command->shown, ev->command->dir);
      break;
    case AID_BUILD_PRINTED:
      if (!b->json)
        {
          struct aid_str calm = AID_STR_INIT (JSON_MAX);
          aid_cli_calm (ev->output, &calm);
          aid_cli_print (aid_str_span (&calm));
          aid_str_free (&calm);
        }
      break;
    case AID_BUILD_ROUND:
    case AID_BUILD_ENDED:
      b->status = ev->status == AID_BUILD_GREEN ? AID_EXIT_DONE : AID_EXIT_FAILED;
      if (b->watch && ev->kind == AID_BUILD_ENDED)
        b->status = aid_cli_fail ("\"%s\" has ended by itself with status %d", ev->command->shown, ev->code);
      else if (b->json)
        print_json (b, ev);
      else
        say_sum (ev);
      break;
    case AID_BUILD_FAILED:
      b->status = aid_cli_fail ("%s", ev->error->msg);
      break;
    }
}

/* --- the command ---------------------------------------------------------------------------------------------------- */

static int
build (const char *root, const char *dir, enum aid_build_what what, const char *line, int json)
{
  struct building b = { root, json, what == AID_BUILD_WATCH, AID_EXIT_FAILED, aid_events_new () };
  const struct aid_build_sink sink = { post, &b };
  /* Who types this command in a project has allowed it. */
  const struct aid_build_request r = { .id = 1, .root = root, .dir = dir, .what = what, .line = line, .leave = 1 };
  struct aid_error e;

  struct aid_stop *stop = aid_cli_stop (&e);
  if (!stop)
    return aid_cli_fail ("%s", e.msg);
  if (!line)
    aid_cli_warn_of_trust (root); /* a command that is not trusted is as one that is not there */
  aid_build_run (&r, stop, &sink);
  aid_cli_end_events (b.events);
  return b.status;
}

int
aid_cmd_build (int argc, char **argv)
{
  int test = 0, watch = 0, json = 0, status;
  const char *folder = NULL;
  const struct aid_opt opts[] = {
    { "test", 't', AID_OPT_FLAG, &test, NULL, "run the tests" },
    { "watch", 'w', AID_OPT_FLAG, &watch, NULL, "let the tool build on whenever files change (dune 3, tsc)" },
    { "json", 0, AID_OPT_FLAG, &json, NULL, "print the result alone, as one JSON object; with --watch one a line" },
    { "root", 0, AID_OPT_STRING, &folder, "DIR", "the project's folder (default: found upwards from here)" },
  };
  const struct aid_usage_text usage = {
    "aid build [options] [COMMAND]",
    "Builds the project as its settings (build, test) or its files say: dune, cargo, go, meson, cmake, make, ninja, npm;\n"
    "or by COMMAND, which the shell reads.  Exit status 0 when it is green.  \"aid ask -s fix-build\" shows a model what "
    "failed.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    1
  };
  struct aid_str root = AID_STR_INIT (8192), dir = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  char *here = getcwd (NULL, 0);
  int n = aid_opt_parse (&usage, argc, argv, &status);

  if (n >= 0 && test && watch)
    status = aid_cli_misuse ("--test and --watch are two different things");
  else if (n >= 0 && (aid_cli_root (folder, &root, &e) || (folder && aid_fs_join (&dir, here ? here : "/", folder))))
    status = aid_cli_fail ("%s", e.msg[0] ? e.msg : "the folder's name is too long");
  else if (n >= 0)
    status = build (aid_str_z (&root), folder ? aid_str_z (&dir) : here,
                    test    ? AID_BUILD_TEST
                    : watch ? AID_BUILD_WATCH
                            : AID_BUILD_ALL,
                    n > 0 ? argv[1] : NULL, json);
  aid_str_free (&root);
  aid_str_free (&dir);
  free (here);
  return status;
}
