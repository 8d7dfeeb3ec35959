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

#define SERVER_MS 5000

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
  struct aid_str root = AID_STR_INIT (8192), path = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  json_t *report, *warnings = json_array ();
  struct aid_span rest, line;

  *out = NULL;
  if (aid_fs_xdg (AID_DIR_CONFIG, &path, &e) == AID_OK && aid_cli_root (NULL, &root, &e) == AID_OK)
    *out = aid_config_load (aid_str_z (&root), &e);
  aid_str_addz (&path, "/config.json");
  rest = aid_span_z (*out ? aid_config_warnings (*out) : "");
  while (aid_span_line (&rest, &line))
    json_array_append_new (warnings, aid_json_of_span (line));
  report = json_pack ("{s:o, s:b, s:o, s:o}", "path", aid_json_of_span (aid_str_span (&path)), "exists",
                      aid_fs_exists (aid_str_z (&path)), "error",
                      *out ? json_null () : aid_json_of_span (aid_span_z (e.msg)), "warnings", warnings);
  aid_str_free (&root);
  aid_str_free (&path);
  return report;
}

/* Whether NAMES has NAME, which without a tag means the latest, as for Ollama. */
static int
lists (const json_t *names, const char *name)
{
  size_t i, len = strlen (name);
  json_t *one;

  json_array_foreach (names, i, one)
    {
      const char *has = json_string_value (one);
      if (!strncmp (has, name, len) && (!has[len] || (!strchr (name, ':') && !strcmp (has + len, ":latest"))))
        return 1;
    }
  return 0;
}

/* Adds "ok" and "message" to M, one of aid_cli_models. */
static void
check_model (struct aid_net *net, const struct aid_config *c, json_t *m)
{
  struct aid_model model;
  struct aid_probe p;
  struct aid_error e;

  if (aid_model_resolve (c, aid_json_str (m, "id"), &model, &e) != AID_OK)
    {
      json_object_set_new (m, "ok", json_false ());
      json_object_set_new (m, "message", aid_json_of_span (aid_span_z (e.msg)));
      return;
    }
  aid_probe_model (net, &model, SERVER_MS, &p);
  if (p.ok && model.local && json_array_size (p.names) && !lists (p.names, model.name))
    {
      p.ok = 0;
      snprintf (p.words, sizeof p.words, "the server answers, but has no model %.200s", model.name);
    }
  json_object_set_new (m, "ok", json_boolean (p.ok));
  json_object_set_new (m, "message", aid_json_of_span (aid_span_z (p.words)));
  aid_probe_free (&p);
  aid_model_free (&model);
}

static json_t *
examine (struct aid_net *net)
{
  struct aid_config *config;
  json_t *settings_report = settings (&config), *models = config ? aid_cli_models (config) : json_array (), *m;
  int usable = 0;
  size_t i;

  json_array_foreach (models, i, m)
    {
      check_model (net, config, m);
      usable |= aid_json_bool (m, "ok", 0);
    }
  aid_config_free (config);
  return json_pack ("{s:b, s:o, s:o, s:o, s:o}", "ok", usable, "versions", versions (), "config", settings_report, "models",
                    models, "local", aid_probe_local (net));
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

static void
add_models (const json_t *report, struct aid_str *out)
{
  size_t i, k;
  json_t *m, *name;

  aid_str_addz (out, "models:\n");
  json_array_foreach (json_object_get (report, "models"), i, m)
    {
      aid_str_addf (out, "  %s %s%s: %s\n", aid_json_bool (m, "ok", 0) ? "ok   " : "WRONG", aid_json_str (m, "id"),
                    aid_json_bool (m, "default", 0) ? " (default)" : "", aid_json_str (m, "message"));
    }
  if (json_array_size (json_object_get (report, "models")) == 0)
    aid_str_addz (out, "  none: name one in the settings, start a local server, or put a key into the environment\n"
                       "  (ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENROUTER_API_KEY, ...)\n");
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
  struct aid_str raw = AID_STR_INIT (64u << 20), calm = AID_STR_INIT (128u << 20);
  const json_t *v = json_object_get (report, "versions");
  int status;

  aid_str_addf (&raw, "aid %s, %s, jansson %s, cmark %s\n", aid_json_str (v, "aid"), aid_json_str (v, "libcurl"),
                aid_json_str (v, "jansson"), aid_json_str (v, "cmark"));
  add_settings (json_object_get (report, "config"), &raw);
  add_models (report, &raw);
  aid_cli_calm (aid_str_span (&raw), &calm);
  status = aid_cli_print (aid_str_span (&calm));
  aid_str_free (&raw);
  aid_str_free (&calm);
  return status;
}

static int
print_json (const json_t *report)
{
  struct aid_str text = AID_STR_INIT (64u << 20);
  int status;

  aid_json_dump (report, &text);
  aid_str_addc (&text, '\n');
  status = text.err ? aid_cli_fail ("out of memory") : aid_cli_print (aid_str_span (&text));
  aid_str_free (&text);
  return status;
}

/* --- finding a model -------------------------------------------------------------------------------------------------- */

/* Servers list what answers no questions too. */
static int
can_chat (const char *name)
{
  return !strstr (name, "embed") && !strstr (name, "rerank") && !strstr (name, "whisper");
}

/* Prints the first model of SERVER that chats. */
static int
print_first (const json_t *server)
{
  size_t i;
  json_t *name;

  json_array_foreach (json_object_get (server, "models"), i, name)
    if (can_chat (json_string_value (name)))
      return printf ("%s/%s\n", aid_json_str (server, "provider"), json_string_value (name)) > 0;
  return 0;
}

static int
print_local (const json_t *local)
{
  int found = 0;

  for (size_t i = 0; i < json_array_size (local) && !found; i++)
    found = print_first (json_array_get (local, i));
  return found;
}

/* Whether M can be asked, as far as that is known without spending anything: its key is at hand, or its server is here. */
static int
is_ready (struct aid_net *net, const struct aid_config *c, json_t *m)
{
  const char *key = aid_json_str (m, "key");

  if (!key || !strcmp (key, "missing"))
    return 0;
  if (!aid_json_bool (m, "local", 0))
    return 1;
  check_model (net, c, m);
  return aid_json_bool (m, "ok", 0);
}

/* The default model, else any that is ready, else what a server of this machine offers. */
static int
find_model (struct aid_net *net)
{
  struct aid_config *config;
  json_t *report = settings (&config), *list = config ? aid_cli_models (config) : json_array (), *local = NULL, *m;
  const char *id = NULL;
  int found = 0;
  size_t i;

  json_array_foreach (list, i, m)
    if ((!id || aid_json_bool (m, "default", 0)) && is_ready (net, config, m))
      id = aid_json_str (m, "id");
  if (id)
    found = printf ("%s\n", id) > 0;
  else
    found = print_local (local = aid_probe_local (net));
  json_decref (local);
  json_decref (list);
  json_decref (report);
  aid_config_free (config);
  return found ? AID_EXIT_DONE : aid_cli_fail ("no model is reachable: see aid doctor");
}

int
aid_cmd_doctor (int argc, char **argv)
{
  int json = 0, find = 0, status;
  const struct aid_opt opts[] = {
    { "json", 0, AID_OPT_FLAG, &json, NULL, "one JSON document" },
    { "find-model", 0, AID_OPT_FLAG, &find, NULL, "only print a model that can be asked now; exit 1 without one" },
  };
  const struct aid_usage_text usage = {
    "aid doctor [--json | --find-model]",
    "Checks the settings, the keys and the servers of the models, and looks for servers on this machine.  Exits 1 when no\n"
    "model can be asked.\n", opts, sizeof opts / sizeof *opts, 0, 0
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
      report = examine (net);
      status = json ? print_json (report) : print_report (report);
      if (!status && !aid_json_bool (report, "ok", 0))
        status = AID_EXIT_FAILED;
      json_decref (report);
    }
  aid_net_free (net, NULL);
  return status;
}
