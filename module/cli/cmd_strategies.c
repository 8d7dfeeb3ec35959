/* aid strategies: what there is to ask by, the text of one, and whether a file is one. */
#include "assist/strategy.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include <stdio.h>

#define OUT_MAX ((size_t) 16 << 20)

struct options
{
  int json, prompt;
  const char *root;
};

/* --- the list --------------------------------------------------------------------------------------------------------- */

static void
add_line (const struct aid_strategy_listed *l, struct aid_str *out)
{
  const struct aid_strategy *s = l->strategy;

  aid_str_addf (out, "%-20s %-8s %s", l->name, aid_origin_name (l->origin),
                !s               ? l->error
                : s->description ? s->description
                                 : "");
  if (s && s->variant_of)
    {
      aid_str_addf (out, " (instead of %s in", s->variant_of);
      for (size_t i = 0; i < s->languages.len; i++)
        aid_str_addf (out, "%s %s", i ? "," : "", AID_VEC_AT (char *, &s->languages, i));
      aid_str_addz (out, ")");
    }
  aid_str_addc (out, '\n');
}

static int
print_list (const struct options *o)
{
  struct aid_vec list;
  struct aid_str out = AID_STR_INIT (OUT_MAX);
  struct aid_error e = { AID_OK, "" };
  int status;

  if (aid_strategy_list (o->root, &list, &e) != AID_OK)
    status = aid_cli_fail ("%s", e.msg);
  else if (o->json)
    {
      size_t l = aid_val_list (&out);
      for (size_t i = 0; i < list.len; i++)
        aid_strategy_to_val (&AID_VEC_AT (struct aid_strategy_listed, &list, i), &out);
      aid_val_end (&out, l, (uint32_t)list.len);
      status = aid_cli_print_val (aid_str_span (&out));
    }
  else
    {
      for (size_t i = 0; i < list.len; i++)
        add_line (&AID_VEC_AT (struct aid_strategy_listed, &list, i), &out);
      status = aid_cli_print_calm (&out);
    }
  aid_strategy_list_free (&list);
  aid_str_free (&out);
  return status;
}

/* --- one -------------------------------------------------------------------------------------------------------------- */

/* The system prompt as a question without files would have it. */
static enum aid_err
add_prompt (const struct options *o, const char *name, struct aid_str *out, struct aid_error *e)
{
  struct aid_strategy *s;
  enum aid_err err = aid_strategy_load (o->root, name, &s, e);

  if (err)
    return err;
  err = aid_strategy_prompt (s, o->root, AID_SPAN (""), 0, NULL, out, e);
  aid_str_addc (out, '\n');
  aid_strategy_free (s);
  return err;
}

static int
show (const struct options *o, const char *name)
{
  struct aid_str text = AID_STR_INIT (OUT_MAX), file = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = o->prompt ? add_prompt (o, name, &text, &e) : aid_strategy_text (o->root, name, &text, &file, &e);
  int status = err ? aid_cli_fail ("%s", e.msg) : aid_cli_print_calm (&text);

  aid_str_free (&text);
  aid_str_free (&file);
  return status;
}

static int
check (const struct options *o, const char *path)
{
  struct aid_strategy *s;
  struct aid_error e = { AID_OK, "" };

  if (aid_strategy_load_file (o->root, path, &s, &e) != AID_OK)
    {
      fprintf (stderr, "%s\n", e.msg);
      return AID_EXIT_FAILED;
    }
  fputs (aid_str_z (&s->warnings), stderr);
  aid_strategy_free (s);
  return AID_EXIT_DONE;
}

int
aid_cmd_strategies (int argc, char **argv)
{
  struct options o = { 0, 0, NULL };
  const struct aid_opt opts[] = {
    { "json", 0, AID_OPT_FLAG, &o.json, NULL, "a JSON array of objects" },
    { "prompt", 0, AID_OPT_FLAG, &o.prompt, NULL, "show: the system prompt that it makes, without a question's files" },
    { "root", 0, AID_OPT_STRING, &o.root, "DIR", "the project (default: found upwards from here)" },
  };
  const struct aid_usage_text usage = {
    "aid strategies [--json] | show NAME [--prompt] | check FILE",
    "Lists what a question can be asked by, and where it comes from; shows the text of one; checks whether FILE is one:\n"
    "errors and warnings are FILE:LINE:COLUMN: and FILE:LINE: on standard error.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    2
  };
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_error e;
  int status, n = aid_opt_parse (&usage, argc, argv, &status);

  if (n < 0)
    return status;
  if (aid_cli_root (o.root, &root, &e) != AID_OK)
    status = aid_cli_fail ("%s", e.msg);
  else
    {
      o.root = aid_str_z (&root);
      if (n == 0)
        status = print_list (&o);
      else if (n == 2 && !strcmp (argv[1], "show"))
        status = show (&o, argv[2]);
      else if (n == 2 && !strcmp (argv[1], "check"))
        status = check (&o, argv[2]);
      else
        status = aid_cli_misuse ("aid strategies takes nothing, show NAME or check FILE (see aid strategies --help)");
    }
  aid_str_free (&root);
  return status;
}
