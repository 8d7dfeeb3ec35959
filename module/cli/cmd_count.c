/* aid count: the tokens in a text, exact where the model's vocabulary is here; and aid count --import, which brings one here. */
#include "base/fs.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "model/bpe.h"
#include "model/estimate.h"
#include "model/provider.h"
#include "model/tokens.h"
#include <stdlib.h>

#define TEXT_MAX ((size_t) 1 << 30)
#define RANKS_MAX ((size_t) 64 << 20)

struct counting
{
  const char *model, *import, *as, *output;
  int json;
};

/* --- importing ---------------------------------------------------------------------------------------------------------- */

/* The name that the file tells: "o200k_base" of ".../o200k_base.json". */
static char *
name_of (const char *file)
{
  const char *base = aid_fs_base (file);

  return strndup (base, strcspn (base, "."));
}

static enum aid_err
write_vocabulary (const char *path, struct aid_span data, struct aid_error *e)
{
  char *dir = strdup (path);
  size_t n = (size_t) (aid_fs_base (path) - path);
  enum aid_err err = dir ? AID_OK : aid_error_set (e, AID_E_NOMEM, "no memory");

  if (dir && n > 1)
    {
      dir[n - 1] = '\0';
      err = aid_fs_mkdirs (dir, 0755, e);
    }
  if (!err)
    err = aid_fs_replace (path, data, 0644, e);
  free (dir);
  return err;
}

static int
import (const struct counting *c)
{
  struct aid_str ranks = AID_STR_INIT (RANKS_MAX), file = AID_STR_INIT (AID_BPE_FILE_MAX), path = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  char *name = c->as ? strdup (c->as) : name_of (c->import);
  enum aid_err err = name ? aid_cli_read (c->import, &ranks, &e) : aid_error_set (&e, AID_E_NOMEM, "no memory");
  int status;

  if (!err)
    err = aid_bpe_import (name, aid_str_span (&ranks), &file, &e);
  if (!err)
    err = c->output ? aid_str_addz (&path, c->output) : aid_vocab_path (name, &path, &e);
  if (!err)
    err = write_vocabulary (aid_str_z (&path), aid_str_span (&file), &e);
  aid_str_addc (&path, '\n');
  status = err ? aid_cli_fail ("%s", e.msg) : aid_cli_print (aid_str_span (&path));
  free (name);
  aid_str_free (&ranks);
  aid_str_free (&file);
  aid_str_free (&path);
  return status;
}

/* --- counting ----------------------------------------------------------------------------------------------------------- */

/* What the server calls MODEL (NULL: the configured one): by the settings, else a name that they do not know is the server's.
   NULL when none is configured; to be freed. */
static char *
server_name (const char *model)
{
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_config *config = NULL;
  struct aid_model m;
  char *name = model ? strdup (model) : NULL;

  if (aid_cli_root (NULL, &root, NULL) == AID_OK)
    config = aid_config_load (aid_str_z (&root), NULL);
  if (config && aid_model_resolve (config, model, &m, NULL) == AID_OK)
    {
      free (name);
      name = strdup (m.name);
      aid_model_free (&m);
    }
  aid_config_free (config);
  aid_str_free (&root);
  return name;
}

static int
print_json (const struct aid_counter *counter, const char *name, struct aid_span text, int64_t tokens)
{
  struct aid_str val = AID_STR_INIT (1u << 16);
  int status, exact = aid_counter_exact (counter), half, most;
  size_t all = aid_val_object (&val), error;

  aid_val_kint (&val, "tokens", tokens);
  aid_val_kbool (&val, "exact", exact);
  aid_val_kint (&val, "bytes", (int64_t) text.len);
  aid_val_kstrz (&val, "model", name);
  aid_val_kstrz (&val, "tokenizer", aid_counter_tokenizer (counter));
  if (!exact)
    {
      aid_estimate_error (aid_family_of (name ? name : ""), &half, &most);
      aid_val_kreal (&val, "ratio", aid_counter_ratio (counter));
      aid_val_key (&val, "error_percent");
      error = aid_val_object (&val);
      aid_val_kint (&val, "half", half);
      aid_val_kint (&val, "nine_of_ten", most);
      aid_val_end (&val, error, 2);
    }
  aid_val_end (&val, all, exact ? 5 : 7);
  status = aid_cli_print_val (aid_str_span (&val));
  aid_str_free (&val);
  return status;
}

static int
print_count (const struct counting *c, const char *name, struct aid_span text)
{
  struct aid_counter *counter = aid_counter_new (name);
  struct aid_str line = AID_STR_INIT (64);
  int64_t tokens;
  int status;

  if (!counter)
    return aid_cli_fail ("no memory to count");
  tokens = aid_counter_count (counter, text);
  aid_str_addf (&line, "%s%lld\n", aid_counter_exact (counter) ? "" : "~", (long long) tokens);
  status = c->json ? print_json (counter, name, text, tokens) : aid_cli_print (aid_str_span (&line));
  aid_str_free (&line);
  aid_counter_free (counter);
  return status;
}

static int
count (const struct counting *c, const char *file)
{
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  struct aid_error e = { AID_OK, "" };
  char *name = server_name (c->model);
  int status;

  if (aid_cli_read (file, &text, &e) != AID_OK)
    status = aid_cli_fail ("%s", e.msg);
  else
    status = print_count (c, name, aid_str_span (&text));
  free (name);
  aid_str_free (&text);
  return status;
}

int
aid_cmd_count (int argc, char **argv)
{
  struct counting c = { 0 };
  const struct aid_opt opts[] = {
    { "model", 'm', AID_OPT_STRING, &c.model, "MODEL", "one of aid models, PROVIDER/NAME, or a server's name of one" },
    { "json", 0, AID_OPT_FLAG, &c.json, NULL, "an object with the tokenizer, and of an estimate its error" },
    { "import", 0, AID_OPT_STRING, &c.import, "RANKS", "make a vocabulary from a package's ranks, and say where it is" },
    { "as", 0, AID_OPT_STRING, &c.as, "NAME", "o200k_base or cl100k_base (default: as RANKS is called)" },
    { "output", 'o', AID_OPT_STRING, &c.output, "FILE", "write it there instead of into the cache" },
  };
  const struct aid_usage_text usage = {
    "aid count [options] [FILE|-]",
    "Counts the tokens in a file, or in standard input.  A number with ~ before it is an estimate: the model's vocabulary\n"
    "is not public, or not here (make vocab brings o200k_base and cl100k_base here, for OpenAI's models).\n",
    opts, sizeof opts / sizeof *opts, 0, 1
  };
  int status, n = aid_opt_parse (&usage, argc, argv, &status);

  if (n < 0)
    return status;
  if (c.import && n)
    return aid_cli_misuse ("count: --import takes no FILE besides");
  if (!c.import && (c.as || c.output))
    return aid_cli_misuse ("count: --as and --output go with --import");
  return c.import ? import (&c) : count (&c, n ? argv[1] : "-");
}
