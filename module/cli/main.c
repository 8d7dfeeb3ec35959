/* The aid command's table of subcommands. */
#include "cli/cli.h"
#include "cli/fill.h"
#include "scan/sources.h"
#include "versions/installed.h"
#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct aid_command commands[] = {
  { "ask", aid_cmd_ask, "ask a model and stream its answer to standard output" },
  { "chat", aid_cmd_chat, "read a chat file: its turns, items and code blocks" },
  { "patch", aid_cmd_patch, "check or apply the patches in an answer" },
  { "files", aid_cmd_files, "list a project's files, what is left out, and why" },
  { "build", aid_cmd_build, "build or test the project, and say where it fails" },
  { "search", aid_cmd_search, "find what a question is about in the project" },
  { "models", aid_cmd_models, "list the models that can be asked" },
  { "context", aid_cmd_context, "say what items would show a model, and what they cost" },
  { "count", aid_cmd_count, "count the tokens in a text" },
  { "cost", aid_cmd_cost, "say what a month has cost" },
  { "metrics", aid_cmd_metrics, "say what is recorded of answers and what became of them, or forget it" },
  { "snapshot", aid_cmd_snapshot, "take snapshots of work, list them, and bring files back" },
  { "mine", aid_cmd_mine, "find examples in the snapshots of work, list them, forget them" },
  { "describe", aid_cmd_describe, "have a model say what examples of work are for" },
  { "dataset", aid_cmd_dataset, "make data sets of examples, part them, check them" },
  { "eval", aid_cmd_eval, "say how well models do with strategies, by tasks" },
  { "strategies", aid_cmd_strategies, "list, show and check strategies: how a question is asked" },
  { "experiment", aid_cmd_experiment, "list experiments, who gets which variant, and what came of it" },
  { "ces", aid_cmd_ces, "judge diffs: do they apply, parse, type-check, build, pass the tests" },
  { "cores", aid_cmd_cores, "list the installed cores, choose one, remove old ones" },
  { "team", aid_cmd_team, "follow a team's settings, or publish them; its store of what is measured" },
  { "doctor", aid_cmd_doctor, "say what is set up and what is wrong" },
  { "trust", aid_cmd_trust, "show what a project's settings ask for, and trust them or not" },
  { "replay", aid_cmd_replay, "serve scripted answers over the real wire formats" },
  { "record", aid_cmd_record, "record a real server's answers as such a script" },
};
#define NCOMMANDS (sizeof commands / sizeof *commands)

static void
print_usage (FILE *to)
{
  int width = aid_cli_fill_width (to);
  fprintf (to, "usage: aid COMMAND [arguments]\n\n");
  for (size_t i = 0; i < NCOMMANDS; i++)
    {
      fprintf (to, "  %-11s ", commands[i].name);
      aid_cli_fill (to, commands[i].help, 14, width);
    }
  fprintf (to, "\n");
  aid_cli_fill (to, "aid COMMAND --help tells more.  Exit status: 0 done, 1 refused or failed, 2 wrong usage.", 0, width);
}

static const struct aid_command *
find (const char *name)
{
  for (size_t i = 0; i < NCOMMANDS; i++)
    if (!strcmp (commands[i].name, name))
      return &commands[i];
  return NULL;
}

static int
help (const char *name)
{
  char command[32], option[] = "--help";
  char *argv[] = { command, option, NULL };
  const struct aid_command *c = name ? find (name) : NULL;

  if (name && !c)
    return aid_cli_misuse ("there is no command %s (see aid help)", name);
  if (!c)
    {
      print_usage (stdout);
      return AID_EXIT_DONE;
    }
  snprintf (command, sizeof command, "%s", c->name);
  return c->run (2, argv);
}

int
main (int argc, char **argv)
{
  const struct aid_command *c;

  setlocale (LC_CTYPE, "");
  aid_versions_set_self (AID_VERSION, "");
  if (argc < 2)
    {
      print_usage (stderr);
      return AID_EXIT_USAGE;
    }
  if (!strcmp (argv[1], "--version"))
    {
      printf ("aid %s\n", AID_VERSION);
      return AID_EXIT_DONE;
    }
  if (!strcmp (argv[1], "help") || !strcmp (argv[1], "--help") || !strcmp (argv[1], "-h"))
    return help (argc > 2 ? argv[2] : NULL);
  c = find (argv[1]);
  if (!c)
    return aid_cli_misuse ("there is no command %s (see aid help)", argv[1]);
  int status = c->run (argc - 1, argv + 1);
  aid_sources_stop ();
  return status;
}
