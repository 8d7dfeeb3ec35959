/* A small HTTP/1.1 server on 127.0.0.1, for replay and record: keep-alive, bodies by length or in chunks, a thread for
   each of at most 64 connections.

   Threads: the handler runs on the connection's own thread, several at once, and may block; everything that takes a
   struct aid_httpd_conn is for that thread alone.  aid_httpd_stop may be called from anywhere, also a signal handler. */
#ifndef AID_CLI_HTTPD_H
#define AID_CLI_HTTPD_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_HTTPD_CONNECTIONS 64
#define AID_HTTPD_HEAD_MAX (64u << 10)     /* bytes of a request's head */
#define AID_HTTPD_BODY_MAX (64u << 20)     /* bytes of a request's body */
#define AID_HTTPD_HEADERS_MAX 128

struct aid_httpd_header
{
  struct aid_span name, value;
};

/* One request.  Spans point into head. */
struct aid_httpd_request
{
  struct aid_str head, body;
  struct aid_span method, path, query;     /* path as sent; query without its "?" */
  int minor;                               /* of HTTP/1.minor */
  struct aid_vec headers;                  /* struct aid_httpd_header */
};

/* Reads r->head (a whole head, its blank line included).  AID_E_PARSE and a reason otherwise. */
enum aid_err aid_httpd_parse_head (struct aid_httpd_request *r, struct aid_error *e);
/* The value of the header NAME (any case), empty when absent; *COUNT (may be NULL) gets how often it stands there. */
struct aid_span aid_httpd_header (const struct aid_httpd_request *r, const char *name, size_t *count);
/* How the body comes: -1 in chunks, else its length.  AID_E_PARSE when that is not clear, AID_E_LIMIT. */
enum aid_err aid_httpd_body_length (const struct aid_httpd_request *r, int64_t *length, struct aid_error *e);
int aid_httpd_same_word (struct aid_span a, const char *z);   /* equal but for ASCII case */
void aid_httpd_request_init (struct aid_httpd_request *r);
void aid_httpd_request_free (struct aid_httpd_request *r);

struct aid_httpd;
struct aid_httpd_conn;

/* Where the parts of a reply are cut further, for clients that must not care. */
enum aid_httpd_split
{
  AID_HTTPD_WHOLE,
  AID_HTTPD_BYTES,             /* after every byte */
  AID_HTTPD_CHARACTERS         /* inside every UTF-8 sequence, and inside every escape of JSON after each of its bytes */
};

typedef void aid_httpd_handler (void *user, struct aid_httpd_conn *c, const struct aid_httpd_request *r);

/* Listens on 127.0.0.1:PORT (0: any free one).  NULL and *E on failure. */
struct aid_httpd *aid_httpd_new (unsigned port, aid_httpd_handler *handler, void *user, struct aid_error *e);
unsigned aid_httpd_port (const struct aid_httpd *s);
/* Serves until aid_httpd_stop; then every connection is shut and its thread joined. */
void aid_httpd_run (struct aid_httpd *s);
void aid_httpd_stop (struct aid_httpd *s);
void aid_httpd_free (struct aid_httpd *s);

/* A whole reply with its length.  HEADERS are further ones (no length, no connection). */
void aid_httpd_reply (struct aid_httpd_conn *c, int status, const struct aid_httpd_header *headers, size_t nheaders,
                      struct aid_span body);
/* A reply in parts: the head, parts, the end.  Parts are gathered: a pause or the end sends what has come together. */
void aid_httpd_begin (struct aid_httpd_conn *c, int status, const struct aid_httpd_header *headers, size_t nheaders);
void aid_httpd_write (struct aid_httpd_conn *c, struct aid_span bytes);
/* From here on each part is cut, every piece a chunk of its own, so that it reaches the client's reader alone. */
void aid_httpd_split (struct aid_httpd_conn *c, enum aid_httpd_split how);
int aid_httpd_end (struct aid_httpd_conn *c);              /* 0, or -1 when not everything could be sent */
/* Sends what is gathered and waits until UNTIL_MS (aid_clock_ms; INT64_MAX: for ever).  0, or -1 as soon as the client
   has gone or the server stops. */
int aid_httpd_pause (struct aid_httpd_conn *c, int64_t until_ms);
/* Whether a write has failed or the client has gone. */
int aid_httpd_gone (struct aid_httpd_conn *c);
/* Ends the connection without ending the reply; with RESET by a TCP reset. */
void aid_httpd_drop (struct aid_httpd_conn *c, int reset);

#endif
