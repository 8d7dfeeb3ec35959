/* aid team: what a team has in common, its settings (cmd_team_settings.c) and its store (cmd_team_store.c). */
#include "cli/cli.h"
#include "cli/opt.h"
#include "cli/team.h"
#include "config/config.h"
#include <stdlib.h>

static int
is_one_of (const char *const *words, const char *what)
{
  for (; *words; words++)
    if (!strcmp (*words, what))
      return 1;
  return 0;
}

/* Both halves, for people; as JSON the store's alone, for the settings have a command of their own. */
static int
show_status (const struct aid_team_options *o)
{
  char settings[] = "settings";
  char *words[] = { settings, NULL };
  struct aid_config *c = o->json ? NULL : aid_config_load (NULL, NULL);
  int follows = c && json_is_object (aid_config_get (c, "team")), status = AID_EXIT_DONE;

  aid_config_free (c);
  if (follows)
    status = aid_team_command_settings (o, 1, words);
  return status ? status : aid_team_command_store (o, "status");
}

static int
run (const struct aid_team_options *o, int n, char **words)
{
  static const char *const of_settings[] = { "settings", "fetch", "verify", "trust", "distrust", "sign", NULL };
  static const char *const of_store[] = { "push", "init", NULL };
  const char *what = n ? words[0] : "status";

  if (is_one_of (of_settings, what))
    return aid_team_command_settings (o, n, words);
  if (n > 1)
    return aid_cli_misuse ("aid team %s takes nothing more", what);
  if (is_one_of (of_store, what))
    return aid_team_command_store (o, what);
  return strcmp (what, "status") ? aid_cli_misuse ("team: there is no \"%s\" (see aid team --help)", what) : show_status (o);
}

int
aid_cmd_team (int argc, char **argv)
{
  struct aid_team_options o
    = { .writers = AID_VEC_INIT (const char *, 100), .reporters = AID_VEC_INIT (const char *, 100), .days = 90 };
  const struct aid_opt opts[] = {
    { "json", 0, AID_OPT_FLAG, &o.json, NULL, "as JSON" },
    { "key", 0, AID_OPT_STRING, &o.key, "FILE", "sign: the private key, or the public one of a key that ssh-agent has" },
    { "output", 'o', AID_OPT_STRING, &o.output, "FILE", "sign: what is published; the signature goes to FILE.sig" },
    { "days", 0, AID_OPT_NUMBER, &o.days, "N", "sign: how long it holds (90)" },
    { "serial", 0, AID_OPT_NUMBER, &o.serial, "N", "sign: greater than the last one (the seconds since 1970)" },
    { "name", 0, AID_OPT_STRING, &o.name, "TEXT", "sign: whose settings these are, for people" },
    { "again", 0, AID_OPT_FLAG, &o.again, NULL, "push: all there is, also what was sent or refused before" },
    { "writers", 0, AID_OPT_LIST, &o.writers, "ROLE", "init: lets this role add events; may be repeated" },
    { "reporters", 0, AID_OPT_LIST, &o.reporters, "ROLE", "init: lets this role read all events; may be repeated" },
    { "print", 0, AID_OPT_FLAG, &o.print, NULL, "init: prints the statements instead of running them" },
  };
  const struct aid_usage_text usage
    = { "aid team [status | settings | fetch | verify [FILE] | trust | distrust | sign OPTIONS SETTINGS | push | init]",
        "A team's settings lie under your own: \"team\" in your settings names where they are published, and the key that\n"
        "signs them.  settings says what of them applies; fetch looks for newer ones now; verify only judges what is\n"
        "published, or FILE with FILE.sig; trust lets apply what would run programs or send something of yours elsewhere;\n"
        "sign makes what is published of a file of settings, with ssh-keygen.\n"
        "The team's store is the PostgreSQL that the setting \"team_store\" names.  Emacs sends it what is measured, by\n"
        "itself; push sends what waits now.  init sets the store up, or brings it up to date.\n",
        opts,
        sizeof opts / sizeof *opts,
        0,
        2 };
  int status, n = aid_opt_parse (&usage, argc, argv, &status);

  if (n >= 0)
    status = run (&o, n, argv + 1);
  aid_vec_free (&o.writers);
  aid_vec_free (&o.reporters);
  return status;
}
