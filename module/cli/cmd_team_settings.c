/* aid team settings, fetch, verify, trust, distrust, sign: following a team's settings, and publishing them. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/team.h"
#include "config/trust_internal.h"
#include "rollout/signature.h"
#include "rollout/team.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STATUS_MAX ((size_t)16 << 20)
#define DAY_MS INT64_C (86400000)

/* The settings, or NULL and a complaint; they name a team. */
static struct aid_config *
load (struct aid_team_source *s)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_load (NULL, &e);
  const json_t *setting = c ? aid_config_get (c, "team") : NULL;

  if (c && !json_is_object (setting))
    aid_error_set (&e, AID_E_NOTFOUND,
                   "your settings name no team: add \"team\" with \"url\" or \"path\", and \"key\", to %.150s",
                   aid_config_path (c));
  else if (c)
    aid_team_source_read (setting, s, &e);
  if (!e.code)
    return c;
  aid_cli_fail ("%s", e.msg);
  aid_config_free (c);
  return NULL;
}

/* --- status ------------------------------------------------------------------------------------------------------------- */

static void
add_time (struct aid_str *out, int64_t ms)
{
  time_t at = (time_t)(ms / 1000);
  struct tm tm;
  char text[32];

  if (ms && localtime_r (&at, &tm) && strftime (text, sizeof text, "%Y-%m-%d %H:%M", &tm))
    aid_str_addf (out, "last looked at %s\n", text);
}

static void
add_waiting (const json_t *all, struct aid_str *out)
{
  const json_t *one;
  size_t i;

  json_array_foreach (json_object_get (all, "waiting"), i, one)
  {
    int never = aid_json_bool (one, "never", 0), trusted = aid_json_bool (all, "trusted", 0);
    aid_str_addf (out, "  %s %s%s\n", aid_json_str (one, "setting"), aid_json_str (one, "does"),
                  never     ? " (left out)"
                  : trusted ? " (trusted)"
                            : " (waits for aid team trust)");
  }
}

static void
add_status (const json_t *all, struct aid_str *out)
{
  const char *name = aid_json_str (all, "name"), *error = aid_json_str (all, "error");

  aid_str_addf (out, "%s\n", aid_json_str (all, "source"));
  add_time (out, aid_json_int (all, "checked", 0));
  if (error)
    aid_str_addf (out, "%s\n", error);
  if (!json_object_get (all, "serial"))
    aid_str_addz (out, "nothing of it was fetched yet (aid team fetch)\n");
  else
    aid_str_addf (out, "%s%sserial %lld, until %s: %s\n", name ? name : "", name ? ", " : "",
                  (long long)aid_json_int (all, "serial", 0), aid_json_str (all, "expires"),
                  aid_json_bool (all, "applies", 0) ? "applies"
                  : aid_json_bool (all, "expired", 0)
                    ? "has expired, and does not apply"
                    : "is of another source or key than your settings name, and does not apply");
  add_waiting (all, out);
}

/* The status as JSON, a new reference; NULL and *E. */
static json_t *
status_of (const struct aid_config *c, struct aid_error *e)
{
  struct aid_str val = AID_STR_INIT (STATUS_MAX), text = AID_STR_INIT (STATUS_MAX);
  json_t *all = NULL;

  if (!aid_team_settings_status (c, &val, e))
    all = aid_val_to_json (aid_str_span (&val), 0, &text) ? NULL : aid_json_parse (aid_str_span (&text), "the status", e);
  aid_str_free (&val);
  aid_str_free (&text);
  return all;
}

static int
show (const struct aid_config *c, int json)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (STATUS_MAX), val = AID_STR_INIT (STATUS_MAX);
  json_t *all = status_of (c, &e);
  int status;

  if (!all)
    return aid_cli_fail ("%s", e.msg);
  if (json)
    status = aid_team_settings_status (c, &val, &e) ? aid_cli_fail ("%s", e.msg) : aid_cli_print_val (aid_str_span (&val));
  else
    {
      add_status (all, &text);
      status = aid_cli_print_calm (&text);
    }
  json_decref (all);
  aid_str_free (&text);
  aid_str_free (&val);
  return status;
}

/* --- fetching, verifying, trusting -------------------------------------------------------------------------------- */

static int
fetch (const struct aid_team_source *s)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_team_news news;
  struct aid_net *net = aid_net_new (&e);
  enum aid_err err = net ? aid_team_refresh (s, net, 1, &news, &e) : AID_E_IO;

  if (net)
    aid_net_free (net, NULL);
  if (err)
    return aid_cli_fail ("%s", e.msg);
  if (news.changed)
    printf ("%s%sserial %lld: applies from now on\n", news.name, news.name[0] ? ", " : "", (long long)news.serial);
  else
    printf ("nothing new\n");
  return AID_EXIT_DONE;
}

/* Judges what is published now, or FILE with FILE.sig; nothing is stored. */
static int
verify (const struct aid_team_source *s, const char *file)
{
  struct aid_str text = AID_STR_INIT (AID_TEAM_FILE_MAX), signature = AID_STR_INIT (AID_SIGNATURE_MAX),
                 path = AID_STR_INIT (PATH_MAX);
  struct aid_team_source at = *s;
  struct aid_error e = { AID_OK, "" };
  struct aid_team_file f = { .root = NULL };
  char *full = file ? realpath (file, NULL) : NULL;
  struct aid_net *net = !file && s->url ? aid_net_new (&e) : NULL;
  enum aid_err err = e.code;

  if (file && !full)
    err = aid_error_set (&e, AID_E_NOTFOUND, "cannot open %.150s: %s", file, strerror (errno));
  else if (file)
    {
      at.url = NULL;
      at.path = full;
    }
  if (!err)
    err = aid_team_get (&at, net, &text, &signature, &e);
  if (!err)
    err = aid_team_judge (&at, aid_str_span (&text), aid_str_span (&signature), &e);
  if (!err)
    err = aid_team_parse (aid_str_span (&text), aid_team_source_name (&at), &f, &e);
  if (!err)
    printf ("good: serial %lld, until %s, signed by your team's key\n", (long long)f.serial, f.expires);
  if (net)
    aid_net_free (net, NULL);
  aid_team_file_free (&f);
  aid_str_free (&text);
  aid_str_free (&signature);
  aid_str_free (&path);
  free (full);
  return err ? aid_cli_fail ("%s", e.msg) : AID_EXIT_DONE;
}

/* Trusts what waits for that in what is stored, or takes that back. */
static int
trust (const struct aid_config *c, const struct aid_team_source *s, int yes)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_team_stored stored = { .same_source = 0 };
  enum aid_err err;
  int status = AID_EXIT_DONE;

  if (!yes)
    {
      if (aid_team_distrust (&e))
        return aid_cli_fail ("%s", e.msg);
      printf ("nothing of the team's settings is trusted any more\n");
      return AID_EXIT_DONE;
    }
  err = aid_team_stored_read (s, &stored, &e);
  if (!err)
    err = aid_team_trust (stored.file.settings, aid_config_own (c), &e);
  if (err)
    status = aid_cli_fail ("%s", e.msg);
  else if ((status = show (c, 0)) == AID_EXIT_DONE)
    printf ("trusted, as long as these settings stay as they are (aid team distrust takes it back)\n");
  aid_team_stored_free (&stored);
  return status;
}

/* --- signing ------------------------------------------------------------------------------------------------------ */

struct refused
{
  int n;
};

static void
refuse (void *ctx, const char *const *path, size_t npath, const char *does)
{
  struct refused *r = ctx;
  struct aid_str dotted = AID_STR_INIT (4096);

  for (size_t i = 0; i < npath; i++)
    aid_str_addf (&dotted, "%s%s", i ? "." : "", path[i]);
  if (!does || does == aid_trust_never)
    {
      aid_cli_say ("%s %s", aid_str_z (&dotted), does ? does : "is not a setting");
      r->n++;
    }
  else
    aid_cli_say ("%s waits for each person's trust: it %s", aid_str_z (&dotted), does);
  aid_str_free (&dotted);
}

/* Appends to OUT what is published: SETTINGS as they are in FILE, with a serial and a day. */
static enum aid_err
envelope (const struct aid_team_options *o, const char *file, struct aid_str *out, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (AID_TEAM_FILE_MAX);
  struct aid_team_file f = { .root = NULL };
  struct refused refused = { 0 };
  time_t ends = (time_t)((aid_clock_wall_ms () + o->days * DAY_MS) / 1000);
  char day[16] = "";
  struct tm tm;
  enum aid_err err = aid_cli_read (file, &text, e);
  json_t *settings = err ? NULL : aid_json_parse (aid_str_span (&text), file, e);

  aid_str_free (&text);
  if (!settings)
    return err ? err : AID_E_PARSE;
  if (gmtime_r (&ends, &tm))
    strftime (day, sizeof day, "%Y-%m-%d", &tm);
  json_t *all = json_pack ("{s:s, s:I, s:s, s:s*, s:O}", "format", "aid-team-1", "serial",
                           (json_int_t)(o->serial > 0 ? o->serial : aid_clock_wall_ms () / 1000), "expires", day, "name",
                           o->name, "settings", settings);
  char *z = all ? json_dumps (all, JSON_INDENT (2)) : NULL;
  aid_str_addf (out, "%s\n", z ? z : "");
  err
    = out->err ? aid_error_set (e, out->err, "%.150s is too large", file) : aid_team_parse (aid_str_span (out), file, &f, e);
  if (!err)
    err = aid_team_check (&f, file, e);
  if (!err)
    aid_team_walk (f.settings, NULL, 0, 0, refuse, &refused);
  if (refused.n)
    err = aid_error_set (e, AID_E_REFUSED, "%.150s has settings that a team cannot set: nothing was signed", file);
  aid_team_file_free (&f);
  free (z);
  json_decref (all);
  json_decref (settings);
  return err;
}

/* The signature goes first, so that whoever comes between finds two files that do not go together, and keeps what they
   have. */
static int
sign (const struct aid_team_options *o, const char *file)
{
  struct aid_str text = AID_STR_INIT (AID_TEAM_FILE_MAX), signature = AID_STR_INIT (AID_SIGNATURE_MAX),
                 beside = AID_STR_INIT (PATH_MAX);
  struct aid_error e = { AID_OK, "" };
  enum aid_err err;

  if (!o->key || !o->output)
    return aid_cli_misuse ("aid team sign needs --key FILE, the private key, and --output FILE, what is published");
  err = envelope (o, file, &text, &e);
  if (!err)
    err = aid_signature_make (aid_str_span (&text), o->key, &signature, &e);
  aid_str_addf (&beside, "%s.sig", o->output);
  if (!err)
    err = aid_fs_replace (aid_str_z (&beside), aid_str_span (&signature), 0644, &e);
  if (!err)
    err = aid_fs_replace (o->output, aid_str_span (&text), 0644, &e);
  if (!err)
    printf ("%s and %s: publish both\n", o->output, aid_str_z (&beside));
  aid_str_free (&text);
  aid_str_free (&signature);
  aid_str_free (&beside);
  return err ? aid_cli_fail ("%s", e.msg) : AID_EXIT_DONE;
}

/* --- the command -------------------------------------------------------------------------------------------------- */

int
aid_team_command_settings (const struct aid_team_options *o, int n, char **words)
{
  const char *what = words[0];
  struct aid_team_source s = { .url = NULL };
  struct aid_config *c;
  int status;

  if (!strcmp (what, "sign"))
    return n == 2 ? sign (o, words[1]) : aid_cli_misuse ("aid team sign takes one file, of settings");
  if (n > (strcmp (what, "verify") ? 1 : 2))
    return aid_cli_misuse ("aid team %s takes no file", what);
  c = load (&s);
  if (!c)
    return AID_EXIT_FAILED;
  if (!strcmp (what, "settings"))
    status = show (c, o->json);
  else if (!strcmp (what, "fetch"))
    status = fetch (&s);
  else if (!strcmp (what, "verify"))
    status = verify (&s, n > 1 ? words[1] : NULL);
  else
    status = trust (c, &s, !strcmp (what, "trust"));
  aid_config_free (c);
  return status;
}
