/* Reads a command line by a table of options and prints the same table as help.  Strings are not copied: they are argv's
   own and live as long as the program. */
#include "cli/opt.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/fill.h"
#include <stdio.h>
#include <string.h>

/* The command's whole name: U's line up to WORD, which is its last one, as "chat parse" of "parse". */
static struct aid_span
name_of (const struct aid_usage_text *u, const char *word)
{
  const char *line = u->line + strlen ("aid ");
  size_t len = strlen (word);

  for (const char *at = line; (at = strstr (at, word)); at += len)
    if ((at == line || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
      return (struct aid_span){ line, (size_t)(at - line) + len };
  return aid_span_z (word);
}

static void
print_help (const struct aid_usage_text *u)
{
  int width = aid_cli_fill_width (stdout);
  printf ("usage: ");
  aid_cli_fill (stdout, u->line, 7, width);
  putchar ('\n');
  aid_cli_fill (stdout, u->about, 0, width);
  putchar ('\n');
  for (size_t i = 0; i < u->nopts; i++)
    {
      const struct aid_opt *o = &u->opts[i];
      char left[64];
      char letter[4] = { '-', o->letter, ',', 0 };
      snprintf (left, sizeof left, "  %-3s --%s%s%s", o->letter ? letter : "", o->name, o->arg ? " " : "",
                o->arg ? o->arg : "");
      printf ("%-30s ", left);
      aid_cli_fill (stdout, o->help, 31, width);
    }
  printf ("%-30s %s\n", "      --help", "print this");
}

/* "--NAME" or "--NAME=VALUE"; *VALUE gets the latter or NULL. */
static const struct aid_opt *
find_long (const struct aid_usage_text *u, char *word, char **value)
{
  char *equals = strchr (word, '=');
  size_t len = equals ? (size_t) (equals - word) : strlen (word);

  *value = equals ? equals + 1 : NULL;
  for (size_t i = 0; i < u->nopts; i++)
    if (strlen (u->opts[i].name) == len && memcmp (u->opts[i].name, word, len) == 0)
      return &u->opts[i];
  return NULL;
}

/* "-s" or "-sVALUE". */
static const struct aid_opt *
find_letter (const struct aid_usage_text *u, char *word, char **value)
{
  *value = word[1] ? word + 1 : NULL;
  for (size_t i = 0; i < u->nopts; i++)
    if (u->opts[i].letter && u->opts[i].letter == word[0])
      return &u->opts[i];
  return NULL;
}

/* Puts VALUE (NULL for a flag) where the option wants it; NULL, or what is wrong. */
static const char *
take (const struct aid_opt *o, char *value)
{
  uint64_t n;
  const char **slot;

  switch (o->type)
    {
    case AID_OPT_FLAG:
      *(int *) o->value = 1;
      return NULL;
    case AID_OPT_STRING:
      *(const char **) o->value = value;
      return NULL;
    case AID_OPT_NUMBER:
      if (aid_span_number (aid_span_z (value), INT32_MAX, &n) != 0)
        return "needs a number";
      *(int64_t *) o->value = (int64_t) n;
      return NULL;
    case AID_OPT_LIST:
      slot = aid_vec_push (o->value);
      if (!slot)
        return "was given too often";
      *slot = value;
      return NULL;
    }
  return "is unknown";
}

/* Reads the option at argv[*I], and its value there or at argv[*I + 1]. */
static int
read_option (const struct aid_usage_text *u, struct aid_span cmd, char **argv, int argc, int *i)
{
  char *word = argv[*i], *value;
  int is_long = word[1] == '-';
  const struct aid_opt *o = is_long ? find_long (u, word + 2, &value) : find_letter (u, word + 1, &value);
  const char *wrong = NULL;

  if (!o)
    wrong = "is unknown";
  else if (o->type == AID_OPT_FLAG)
    wrong = value ? "takes no value" : take (o, NULL);
  else
    {
      if (!value && *i + 1 < argc)
        value = argv[++*i];
      wrong = value ? take (o, value) : "needs a value";
    }
  return wrong ? aid_cli_misuse ("%.*s: the option %s %s (see aid %.*s --help)", (int)cmd.len, cmd.ptr, word, wrong,
                                 (int)cmd.len, cmd.ptr)
               : 0;
}

int
aid_opt_parse (const struct aid_usage_text *u, int argc, char **argv, int *status)
{
  const struct aid_span cmd = name_of (u, argv[0]);
  int n = 0, options = 1;

  for (int i = 1; i < argc; i++)
    {
      char *word = argv[i];
      if (!options || word[0] != '-' || !word[1])
        argv[++n] = word;
      else if (!strcmp (word, "--"))
        options = 0;
      else if (!strcmp (word, "--help") || !strcmp (word, "-h"))
        {
          print_help (u);
          *status = AID_EXIT_DONE;
          return -1;
        }
      else if ((*status = read_option (u, cmd, argv, argc, &i)) != 0)
        return -1;
    }
  argv[n + 1] = NULL;
  if (n >= u->min && (u->max < 0 || n <= u->max))
    return n;
  *status
    = aid_cli_misuse ("%.*s: too %s arguments; usage: %s", (int)cmd.len, cmd.ptr, n < u->min ? "few" : "many", u->line);
  return -1;
}

int
aid_opt_words (const char *name, const char *about, const struct aid_command *words, size_t n, int argc, char **argv)
{
  struct aid_str line = AID_STR_INIT (256), text = AID_STR_INIT (4096);
  int status;

  for (size_t i = 0; argc > 1 && i < n; i++)
    if (!strcmp (words[i].name, argv[1]))
      return words[i].run (argc - 1, argv + 1);
  aid_str_addf (&line, "aid %s WORD [options]", name);
  aid_str_addf (&text, "%s\n\n", about);
  for (size_t i = 0; i < n; i++)
    aid_str_addf (&text, "  %-8s %s\n", words[i].name, words[i].help);
  aid_str_addf (&text, "\naid %s WORD --help tells more.\n", name);
  const struct aid_usage_text usage = { aid_str_z (&line), aid_str_z (&text), NULL, 0, 0, -1 };
  int given = aid_opt_parse (&usage, argc, argv, &status);
  aid_str_clear (&text);
  for (size_t i = 0; i < n; i++)
    aid_str_addf (&text, "%s%s", !i ? "" : i + 1 < n ? ", " : " or ", words[i].name);
  if (given > 0)
    status = aid_cli_misuse ("%s: there is no \"%s\": %s (see aid %s --help)", name, argv[1], aid_str_z (&text), name);
  else if (!given)
    status = aid_cli_misuse ("%s: too few arguments; usage: %s; WORD is %s", name, aid_str_z (&line), aid_str_z (&text));
  aid_str_free (&line);
  aid_str_free (&text);
  return status;
}
