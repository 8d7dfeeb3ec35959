/* A request while it streams: bytes to model events to the answer's text to frames, and the report at its end.
   Everything here runs on the I/O thread. */
#include "assist/turn_internal.h"
#include "model/hide.h"
#include "base/clock.h"
#include "model/cost.h"
#include <stdlib.h>

/* --- text ------------------------------------------------------------------------------------------------------------- */

int64_t
aid_turn_waiting (const struct aid_turn_state *t)
{
  return t->waiting ? t->waiting : INT64_MAX;
}

static void
let_wait (struct aid_turn_state *t)
{
  if (!t->waiting)
    t->waiting = aid_clock_ms ();
}

static void
fail_too_long (struct aid_turn_state *t, enum aid_err code)
{
  if (!t->fail.code)
    aid_error_set (&t->fail, code, "The answer is longer than the %zu MB that one may have; what came is kept.",
                   AID_ANSWER_MAX >> 20);
}

static void
on_answer_closing (void *ctx, size_t bytes)
{
  struct aid_turn_state *t = ctx;
  aid_stream_widen (t->stream, bytes);
}

static void
on_answer_text (void *ctx, struct aid_span text)
{
  struct aid_turn_state *t = ctx;
  struct aid_error e;
  if (!t->first)
    t->first = aid_clock_ms ();
  if (t->reasoning.len)
    aid_turn_flush (t, 0);
  let_wait (t);
  /* At the end come whole blocks: one that is cut would swallow what follows. */
  if (t->ending && text.len > aid_stream_room (t->stream))
    return fail_too_long (t, AID_E_LIMIT);
  if (aid_stream_add (t->stream, text, &e))
    fail_too_long (t, e.code);
  if (t->journal)
    aid_kept_add (t->journal, text);
}

static void
on_answer_reasoning (void *ctx, struct aid_span text)
{
  struct aid_turn_state *t = ctx;
  if (t->waiting && !t->reasoning.len)
    aid_turn_flush (t, 0);
  let_wait (t);
  t->reasoned += text.len;
  if (t->reasoned > AID_ANSWER_MAX)
    fail_too_long (t, AID_E_LIMIT);
  else
    aid_str_addspan (&t->reasoning, text);
}

static void
flush_reasoning (struct aid_turn_state *t)
{
  struct aid_event ev = { .kind = AID_EVENT_REASONING, .text = aid_str_span (&t->reasoning) };
  if (!ev.text.len)
    return;
  t->assist->sink.post (t->assist->sink.ctx, t->id, &ev);
  aid_str_clear (&t->reasoning);
}

static void
on_answer_rekey (void *ctx, const char *old_key, const char *new_key)
{
  struct aid_turn_state *t = ctx;
  aid_turn_flush (t, 0);
  struct aid_str val = AID_STR_INIT (1024);
  size_t all = aid_val_object (&val);
  aid_records_rekey (t->assist->records, t->id, new_key);
  aid_val_kstrz (&val, "old", old_key);
  aid_val_kstrz (&val, "new", new_key);
  aid_val_end (&val, all, 2);
  aid_assist_post (t->assist, t->id, AID_EVENT_REKEY, &val);
  aid_str_free (&val);
}

void
aid_turn_flush (struct aid_turn_state *t, int final)
{
  if (!t->streaming || (!t->waiting && !final))
    return;
  t->waiting = 0;
  flush_reasoning (t);
  struct aid_span text;
  size_t from;
  if (!aid_stream_flush (t->stream, final, &text, &from, &t->spans))
    return;
  struct aid_event ev = { .kind = AID_EVENT_TEXT, .text = text, .from = (uint32_t) from, .spans = t->spans.data,
                          .nspans = t->spans.len };
  t->assist->sink.post (t->assist->sink.ctx, t->id, &ev);
  if (t->found && !final)
    aid_found_look (t->found, t->stream);
}

static void
on_model_event (void *user, const struct aid_model_event *ev)
{
  struct aid_turn_state *t = user;
  if (ev->kind == AID_MODEL_USAGE)
    t->usage = ev->usage;
  else if (ev->kind == AID_MODEL_STOP)
    {
      t->stop = ev->stop;
      t->stopped = 1;
      aid_str_clear (&t->stop_words);
      aid_str_addspan (&t->stop_words, ev->text);
    }
  aid_answer_event (t->answer, ev);
}

/* --- HTTP ------------------------------------------------------------------------------------------------------------- */

static void
on_head (void *user, int status, const struct aid_http_reply *reply)
{
  struct aid_turn_state *t = user;
  aid_records_head (t->assist->records, t->id, status, reply);
  if (status >= 400)
    return;
  struct aid_str val = AID_STR_INIT (8192);
  size_t all = aid_val_object (&val);
  aid_val_kstrz (&val, "model", t->model.name);
  aid_val_kstrz (&val, "id", t->model.id);
  aid_val_kstrz (&val, "provider", t->model.provider);
  aid_val_kstrz (&val, "host", t->model.host);
  aid_val_kbool (&val, "local", t->model.local);
  aid_val_kstrz (&val, "strategy", t->used);
  aid_val_end (&val, all, 6);
  aid_assist_post (t->assist, t->id, AID_EVENT_START, &val);
  aid_str_free (&val);
}

static int
on_body (void *user, struct aid_span bytes)
{
  struct aid_turn_state *t = user;
  struct aid_error e = { AID_OK, "" };
  aid_records_bytes (t->assist->records, t->id, bytes);
  enum aid_err err = t->wire->feed (t->decoder, bytes, &e);
  if (err && !t->fail.code)
    t->fail = e;
  if (t->waiting)
    aid_assist_frame (t->assist);
  return t->fail.code != AID_OK;
}

static int
may_retry (void *user, int status, struct aid_span body)
{
  struct aid_turn_state *t = user;
  aid_wire_explain (status, body, t->model.host, &t->why);
  aid_hide_in_error (t->sent_key, &t->model, &t->why);
  return aid_wire_may_retry (status, body);
}

static void
on_retry (void *user, int attempt, uint32_t wait_ms, const struct aid_error *why)
{
  struct aid_turn_state *t = user;
  struct aid_str val = AID_STR_INIT (4096);
  t->retries++;
  size_t all = aid_val_object (&val);
  aid_val_kint (&val, "attempt", attempt);
  aid_val_kint (&val, "wait_ms", wait_ms);
  aid_val_kstrz (&val, "message", why->code == AID_E_HTTP && t->why.code ? t->why.msg : why->msg);
  aid_val_end (&val, all, 3);
  aid_assist_post (t->assist, t->id, AID_EVENT_RETRY, &val);
  aid_str_free (&val);
  t->why.code = AID_OK;
}

static void
on_done (void *user, const struct aid_http_result *result)
{
  struct aid_turn_state *t = user;
  if (t->fail.code)
    ;
  else if (t->cancelled)
    aid_error_set (&t->fail, AID_E_CANCELLED, "Stopped.");
  else if (result->error.code == AID_E_HTTP)
    aid_wire_explain (result->status, result->body, t->model.host, &t->fail);
  else if (result->error.code && !(t->stopped && t->wire->ends_itself))
    t->fail = result->error;
  else
    t->wire->end (t->decoder, &t->fail);
  aid_hide_in_error (t->sent_key, &t->model, &t->fail);
  aid_turn_end_record (t, result);
  aid_turn_finish (t);
}

static const struct aid_http_handler handler = { on_head, on_body, on_retry, may_retry, on_done };

enum aid_err
aid_turn_stream (struct aid_turn_state *t)
{
  struct aid_answer_hooks hooks = { on_answer_text, on_answer_closing, on_answer_rekey, on_answer_reasoning, t };
  t->answer = aid_answer_new (t->key, t->plain, &hooks);
  t->stream = aid_stream_new (AID_ANSWER_MAX);
  t->decoder = t->wire->decoder_new (on_model_event, t);
  if (!t->answer || !t->stream || !t->decoder)
    return aid_error_set (&t->fail, AID_E_NOMEM, "There is no memory for the answer.");
  if (t->model.thinks_first && t->wire->thinks_first)
    t->wire->thinks_first (t->decoder);
  t->streaming = 1;
  struct aid_http_request r = t->model.net;
  r.method = "POST";
  r.url = t->wire_request.url;
  r.headers = t->wire_request.headers.data;
  r.nheaders = t->wire_request.headers.len;
  r.body = aid_str_span (&t->wire_request.body);
  enum aid_err err = aid_http_start (t->assist->net, &r, &handler, t, &t->http, &t->fail);
  aid_wire_request_free (&t->wire_request);   /* holds the key: gone as soon as it was copied */
  return err;
}

/* A key's command may take long: the person need not wait for it.  Only what never changes is read here, for the pool may
   be at work on T. */
static void
report_unprepared (struct aid_turn_state *t)
{
  struct aid_str val = AID_STR_INIT (4096), meta = AID_STR_INIT (2048);
  t->reported = 1;
  aid_marker_word (&meta, "req", aid_span_z (t->request));
  if (t->strategy)
    aid_marker_word (&meta, "strategy", aid_span_z (t->strategy));   /* asking again is to be asking so */
  aid_marker_word (&meta, "state", AID_SPAN ("failed"));
  size_t all = aid_val_object (&val);
  aid_val_kstrz (&val, "state", "failed");
  aid_val_kstr (&val, "meta", aid_span_trim (aid_str_span (&meta)));
  aid_val_kstrz (&val, "code", aid_err_name (AID_E_CANCELLED));
  aid_val_kstrz (&val, "message", "Stopped.");
  aid_val_end (&val, all, 4);
  aid_assist_post (t->assist, t->id, AID_EVENT_ERROR, &val);
  aid_str_free (&val);
  aid_str_free (&meta);
}

void
aid_turn_cancel (struct aid_turn_state *t)
{
  if (t->cancelled)
    return;
  t->cancelled = 1;
  if (t->http)
    aid_http_cancel (t->assist->net, t->http);
  else
    report_unprepared (t);
}

/* --- the report ------------------------------------------------------------------------------------------------------- */

/* Keeps what was received, for a diff when the person has edited it.  The store names it by the hash that got= holds; without
   it only that diff is lost. */
static void
keep_received (const struct aid_turn_state *t, struct aid_span body)
{
  char id[AID_BLOB_ID];
  struct aid_str text = AID_STR_INIT (AID_BLOB_MAX);
  if (!aid_chat_essence (body, &text))
    aid_keeper_store (t->assist->keeper, aid_str_span (&text), id);
  aid_str_free (&text);
}

/* The hash of the answer as the chat file's rules see it: the text is read back as a turn of its own.  An answer that goes
   into no chat is not kept. */
static void
hash_answer (const struct aid_turn_state *t, char hash[17])
{
  struct aid_str file = AID_STR_INIT (3 * AID_ANSWER_MAX), body = AID_STR_INIT (3 * AID_ANSWER_MAX);
  const char *key = aid_answer_key (t->answer);
  struct aid_chat *chat = NULL;
  aid_str_addf (&file, "<!--aid:%s chat v=1-->\n## A <!--aid:%s 1 answer-->\n", key, key);
  aid_str_addspan (&file, aid_stream_text (t->stream));
  if (!file.err && !aid_chat_parse (aid_str_span (&file), &chat, NULL) && chat->turns.len)
    aid_chat_body (chat, 0, &body);
  aid_chat_hash (aid_str_span (&body), hash);
  if (!t->plain)
    keep_received (t, aid_str_span (&body));
  aid_chat_free (chat);
  aid_str_free (&file);
  aid_str_free (&body);
}

static void
add_number (struct aid_str *meta, const char *key, int64_t n)
{
  if (n >= 0)
    aid_str_addf (meta, " %s=%lld", key, (long long) n);
}

/* The signatures of the reasoning go into the store; the meta line holds their name. */
static void
add_signature (const struct aid_turn_state *t, struct aid_str *meta)
{
  char id[AID_BLOB_ID];
  struct aid_span opaque = aid_answer_opaque (t->answer);
  if (opaque.len && !aid_keeper_store (t->assist->keeper, opaque, id))
    aid_marker_word (meta, "sig", aid_span_z (id));
}

static void
add_cost (const struct aid_turn_state *t, struct aid_str *meta)
{
  struct aid_str cost = AID_STR_INIT (64);
  aid_cost_write (&cost, aid_cost (&t->model.price, &t->usage));
  if (cost.len)
    aid_marker_word (meta, "cost", aid_str_span (&cost));
  aid_str_free (&cost);
}

static void
write_meta (const struct aid_turn_state *t, const char *state, struct aid_str *meta)
{
  if (t->model.id)
    aid_marker_word (meta, "model", aid_span_z (t->model.id));
  aid_marker_word (meta, "req", aid_span_z (t->request));
  add_number (meta, "in", t->usage.input);
  add_number (meta, "cached", t->usage.cached);
  add_number (meta, "out", t->usage.output);
  add_cost (t, meta);
  add_number (meta, "ms", aid_clock_ms () - t->started);
  add_number (meta, "first", t->first ? t->first - t->started : -1);
  if (t->streaming && aid_stream_text (t->stream).len)
    {
      char hash[17];
      hash_answer (t, hash);
      aid_marker_word (meta, "got", aid_span_z (hash));
      add_signature (t, meta);
    }
  if (t->edited)
    aid_marker_word (meta, "edited-request", AID_SPAN ("1"));
  if (t->stop != AID_STOP_NONE && t->stop != AID_STOP_END)
    aid_marker_word (meta, "stop", aid_span_z (aid_stop_name (t->stop)));
  if (t->used)
    aid_marker_word (meta, "strategy", aid_span_z (t->used));
  aid_marker_word (meta, "state", aid_span_z (state));
}

/* Adds a pair unless N is not known; gives how many were added. */
static uint32_t
add_known (struct aid_str *val, const char *key, int64_t n)
{
  if (n < 0)
    return 0;
  aid_val_kint (val, key, n);
  return 1;
}

static uint32_t
add_figures (const struct aid_turn_state *t, struct aid_str *val)
{
  int64_t now = aid_clock_ms ();
  uint32_t n = add_known (val, "in", t->usage.input) + add_known (val, "cached", t->usage.cached)
               + add_known (val, "out", t->usage.output) + add_known (val, "reasoning", t->usage.reasoning)
               + add_known (val, "ms", now - t->started) + add_known (val, "first_ms", t->first ? t->first - t->started : -1)
               + add_known (val, "reasoning_ms", t->answer ? aid_answer_reasoning_ms (t->answer) : -1);
  double cost = aid_cost (&t->model.price, &t->usage);
  if (cost >= 0)
    {
      aid_val_kreal (val, "cost", cost);
      n++;
    }
  if (t->usage.output > 0 && t->first && now > t->first)
    {
      aid_val_kreal (val, "tokens_per_s", (double) t->usage.output * 1000.0 / (double) (now - t->first));
      n++;
    }
  return n;
}

/* Adds what is to be known of the end, if anything is. */
static uint32_t
add_note (const struct aid_turn_state *t, int has_text, struct aid_str *val)
{
  struct aid_str note = AID_STR_INIT (8192);
  aid_stop_tell (t->stop, aid_str_span (&t->stop_words), has_text, &note);
  uint32_t n = note.len > 0;
  if (n)
    aid_val_kstr (val, "note", aid_str_span (&note));
  aid_str_free (&note);
  return n;
}

void
aid_turn_report (struct aid_turn_state *t)
{
  if (t->reported)
    {
      aid_turn_measure (t);
      return;
    }
  struct aid_str val = AID_STR_INIT (32u << 20), meta = AID_STR_INIT (8192);
  if (t->cancelled && !t->fail.code)
    aid_error_set (&t->fail, AID_E_CANCELLED, "Stopped.");
  if (t->streaming)
    {
      t->ending = 1;
      aid_answer_end (t->answer, aid_stream_text (t->stream));
      if (t->plain && !aid_answer_tools_fit (t->answer))
        fail_too_long (t, AID_E_LIMIT);
      aid_turn_flush (t, 1);
    }
  int has_text = t->streaming && aid_stream_text (t->stream).len > 0;
  const char *state = !t->fail.code ? "done" : has_text ? "cut" : "failed";
  write_meta (t, state, &meta);
  aid_turn_note_usage (t);
  size_t all = aid_val_object (&val);
  aid_val_kstrz (&val, "state", state);
  aid_val_kstr (&val, "meta", aid_span_trim (aid_str_span (&meta)));
  uint32_t n = 2 + add_figures (t, &val);
  if (t->fail.code)
    {
      aid_val_kstrz (&val, "code", aid_err_name (t->fail.code));
      aid_val_kstrz (&val, "message", t->fail.msg);
      if (t->held.len && !t->held.err)
        {
          aid_val_key (&val, "held");
          aid_str_addspan (&val, aid_str_span (&t->held));
          n++;
        }
    }
  else
    {
      aid_val_kstrz (&val, "stop", aid_stop_name (t->stop));
      aid_val_kstr (&val, "stop_words", aid_str_span (&t->stop_words));
      n += add_note (t, has_text, &val);
      n += t->plain && t->answer ? aid_answer_tell_tools (t->answer, &val) : 0;
    }
  aid_val_end (&val, all, n + 2);
  aid_turn_measure (t);          /* before it is told: whoever hears of the end finds it measured */
  aid_assist_post (t->assist, t->id, t->fail.code ? AID_EVENT_ERROR : AID_EVENT_DONE, &val);
  aid_str_free (&val);
  aid_str_free (&meta);
}
