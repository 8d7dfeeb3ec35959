/* The reader of an answer that is still arriving.  It reads as far as the last whole line, with a horizon there
   (patch_internal.h): a step that does not meet it is final and is never taken again.  A step that meets it, mostly because a
   block is open, is taken back, but for the hunks that were sure before, and taken anew when the answer has grown. */
#include "patch/feed.h"
#include "patch/patch_internal.h"

#include <stdlib.h>

enum { FIRST_BYTES = 4096 };

struct id
{
  char text[9];
};

struct aid_patch_feed
{
  struct aid_patch *patch;
  size_t arrived, room;         /* bytes in patch->text, and allocated */
  size_t whole;                 /* bytes up to the end of the last whole line; patch->len: those that were read */
  size_t work;                  /* bytes read, again and again */
  struct aid_perusal scan;
  struct aid_horizon horizon;
  int begun;                    /* the answer is not JSON as a whole */
  enum aid_err failed;

  /* Where the next step begins, and what was known there. */
  struct aid_perusal at;           /* its own copies of the names */
  struct aid_patch_mark mark;

  struct aid_namer namer;
  struct aid_vec ids;           /* struct id: of all hunks so far */
};

struct aid_patch_feed *
aid_patch_feed_new (void)
{
  struct aid_patch_feed *f = calloc (1, sizeof *f);
  if (!f)
    return NULL;
  f->ids = AID_VEC_INIT (struct id, AID_PATCH_HUNKS);
  f->patch = aid_patch_new ();
  if (!aid_namer_init (&f->namer) && f->patch)
    return f;
  aid_patch_feed_free (f);
  return NULL;
}

void
aid_patch_feed_free (struct aid_patch_feed *f)
{
  if (!f)
    return;
  aid_perusal_free (&f->scan);
  aid_perusal_free (&f->at);
  aid_namer_free (&f->namer);
  aid_vec_free (&f->ids);
  aid_patch_free (f->patch);
  free (f);
}

const struct aid_patch *
aid_patch_feed_patch (const struct aid_patch_feed *f)
{
  return f->patch;
}

size_t
aid_patch_feed_work (const struct aid_patch_feed *f)
{
  return f->work;
}

/* --- the text, which moves as it grows -------------------------------------------------------------------------------- */

static void
rebase (struct aid_span *v, const char *old, size_t len, const char *now)
{
  if (v->ptr >= old && v->ptr <= old + len)
    v->ptr = now + (v->ptr - old);
}

static enum aid_err
make_room (struct aid_patch_feed *f, size_t more)
{
  struct aid_patch *p = f->patch;
  if (f->arrived + more <= f->room)
    return AID_OK;
  size_t room = f->room ? f->room : FIRST_BYTES;
  while (room < f->arrived + more)
    room *= 2;
  char *old = p->text, *now = malloc (room);
  if (!now)
    return AID_E_NOMEM;
  if (old)
    memcpy (now, old, f->arrived);
  for (size_t i = 0; i < p->lines.len; i++)
    {
      struct aid_patch_line *l = &AID_VEC_AT (struct aid_patch_line, &p->lines, i);
      rebase (&l->text, old, f->arrived, now);
      rebase (&l->raw, old, f->arrived, now);
    }
  for (size_t i = 0; i < p->hunks.len; i++)
    rebase (&AID_VEC_AT (struct aid_patch_hunk, &p->hunks, i).section, old, f->arrived, now);
  free (old);
  p->text = now;
  f->room = room;
  return AID_OK;
}

/* --- reading on ------------------------------------------------------------------------------------------------------- */

/* TO becomes FROM, with names of its own. */
static enum aid_err
copy_scan (struct aid_perusal *to, const struct aid_perusal *from)
{
  aid_perusal_free (to);
  *to = *from;
  to->path = from->path ? strdup (from->path) : NULL;
  to->unified = from->unified ? strdup (from->unified) : NULL;
  return (from->path && !to->path) || (from->unified && !to->unified) ? AID_E_NOMEM : AID_OK;
}

/* The STEP just taken is final; the next one begins here.  Only blocks change names. */
static enum aid_err
keep (struct aid_patch_feed *f, enum aid_perusal_step step)
{
  aid_patch_assure (f->patch, &f->scan.c);
  f->mark = f->horizon.sure;
  if (step == AID_STEP_BLOCK)
    return copy_scan (&f->at, &f->scan);
  char *path = f->at.path, *unified = f->at.unified;
  f->at = f->scan;
  f->at.path = path;
  f->at.unified = unified;
  return AID_OK;
}

/* The hunks from FIRST on were read anew: those that were known get the ids that they had. */
static enum aid_err
name_hunks (struct aid_patch_feed *f, size_t first)
{
  enum aid_err err = AID_OK;
  for (size_t i = first; i < f->patch->hunks.len && !err; i++)
    {
      struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &f->patch->hunks, i);
      if (i < f->ids.len)
        {
          memcpy (h->id, AID_VEC_AT (struct id, &f->ids, i).text, sizeof h->id);
          continue;
        }
      err = aid_namer_name (&f->namer, f->patch, h);
      struct id *slot = err ? NULL : aid_vec_push (&f->ids);
      if (slot)
        memcpy (slot->text, h->id, sizeof h->id);
      else
        err = err ? err : AID_E_LIMIT;
    }
  return err;
}

/* Whether the answer is one that is read in steps: its first sign tells. */
static int
begin (struct aid_patch_feed *f)
{
  if (f->begun)
    return 1;
  f->horizon = (struct aid_horizon){ 0 };
  aid_perusal_begin (&f->at, f->patch, AID_FORMAT_AUTO, &f->horizon);
  f->begun = !aid_perusal_whole (&f->at) && !f->horizon.met;
  return f->begun;
}

/* Reads what has come since the patch was FROM bytes long. */
static enum aid_err
read_on (struct aid_patch_feed *f, size_t from)
{
  size_t first = f->mark.hunks;
  enum aid_perusal_step step;
  if (!f->begun)
    from = 0;
  if (!begin (f))
    return AID_OK;
  aid_patch_rollback (f->patch, &f->mark);
  f->horizon = (struct aid_horizon){ .sure = f->mark };
  f->at.c.text = f->patch->text;
  f->at.c.end = f->patch->len;
  aid_perusal_ends (&f->at, from);
  enum aid_err err = copy_scan (&f->scan, &f->at);
  while (!err && (step = aid_perusal_step (&f->scan, &err)) != AID_STEP_NONE && !err && !f->horizon.met)
    err = keep (f, step);
  aid_patch_rollback (f->patch, &f->horizon.sure);
  return err ? err : name_hunks (f, first);
}

static enum aid_err
add (struct aid_patch_feed *f, struct aid_span bytes)
{
  struct aid_patch *p = f->patch;
  enum aid_err err = bytes.len > AID_PATCH_MAX - f->arrived ? AID_E_LIMIT : make_room (f, bytes.len);
  if (err || bytes.len == 0)
    return err;
  memcpy (p->text + f->arrived, bytes.ptr, bytes.len);
  f->arrived += bytes.len;
  const char *nl = memrchr (p->text + f->arrived - bytes.len, '\n', bytes.len);
  if (nl)
    f->whole = (size_t) (nl - p->text) + 1;
  /* What is open is read again as often as the work may be spent on it. */
  size_t from = p->len, work = f->work + f->whole - f->at.c.pos;
  if (!nl || work > AID_FEED_WORK * f->whole)
    return AID_OK;
  f->work = work;
  p->len = f->whole;
  return read_on (f, from);
}

enum aid_err
aid_patch_feed_add (struct aid_patch_feed *f, struct aid_span bytes, struct aid_error *e)
{
  static const struct aid_patch_mark nothing;
  enum aid_err err = f->failed;
  if (!err && (err = f->failed = add (f, bytes)))
    aid_patch_rollback (f->patch, &nothing);
  return err ? aid_error_set (e, err, "the answer holds more patches than can be read while it arrives") : AID_OK;
}
