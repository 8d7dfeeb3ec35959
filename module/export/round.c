/* Batches. */
#include "export/round.h"
#include "export/otlp.h"
#include "export/post.h"
#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>

#define BODY_MAX (256u << 20)
#define LOOK_MS ((int64_t)2 * 24 * 3600 * 1000)
#define PENDING_MAX 1200000 /* events that are found in one round: some more than may wait */
#define CONTENT_BATCH 8     /* spans of a body that may hold texts of megabytes */

/* The body DOC (taken) goes out; what came of it. */
static enum aid_err
send (const struct aid_round *r, enum aid_signal signal, json_t *doc, struct aid_post_answer *answer, struct aid_error *e)
{
  struct aid_str body = AID_STR_INIT (BODY_MAX);
  *answer = (struct aid_post_answer){ .wait_ms = -1 };
  enum aid_err err = aid_json_dump (doc, &body);
  json_decref (doc);
  if (err)
    aid_error_set (e, err, "The body for the receiver does not fit in memory");
  else if (r->show)
    r->show (r->ctx, signal, aid_str_span (&body));
  else
    err = aid_post (r->net, &r->settings->signals[signal], aid_str_span (&body), r->stop, answer, e);
  aid_str_free (&body);
  return err;
}

/* Of N spans or points. */
static void
tell (struct aid_round_told *told, const struct aid_post_answer *answer, int64_t n)
{
  int64_t rejected = answer->told.rejected < n ? answer->told.rejected : n;
  if (answer->told.verdict == AID_OTLP_LATER)
    {
      told->later = 1;
      told->wait_ms = answer->wait_ms;
    }
  else
    {
      int64_t taken = answer->told.verdict == AID_OTLP_TAKEN ? n - rejected : 0;
      told->sent += taken;
      told->dropped += n - taken;
    }
  if (answer->told.why.code)
    told->why = answer->told.why;
}

/* --- spans --------------------------------------------------------------------------------------------------------------- */

struct batch
{
  const struct aid_round *round;
  struct aid_export_state *state;
  struct aid_export_place place;
  struct aid_vec ids; /* unsigned char[AID_EXPORT_ID]: what is to be sent */
};

static const unsigned char *
id_at (const struct batch *b, size_t i)
{
  return (const unsigned char *)b->ids.data + i * AID_EXPORT_ID;
}

/* Settles the events [FROM, TO). */
static enum aid_err
settle (struct batch *b, size_t from, size_t to, int64_t dropped, struct aid_error *e)
{
  enum aid_err err = aid_export_begin (b->state, e);
  if (err)
    return err;
  for (size_t i = from; i < to && !err; i++)
    err = aid_export_mark (b->state, b->place.use, id_at (b, i), e);
  if (!err)
    err = aid_export_place_count (b->state, &b->place, (int64_t)(to - from) - dropped, dropped, e);
  return aid_export_end (b->state, err, e);
}

/* Events [FROM, TO) as spans; a new reference. */
static enum aid_err
make_spans (struct batch *b, size_t from, size_t to, json_t **out, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  *out = json_array ();
  for (size_t i = from; i < to && !err; i++)
    {
      struct aid_export_event event;
      json_t *span = NULL;
      int found;
      err = aid_export_event_get (b->state, id_at (b, i), &event, &found, e);
      if (err || !found)
        continue;
      err = aid_otlp_span (b->state, b->round->settings, &event, &span, e);
      if (span)
        json_array_append_new (*out, span);
      aid_export_event_clear (&event);
    }
  return err;
}

/* Sends [FROM, TO); when the receiver takes nothing now, nothing is settled, and TOLD says so. */
static enum aid_err
send_batch (struct batch *b, const json_t *resource, size_t from, size_t to, struct aid_round_told *told,
            struct aid_error *e)
{
  json_t *spans;
  struct aid_post_answer answer;
  int64_t dropped = told->dropped;
  enum aid_err err = make_spans (b, from, to, &spans, e);
  size_t n = json_array_size (spans);
  if (err || !n)
    {
      json_decref (spans);
      return err ? err : settle (b, from, to, 0, e);
    }
  aid_db_rest (b->state->events); /* who waits for an answer keeps no database from anybody */
  err = send (b->round, AID_SIGNAL_TRACES, aid_otlp_traces (resource, spans), &answer, e);
  if (err)
    return err;
  tell (told, &answer, (int64_t)n);
  return told->later ? AID_OK : settle (b, from, to, told->dropped - dropped, e);
}

/* Of more events than may wait the oldest are dropped; *FIRST is behind them. */
static enum aid_err
drop_oldest (struct batch *b, struct aid_round_told *told, size_t *first, struct aid_error *e)
{
  size_t most = b->round->settings->queue;
  *first = b->ids.len > most ? b->ids.len - most : 0;
  if (!*first)
    return AID_OK;
  told->dropped += (int64_t)*first;
  aid_error_set (&told->why, AID_E_LIMIT, "more than %zu events waited for the receiver", most);
  return settle (b, 0, *first, (int64_t)*first, e);
}

static enum aid_err
send_all (struct batch *b, struct aid_round_told *told, struct aid_error *e)
{
  const struct aid_export_settings *settings = b->round->settings;
  size_t step = settings->content && settings->batch > CONTENT_BATCH ? CONTENT_BATCH : settings->batch, at = 0;
  json_t *resource = aid_otlp_resource (settings, e);
  enum aid_err err = !resource ? AID_E_IO : drop_oldest (b, told, &at, e);
  while (!err && !told->later && at < b->ids.len)
    {
      size_t to = at + step < b->ids.len ? at + step : b->ids.len;
      err = send_batch (b, resource, at, to, told, e);
      at = told->later ? at : to;
    }
  told->waiting = (int64_t)(b->ids.len - at);
  json_decref (resource);
  return err;
}

static enum aid_err
find_pending (struct batch *b, struct aid_error *e)
{
  unsigned char from[AID_EXPORT_ID];
  int64_t now = aid_clock_wall_ms (), least = b->round->whole ? 0 : now - LOOK_MS;
  enum aid_err err
    = aid_export_place (b->state, b->round->settings->signals[AID_SIGNAL_TRACES].url, b->round->from, &b->place, e);
  aid_export_id_at (b->place.from > least ? b->place.from : least, from);
  return err ? err : aid_export_pending (b->state, b->place.use, from, 1, PENDING_MAX, &b->ids, e);
}

enum aid_err
aid_round_traces (const struct aid_round *r, struct aid_round_told *told, struct aid_error *e)
{
  struct aid_export_state state;
  struct batch b = { .round = r, .state = &state, .ids = AID_VEC_INIT (unsigned char[AID_EXPORT_ID], PENDING_MAX) };
  *told = (struct aid_round_told){ .wait_ms = -1 };
  enum aid_err err = aid_export_state_open (&state, r->show != NULL, r->stop, e);
  if (err)
    return err;
  if (!(err = aid_export_state_lock (&state, e)) && !(err = find_pending (&b, e)) && b.ids.len)
    err = send_all (&b, told, e);
  aid_vec_free (&b.ids);
  aid_export_state_close (&state);
  return err;
}

/* --- sums ---------------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_round_metrics (const struct aid_round *r, struct aid_round_told *told, struct aid_error *e)
{
  struct aid_export_state state;
  struct aid_totals totals;
  struct aid_post_answer answer;
  *told = (struct aid_round_told){ .wait_ms = -1 };
  enum aid_err err = aid_export_state_open (&state, r->show != NULL, r->stop, e);
  if (err)
    return err;
  err = aid_totals_update (&state, &totals, e);
  aid_export_state_close (&state);
  json_t *resource = err ? NULL : aid_otlp_resource (r->settings, e);
  if (!err && !resource)
    err = AID_E_IO;
  json_t *body = resource ? aid_otlp_metrics (resource, &totals, aid_clock_wall_ms ()) : NULL;
  if (body && !(err = send (r, AID_SIGNAL_METRICS, body, &answer, e)))
    tell (told, &answer, (int64_t)totals.series.len);
  json_decref (resource);
  aid_totals_free (&totals);
  return err;
}
