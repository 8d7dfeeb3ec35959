/* The way of aid ask up to where it would be sent. */
#include "cli/gather.h"
#include "cli/question.h"

#include <stdlib.h>

#define FILES_MAX 1000
#define INDEX_WAIT_MS 600000 /* a row must not depend on how busy the machine is */

struct aid_gatherer
{
  struct aid_assist *assist;
};

static void
drop_event (void *ctx, uint64_t request, const struct aid_event *ev)
{
  (void)ctx, (void)request, (void)ev;
}

enum aid_err
aid_gatherer_new (struct aid_gatherer **out, struct aid_error *e)
{
  struct aid_sink sink = { drop_event, NULL };
  *out = calloc (1, sizeof **out);
  if (*out && ((*out)->assist = aid_assist_new (&sink, e)))
    return AID_OK;
  free (*out);
  *out = NULL;
  return e->code ? e->code : aid_error_set (e, AID_E_NOMEM, "There is no memory to gather context");
}

void
aid_gatherer_free (struct aid_gatherer *a)
{
  if (a)
    aid_assist_free (a->assist, "The command ends.");
  free (a);
}

/* The names of G's files, absolute; each is to be freed. */
static enum aid_err
name_files (const struct aid_gather *g, struct aid_vec *names, struct aid_error *e)
{
  for (size_t i = 0; i < g->nfiles; i++)
    {
      struct aid_str name = AID_STR_INIT (8192);
      char **slot = aid_vec_push (names);
      aid_str_addf (&name, "%s/%s", g->root, g->files[i]);
      if (!slot || name.err || !(*slot = aid_str_steal (&name)))
        {
          names->len -= slot != NULL;
          aid_str_free (&name);
          return aid_error_set (e, AID_E_LIMIT, "The question shows more than %d files", FILES_MAX);
        }
    }
  return AID_OK;
}

enum aid_err
aid_gather_question (const struct aid_gather *g, int apart, struct aid_cli_question *q, struct aid_error *e)
{
  struct aid_ask ask = { .root = g->root, .strategy = g->strategy, .model = g->model, .apart = apart };
  struct aid_vec names = AID_VEC_INIT (char *, FILES_MAX);
  q->quiet = 1;
  q->wait_ms = INDEX_WAIT_MS;
  enum aid_err err = name_files (g, &names, e);
  if (!err)
    err = aid_question_make (q, g->prompt, (const char *const *)names.data, names.len, g->root, e);
  if (!err)
    err = aid_question_complete (q, &ask, g->prompt, e);
  for (size_t i = 0; i < names.len; i++)
    free (AID_VEC_AT (char *, &names, i));
  aid_vec_free (&names);
  return err;
}

enum aid_err
aid_gatherer_gather (struct aid_gatherer *a, const struct aid_gather *g, json_t **out, struct aid_error *e)
{
  struct aid_cli_question q = { .chat = AID_STR_INIT (0) };
  struct aid_ask ask = { .id = 1, .request = "r1", .plain = 1, .root = g->root, .strategy = g->strategy };
  enum aid_err err = aid_gather_question (g, 0, &q, e);
  ask.chat = aid_str_span (&q.chat);
  ask.items = q.items.data;
  ask.nitems = q.items.len;
  if (!err)
    err = aid_assist_messages (a->assist, &ask, out, e);
  aid_question_free (&q);
  return err;
}
