/* Looking for patches while an answer arrives.  The I/O thread hands what is new to a job on the pool, which reads it, places
   what is certain, and comes back with a count; then the next job may begin.  Two references hold the whole, the turn's and
   that of what is on its way, so either may be the last. */
#include "assist/found.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/val.h"
#include "context/item.h"
#include "patch/feed.h"
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

struct aid_found
{
  struct aid_assist *assist;
  uint64_t id;
  _Atomic unsigned refs;

  /* The I/O thread's alone. */
  const struct aid_stream *answer;   /* NULL: it has not begun, or has ended */
  size_t taken;                /* bytes of it that went to jobs */
  int64_t next;                /* no job before this, monotonic ms */
  int looking, waiting;        /* a job is on its way; a later look is */

  /* The job's while it is on its way, else the I/O thread's. */
  struct aid_patch_feed *feed; /* NULL: it was too much */
  struct aid_str fresh;        /* what is new of the answer */
  char *root;
  struct aid_map *texts;       /* path under root -> struct aid_str * */
  size_t files, hunks;         /* that were placed last */
  struct aid_str val;          /* what is to be told, or empty */
  int64_t cost;                /* ms that the job took */
};

static void
free_text (void *text)
{
  if (text)
    aid_str_free (text);
  free (text);
}

static void
unref (void *arg)
{
  struct aid_found *f = arg;
  if (atomic_fetch_sub (&f->refs, 1) > 1)
    return;
  aid_patch_feed_free (f->feed);
  aid_str_free (&f->fresh);
  aid_str_free (&f->val);
  aid_map_free (f->texts, free_text);
  free (f->root);
  free (f);
}

static void
ref (struct aid_found *f)
{
  atomic_fetch_add (&f->refs, 1);
}

/* Takes REF back: it is not the last. */
static void
ref_not (struct aid_found *f)
{
  atomic_fetch_sub (&f->refs, 1);
}

/* --- birth ------------------------------------------------------------------------------------------------------------ */

/* Keeps ITEM's text when it is that of a whole file under the root. */
static void
keep_text (struct aid_found *f, const char *dir, const struct aid_ask_item *item)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX), full = AID_STR_INIT ((size_t) 2 * PATH_MAX), root = AID_STR_INIT (PATH_MAX);
  int64_t first, last;
  if (!aid_item_target (item->target, &path, &first, &last) && !first && !aid_fs_join (&root, f->root, "")
      && !aid_fs_join (&full, dir, aid_str_z (&path)) && aid_span_starts (aid_str_span (&full), aid_str_z (&root))
      && full.len > root.len + 1 && full.ptr[root.len] == '/')
    {
      struct aid_str *text = calloc (1, sizeof *text);
      void *old = NULL;
      if (text)
        {
          *text = AID_STR_INIT (AID_ITEM_MAX);
          aid_str_addspan (text, item->text);
          if (text->err || aid_map_put (f->texts, aid_span_cut (aid_str_span (&full), root.len + 1, full.len), text, &old))
            old = text;
        }
      free_text (old);
    }
  aid_str_free (&path);
  aid_str_free (&full);
  aid_str_free (&root);
}

struct aid_found *
aid_found_new (struct aid_assist *a, uint64_t id, const char *root, const char *dir, const struct aid_ask_item *items,
               size_t nitems)
{
  struct stat st;
  struct aid_found *f = stat (root, &st) == 0 && S_ISDIR (st.st_mode) ? calloc (1, sizeof *f) : NULL;
  if (!f)
    return NULL;
  f->assist = a;
  f->id = id;
  f->refs = 1;
  f->fresh = AID_STR_INIT (AID_ANSWER_MAX);
  f->val = AID_STR_INIT (1024);
  f->feed = aid_patch_feed_new ();
  f->root = strdup (root);
  f->texts = aid_map_new ();
  if (!f->feed || !f->root || !f->texts)
    {
      unref (f);
      return NULL;
    }
  for (size_t i = 0; i < nitems; i++)
    keep_text (f, dir, &items[i]);
  return f;
}

/* --- the job, on the pool ----------------------------------------------------------------------------------------------- */

/* Those that fit only because something was adjusted. */
static size_t
count_adjusted (const struct aid_plan *plan)
{
  size_t n = 0;
  for (size_t i = 0; i < plan->placements.len; i++)
    {
      const struct aid_placement *o = &AID_VEC_AT (struct aid_placement, &plan->placements, i);
      n += o->status == AID_HUNK_APPLIES && o->method && (!strcmp (o->method, "adjusted") || !strcmp (o->method, "whitespace"));
    }
  return n;
}

static void
tell (const struct aid_plan *plan, struct aid_str *val)
{
  size_t adjusted = count_adjusted (plan), all = aid_val_object (val);
  aid_val_kint (val, "files", (int64_t) plan->files.len);
  aid_val_kint (val, "hunks", (int64_t) (plan->applied + plan->already + plan->refused));
  aid_val_kint (val, "fit", (int64_t) (plan->applied - adjusted));
  aid_val_kint (val, "adjusted", (int64_t) adjusted);
  aid_val_kint (val, "already", (int64_t) plan->already);
  aid_val_kint (val, "refused", (int64_t) plan->refused);
  aid_val_end (val, all, 6);
}

static void
place (struct aid_found *f, const struct aid_patch *p)
{
  struct aid_plan *plan = NULL;
  struct aid_patch_texts texts = { f->root, f->texts };
  struct aid_patch_source source = aid_patch_texts_source (&texts);
  f->files = p->files.len;
  f->hunks = p->hunks.len;
  if (!aid_patch_plan (p, &source, NULL, &plan, NULL))
    tell (plan, &f->val);
  aid_plan_free (plan);
}

static void looked (void *arg);

static void
look (void *arg)
{
  struct aid_found *f = arg;
  int64_t from = aid_clock_ms ();
  aid_str_clear (&f->val);
  if (aid_patch_feed_add (f->feed, aid_str_span (&f->fresh), NULL))
    {
      aid_patch_feed_free (f->feed);
      f->feed = NULL;
    }
  aid_str_clear (&f->fresh);
  const struct aid_patch *p = f->feed ? aid_patch_feed_patch (f->feed) : NULL;
  if (p && (p->files.len != f->files || p->hunks.len != f->hunks))
    place (f, p);
  f->cost = aid_clock_ms () - from;
  if (aid_net_later (f->assist->net, 0, looked, unref, f))
    unref (f);                 /* nothing more is looked for */
}

/* --- the I/O thread ----------------------------------------------------------------------------------------------------- */

static void
look_later (void *arg)
{
  struct aid_found *f = arg;
  f->waiting = 0;
  if (f->answer)
    aid_found_look (f, f->answer);
  unref (f);
}

static void
looked (void *arg)
{
  struct aid_found *f = arg;
  f->looking = 0;
  f->next = aid_clock_ms () + (f->cost * 4 > AID_FOUND_MS ? f->cost * 4 : AID_FOUND_MS);
  if (f->answer && f->val.len)
    aid_assist_post (f->assist, f->id, AID_EVENT_FOUND, &f->val);
  if (f->answer)
    aid_found_look (f, f->answer);
  unref (f);
}

static void
wait_and_look (struct aid_found *f, int64_t ms)
{
  ref (f);
  if (aid_net_later (f->assist->net, (uint32_t) ms, look_later, unref, f))
    ref_not (f);
  else
    f->waiting = 1;
}

void
aid_found_look (struct aid_found *f, const struct aid_stream *answer)
{
  int64_t wait = f->next - aid_clock_ms ();
  struct aid_span text = aid_stream_text (answer);
  f->answer = answer;
  if (f->looking || f->waiting || !f->feed || text.len == f->taken)
    return;
  if (wait > 0)
    {
      wait_and_look (f, wait);
      return;
    }
  aid_str_addspan (&f->fresh, aid_span_cut (text, f->taken, text.len));
  f->taken = text.len;
  f->looking = 1;
  ref (f);
  if (aid_pool_run (f->assist->pool, look, unref, f))
    {
      ref_not (f);
      f->looking = 0;          /* the next text tries again */
    }
}

void
aid_found_end (struct aid_found *f)
{
  if (!f)
    return;
  f->answer = NULL;
  unref (f);
}
