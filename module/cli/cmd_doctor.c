/* aid doctor: says in plain words what is set up, what is wrong, and what to do.  The report is made once, as JSON, and
   printed in either form. */
#include "base/fs.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/models.h"
#include "cli/opt.h"
#include "cli/probe.h"
#include <cmark.h>
#include <curl/curl.h>
#include <stdio.h>

#define LOCAL_MS 5000

/* --- the report ------------------------------------------------------------------------------------------------------- */

static json_t *
versions (void)
{
  return json_pack ("{s:s, s:s, s:s, s:s}", "aid", AID_VERSION, "libcurl", curl_version (), "jansson", JANSSON_VERSION,
                    "cmark", cmark_version_string ());
}

/* {"path", "exists", "error", "warnings"}; *OUT gets the settings, NULL when they cannot be read. */
static json_t *
settings (struct aid_config **out)
{
  struct aid_str path = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  json_t *report, *warnings = json_array ();
  struct aid_span rest, line;

  *out = NULL;
  if (aid_fs_xdg (AID_DIR_CONFIG, &path, &e) == AID_OK)
    *out = aid_cli_config (&e);
  aid_str_addz (&path, "/config.json");
  rest = aid_span_z (*out ? aid_config_warnings (*out) : "");
  while (aid_span_line (&rest, &line))
    json_array_append_new (warnings, aid_json_of_span (line));
  report = json_pack ("{s:o, s:b, s:o, s:o}", "path", aid_json_of_span (aid_str_span (&path)), "exists",
                      aid_fs_exists (aid_str_z (&path)), "error",
                      *out ? json_null () : aid_json_of_span (aid_span_z (e.msg)), "warnings", warnings);
  aid_str_free (&path);
  return report;
}

static json_t *
ids_of (const json_t *models)
{
  json_t *ids = json_array (), *m;
  size_t i;

  json_array_foreach (models, i, m)
    {
      json_array_append (ids, json_object_get (m, "id"));
    }
  return ids;
}

/* What to check: the models of the settings, the default one, and of each provider with a key its first model.  A provider's
   other models would only cost more. */
static json_t *
models_to_check (const struct aid_config *c)
{
  json_t *all = aid_cli_models (c, AID_LIST_FIRST), *wanted = json_array (), *m;
  size_t i;

  json_array_foreach (all, i, m)
    {
      const char *key = aid_json_str (m, "key");
      if (aid_json_bool (m, "configured", 0) || aid_json_bool (m, "default", 0) || !key || strcmp (key, "missing") != 0)
        json_array_append (wanted, m);
    }
  json_decref (all);
  return wanted;
}

/* Checks MODELS, of aid_cli_models, and lays what was found over each. */
static int
check_models (struct aid_net *net, const struct aid_config *c, json_t *models, unsigned ms, int spend)
{
  json_t *ids = ids_of (models), *found = aid_cli_check (net, c, ids, ms, spend), *m;
  int usable = 0;
  size_t i;

  json_array_foreach (models, i, m)
    {
      json_object_update (m, json_array_get (found, i));
      usable |= aid_json_bool (m, "ok", 0);
    }
  json_decref (found);
  json_decref (ids);
  return usable;
}

/* {"url", "provider", "title", "models": [names]} of each server that runs here. */
static json_t *
local_servers (struct aid_net *net)
{
  struct aid_error e;
  json_t *servers = aid_cli_discover (net, NULL, 0, &e), *short_list = json_array (), *s, *m;
  size_t i, k;

  json_array_foreach (servers, i, s)
    {
      json_t *names = json_array ();
      json_array_foreach (json_object_get (s, "models"), k, m)
        {
          json_array_append (names, json_object_get (m, "name"));
        }
      json_array_append_new (short_list, json_pack ("{s:O, s:O, s:O, s:o}", "url", json_object_get (s, "url"), "provider",
                                                    json_object_get (s, "provider"), "title", json_object_get (s, "title"),
                                                    "models", names));
    }
  json_decref (servers);
  return short_list;
}

static json_t *
examine (struct aid_net *net, const char *only, unsigned ms, int spend)
{
  struct aid_config *config;
  json_t *settings_report = settings (&config), *models = json_array (), *embeddings = NULL;
  int usable = 0;

  if (config && only)
    json_array_append_new (models, json_pack ("{s:s}", "id", only));
  else if (config)
    {
      json_decref (models);
      models = models_to_check (config);
    }
  if (config)
    usable = check_models (net, config, models, ms, spend);
  if (config && !only)
    embeddings = aid_cli_check_embeddings (net, config, ms, spend);
  aid_config_free (config);
  return json_pack ("{s:b, s:o, s:o, s:o, s:o, s:o}", "ok", usable, "versions", versions (), "config", settings_report, "models",
                    models, "embeddings", embeddings ? embeddings : json_null (), "local", local_servers (net));
}

/* --- for people ------------------------------------------------------------------------------------------------------- */

static void
add_settings (const json_t *config, struct aid_str *out)
{
  const char *error = aid_json_str (config, "error");
  size_t i;
  json_t *w;

  aid_str_addf (out, "settings: %s%s\n", aid_json_str (config, "path"),
                aid_json_bool (config, "exists", 0) ? "" : " (there is none yet: docs/config.md shows one)");
  if (error)
    aid_str_addf (out, "  wrong: %s\n", error);
  json_array_foreach (json_object_get (config, "warnings"), i, w)
    {
      aid_str_addf (out, "  warning: %s\n", json_string_value (w));
    }
}

/* A line about M, a model or who makes embeddings, and one with what to do. */
static void
add_checked (const json_t *m, struct aid_str *out)
{
  const char *help = aid_json_str (m, "help");

  aid_str_addf (out, "  %s %s%s: %s\n", aid_json_bool (m, "ok", 0) ? "ok   " : "WRONG",
                aid_json_str (m, "id") ? aid_json_str (m, "id") : "embeddings",
                aid_json_bool (m, "default", 0) ? " (default)" : "", aid_json_str (m, "message"));
  if (help)
    aid_str_addf (out, "        %s\n", help);
}

static void
add_models (const json_t *report, struct aid_str *out)
{
  size_t i, k;
  json_t *m, *name;

  aid_str_addz (out, "models:\n");
  json_array_foreach (json_object_get (report, "models"), i, m)
    {
      add_checked (m, out);
    }
  if (json_array_size (json_object_get (report, "models")) == 0)
    aid_str_addz (out, "  none: name one in the settings, start a local server, or put a key into the environment\n"
                       "  (ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENROUTER_API_KEY, ...)\n");
  if (json_is_object (json_object_get (report, "embeddings")))
    {
      aid_str_addz (out, "embeddings, for what is similar in meaning:\n");
      add_checked (json_object_get (report, "embeddings"), out);
    }
  aid_str_addz (out, "reachable local servers:\n");
  json_array_foreach (json_object_get (report, "local"), i, m)
    {
      aid_str_addf (out, "  %s (%s):", aid_json_str (m, "url"), aid_json_str (m, "provider"));
      json_array_foreach (json_object_get (m, "models"), k, name)
        {
          aid_str_addf (out, " %s", json_string_value (name));
        }
      aid_str_addc (out, '\n');
    }
  if (json_array_size (json_object_get (report, "local")) == 0)
    aid_str_addz (out, "  none\n");
}

static int
print_report (const json_t *report)
{
  struct aid_str raw = AID_STR_INIT (64u << 20);
  const json_t *v = json_object_get (report, "versions");
  int status;

  aid_str_addf (&raw, "aid %s, %s, jansson %s, cmark %s\n", aid_json_str (v, "aid"), aid_json_str (v, "libcurl"),
                aid_json_str (v, "jansson"), aid_json_str (v, "cmark"));
  add_settings (json_object_get (report, "config"), &raw);
  add_models (report, &raw);
  status = aid_cli_print_calm (&raw);
  aid_str_free (&raw);
  return status;
}

/* --- finding a model -------------------------------------------------------------------------------------------------- */

static int
print_local (const json_t *local)
{
  const json_t *server = json_array_get (local, 0);

  return server
         && printf ("%s/%s\n", aid_json_str (server, "provider"),
                    json_string_value (json_array_get (json_object_get (server, "models"), 0))) > 0;
}

/* Whether M can be asked, as far as that is known without spending anything: its key is at hand, or its server is here. */
static int
is_ready (struct aid_net *net, const struct aid_config *c, const json_t *m)
{
  const char *key = aid_json_str (m, "key");
  json_t *one = json_pack ("[O]", m);
  int ready = key && strcmp (key, "missing") != 0
              && (!aid_json_bool (m, "local", 0) || check_models (net, c, one, LOCAL_MS, 0));

  json_decref (one);
  return ready;
}

/* The default model, else any that is ready, else what a server of this machine offers. */
static int
find_model (struct aid_net *net)
{
  struct aid_config *config;
  json_t *report = settings (&config), *list = config ? aid_cli_models (config, AID_LIST_READY) : json_array (),
         *local = NULL, *m;
  const char *id = NULL;
  int found = 0;
  size_t i;

  json_array_foreach (list, i, m)
    if ((!id || aid_json_bool (m, "default", 0)) && is_ready (net, config, m))
      id = aid_json_str (m, "id");
  if (id)
    found = printf ("%s\n", id) > 0;
  else
    found = print_local (local = local_servers (net));
  json_decref (local);
  json_decref (list);
  json_decref (report);
  aid_config_free (config);
  return found ? AID_EXIT_DONE : aid_cli_fail ("no model is reachable: see aid doctor");
}

int
aid_cmd_doctor (int argc, char **argv)
{
  int json = 0, find = 0, free_only = 0, status;
  int64_t seconds = 0;
  const char *only = NULL;
  const struct aid_opt opts[] = {
    { "json", 0, AID_OPT_FLAG, &json, NULL, "one JSON document" },
    { "model", 'm', AID_OPT_STRING, &only, "MODEL", "check this model alone" },
    { "no-answer", 0, AID_OPT_FLAG, &free_only, NULL, "ask for no answer: only what costs nothing" },
    { "timeout", 't', AID_OPT_NUMBER, &seconds, "SECONDS", "for each of a model's two questions (20)" },
    { "find-model", 0, AID_OPT_FLAG, &find, NULL, "only print a model that can be asked now; exit 1 without one" },
  };
  const struct aid_usage_text usage = {
    "aid doctor [options]",
    "Checks the settings, and each model of theirs from end to end: its key, the name and the way to its server, TLS,\n"
    "whether the key is accepted and the model there, and a word of an answer (which may cost a fraction of a cent).\n"
    "Looks for servers on this machine.  Exits 1 when no model can be asked.\n", opts, sizeof opts / sizeof *opts, 0, 0
  };
  struct aid_net *net;
  struct aid_error e;
  json_t *report;

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  net = aid_net_new (&e);
  if (!net)
    return aid_cli_fail ("%s", e.msg);
  if (find)
    status = find_model (net);
  else
    {
      report = examine (net, only, (unsigned) (seconds < 3600 ? seconds : 3600) * 1000, !free_only);
      status = json ? aid_cli_print_json (report) : print_report (report);
      if (!status && !aid_json_bool (report, "ok", 0))
        status = AID_EXIT_FAILED;
      json_decref (report);
    }
  aid_net_free (net, NULL);
  return status;
}
