/* aid replay: a server that plays a script over the real wire formats, for tests, for the demo, and for anybody who wants
   to reproduce a session.  Connections have threads; what changes in the script is under one lock, which is held while
   an exchange is chosen. */
#include "base/clock.h"
#include "base/hash.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "cli/replay_embed.h"
#include "cli/replay_frames.h"
#include "cli/serve.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#define REPLY_HEADERS_MAX 64
#define LOG_LINE_MAX (256u << 20)

struct replay
{
  struct aid_script script;
  struct aid_httpd *server;
  pthread_mutex_t lock;      /* of the exchanges' counts and of requests */
  int64_t requests;
  int log, log_replies;      /* file, or -1; whether replies are noted too */
  int once;
  enum aid_httpd_split split;
};

/* --- the log ---------------------------------------------------------------------------------------------------------- */

/* Appends one line by one write, which the system keeps apart from others' (O_APPEND).  Takes V. */
static void
log_line (struct replay *r, json_t *v)
{
  struct aid_str line = AID_STR_INIT (LOG_LINE_MAX);

  aid_json_dump (v, &line);
  aid_str_addc (&line, '\n');
  json_decref (v);
  if (!line.err && write (r->log, line.ptr, line.len) != (ssize_t) line.len)
    aid_cli_fail ("the log cannot be written: %s", strerror (errno));
  aid_str_free (&line);
}

static void
log_request (struct replay *r, int64_t number, const struct aid_httpd_request *q)
{
  json_t *headers = json_object (), *line;

  if (r->log < 0)
    {
      json_decref (headers);
      return;
    }
  for (size_t i = 0; i < q->headers.len; i++)
    {
      const struct aid_httpd_header *h = &AID_VEC_AT (struct aid_httpd_header, &q->headers, i);
      char name[128];
      size_t n = h->name.len < sizeof name - 1 ? h->name.len : sizeof name - 1;
      for (size_t k = 0; k < n; k++)
        name[k] = (char) (h->name.ptr[k] >= 'A' && h->name.ptr[k] <= 'Z' ? h->name.ptr[k] + 32 : h->name.ptr[k]);
      name[n] = '\0';
      json_object_set_new (headers, name,
                           aid_serve_is_secret (h->name) ? json_string ("(removed)") : aid_json_of_span (h->value));
    }
  line = json_pack ("{s:s, s:I, s:o, s:o, s:o, s:o}", "event", "request", "number", (json_int_t) number, "method",
                    aid_json_of_span (q->method), "path", aid_json_of_span (q->path), "headers", headers, "body",
                    aid_json_of_span (aid_str_span (&q->body)));
  log_line (r, line);
}

/* COMPLETE: the whole reply went out. */
static void
log_reply (struct replay *r, int64_t number, int status, int complete)
{
  if (r->log >= 0 && r->log_replies)
    log_line (r, json_pack ("{s:s, s:I, s:i, s:b}", "event", "reply", "number", (json_int_t) number, "status", status,
                            "complete", complete));
}

/* --- replies ---------------------------------------------------------------------------------------------------------- */

static size_t
reply_headers (const struct aid_exchange *x, const char *type, struct aid_httpd_header out[REPLY_HEADERS_MAX])
{
  size_t n = 0;
  int typed = 0;
  const char *name;
  json_t *v;

  json_object_foreach ((json_t *) (uintptr_t) x->headers, name, v)
    if (n < REPLY_HEADERS_MAX - 1)
      {
        typed |= aid_httpd_same_word (aid_span_z (name), "content-type");
        out[n++] = (struct aid_httpd_header){ aid_span_z (name), aid_json_span (x->headers, name) };
      }
  if (!typed)
    out[n++] = (struct aid_httpd_header){ AID_SPAN ("Content-Type"), aid_span_z (type) };
  return n;
}

static int
send_chunks (struct aid_httpd_conn *c, const struct aid_exchange *x)
{
  int64_t due = aid_clock_ms ();
  int gone = 0;
  size_t i;
  json_t *chunk;

  json_array_foreach (x->chunks, i, chunk)
    {
      struct aid_str bytes = AID_STR_INIT (64u << 20);
      int64_t wait = aid_json_int (chunk, "wait_ms", 0);
      due += wait;
      gone = gone || (wait > 0 && aid_httpd_pause (c, due) != 0);
      if (!gone && aid_script_chunk (chunk, &bytes) == AID_OK)
        aid_httpd_write (c, aid_str_span (&bytes));
      aid_str_free (&bytes);
    }
  return gone ? -1 : 0;
}

/* A body of one piece: text as it is, anything else as JSON. */
static void
send_body (struct aid_httpd_conn *c, const struct aid_exchange *x, const struct aid_frames_wire *wire)
{
  struct aid_str text = AID_STR_INIT (64u << 20);
  json_t *error = x->body ? NULL : aid_frames_error (wire, x->error);

  if (json_is_string (x->body))
    aid_str_add (&text, json_string_value (x->body), json_string_length (x->body));
  else
    aid_json_dump (x->body ? x->body : error, &text);
  json_decref (error);
  aid_httpd_write (c, aid_str_span (&text));
  aid_str_free (&text);
}

/* Plays X.  Whether the reply went out whole. */
static int
play (struct aid_httpd_conn *c, const struct aid_exchange *x, const struct aid_frames_wire *wire, const json_t *request)
{
  struct aid_httpd_header headers[REPLY_HEADERS_MAX];
  int streams = x->answer || x->chunks;
  size_t n = reply_headers (x, streams ? aid_frames_type (wire) : "application/json", headers);
  int gone = x->wait_ms > 0 && aid_httpd_pause (c, aid_clock_ms () + x->wait_ms) != 0;

  if (!gone)
    {
      aid_httpd_begin (c, x->status, headers, n);
      if (x->answer)
        gone = aid_frames_answer (c, wire, x, request) != 0;
      else if (x->chunks)
        gone = send_chunks (c, x) != 0;
      else
        send_body (c, x, wire);
    }
  if (!gone && (x->fault == AID_FAULT_NONE || x->fault == AID_FAULT_END))
    return aid_httpd_end (c) == 0;
  if (!gone && x->fault == AID_FAULT_HANG)
    aid_httpd_pause (c, INT64_MAX);
  aid_httpd_drop (c, x->fault == AID_FAULT_RESET);
  return 0;
}

/* Sends vectors for REQUEST's texts, or a refusal; the status, negative when it was not sent whole. */
static int
play_embeddings (struct aid_httpd_conn *c, const struct aid_exchange *x, const json_t *request)
{
  struct aid_error e = { AID_OK, "" };
  json_t *made = aid_replay_embed (x->embeddings, request, &e);
  struct aid_exchange as_body = *x;
  int status = 400;

  as_body.embeddings = NULL;
  as_body.body = made;
  if (made)
    status = play (c, &as_body, NULL, request) ? x->status : -x->status;
  else
    aid_serve_refuse (c, 400, "invalid_request_error", e.msg);
  json_decref (made);
  return status;
}


static void
add_model (json_t *list, const char *name)
{
  json_array_append_new (list, json_pack ("{s:s, s:s, s:s}", "id", name, "object", "model", "owned_by", "replay"));
}

/* GET .../models: the script's "models", else "sample". */
static void
list_models (struct aid_httpd_conn *c, const struct replay *r)
{
  struct aid_httpd_header type = { AID_SPAN ("Content-Type"), AID_SPAN ("application/json") };
  struct aid_str body = AID_STR_INIT (1u << 20);
  json_t *data = json_array (), *all = json_pack ("{s:s, s:o}", "object", "list", "data", data), *name;
  size_t i;

  json_array_foreach (json_object_get (r->script.json, "models"), i, name)
    if (json_is_string (name))
      add_model (data, json_string_value (name));
  if (json_array_size (data) == 0)
    add_model (data, "sample");
  aid_json_dump (all, &body);
  json_decref (all);
  aid_httpd_reply (c, 200, &type, 1, aid_str_span (&body));
  aid_str_free (&body);
}

static const struct aid_exchange *
find_exchange (struct replay *r, const struct aid_httpd_request *q, const json_t *request)
{
  struct aid_str text = AID_STR_INIT (AID_HTTPD_BODY_MAX);
  struct aid_replay_question question = { .request = q };
  const struct aid_exchange *x;

  aid_serve_question (request, &text);
  question.question = aid_str_span (&text);
  aid_hash_hex (aid_str_span (&q->body), 16, question.hash);
  pthread_mutex_lock (&r->lock);
  x = aid_script_match (&r->script, &question);
  pthread_mutex_unlock (&r->lock);
  aid_str_free (&text);
  return x;
}

/* Answers a request for a model's answer; the status that went out, negative when it was not sent whole. */
static int
answer (struct replay *r, struct aid_httpd_conn *c, const struct aid_httpd_request *q)
{
  const struct aid_frames_wire *wire = aid_frames_wire (q->path);
  json_t *request = q->body.len ? aid_json_parse (aid_str_span (&q->body), "the request", NULL) : NULL;
  const struct aid_exchange *x = find_exchange (r, q, request);
  int status = x ? x->status : 404;

  if (!x && aid_span_eqz (q->method, "GET") && aid_span_ends (q->path, "/models"))
    {
      list_models (c, r);
      status = 200;
    }
  else if (!x)
    aid_serve_refuse (c, 404, "not_found_error", "The replay script has no answer left for this request.");
  else if (x->answer && !wire)
    aid_serve_refuse (c, status = 404, "not_found_error",
                      "Answers are served at /chat/completions, /responses, /messages, :streamGenerateContent and /api/chat.");
  else if (x->answer && !aid_frames_is_streamed (wire, request))
    aid_serve_refuse (c, status = 400, "invalid_request_error", "Answers are only streamed here: set \"stream\" to true.");
  else if (x->embeddings)
    status = play_embeddings (c, x, request);
  else if (!play (c, x, wire, request))
    status = -status;
  json_decref (request);
  if (x && r->once)
    aid_httpd_stop (r->server);
  return status;
}

static void
handle (void *user, struct aid_httpd_conn *c, const struct aid_httpd_request *q)
{
  struct replay *r = user;
  int64_t number;
  int status;

  pthread_mutex_lock (&r->lock);
  number = ++r->requests;
  pthread_mutex_unlock (&r->lock);
  aid_httpd_split (c, r->split);
  log_request (r, number, q);
  status = answer (r, c, q);
  log_reply (r, number, status < 0 ? -status : status, status > 0);
}

/* --- the command ------------------------------------------------------------------------------------------------------ */

static int
serve_script (struct replay *r, const char *file, int64_t port, const char *ready, const char *log)
{
  struct aid_error e;
  int status;

  if (aid_script_read (file, &r->script, &e) != AID_OK)
    return aid_cli_fail ("%s", e.msg);
  if (log && (r->log = open (log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
    {
      status = aid_cli_fail ("%s cannot be written: %s", log, strerror (errno));
      aid_script_free (&r->script);
      return status;
    }
  r->server = aid_httpd_new ((unsigned) port, handle, r, &e);
  status = r->server ? aid_serve (r->server, "/v1", ready) : aid_cli_fail ("%s", e.msg);
  aid_httpd_free (r->server);
  aid_script_free (&r->script);
  if (r->log >= 0)
    close (r->log);
  return status;
}

int
aid_cmd_replay (int argc, char **argv)
{
  int64_t port = 0;
  const char *ready = NULL, *log = NULL, *split = NULL;
  struct replay r = { .lock = PTHREAD_MUTEX_INITIALIZER, .log = -1 };
  const struct aid_opt opts[] = {
    { "port", 'p', AID_OPT_NUMBER, &port, "N", "listen on this port of 127.0.0.1 (default: any free one)" },
    { "once", 0, AID_OPT_FLAG, &r.once, NULL, "end after the first exchange" },
    { "ready-file", 0, AID_OPT_STRING, &ready, "FILE", "write the port into FILE once requests are taken" },
    { "log", 0, AID_OPT_STRING, &log, "FILE", "append every request to FILE as a JSON line, keys removed" },
    { "log-replies", 0, AID_OPT_FLAG, &r.log_replies, NULL, "append a line for every reply too" },
    { "split", 0, AID_OPT_STRING, &split, "HOW", "cut replies: bytes, after each; utf8, inside characters and escapes" },
  };
  const struct aid_usage_text usage = {
    "aid replay [options] SCRIPT",
    "Serves the answers of SCRIPT (docs/replay.md) over the wire formats of OpenAI (Chat Completions and Responses),\n"
    "Anthropic, Gemini and Ollama, at http://127.0.0.1:PORT/v1, until it is interrupted.\n",
    opts, sizeof opts / sizeof *opts, 1, 1
  };
  int status;

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  if (port > 65535)
    return aid_cli_misuse ("replay: there is no port %lld", (long long) port);
  if (split && strcmp (split, "bytes") != 0 && strcmp (split, "utf8") != 0)
    return aid_cli_misuse ("replay: --split is bytes or utf8, not %s", split);
  r.split = !split ? AID_HTTPD_WHOLE : *split == 'b' ? AID_HTTPD_BYTES : AID_HTTPD_CHARACTERS;
  return serve_script (&r, argv[1], port, ready, log);
}
