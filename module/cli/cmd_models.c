/* aid models: what can be asked, from the settings and from the keys in the environment. */
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/models.h"
#include "cli/opt.h"

json_t *
aid_cli_models (const struct aid_config *c)
{
  struct aid_str val = AID_STR_INIT (16u << 20), text = AID_STR_INIT (64u << 20);
  json_t *list = NULL;

  aid_model_list (c, &val);
  if (!val.err && aid_val_to_json (aid_str_span (&val), 0, &text) == AID_OK)
    list = aid_json_parse (aid_str_span (&text), "the list of models", NULL);
  aid_str_free (&val);
  aid_str_free (&text);
  return json_is_array (list) ? list : json_array ();
}

static void
add_line (const json_t *m, struct aid_str *out)
{
  int64_t context = aid_json_int (m, "context", 0);
  const char *key = aid_json_str (m, "key"), *id = aid_json_str (m, "id"), *host = aid_json_str (m, "host");

  aid_str_addf (out, "%c %-32s %s%s", aid_json_bool (m, "default", 0) ? '*' : ' ', id ? id : "?", host ? host : "?",
                aid_json_bool (m, "local", 0) ? ", local" : "");
  if (context)
    aid_str_addf (out, ", %lld tokens", (long long) context);
  if (key && !strcmp (key, "missing"))
    aid_str_addz (out, ", key missing");
  aid_str_addc (out, '\n');
}

static int
print_models (const struct aid_config *c)
{
  struct aid_str raw = AID_STR_INIT (16u << 20), calm = AID_STR_INIT (32u << 20);
  json_t *list = aid_cli_models (c), *m;
  int status;
  size_t i;

  json_array_foreach (list, i, m)
    {
      add_line (m, &raw);
    }
  if (json_array_size (list) == 0)
    status = aid_cli_fail ("no model is configured: write one into %s, or run aid doctor", aid_config_path (c));
  else
    {
      aid_cli_calm (aid_str_span (&raw), &calm);
      status = aid_cli_print (aid_str_span (&calm));
    }
  json_decref (list);
  aid_str_free (&raw);
  aid_str_free (&calm);
  return status;
}

int
aid_cmd_models (int argc, char **argv)
{
  int json = 0, status;
  const struct aid_opt opts[] = { { "json", 0, AID_OPT_FLAG, &json, NULL, "a JSON array of objects" } };
  const struct aid_usage_text usage
    = { "aid models [--json]", "Lists the models that can be asked; * marks the default.\n", opts, 1, 0, 0 };
  struct aid_str root = AID_STR_INIT (8192), val = AID_STR_INIT (16u << 20);
  struct aid_config *config = NULL;
  struct aid_error e;

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  if (aid_cli_root (NULL, &root, &e) == AID_OK)
    config = aid_config_load (aid_str_z (&root), &e);
  if (!config)
    status = aid_cli_fail ("%s", e.msg);
  else if (json)
    {
      aid_model_list (config, &val);
      status = aid_cli_print_val (aid_str_span (&val));
    }
  else
    status = print_models (config);
  aid_config_free (config);
  aid_str_free (&root);
  aid_str_free (&val);
  return status;
}
