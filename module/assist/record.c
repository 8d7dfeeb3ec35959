/* Records: one a chat, the oldest gives way.  What is kept of a request is hidden (hide.h) before it is kept; a reply can
   hold the key across two pieces, so it is looked through when it is shown, and once and for all when it has ended. */
#include "assist/record.h"
#include "model/hide.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/val.h"
#include "config/secret.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SMALL_MAX (64u << 10)   /* bytes of an address, of all headers */
#define HEADERS_MAX 256

struct pair
{
  char *name, *value;
};

struct aid_record
{
  uint64_t id;
  char key[33];
  char *model, *provider, *host, *wire, *variable, *secret;
  struct aid_str url, body, reply;
  size_t left_out, body_left_out;
  struct aid_vec headers, reply_headers;   /* struct pair */
  int status, ended, attempts;
  enum aid_err code;
  int64_t started_ms, lookup_us, connect_us, ready_us, first_byte_us, total_us;
};

struct aid_records
{
  pthread_mutex_t lock;
  struct aid_record *list[AID_RECORDS_MAX];    /* the newest first */
};

/* --- birth and death ------------------------------------------------------------------------------------------------- */

static void
pairs_free (struct aid_vec *pairs)
{
  for (size_t i = 0; i < pairs->len; i++)
    {
      free (AID_VEC_AT (struct pair, pairs, i).name);
      free (AID_VEC_AT (struct pair, pairs, i).value);
    }
  aid_vec_free (pairs);
}

void
aid_record_free (struct aid_record *r)
{
  if (!r)
    return;
  free (r->model);
  free (r->provider);
  free (r->host);
  free (r->wire);
  free (r->variable);
  aid_secret_free (r->secret);
  aid_str_free (&r->url);
  aid_str_free (&r->body);
  aid_str_free (&r->reply);
  pairs_free (&r->headers);
  pairs_free (&r->reply_headers);
  free (r);
}

struct aid_records *
aid_records_new (void)
{
  struct aid_records *rs = calloc (1, sizeof *rs);
  if (rs)
    pthread_mutex_init (&rs->lock, NULL);
  return rs;
}

void
aid_records_free (struct aid_records *rs)
{
  if (!rs)
    return;
  for (size_t i = 0; i < AID_RECORDS_MAX; i++)
    aid_record_free (rs->list[i]);
  pthread_mutex_destroy (&rs->lock);
  free (rs);
}

/* The record of request ID; under the lock. */
static struct aid_record *
find (struct aid_records *rs, uint64_t id)
{
  for (size_t i = 0; i < AID_RECORDS_MAX && rs->list[i]; i++)
    if (rs->list[i]->id == id)
      return rs->list[i];
  return NULL;
}

/* That of the last request of the chat with KEY. */
static struct aid_record *
find_last (struct aid_records *rs, const char *key)
{
  for (size_t i = 0; i < AID_RECORDS_MAX && rs->list[i]; i++)
    if (!strcmp (rs->list[i]->key, key))
      return rs->list[i];
  return NULL;
}

/* --- what is sent ---------------------------------------------------------------------------------------------------- */

static void
add_pair (struct aid_vec *pairs, const char *name, const char *value, const struct aid_record *r)
{
  struct aid_str shown = AID_STR_INIT (SMALL_MAX);
  aid_hide_header (name, value, r->secret, r->variable, &shown);
  struct pair *p = aid_vec_push (pairs);
  if (p)
    *p = (struct pair){ strdup (name), aid_str_steal (&shown) };
  aid_str_free (&shown);
}

static char *
copy_z (const char *z)
{
  return strdup (z ? z : "");
}

struct aid_record *
aid_record_new (const char *key, const struct aid_model *model, const struct aid_wire_request *sent, const char *secret)
{
  struct aid_record *r = calloc (1, sizeof *r);
  struct aid_str variable = AID_STR_INIT (SMALL_MAX);
  if (!r)
    return NULL;
  aid_hide_variable (model, &variable);
  r->variable = aid_str_steal (&variable);
  r->secret = secret ? strdup (secret) : NULL;
  r->model = copy_z (model->id);
  r->provider = copy_z (model->provider);
  r->host = copy_z (model->host);
  r->wire = copy_z (model->wire);
  r->url = AID_STR_INIT (SMALL_MAX);
  r->body = AID_STR_INIT (2 * AID_RECORD_BODY_MAX);
  r->reply = AID_STR_INIT (2 * AID_RECORD_REPLY_MAX);
  r->headers = AID_VEC_INIT (struct pair, HEADERS_MAX);
  r->reply_headers = AID_VEC_INIT (struct pair, HEADERS_MAX);
  r->started_ms = aid_clock_wall_ms ();
  memccpy (r->key, key, '\0', sizeof r->key - 1);
  if (!r->variable || (secret && !r->secret) || !r->model || !r->provider || !r->host || !r->wire)
    {
      aid_record_free (r);
      return NULL;
    }
  aid_hide_url (sent->url, r->secret, r->variable, &r->url);
  for (size_t i = 0; i < sent->headers.len; i++)
    {
      const struct aid_http_header *h = &AID_VEC_AT (struct aid_http_header, &sent->headers, i);
      add_pair (&r->headers, h->name, h->value, r);
    }
  if (sent->body.len <= AID_RECORD_BODY_MAX)
    aid_hide_text (aid_str_span (&sent->body), r->secret, r->variable, &r->body);
  else
    r->body_left_out = sent->body.len;
  return r;
}

/* Where a new record of the chat with KEY takes its room from: that chat's last one, else a free place, else the oldest that has
   ended.  A request that runs is not forgotten if that can be: the log is to tell of it. */
static size_t
place (const struct aid_records *rs, const char *key)
{
  size_t ended = AID_RECORDS_MAX - 1;
  for (size_t i = 0; i < AID_RECORDS_MAX; i++)
    {
      if (!rs->list[i] || (rs->list[i]->ended && !strcmp (rs->list[i]->key, key)))
        return i;
      if (rs->list[i]->ended)
        ended = i;
    }
  return ended;
}

void
aid_records_begin (struct aid_records *rs, uint64_t id, struct aid_record *r)
{
  if (!r)
    return;
  r->id = id;
  pthread_mutex_lock (&rs->lock);
  size_t at = place (rs, r->key);
  struct aid_record *old = rs->list[at];
  for (size_t i = at; i > 0; i--)
    rs->list[i] = rs->list[i - 1];
  rs->list[0] = r;
  pthread_mutex_unlock (&rs->lock);
  aid_record_free (old);
}

void
aid_records_rekey (struct aid_records *rs, uint64_t id, const char *key)
{
  pthread_mutex_lock (&rs->lock);
  struct aid_record *r = find (rs, id);
  if (r)
    {
      memset (r->key, 0, sizeof r->key);
      memccpy (r->key, key, '\0', sizeof r->key - 1);
    }
  pthread_mutex_unlock (&rs->lock);
}

/* --- what comes back --------------------------------------------------------------------------------------------------- */

void
aid_records_head (struct aid_records *rs, uint64_t id, int status, const struct aid_http_reply *reply)
{
  const char *name = NULL, *value = NULL;
  pthread_mutex_lock (&rs->lock);
  struct aid_record *r = find (rs, id);
  if (r)
    {
      r->status = status;
      pairs_free (&r->reply_headers);
      r->reply_headers = AID_VEC_INIT (struct pair, HEADERS_MAX);
      while (aid_http_header_next (reply, &name, &value))
        add_pair (&r->reply_headers, name, value, r);
    }
  pthread_mutex_unlock (&rs->lock);
}

static void
add_reply (struct aid_record *r, struct aid_span bytes)
{
  size_t room = AID_RECORD_REPLY_MAX - r->reply.len, n = bytes.len < room ? bytes.len : room;
  aid_str_add (&r->reply, bytes.ptr, n);
  r->left_out += bytes.len - n;
}

void
aid_records_bytes (struct aid_records *rs, uint64_t id, struct aid_span bytes)
{
  pthread_mutex_lock (&rs->lock);
  struct aid_record *r = find (rs, id);
  if (r && !r->ended)
    add_reply (r, bytes);
  pthread_mutex_unlock (&rs->lock);
}

/* --- the end ----------------------------------------------------------------------------------------------------------- */

static void
set_known (json_t *line, const char *key, int64_t n)
{
  if (n >= 0)
    json_object_set_new (line, key, json_integer ((json_int_t) n));
}

static void
write_line (const struct aid_record *r, const struct aid_record_end *end, struct aid_str *line)
{
  char time_word[32];
  time_t s = (time_t) (r->started_ms / 1000);
  struct tm tm;
  gmtime_r (&s, &tm);
  strftime (time_word, sizeof time_word, "%Y-%m-%dT%H:%M:%SZ", &tm);
  json_t *all = json_pack ("{s:s, s:o, s:o}", "time", time_word, "model", aid_json_of_span (aid_span_z (r->model)), "host",
                           aid_json_of_span (aid_span_z (r->host)));
  set_known (all, "status", end->result->status);
  set_known (all, "in", end->usage.input);
  set_known (all, "cached", end->usage.cached);
  set_known (all, "out", end->usage.output);
  set_known (all, "ms", end->result->total_us / 1000);
  if (end->code)
    json_object_set_new (all, "error", json_string (aid_err_name (end->code)));
  if (end->content)
    {
      json_object_set_new (all, "request", aid_json_of_span (aid_str_span (&r->body)));
      json_object_set_new (all, "reply", aid_json_of_span (aid_str_span (&r->reply)));
    }
  struct aid_str text = AID_STR_INIT (line->max);
  aid_json_dump (all, &text);
  aid_hide_text (aid_str_span (&text), r->secret, r->variable, line);
  aid_str_free (&text);
  json_decref (all);
}

/* The reply is whole: the key is taken out of it, and then gone from here. */
static void
let_go_of_secret (struct aid_record *r)
{
  struct aid_str clean = AID_STR_INIT (r->reply.max);
  aid_hide_text (aid_str_span (&r->reply), r->secret, r->variable, &clean);
  aid_str_free (&r->reply);
  r->reply = clean;
  aid_secret_free (r->secret);
  r->secret = NULL;
}

void
aid_records_close (struct aid_records *rs, uint64_t id, enum aid_err code)
{
  pthread_mutex_lock (&rs->lock);
  struct aid_record *r = find (rs, id);
  if (r && !r->ended)
    {
      r->ended = 1;
      r->code = code;
      let_go_of_secret (r);
    }
  pthread_mutex_unlock (&rs->lock);
}

void
aid_records_end (struct aid_records *rs, uint64_t id, const struct aid_record_end *end, struct aid_str *line)
{
  const struct aid_http_result *result = end->result;
  pthread_mutex_lock (&rs->lock);
  struct aid_record *r = find (rs, id);
  if (r && !r->ended)
    {
      r->ended = 1;
      r->status = result->status;
      r->attempts = result->attempts;
      r->code = end->code;
      r->lookup_us = result->lookup_us;
      r->connect_us = result->connect_us;
      r->ready_us = result->ready_us;
      r->first_byte_us = result->first_byte_us;
      r->total_us = result->total_us;
      add_reply (r, result->body);
      let_go_of_secret (r);
      write_line (r, end, line);
    }
  pthread_mutex_unlock (&rs->lock);
}

/* --- what is shown ----------------------------------------------------------------------------------------------------- */

static void
pairs_val (struct aid_str *out, const char *key, const struct aid_vec *pairs)
{
  aid_val_key (out, key);
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < pairs->len; i++)
    {
      size_t o = aid_val_object (out);
      aid_val_kstrz (out, "name", AID_VEC_AT (struct pair, pairs, i).name);
      aid_val_kstrz (out, "value", AID_VEC_AT (struct pair, pairs, i).value);
      aid_val_end (out, o, 2);
    }
  aid_val_end (out, list, (uint32_t) pairs->len);
}

static uint32_t
times_val (struct aid_str *out, const struct aid_record *r)
{
  aid_val_kint (out, "started_ms", r->started_ms);
  aid_val_kint (out, "lookup_us", r->lookup_us);
  aid_val_kint (out, "connect_us", r->connect_us);
  aid_val_kint (out, "ready_us", r->ready_us);
  aid_val_kint (out, "first_byte_us", r->first_byte_us);
  aid_val_kint (out, "total_us", r->total_us);
  return 6;
}

static void
record_val (const struct aid_record *r, struct aid_str *out)
{
  struct aid_str reply = AID_STR_INIT (r->reply.max);
  aid_hide_text (aid_str_span (&r->reply), r->secret, r->variable, &reply);
  size_t o = aid_val_object (out);
  aid_val_kstrz (out, "model", r->model);
  aid_val_kstrz (out, "provider", r->provider);
  aid_val_kstrz (out, "host", r->host);
  aid_val_kstrz (out, "wire", r->wire);
  aid_val_kstr (out, "url", aid_str_span (&r->url));
  aid_val_kstrz (out, "variable", r->variable);
  pairs_val (out, "headers", &r->headers);
  aid_val_kstr (out, "body", aid_str_span (&r->body));
  aid_val_kint (out, "body_left_out", (int64_t) r->body_left_out);
  aid_val_kstrz (out, "state", r->ended ? "done" : "running");
  aid_val_kint (out, "status", r->status);
  pairs_val (out, "reply_headers", &r->reply_headers);
  aid_val_kstr (out, "reply", aid_str_span (&reply));
  aid_val_kint (out, "reply_left_out", (int64_t) r->left_out);
  aid_val_kint (out, "attempts", r->attempts);
  aid_val_kstrz (out, "code", r->code ? aid_err_name (r->code) : NULL);
  aid_val_end (out, o, 16 + times_val (out, r));
  aid_str_free (&reply);
}

int
aid_records_val (struct aid_records *rs, const char *key, struct aid_str *out)
{
  pthread_mutex_lock (&rs->lock);
  struct aid_record *r = find_last (rs, key);
  if (r)
    record_val (r, out);
  pthread_mutex_unlock (&rs->lock);
  return r != NULL;
}

int
aid_records_body (struct aid_records *rs, const char *key, struct aid_str *out)
{
  pthread_mutex_lock (&rs->lock);
  struct aid_record *r = find_last (rs, key);
  int kept = r && !r->body_left_out;
  if (kept)
    aid_str_addspan (out, aid_str_span (&r->body));
  pthread_mutex_unlock (&rs->lock);
  return kept;
}
