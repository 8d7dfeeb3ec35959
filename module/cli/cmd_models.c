/* aid models: what can be asked, by the settings, the keys in the environment, and the servers that run here. */
#include "base/val.h"
#include "cli/cli.h"
#include "cli/models.h"
#include "cli/opt.h"
#include "cli/probe.h"
#include <stdio.h>

json_t *
aid_cli_models (const struct aid_config *c, enum aid_list which)
{
  struct aid_str val = AID_STR_INIT (16u << 20), text = AID_STR_INIT (64u << 20);
  json_t *list = NULL;

  aid_model_list (c, which, &val);
  if (!val.err && aid_val_to_json (aid_str_span (&val), 0, &text) == AID_OK)
    list = aid_json_parse (aid_str_span (&text), "the list of models", NULL);
  aid_str_free (&val);
  aid_str_free (&text);
  return json_is_array (list) ? list : json_array ();
}

int
aid_cli_print_json (const json_t *v)
{
  struct aid_str text = AID_STR_INIT (64u << 20);
  int status;

  aid_json_dump (v, &text);
  aid_str_addc (&text, '\n');
  status = text.err ? aid_cli_fail ("out of memory") : aid_cli_print (aid_str_span (&text));
  aid_str_free (&text);
  return status;
}

/* --- for people -------------------------------------------------------------------------------------------------------- */

/* 131072 as "131k": what people compare. */
static void
add_size (int64_t tokens, struct aid_str *out)
{
  char size[32] = "";

  if (tokens >= 1000000)
    snprintf (size, sizeof size, "%.3gM", (double) tokens / 1e6);
  else if (tokens)
    snprintf (size, sizeof size, "%lldk", (long long) (tokens + 500) / 1000);
  aid_str_addf (out, " %6s", size);
}

static void
add_price (const json_t *price, struct aid_str *out)
{
  char text[64] = "";

  if (json_object_get (price, "input") && json_object_get (price, "output"))
    snprintf (text, sizeof text, "$%.3g / $%.3g", aid_json_real (price, "input", 0), aid_json_real (price, "output", 0));
  aid_str_addf (out, "  %-15s", text);
}

static void
add_line (const json_t *m, struct aid_str *out)
{
  const char *key = aid_json_str (m, "key"), *id = aid_json_str (m, "id"), *host = aid_json_str (m, "host"),
             *error = aid_json_str (m, "error");
  size_t i;
  json_t *word;

  aid_str_addf (out, "%c %-40s", aid_json_bool (m, "default", 0) ? '*' : ' ', id ? id : "?");
  if (error)
    aid_str_addf (out, " %s\n", error);
  if (error)
    return;
  add_size (aid_json_int (m, "context", 0), out);
  add_price (json_object_get (m, "price"), out);
  aid_str_addf (out, " %s%s%s", host ? host : "?", aid_json_bool (m, "local", 0) ? ", local" : "",
                key && !strcmp (key, "missing") ? ", key missing" : "");
  json_array_foreach (json_object_get (m, "abilities"), i, word)
    {
      if (strcmp (json_string_value (word), "text") != 0)
        aid_str_addf (out, ", %s", json_string_value (word));
    }
  aid_str_addc (out, '\n');
}

static int
print_models (const json_t *list)
{
  struct aid_str raw = AID_STR_INIT (16u << 20);
  json_t *m;
  int status;
  size_t i;

  json_array_foreach (list, i, m)
    {
      add_line (m, &raw);
    }
  status = aid_cli_print_calm (&raw);
  aid_str_free (&raw);
  return status;
}

/* --- what servers have --------------------------------------------------------------------------------------------------- */

/* Adds the models of SERVERS to LIST that are not in it. */
static void
add_found (json_t *list, const json_t *servers)
{
  json_t *ids = json_object (), *m, *server;
  size_t i, k;

  json_array_foreach (list, i, m)
    {
      json_object_set_new (ids, aid_json_str (m, "id"), json_true ());
    }
  json_array_foreach (servers, i, server)
    {
      json_array_foreach (json_object_get (server, "models"), k, m)
        {
          if (!json_object_get (ids, aid_json_str (m, "id")))
            json_array_append (list, m);
        }
    }
  json_decref (ids);
}

/* The models that the server of PROVIDER has, NULL when that was said. */
static json_t *
remote (struct aid_net *net, const char *provider, int *status)
{
  struct aid_error e;
  json_t *servers = aid_cli_discover (net, provider, 0, &e), *server = json_array_get (servers, 0), *list = NULL;

  if (!servers)
    *status = aid_cli_fail ("%s", e.msg);
  else if (!aid_json_bool (server, "ok", 0))
    *status = aid_cli_fail ("%s", aid_json_str (server, "message"));
  else
    list = json_incref (json_object_get (server, "models"));
  json_decref (servers);
  return list;
}

static json_t *
everything (struct aid_net *net, const struct aid_config *c, int all, int local)
{
  struct aid_error e;
  json_t *list = aid_cli_models (c, all ? AID_LIST_ALL : AID_LIST_READY),
         *servers = local ? aid_cli_discover (net, NULL, 0, &e) : NULL;

  add_found (list, servers);
  json_decref (servers);
  return list;
}

static int
run (struct aid_net *net, const char *provider, int all, int local, int json)
{
  struct aid_error e;
  struct aid_config *config = aid_cli_config (&e);
  json_t *list;
  int status = AID_EXIT_DONE;

  if (!config)
    return aid_cli_fail ("%s", e.msg);
  list = provider ? remote (net, provider, &status) : everything (net, config, all, local);
  if (json && list)
    status = aid_cli_print_json (list);
  else if (list && json_array_size (list) == 0)
    status = provider ? aid_cli_fail ("%s lists no models", provider)
                      : aid_cli_fail ("no model is configured, and no server runs here: write one into %s, or run aid doctor",
                                      aid_config_path (config));
  else if (list)
    status = print_models (list);
  json_decref (list);
  aid_config_free (config);
  return status;
}

int
aid_cmd_models (int argc, char **argv)
{
  int json = 0, all = 0, alone = 0, status;
  const char *provider = NULL;
  const struct aid_opt opts[] = {
    { "json", 0, AID_OPT_FLAG, &json, NULL, "a JSON array of objects" },
    { "all", 'a', AID_OPT_FLAG, &all, NULL, "also the known models whose key is missing" },
    { "no-local", 0, AID_OPT_FLAG, &alone, NULL, "do not look for servers on this machine" },
    { "remote", 'r', AID_OPT_STRING, &provider, "PROVIDER", "ask this provider's server which models it has" },
  };
  const struct aid_usage_text usage = {
    "aid models [--json] [--all] [--no-local | --remote PROVIDER]",
    "Lists the models that can be asked: those of the settings, the known ones whose key is in the environment, and\n"
    "those of servers that run on this machine.  * marks the default; then tokens of context, dollars for a million\n"
    "tokens (of the question / of the answer), and where and what it is.\n", opts, sizeof opts / sizeof *opts, 0, 0
  };
  struct aid_net *net;
  struct aid_error e;

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  if (!(net = aid_net_new (&e)))
    return aid_cli_fail ("%s", e.msg);
  status = run (net, provider, all, !alone, json);
  aid_net_free (net, NULL);
  return status;
}
