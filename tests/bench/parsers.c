/* How fast a wire format's decoder reads a body, single-threaded, beside jansson reading the same JSON documents whole.
   usage: bench_parsers WIRE FILE ROUNDS      FILE is the body of a streamed answer
   Prints "OURS JANSSON", both in MB of the body a second, the medians of ROUNDS.  */
#include "model/wire.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE 16384            /* as much as the network gives at once */
#define ROUNDS_MAX 101

static double
seconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static struct aid_span
read_file (const char *path)
{
  FILE *f = fopen (path, "rb");
  long size;
  char *all;
  if (!f || fseek (f, 0, SEEK_END) || (size = ftell (f)) <= 0 || fseek (f, 0, SEEK_SET))
    return (struct aid_span){ "", 0 };
  all = malloc ((size_t) size);
  if (!all || fread (all, 1, (size_t) size, f) != (size_t) size)
    return (struct aid_span){ "", 0 };
  fclose (f);
  return (struct aid_span){ all, (size_t) size };
}

/* --- ours ------------------------------------------------------------------------------------------------------------ */

struct told
{
  size_t text;
  int stopped;
};

static void
sink (void *user, const struct aid_model_event *ev)
{
  struct told *t = user;
  if (ev->kind == AID_MODEL_TEXT)
    t->text += ev->text.len;
  t->stopped |= ev->kind == AID_MODEL_STOP;
}

/* The time of one reading; negative when it was not read to its end. */
static double
decode (const struct aid_wire *wire, struct aid_span body)
{
  struct told told = { 0, 0 };
  struct aid_error e = { AID_OK, "" };
  double begun = seconds ();
  struct aid_decoder *d = wire->decoder_new (sink, &told);
  enum aid_err err = d ? AID_OK : AID_E_NOMEM;
  for (size_t at = 0; at < body.len && !err; at += PIECE)
    err = wire->feed (d, aid_span_cut (body, at, at + PIECE < body.len ? at + PIECE : body.len), &e);
  if (!err)
    err = wire->end (d, &e);
  if (d)
    wire->decoder_free (d);
  if (err || !told.stopped || !told.text)
    fprintf (stderr, "%s: %s\n", wire->name, err ? e.msg : "no answer was read");
  return err || !told.stopped || !told.text ? -1 : seconds () - begun;
}

/* --- jansson --------------------------------------------------------------------------------------------------------- */

/* The next line's JSON, if it has one. */
static struct aid_span
document (struct aid_span line)
{
  if (line.len > 6 && !memcmp (line.ptr, "data: ", 6))
    line = aid_span_cut (line, 6, line.len);
  return line.len && line.ptr[0] == '{' ? line : (struct aid_span){ "", 0 };
}

/* The time of parsing each document; where they are was found before. */
static double
parse (const struct aid_span *documents, size_t n)
{
  double begun = seconds ();
  for (size_t i = 0; i < n; i++)
    {
      json_t *v = json_loadb (documents[i].ptr, documents[i].len, 0, NULL);
      if (!v)
        return -1;
      json_decref (v);
    }
  return seconds () - begun;
}

static struct aid_span *
documents_of (struct aid_span body, size_t *n)
{
  size_t lines = 0;
  for (size_t i = 0; i < body.len; i++)
    lines += body.ptr[i] == '\n';
  struct aid_span *all = calloc (lines + 1, sizeof *all);
  for (size_t at = 0, end; all && at < body.len; at = end + 1)
    {
      const char *nl = memchr (body.ptr + at, '\n', body.len - at);
      end = nl ? (size_t) (nl - body.ptr) : body.len;
      struct aid_span v = document (aid_span_cut (body, at, end));
      if (v.len)
        all[(*n)++] = v;
    }
  return all;
}

/* --- both, in turn --------------------------------------------------------------------------------------------------- */

static int
by_size (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return x < y ? -1 : x > y;
}

int
main (int argc, char **argv)
{
  double ours[ROUNDS_MAX], theirs[ROUNDS_MAX];
  const struct aid_wire *wire = argc == 4 ? aid_wire_find (argv[1]) : NULL;
  int rounds = wire ? atoi (argv[3]) : 0;
  size_t n = 0;
  if (rounds < 1 || rounds > ROUNDS_MAX)
    return fprintf (stderr, "usage: bench_parsers WIRE FILE ROUNDS\n"), 2;
  struct aid_span body = read_file (argv[2]), *documents = documents_of (body, &n);
  if (!n)
    return fprintf (stderr, "%s holds no stream\n", argv[2]), 1;
  for (int i = 0; i < rounds; i++)
    if ((ours[i] = decode (wire, body)) < 0 || (theirs[i] = parse (documents, n)) < 0)
      return 1;
  qsort (ours, (size_t) rounds, sizeof *ours, by_size);
  qsort (theirs, (size_t) rounds, sizeof *theirs, by_size);
  printf ("%.1f %.1f\n", (double) body.len / 1e6 / ours[rounds / 2], (double) body.len / 1e6 / theirs[rounds / 2]);
  free (documents);
  free ((char *) (uintptr_t) body.ptr);
  return 0;
}
