/* The plan: every file of the patch read once, its hunks placed in that text together, and the text that comes of it.
   Parts of a patch that name the same file share one target, so they see each other's lines and one text results.  New,
   deleted and renamed files are all or nothing; of a modified one, every hunk stands for itself. */
#include "patch/plan_internal.h"

#include <stdlib.h>

struct aid_placement *
aid_plan_placement (struct aid_planner *g, const struct aid_file_plan *f, size_t i)
{
  return &AID_VEC_AT (struct aid_placement, &g->plan->placements, f->first + i);
}

static int
left_out (const struct aid_planner *g, size_t hunk)
{
  return g->options.only && !g->options.only[hunk];
}

static int
all_left_out (struct aid_planner *g, const struct aid_file_plan *f)
{
  for (size_t i = 0; i < f->n; i++)
    if (aid_plan_placement (g, f, i)->status != AID_HUNK_LEFT_OUT)
      return 0;
  return f->n > 0;
}

void
aid_plan_refuse (struct aid_planner *g, struct aid_file_plan *f, const char *reason)
{
  f->applies = 0;
  aid_reason (f->reason, "%s", reason);
  for (size_t i = 0; i < f->n; i++)
    if (aid_plan_placement (g, f, i)->status != AID_HUNK_LEFT_OUT)
      aid_refuse (aid_plan_placement (g, f, i), "%s", reason);
}

/* --- reading --- */

static enum aid_err
count_bytes (struct aid_planner *g, struct aid_file_plan *f, size_t n)
{
  g->bytes += n;
  if (g->bytes > AID_PLAN_BYTES)
    aid_plan_refuse (g, f, "the patch's files are too large to be handled together");
  return AID_OK;
}

enum aid_err
aid_plan_read (struct aid_planner *g, struct aid_file_plan *f, const char *path, struct aid_str *out, int *there)
{
  struct aid_error e = { AID_OK, "" };
  *there = 0;
  if (g->kept_path && strcmp (g->kept_path, path) == 0)
    {
      struct aid_str swap = *out;
      *out = g->kept;
      g->kept = swap;
      free (g->kept_path);
      g->kept_path = NULL;
      *there = 1;
      return count_bytes (g, f, out->len);
    }
  enum aid_err err = g->source->read (g->source->ctx, path, out, &e);
  if (err == AID_E_NOTFOUND)
    {
      aid_str_clear (out);
      return AID_OK;
    }
  if (err == AID_E_NOMEM)
    return err;
  if (err)
    {
      aid_plan_refuse (g, f, e.msg[0] ? e.msg : "the file cannot be read");
      return AID_OK;
    }
  *there = 1;
  return count_bytes (g, f, out->len);
}

static char shared, alone;      /* what a claimed path is */

/* Whether OP may have PATH: several parts may modify one file, anything else wants it alone. */
static int
claim (struct aid_planner *g, const char *path, enum aid_patch_op op, enum aid_err *err)
{
  const char *by = aid_map_get (g->claimed, aid_span_z (path));
  if (by)
    return by == &shared && op == AID_OP_MODIFY;
  *err = aid_map_put (g->claimed, aid_span_z (path), op == AID_OP_MODIFY ? &shared : &alone, NULL);
  return 1;
}

int
aid_plan_knows (const struct aid_planner *g, const char *path)
{
  return aid_map_get (g->claimed, aid_span_z (path)) != NULL;
}

/* --- modified and renamed files --- */

static void
free_target (void *value)
{
  struct aid_target *t = value;
  aid_target_free (t);
  free (t);
}

/* The target of PATH, made when this is the first that names it; NULL with the file refused or an error. */
static struct aid_target *
target_of (struct aid_planner *g, struct aid_file_plan *f, const char *path, enum aid_err *err)
{
  struct aid_target *t = aid_map_get (g->targets, aid_span_z (path));
  struct aid_error e = { AID_OK, "" };
  int there;
  char why[256];
  if (t)
    {
      aid_plan_join (g, f, t->plan);
      t->again = 1;
      return t;
    }
  *err = aid_plan_read (g, f, path, &f->before, &there);
  if (!*err && !f->reason[0] && !there)
    {
      aid_reason (why, "%.200s does not exist", path);
      aid_plan_refuse (g, f, why);
    }
  t = *err || f->reason[0] ? NULL : calloc (1, sizeof *t);
  if (!t)
    {
      *err = *err || f->reason[0] ? *err : AID_E_NOMEM;
      return NULL;
    }
  *err = aid_target_init (t, aid_str_span (&f->before), &e);
  if (!*err)
    *err = aid_map_put (g->targets, aid_span_z (path), t, NULL);
  t->plan = f->same_as;
  if (!*err)
    return t;
  free_target (t);
  if (*err == AID_E_LIMIT)
    {
      aid_plan_refuse (g, f, e.msg);
      *err = AID_OK;
    }
  return NULL;
}

/* Whether all that F's hunks lack may be what those before them write: a hunk that fits several places as it is lacks nothing. */
static int
may_build_on_each_other (struct aid_planner *g, const struct aid_file_plan *f)
{
  enum { MOST_HUNKS = 64 };
  const struct aid_plan_options *o = &g->options;
  if (f->applies || !o->together || o->reverse || o->chosen || f->n > MOST_HUNKS || g->work > AID_PLACE_WORK)
    return 0;
  for (size_t i = 0; i < f->n; i++)
    if (aid_plan_placement (g, f, i)->candidates.len > 0)
      return 0;
  return 1;
}

static enum aid_err
plan_modify (struct aid_planner *g, struct aid_file_plan *f, const char *path)
{
  enum aid_err err = AID_OK;
  struct aid_target *t = target_of (g, f, path, &err);
  if (!t)
    return err;
  if (AID_VEC_AT (struct aid_file_plan, &g->plan->files, f->same_as).rewritten)
    aid_plan_refuse (g, f, "another part of the patch changes the same lines");
  else
    err = aid_plan_place (g, f, t, path);
  if (!err && may_build_on_each_other (g, f))
    err = aid_plan_one_by_one (g, f);
  /* Most files have one part: what one of them took serves the next.  None is made more than twice. */
  if (!t->again)
    aid_target_rest (t);
  if (f->applies)
    f->reason[0] = '\0';
  return err;
}

/* A rename waits for its hunks: it happens when all of them fit. */
static void
refuse_rest (struct aid_planner *g, struct aid_file_plan *f)
{
  static const char why[] = "not renamed, for not all of its hunks fit";
  aid_reason (f->reason, "%s", why);
  for (size_t i = 0; i < f->n; i++)
    if (aid_plan_placement (g, f, i)->status == AID_HUNK_APPLIES)
      aid_refuse (aid_plan_placement (g, f, i), "%s", why);
}

/* Hunks that change nothing do not keep a file from being renamed. */
static void
pass_empty_hunks (struct aid_planner *g, struct aid_file_plan *f)
{
  f->applies = 1;
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_placement *o = aid_plan_placement (g, f, i);
      struct aid_want w = aid_plan_want (g, f, i, "");
      size_t changed = 0;
      for (size_t k = 0; k < w.h->nlines; k++)
        changed += aid_want_op (&w, k) != ' ';
      if (changed == 0 && o->status == AID_HUNK_REFUSED)
        {
          o->status = AID_HUNK_ALREADY;
          o->reason[0] = '\0';
        }
      f->applies &= o->status != AID_HUNK_REFUSED;
    }
}

static enum aid_err
plan_rename (struct aid_planner *g, struct aid_file_plan *f, const char *old_path, const char *new_path)
{
  struct aid_str other = AID_STR_INIT (AID_PATCH_MAX);
  int there;
  char why[256];
  enum aid_err err = aid_plan_read (g, f, new_path, &other, &there);
  aid_str_free (&other);
  if (err || f->reason[0])
    return err;
  if (there)
    {
      aid_reason (why, "%.200s is there already", new_path);
      aid_plan_refuse (g, f, why);
      return AID_OK;
    }
  struct aid_target *t = target_of (g, f, old_path, &err);
  if (t)
    err = aid_plan_place (g, f, t, old_path);
  if (!err && t)
    pass_empty_hunks (g, f);
  if (!err && t && !f->applies)
    refuse_rest (g, f);
  return err;
}

/* --- all files --- */

/* A new file that is there already is like any other to the parts behind. */
static enum aid_err
plan_create (struct aid_planner *g, struct aid_file_plan *f)
{
  const struct aid_patch_file *pf = &AID_VEC_AT (struct aid_patch_file, &g->p->files, f->file);
  enum aid_err err = pf->copy_of ? aid_plan_copy (g, f, pf->copy_of) : aid_plan_create (g, f, f->new_path);
  return err || !f->already ? err : aid_map_put (g->claimed, aid_span_z (f->new_path), &shared, NULL);
}

static enum aid_err
plan_by_op (struct aid_planner *g, struct aid_file_plan *f)
{
  struct aid_file_plan *made = aid_plan_maker (g, f);
  if (made)
    return aid_plan_change_made (g, f, made);
  switch (f->op)
    {
    case AID_OP_CREATE:
      return plan_create (g, f);
    case AID_OP_DELETE:
      return aid_plan_delete (g, f, f->old_path);
    case AID_OP_RENAME:
      return plan_rename (g, f, f->old_path, f->new_path);
    default:
      return plan_modify (g, f, f->new_path);
    }
}

/* Checks the names by themselves and beside those of other parts; gives whether the file may be planned. */
static int
may_plan (struct aid_planner *g, struct aid_file_plan *f, enum aid_err *err)
{
  struct aid_error e = { AID_OK, "" };
  char why[256];
  if ((f->old_path && aid_path_check (f->old_path, &e)) || (f->new_path && aid_path_check (f->new_path, &e)))
    {
      aid_plan_refuse (g, f, e.msg);
      return 0;
    }
  if (aid_plan_maker (g, f))
    return 1;
  const char *twice = NULL;
  if (f->new_path && !claim (g, f->new_path, f->op, err))
    twice = f->new_path;
  if (f->old_path && f->op != AID_OP_MODIFY && !*err && !claim (g, f->old_path, f->op, err))
    twice = f->old_path;
  if (!twice)
    return !*err;
  aid_reason (why, "another part of the patch changes %.150s too", twice);
  aid_plan_refuse (g, f, why);
  return 0;
}

/* The names and the operation as the patch has them, in the direction of the plan. */
static int
set_names (const struct aid_planner *g, struct aid_file_plan *f, const struct aid_patch_file *pf)
{
  int back = g->options.reverse;
  const char *from = back ? pf->new_path : pf->old_path, *to = back ? pf->old_path : pf->new_path;
  f->op = !back || pf->op == AID_OP_MODIFY || pf->op == AID_OP_RENAME ? pf->op
          : pf->op == AID_OP_CREATE                                  ? AID_OP_DELETE
                                                                     : AID_OP_CREATE;
  f->exec = back ? pf->old_exec : pf->new_exec;
  f->old_path = from ? strdup (from) : NULL;
  f->new_path = to ? strdup (to) : NULL;
  return (!from || f->old_path) && (!to || f->new_path);
}

static enum aid_err
plan_file (struct aid_planner *g, size_t index)
{
  const struct aid_patch_file *pf = &AID_VEC_AT (struct aid_patch_file, &g->p->files, index);
  struct aid_file_plan *f = aid_vec_push (&g->plan->files);
  if (!f)
    return AID_E_NOMEM;
  f->file = f->same_as = index;
  g->next[index] = AID_NO_PART;
  g->last[index] = index;
  f->first = pf->first_hunk;
  f->n = pf->nhunks;
  aid_str_init (&f->before, AID_PATCH_MAX);
  aid_str_init (&f->after, AID_PATCH_MAX * 3);
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_placement *o = aid_vec_push (&g->plan->placements);
      if (!o)
        return AID_E_NOMEM;
      o->hunk = f->first + i;
      o->status = left_out (g, o->hunk) ? AID_HUNK_LEFT_OUT : AID_HUNK_REFUSED;
      o->candidates = AID_VEC_INIT (int64_t, AID_CANDIDATES);
      o->edits = AID_VEC_INIT (struct aid_patch_edit, AID_PATCH_LINES);
    }
  if (!set_names (g, f, pf))
    return AID_E_NOMEM;
  if (all_left_out (g, f))
    return AID_OK;
  if (pf->refused)
    {
      aid_plan_refuse (g, f, pf->refused);
      return AID_OK;
    }
  g->reading = g->p;
  enum aid_err err = aid_plan_resolve (g, f);
  if (!err && !f->reason[0] && may_plan (g, f, &err))
    err = plan_by_op (g, f);
  return err;
}

static enum aid_err
planner_init (struct aid_planner *g, const struct aid_plan_options *options)
{
  if (options)
    g->options = *options;
  g->kept = AID_STR_INIT (AID_PATCH_MAX);
  g->names = AID_VEC_INIT (char *, AID_PATCH_LISTED);
  g->entities = aid_entities_of (g->p);
  g->targets = aid_map_new ();
  g->claimed = aid_map_new ();
  g->makers = aid_map_new ();
  g->so_far = AID_STR_INIT (AID_PATCH_MAX * 3);
  g->so_far_head = AID_NO_PART;
  g->next = malloc ((g->p->files.len + 1) * sizeof *g->next);
  g->last = malloc ((g->p->files.len + 1) * sizeof *g->last);
  if (!g->plan || !g->targets || !g->claimed || !g->makers || !g->next || !g->last)
    return AID_E_NOMEM;
  g->plan->reverse = g->options.reverse;
  g->plan->files = AID_VEC_INIT (struct aid_file_plan, AID_PATCH_FILES);
  g->plan->placements = AID_VEC_INIT (struct aid_placement, AID_PATCH_HUNKS);
  g->plan->texts = AID_VEC_INIT (char *, AID_PATCH_LINES);
  return AID_OK;
}

/* All but the plan. */
static void
planner_free (struct aid_planner *g)
{
  if (g->targets)
    aid_map_free (g->targets, free_target);
  if (g->claimed)
    aid_map_free (g->claimed, NULL);
  if (g->makers)
    aid_map_free (g->makers, NULL);
  aid_str_free (&g->so_far);
  free (g->next);
  free (g->last);
  aid_unescape_free (g->unescaped);
  aid_plan_forget_names (g);
  aid_str_free (&g->kept);
  free (g->kept_path);
}

enum aid_err
aid_patch_plan (const struct aid_patch *p, const struct aid_patch_source *source, const struct aid_plan_options *options,
                struct aid_plan **out, struct aid_error *e)
{
  *out = NULL;
  struct aid_planner g = { .p = p, .source = source, .plan = calloc (1, sizeof *g.plan) };
  enum aid_err err = planner_init (&g, options);
  struct aid_ahead *ahead = !err && g.options.ahead ? aid_ahead_new (p, source, g.options.reverse) : NULL;
  struct aid_patch_source read_ahead = ahead ? aid_ahead_source (ahead) : *source;
  g.source = &read_ahead;
  for (size_t i = 0; i < p->files.len && !err; i++)
    {
      err = plan_file (&g, i);
      if (!err)
        err = aid_plan_note_maker (&g, &AID_VEC_AT (struct aid_file_plan, &g.plan->files, i));
    }
  if (!err)
    err = aid_plan_texts (&g);
  planner_free (&g);
  aid_ahead_free (ahead);
  if (err)
    {
      aid_plan_free (g.plan);
      return aid_error_set (e, err, "no memory to place the patch");
    }
  *out = g.plan;
  return AID_OK;
}
