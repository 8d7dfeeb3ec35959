/* aid-trees: tree-sitter's library and people's grammars in a process of its own, which may die of them without harm.  The core
   and the command start it where a project has files of a language that only a grammar knows; scan/trees.h has the protocol.

   usage: aid-trees FOLDER...     grammars are looked for there, and where Emacs and the system keep theirs */
#include "scan/tree.h"
#include "scan/trees.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum
{
  SECONDS = 60, /* for one text: who asked has gone by then */
  FOLDERS = 40
};
#define MEMORY_MAX ((rlim_t)2 << 30)

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* A grammar that takes all memory, or dies, is to trouble nobody else. */
static void
limit (void)
{
  struct rlimit none = { 0, 0 };
  setrlimit (RLIMIT_CORE, &none);
#ifndef SANITIZED
  struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };
  setrlimit (RLIMIT_AS, &memory);
#endif
}

static void
print (const struct aid_scan *s)
{
  for (size_t i = 0; i < s->n_defs; i++)
    {
      const struct aid_def *d = &s->defs[i];
      printf ("d %d %d %u %u %u %u %u %u\n", (int)d->kind, (int)d->parent + 1, d->name.from, d->name.to, d->whole.from,
              d->whole.to, d->signature.from, d->signature.to);
    }
}

/* Reads N bytes of text and says what is in them.  0: the input has ended. */
static int
answer (struct aid_tree *t, const char *grammar, size_t n, struct aid_scan *s)
{
  char *text = malloc (n + 1);
  if (!text || fread (text, 1, n, stdin) != n)
    {
      free (text);
      return 0;
    }
  alarm (SECONDS); /* ends us, whatever the grammar does */
  enum aid_err err = aid_tree_scan (t, grammar, (struct aid_span){ text, n }, s);
  alarm (0);
  free (text);
  if (err == AID_E_NOTFOUND)
    puts ("none");
  else
    {
      if (!err)
        print (s);
      puts ("done");
    }
  return 1;
}

static void
serve (struct aid_tree *t)
{
  struct aid_scan s = AID_SCAN_INIT;
  char line[200], grammar[64];
  size_t n;
  while (fgets (line, sizeof line, stdin))
    {
      if (sscanf (line, "has %63[^ \n]\n", grammar) == 1)
        puts (aid_tree_has (t, grammar) ? "yes" : "no");
      else if (sscanf (line, "scan %63[^ \n] %zu\n", grammar, &n) != 2 || n > AID_TREE_TEXT_MAX
               || !answer (t, grammar, n, &s))
        break;
      fflush (stdout);
    }
  aid_scan_free (&s);
}

/* Appends FOLDERS' own places to those of the arguments. */
static void
usual_places (struct aid_str own[2], const char **folders, size_t n)
{
  const char *home = getenv ("HOME"), *config = getenv ("XDG_CONFIG_HOME");
  if (config && config[0] == '/')
    aid_str_addf (&own[0], "%s/emacs/tree-sitter", config);
  else if (home)
    aid_str_addf (&own[0], "%s/.config/emacs/tree-sitter", home);
  if (home)
    aid_str_addf (&own[1], "%s/.emacs.d/tree-sitter", home);
  for (int i = 0; i < 2; i++)
    if (own[i].len)
      folders[n++] = aid_str_z (&own[i]);
  folders[n] = NULL;
}

int
main (int argc, char **argv)
{
  const char *folders[FOLDERS + 3];
  struct aid_str own[2] = { AID_STR_INIT (4096), AID_STR_INIT (4096) };
  struct aid_tree *t;
  size_t n = 0;
  limit ();
  for (; (int)n + 1 < argc && n < FOLDERS; n++)
    folders[n] = argv[n + 1];
  usual_places (own, folders, n);
  if (aid_tree_new (NULL, folders, &t, NULL))
    return 1;
  puts (AID_TREES_HELLO);
  fflush (stdout);
  serve (t);
  aid_tree_free (t);
  aid_str_free (&own[0]);
  aid_str_free (&own[1]);
  return 0;
}
