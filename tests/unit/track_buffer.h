/* A buffer that is edited as in Emacs, with a tracker that is told of it and the oracle beside. */
#ifndef AID_TESTS_TRACK_BUFFER_H
#define AID_TESTS_TRACK_BUFFER_H

#include "measure/track.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "track_oracle.h"

#define TEXT_MAX 8000
#define EDITS 4000

struct edit
{
  int pos, nold, nnew;
  uint32_t *old, *new;
};

static struct
{
  uint32_t text[TEXT_MAX], disk[TEXT_MAX];
  int n, ndisk;
  struct edit done[EDITS], undone[EDITS];
  int ndone, nundone;
  struct aid_track *track;
  struct oracle oracle;
  uint64_t hunks;
} b;

static uint32_t *
copy (const uint32_t *c, int n)
{
  uint32_t *out = malloc (((size_t)n + 1) * sizeof *out);
  memcpy (out, c, (size_t)n * sizeof *out);
  return out;
}

static void
encode (const uint32_t *c, int n, struct aid_str *out)
{
  *out = AID_STR_INIT (1u << 20);
  for (int i = 0; i < n; i++)
    aid_utf8_encode (out, c[i]);
}

/* Does E to the text, and tells of it. */
static void
apply (const struct edit *e)
{
  struct aid_str text;
  encode (e->new, e->nnew, &text);
  memmove (b.text + e->pos + e->nnew, b.text + e->pos + e->nold, (size_t)(b.n - e->pos - e->nold) * sizeof *b.text);
  memcpy (b.text + e->pos, e->new, (size_t)e->nnew * sizeof *b.text);
  b.n += e->nnew - e->nold;
  assert_int_equal (aid_track_change (b.track, (size_t)e->pos, (size_t)e->nold, aid_str_span (&text)), AID_OK);
  oracle_delete (&b.oracle, e->pos, e->nold);
  oracle_insert (&b.oracle, e->pos, e->new, e->nnew);
  assert_int_equal (aid_track_size (b.track), b.n);
  aid_str_free (&text);
}

static void
forget (struct edit *list, int *n)
{
  while (*n)
    {
      free (list[--*n].old);
      free (list[*n].new);
    }
}

/* Replaces NOLD characters at POS, so that it can be undone. */
static void
replace (int pos, int nold, const uint32_t *new, int nnew)
{
  if (b.n - nold + nnew >= TEXT_MAX || b.ndone == EDITS)
    return;
  struct edit e = { pos, nold, nnew, copy (b.text + pos, nold), copy (new, nnew) };
  forget (b.undone, &b.nundone);
  apply (&e);
  b.done[b.ndone++] = e;
}

static int
letters (const char *z, uint32_t *out)
{
  int n = 0;
  for (; *z; z++)
    out[n++] = (unsigned char)*z;
  return n;
}

static void
put_z (int pos, int nold, const char *z)
{
  uint32_t c[1000] = { 0 };
  int n = letters (z, c);
  replace (pos, nold, c, n);
}

static void
accept_z (uint64_t hunk, int pos, const char *z)
{
  uint32_t c[1000] = { 0 };
  struct aid_str text;
  int n = letters (z, c);
  put_z (pos, 0, z);
  encode (c, n, &text);
  assert_int_equal (aid_track_accept (b.track, hunk, (size_t)pos, aid_str_span (&text)), AID_OK);
  oracle_accept (&b.oracle, hunk, pos, c, n);
  aid_str_free (&text);
}

static void
undo (void)
{
  if (!b.ndone)
    return;
  struct edit e = b.done[--b.ndone], back = { e.pos, e.nnew, e.nold, e.new, e.old };
  apply (&back);
  b.undone[b.nundone++] = e;
}

static void
redo (void)
{
  if (!b.nundone)
    return;
  struct edit e = b.undone[--b.nundone];
  apply (&e);
  b.done[b.ndone++] = e;
}

/* As Emacs does it: what is the same at both ends stays. */
static void
revert (void)
{
  int beg = 0, end = 0;
  while (beg < b.n && beg < b.ndisk && b.text[beg] == b.disk[beg])
    beg++;
  while (end < b.n - beg && end < b.ndisk - beg && b.text[b.n - 1 - end] == b.disk[b.ndisk - 1 - end])
    end++;
  replace (beg, b.n - beg - end, b.disk + beg, b.ndisk - beg - end);
}

static void
save (void)
{
  memcpy (b.disk, b.text, sizeof b.disk);
  b.ndisk = b.n;
}

static void
begin (const char *z)
{
  b.n = letters (z, b.text);
  save ();
  b.hunks = 0;
  b.track = aid_track_new ((size_t)b.n);
  b.oracle.n = 0;
  b.oracle.npieces = 0;
  for (int i = 0; i < b.n; i++)
    oracle_put (&b.oracle, i, (struct item){ 1, OLD, 0, 0, b.text[i] });
}

static void
finish (void)
{
  forget (b.done, &b.ndone);
  forget (b.undone, &b.nundone);
  aid_track_free (b.track);
}

#endif
