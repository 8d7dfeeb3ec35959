/* aid trust: what a project's files ask for, and whether they get it. */
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "config/config.h"
#include "config/trust.h"
#include <stdio.h>
#include <string.h>

#define REPORT_MAX ((size_t)256 << 20)

/* The report, a new reference, or NULL and *E. */
static json_t *
report_of (const char *root, struct aid_error *e)
{
  struct aid_str val = AID_STR_INIT (REPORT_MAX), text = AID_STR_INIT (REPORT_MAX);
  json_t *all = NULL;

  if (aid_trust_report (root, &val, e) == AID_OK)
    {
      if (aid_val_to_json (aid_str_span (&val), 0, &text) == AID_OK)
        all = aid_json_parse (aid_str_span (&text), "the report", e);
      else
        aid_error_set (e, AID_E_NOMEM, "the report does not fit in memory");
    }
  aid_str_free (&val);
  aid_str_free (&text);
  return all;
}

static const char *
state_of (const json_t *file)
{
  if (aid_json_str (file, "refused"))
    return aid_json_str (file, "refused");
  if (!json_array_size (json_object_get (file, "settings")))
    return "asks for nothing that needs trust";
  return aid_json_bool (file, "trusted", 0) ? "trusted" : "not trusted: these settings are left out";
}

static int
print_report (const json_t *all)
{
  struct aid_str raw = AID_STR_INIT (REPORT_MAX);
  const json_t *files = json_object_get (all, "files"), *file, *setting;
  size_t i, k;
  int status;

  json_array_foreach (files, i, file)
  {
    aid_str_addf (&raw, "%s/%s: %s\n", aid_json_str (all, "root"), aid_json_str (file, "name"), state_of (file));
    json_array_foreach (json_object_get (file, "settings"), k, setting)
    {
      aid_str_addf (&raw, "  %s %s\n", aid_json_str (setting, "setting"), aid_json_str (setting, "does"));
    }
  }
  if (!json_array_size (files))
    aid_str_addf (&raw, "%s has no settings of its own\n", aid_json_str (all, "root"));
  status = aid_cli_print_calm (&raw);
  aid_str_free (&raw);
  return status;
}

/* Trusts what the report says, as long as the files are what it was made of. */
static int
trust_all (const char *root, const json_t *all)
{
  const json_t *files = json_object_get (all, "files"), *file;
  struct aid_error e;
  size_t i;
  int trusted = 0;

  json_array_foreach (files, i, file)
  {
    const char *name = aid_json_str (file, "name"), *hash = aid_json_str (file, "hash");
    if (!aid_json_bool (file, "needs", 0))
      continue;
    if (!hash || aid_trust_add_shown (root, name, hash, &e) != AID_OK)
      return aid_cli_fail ("%s", hash ? e.msg : aid_json_str (file, "refused"));
    trusted++;
  }
  printf (trusted ? "trusted, as long as they stay as they are (aid trust no takes it back)\n"
                  : "nothing waits for trust\n");
  return AID_EXIT_DONE;
}

static int
run (const char *what, const char *root, int json)
{
  struct aid_error e = { AID_OK, "" };
  int status = AID_EXIT_DONE;
  json_t *all;

  if (!strcmp (what, "no"))
    {
      if (aid_trust_drop (root, &e) != AID_OK)
        return aid_cli_fail ("%s", e.msg);
      printf ("nothing in %s is trusted any more\n", root);
      return AID_EXIT_DONE;
    }
  all = report_of (root, &e);
  if (!all)
    return aid_cli_fail ("%s", e.msg);
  if (json)
    {
      struct aid_str text = AID_STR_INIT (REPORT_MAX);
      aid_json_dump (all, &text);
      aid_str_addc (&text, '\n');
      status = text.err ? aid_cli_fail ("the report does not fit in memory") : aid_cli_print (aid_str_span (&text));
      aid_str_free (&text);
    }
  else
    status = print_report (all);
  if (status == AID_EXIT_DONE && !strcmp (what, "yes"))
    status = trust_all (root, all);
  json_decref (all);
  return status;
}

int
aid_cmd_trust (int argc, char **argv)
{
  int json = 0, status;
  const struct aid_opt opts[] = { { "json", 0, AID_OPT_FLAG, &json, NULL, "show: one JSON object, with the files' texts" } };
  const struct aid_usage_text usage = { "aid trust [show|yes|no] [--json] [ROOT]",
                                        "Shows what the files of the project at ROOT (default: found upwards from here) ask "
                                        "for that does not apply at once; yes trusts them\n"
                                        "as they are now, until they change; no takes back all trust in this project.\n",
                                        opts,
                                        1,
                                        0,
                                        2 };
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_error e;
  int n = aid_opt_parse (&usage, argc, argv, &status);
  const char *what = n > 0 ? argv[1] : "show";

  if (n < 0)
    return status;
  if (strcmp (what, "show") != 0 && strcmp (what, "yes") != 0 && strcmp (what, "no") != 0)
    return aid_cli_misuse ("aid trust takes show, yes or no before the folder, not %s", what);
  if (json && strcmp (what, "show") != 0)
    return aid_cli_misuse ("--json is for show");
  status = aid_cli_root (n > 1 ? argv[2] : NULL, &root, &e) == AID_OK ? run (what, aid_str_z (&root), json)
                                                                      : aid_cli_fail ("%s", e.msg);
  aid_str_free (&root);
  return status;
}

void
aid_cli_warn_of_trust (const char *root)
{
  struct aid_config *c = aid_config_load (root, NULL);
  const char *names;
  int n = c ? aid_config_waiting (c, &names) : 0;

  if (n)
    aid_cli_fail ("%s/%s is not trusted, and without: %.200s (aid trust shows what %s)", root, AID_TRUST_SETTINGS, names,
                  n == 1 ? "it asks for" : "they ask for");
  if (c && aid_config_team_waiting (c, &names))
    aid_cli_say ("your team's settings are without what waits for your trust: %.200s (aid team settings shows what for)", names);
  aid_config_free (c);
}
