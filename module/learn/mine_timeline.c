/* A vault's snapshots as moments: what the messages say, with trees and revisions as numbers. */
#include "base/json.h"
#include "base/map.h"
#include "learn/message.h"
#include "learn/mine_internal.h"

#include <stdlib.h>


struct reading
{
  struct aid_mine_line *line;
  struct aid_map *trees, *revisions; /* name -> number, from 1, as a pointer */
  uintptr_t ntrees, nrevisions;
  struct aid_vec names; /* char *: the revisions, the first is number 1's */
  int bad;
};

static uint32_t
number_of (struct aid_map *m, uintptr_t *n, struct aid_span name, int *bad)
{
  uintptr_t have = (uintptr_t)aid_map_get (m, name);
  if (!have && !aid_map_put (m, name, (void *)++*n, NULL))
    have = *n;
  *bad |= !have;
  return (uint32_t)have;
}

/* What RUN, a message's build or tests, says of the tree, if it is of this very tree. */
static void
take_run (const json_t *run, struct aid_mine_moment *m)
{
  const char *what = aid_json_str (run, "what"), *status = aid_json_str (run, "status");
  enum aid_mine_level level = what && !strcmp (what, "test") ? AID_MINE_TESTS : AID_MINE_BUILD;
  if (!what || !status || !aid_json_bool (run, "exact", 0))
    return;
  m->exact[level] = !strcmp (status, "green") ? AID_MINE_GREEN : !strcmp (status, "red") ? AID_MINE_RED : AID_MINE_UNKNOWN;
}

static int
take_snapshot (void *ctx, const struct aid_snapshot *one)
{
  struct reading *r = ctx;
  struct aid_mine_shot *s = aid_vec_push (&r->line->snapshots);
  struct aid_mine_moment *m = s ? aid_vec_push (&r->line->moments) : NULL;
  struct aid_span revision = aid_json_span (one->told, "revision");
  if (!m)
    return r->bad = 1;
  memcpy (s->id, one->id, sizeof s->id);
  memcpy (s->tree, one->tree, sizeof s->tree);
  m->time = one->time_ms;
  m->noticed = aid_json_int (one->told, "noticed", 0);
  m->tree = number_of (r->trees, &r->ntrees, aid_span_z (one->tree), &r->bad) - 1;
  if (revision.len)
    {
      m->revision = number_of (r->revisions, &r->nrevisions, revision, &r->bad);
      char **name = m->revision > r->names.len ? aid_vec_push (&r->names) : NULL;
      if (name)
        *name = aid_span_dup (revision);
    }
  take_run (json_object_get (one->told, "tests"), m);
  take_run (json_object_get (one->told, "build"), m); /* the later one */
  return r->bad;
}

static void
turn_around (struct aid_vec *v)
{
  char item[256], *data = v->data;
  for (size_t i = 0, k = v->len; i + 1 < k; i++)
    {
      k--;
      memcpy (item, data + i * v->size, v->size);
      memcpy (data + i * v->size, data + k * v->size, v->size);
      memcpy (data + k * v->size, item, v->size);
    }
}

static void
find_moves (struct reading *r)
{
  struct aid_mine_line *l = r->line;
  struct aid_span *names = calloc (r->names.len + 1, sizeof *names);
  for (size_t i = 0; names && i < r->names.len; i++)
    names[i + 1] = aid_span_z (AID_VEC_AT (char *, &r->names, i));
  if (names)
    aid_mine_find_moves (l->vault->root, names, l->moments.data, l->moments.len);
  free (names);
}

enum aid_err
aid_mine_line_read (struct aid_mine_line *l, const struct aid_vault *v, struct aid_error *e)
{
  struct reading r
    = { .line = l, .trees = aid_map_new (), .revisions = aid_map_new (), .names = AID_VEC_INIT (char *, AID_TIMELINE_MAX) };
  *l = (struct aid_mine_line){ .vault = v,
                               .snapshots = AID_VEC_INIT (struct aid_mine_shot, AID_TIMELINE_MAX),
                               .moments = AID_VEC_INIT (struct aid_mine_moment, AID_TIMELINE_MAX),
                               .steps = AID_VEC_INIT (struct aid_mine_step, AID_TIMELINE_MAX),
                               .commits = AID_VEC_INIT (char *, 10000) };
  enum aid_err err = r.trees && r.revisions
                       ? aid_timeline (v, &(struct aid_timeline_which){ .bare = 1 }, take_snapshot, &r, e)
                       : AID_E_NOMEM;
  if (!err && r.bad)
    err = AID_E_NOMEM;
  if (err == AID_E_NOMEM)
    aid_error_set (e, err, "No memory for the snapshots of %s", v->root);
  turn_around (&l->snapshots);
  turn_around (&l->moments);
  if (!err)
    find_moves (&r);
  for (size_t i = 0; i < r.names.len; i++)
    free (AID_VEC_AT (char *, &r.names, i));
  aid_vec_free (&r.names);
  aid_map_free (r.trees, NULL);
  aid_map_free (r.revisions, NULL);
  return err;
}

void
aid_mine_line_free (struct aid_mine_line *l)
{
  for (size_t i = 0; i < l->steps.len; i++)
    free (AID_VEC_AT (struct aid_mine_step, &l->steps, i).paths);
  for (size_t i = 0; i < l->commits.len; i++)
    free (AID_VEC_AT (char *, &l->commits, i));
  aid_vec_free (&l->steps);
  aid_vec_free (&l->commits);
  aid_vec_free (&l->snapshots);
  aid_vec_free (&l->moments);
}

json_t *
aid_mine_line_told (const struct aid_mine_line *l, size_t at)
{
  struct aid_str text = AID_STR_INIT (AID_VAULT_MESSAGE + 4096);
  const char *const args[] = { "log", "-1", "--format=%B", AID_VEC_AT (struct aid_mine_shot, &l->snapshots, at).id, NULL };
  json_t *told = aid_vault_git (l->vault, &(struct aid_vault_run){ .args = args, .out = &text }, NULL)
                   ? NULL
                   : aid_message_read (aid_str_span (&text));
  aid_str_free (&text);
  return told;
}
