/* Small changes of source files: half of them meant to leave a program whole, half to break it.  Which they do is the compiler's
   to say. */
#ifndef AID_BENCH_MUTANTS_H
#define AID_BENCH_MUTANTS_H

#include "base/str.h"
#include "base/vec.h"

struct source
{
  char *path;
  struct aid_str text;
};

struct mutant
{
  size_t source;
  const char *kind;
  struct aid_str after, diff; /* the file's text, and the change as a unified diff */
};

/* Reads the files of DIR that git tracks below UNDER and whose names end in ENDINGS (".ml,.mli"), into SOURCES (struct source).
   0, or -1 when there are none. */
int sources_read (const char *dir, const char *under, const char *endings, struct aid_vec *sources);
/* Makes mutant number I of SEED; 0, or -1 when nothing can be changed. */
int mutant_make (const struct aid_vec *sources, unsigned seed, size_t i, struct mutant *out);
void mutant_free (struct mutant *m);
void sources_free (struct aid_vec *sources);

#endif
