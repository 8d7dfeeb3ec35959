/* aid record: a proxy in front of a real server that writes what it sees as a script for aid replay.  Keys, cookies and
   query strings are never written. */
#include "base/fs.h"
#include "base/hash.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "cli/relay.h"
#include "cli/replay_script.h"
#include "cli/serve.h"
#include <pthread.h>
#include <stdio.h>

#define SECRET_MIN 8         /* bytes: nothing shorter is searched for in a reply */
#define SCRIPT_MAX (1u << 30)
#define REMOVED "(removed)"

struct record
{
  struct aid_net *net;
  const char *file, *upstream;
  struct aid_span origin, base;      /* of upstream: "https://api.example" and "/v1" */
  int bodies;
  pthread_mutex_t lock;      /* of the script and the two flags; not held while a file is written */
  json_t *script, *exchanges;
  int writing, again;        /* a thread writes the file; there is more to write since */
};

/* --- what is kept ----------------------------------------------------------------------------------------------------- */

/* Replaces every SECRET in TEXT. */
static void
remove_secret (struct aid_str *text, struct aid_span secret)
{
  struct aid_str out = AID_STR_INIT (2 * text->max);
  struct aid_span rest = aid_str_span (text);
  ptrdiff_t at;

  while ((at = aid_span_find (rest, secret)) >= 0)
    {
      aid_str_addspan (&out, aid_span_cut (rest, 0, (size_t) at));
      aid_str_addz (&out, REMOVED);
      rest = aid_span_cut (rest, (size_t) at + secret.len, rest.len);
    }
  aid_str_addspan (&out, rest);
  aid_str_free (text);
  *text = out;
}

/* Whether the reply repeats a secret of the request; then they are removed from it. */
static int
remove_secrets (const struct aid_httpd_request *q, struct aid_str *bytes)
{
  int found = 0;

  for (size_t i = 0; i < q->headers.len; i++)
    {
      const struct aid_httpd_header *h = &AID_VEC_AT (struct aid_httpd_header, &q->headers, i);
      struct aid_span secret = h->value;
      const char *blank = secret.len ? memchr (secret.ptr, ' ', secret.len) : NULL;
      if (!aid_serve_is_secret (h->name))
        continue;
      if (blank)             /* "Bearer KEY" */
        secret = aid_span_trim (aid_span_cut (secret, (size_t) (blank - secret.ptr), secret.len));
      if (secret.len < SECRET_MIN || aid_span_find (aid_str_span (bytes), secret) < 0)
        continue;
      remove_secret (bytes, secret);
      found = 1;
    }
  return found;
}

/* The pieces as they came; as one when something was taken out of them, for their places are gone. */
static json_t *
chunks_of (struct aid_relay_result *result, int changed)
{
  json_t *chunks = json_array ();
  size_t from = 0;

  if (changed)
    json_array_append_new (chunks, aid_script_chunk_new (aid_str_span (&result->bytes), 0));
  for (size_t i = 0; i < result->pieces.len && !changed; i++)
    {
      const struct aid_relay_piece *p = &AID_VEC_AT (struct aid_relay_piece, &result->pieces, i);
      json_array_append_new (chunks,
                             aid_script_chunk_new (aid_span_cut (aid_str_span (&result->bytes), from, p->end), p->wait_ms));
      from = p->end;
    }
  return chunks;
}

static json_t *
exchange_of (const struct record *r, const struct aid_httpd_request *q, struct aid_relay_result *result)
{
  struct aid_span path = aid_span_cut (q->path, r->base.len, q->path.len);
  char hash[17];
  json_t *x;

  aid_hash_hex (aid_str_span (&q->body), 16, hash);
  x = json_pack ("{s:{s:o, s:o, s:s}, s:i, s:O, s:o}", "match", "method", aid_json_of_span (q->method), "path",
                 aid_json_of_span (path), "hash", hash, "status", result->status, "headers", result->headers, "chunks",
                 chunks_of (result, remove_secrets (q, &result->bytes)));
  if (r->bodies)
    json_object_set_new (x, "request", json_pack ("{s:o}", "body", aid_json_of_span (aid_str_span (&q->body))));
  if (result->left)
    json_object_set_new (x, "about", json_string ("the client left here"));
  if (result->left || result->error.code)
    json_object_set_new (x, "close", json_string (result->left ? "hang" : "early"));
  return x;
}

/* --- writing ---------------------------------------------------------------------------------------------------------- */

static int
append (const char *buffer, size_t size, void *out)
{
  return aid_str_add (out, buffer, size) ? -1 : 0;
}

static void
write_script (const struct record *r, const struct aid_str *text)
{
  struct aid_error e = { AID_OK, "" };

  if (text->err || aid_fs_replace (r->file, aid_str_span (text), 0600, &e) != AID_OK)
    aid_cli_fail ("%s", e.code ? e.msg : "the recording is larger than memory allows");
}

/* Adds X (takes it) and has the file written: by this thread, or by the one that is writing already. */
static void
keep (struct record *r, json_t *x)
{
  pthread_mutex_lock (&r->lock);
  json_array_append_new (r->exchanges, x);
  r->again = 1;
  while (r->again && !r->writing)
    {
      struct aid_str text = AID_STR_INIT (SCRIPT_MAX);
      json_dump_callback (r->script, append, &text, JSON_INDENT (1));
      aid_str_addc (&text, '\n');
      r->again = 0;
      r->writing = 1;
      pthread_mutex_unlock (&r->lock);
      write_script (r, &text);
      aid_str_free (&text);
      pthread_mutex_lock (&r->lock);
      r->writing = 0;
    }
  pthread_mutex_unlock (&r->lock);
}

/* --- serving ---------------------------------------------------------------------------------------------------------- */

static void
handle (void *user, struct aid_httpd_conn *c, const struct aid_httpd_request *q)
{
  struct record *r = user;
  struct aid_span rest = aid_span_cut (q->path, r->base.len < q->path.len ? r->base.len : q->path.len, q->path.len);
  struct aid_str url = AID_STR_INIT (AID_HTTPD_HEAD_MAX);
  struct aid_relay_result result;

  if (!aid_span_eq (aid_span_cut (q->path, 0, q->path.len - rest.len), r->base) || !aid_span_starts (rest, "/"))
    {
      aid_serve_refuse (c, 404, "not_found_error", "This proxy only passes on what is under the base URL that it printed.");
      return;
    }
  aid_str_addspan (&url, r->origin);
  aid_str_addspan (&url, q->path);
  if (q->query.len)
    aid_str_addc (&url, '?');
  aid_str_addspan (&url, q->query);
  aid_relay (r->net, aid_str_z (&url), q, c, &result);
  if (result.status)
    keep (r, exchange_of (r, q, &result));
  else if (!result.left)
    aid_cli_fail ("nothing is recorded: %s", result.error.msg);
  aid_relay_result_free (&result);
  aid_str_free (&url);
}

static int
serve (struct record *r, int64_t port, const char *ready)
{
  struct aid_error e;
  struct aid_httpd *server = NULL;
  char *base = aid_span_dup (r->base);
  int status = AID_EXIT_FAILED;

  r->exchanges = json_array ();
  r->script = json_pack ("{s:s, s:s, s:o}", "format", AID_REPLAY_FORMAT, "upstream", r->upstream, "exchanges", r->exchanges);
  r->net = aid_net_new (&e);
  if (r->net)
    server = aid_httpd_new ((unsigned) port, handle, r, &e);
  if (server && base && r->script)
    status = aid_serve (server, base, ready);
  else
    aid_cli_fail ("%s", server ? "out of memory" : e.msg);
  aid_httpd_free (server);
  if (r->net)
    aid_net_free (r->net, NULL);
  json_decref (r->script);
  free (base);
  return status;
}

/* Splits the upstream's URL; 0, or -1 when it is none, or holds a password, which would be written down. */
static int
split_upstream (struct record *r)
{
  struct aid_span url = aid_span_z (r->upstream);
  const char *host, *path;

  if (!aid_url_ok (r->upstream) || strpbrk (r->upstream, "?#@"))
    return -1;
  host = strstr (r->upstream, "://") + 3;
  path = strchr (host, '/');
  r->origin = aid_span_cut (url, 0, path ? (size_t) (path - r->upstream) : url.len);
  r->base = aid_span_cut (url, r->origin.len, url.len);
  while (aid_span_ends (r->base, "/"))
    r->base.len--;
  return 0;
}

int
aid_cmd_record (int argc, char **argv)
{
  int64_t port = 0;
  const char *ready = NULL;
  struct record r = { .lock = PTHREAD_MUTEX_INITIALIZER };
  const struct aid_opt opts[] = {
    { "upstream", 'u', AID_OPT_STRING, &r.upstream, "URL", "the server's base URL, such as https://api.example/v1" },
    { "port", 'p', AID_OPT_NUMBER, &port, "N", "listen on this port of 127.0.0.1 (default: any free one)" },
    { "ready-file", 0, AID_OPT_STRING, &ready, "FILE", "write the port into FILE once requests are taken" },
    { "bodies", 0, AID_OPT_FLAG, &r.bodies, NULL, "keep the requests' bodies too: they hold what you asked about" },
  };
  const struct aid_usage_text usage = {
    "aid record --upstream URL [options] SCRIPT",
    "Passes requests on to the server at URL and writes its answers, with their timing, into SCRIPT for aid replay.\n"
    "Keys and cookies are never written; requests only as a hash unless --bodies is given.\n",
    opts, sizeof opts / sizeof *opts, 1, 1
  };
  int status;

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  if (!r.upstream || split_upstream (&r) != 0)
    return aid_cli_misuse ("record: --upstream needs the server's http or https URL");
  if (port > 65535)
    return aid_cli_misuse ("record: there is no port %lld", (long long) port);
  r.file = argv[1];
  if (aid_fs_exists (r.file))
    return aid_cli_fail ("%s exists: name a new file, or remove it first", r.file);
  return serve (&r, port, ready);
}
