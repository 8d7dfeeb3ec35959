/* One connection of the server: requests read one after another, replies written, both with blocking calls on the
   connection's own thread.  A peer that neither reads nor sends for two minutes is let go. */
#include "cli/httpd_internal.h"
#include "base/clock.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define IN_STEP 16384
#define OUT_STEP 16384
#define IDLE_SECONDS 120
#define HEAD_BYTES_OF_A_CHUNK 64

static struct aid_span
pending (const struct aid_httpd_conn *c)
{
  return aid_span_cut (aid_str_span (&c->in), c->pos, c->in.len);
}

/* Receives something more.  0, or -1 when nothing will come. */
static int
receive (struct aid_httpd_conn *c)
{
  char buf[IN_STEP];
  ssize_t n;

  aid_str_remove (&c->in, 0, c->pos);
  c->pos = 0;
  do
    n = recv (c->fd, buf, sizeof buf, 0);
  while (n < 0 && errno == EINTR);
  if (n <= 0 || aid_str_add (&c->in, buf, (size_t) n) != AID_OK)
    {
      c->broken = 1;
      return -1;
    }
  return 0;
}

/* Takes the line up to a newline off the input, as long as it is within MAX; 0 or -1. */
static int
read_line (struct aid_httpd_conn *c, size_t max, struct aid_str *line)
{
  size_t seen = 0;

  for (;;)
    {
      struct aid_span p = pending (c);
      const char *nl = p.len > seen ? memchr (p.ptr + seen, '\n', p.len - seen) : NULL;
      size_t len = nl ? (size_t) (nl - p.ptr) + 1 : p.len;
      if (len > max)
        return -1;
      if (nl)
        {
          c->pos += len;
          return aid_str_add (line, p.ptr, len) == AID_OK ? 0 : -1;
        }
      seen = p.len;
      if (receive (c) != 0)
        return -1;
    }
}

/* The head with its blank line; blank lines before it are skipped.  -1: nothing came, -2: too large. */
static int
read_head (struct aid_httpd_conn *c, struct aid_str *head)
{
  size_t start;
  struct aid_span line;

  do
    {
      start = head->len;
      if (read_line (c, head->max - start, head) != 0)
        return c->broken ? -1 : -2;
      line = aid_span_cut (aid_str_span (head), start, head->len);
      if (start == 0 && aid_span_trim (line).len == 0)
        {
          aid_str_clear (head);
          line = AID_SPAN ("-");
        }
    }
  while (aid_span_trim (line).len);
  return 0;
}

/* LEN bytes of body. */
static int
read_bytes (struct aid_httpd_conn *c, size_t len, struct aid_str *body)
{
  while (len)
    {
      struct aid_span p = pending (c);
      size_t n = p.len < len ? p.len : len;
      if (n && aid_str_add (body, p.ptr, n) != AID_OK)
        return -1;
      c->pos += n;
      len -= n;
      if (len && receive (c) != 0)
        return -1;
    }
  return 0;
}

static int
chunk_size (struct aid_span line, uint64_t *size)
{
  size_t i = 0;

  *size = 0;
  for (; i < line.len && i < 8; i++)
    {
      const char *digits = "0123456789abcdef", *at = line.ptr[i] ? strchr (digits, line.ptr[i] | 32) : NULL;
      if (!at || line.ptr[i] < '0')
        break;
      *size = *size * 16 + (uint64_t) (at - digits);
    }
  return i && (i == line.len || strchr ("\r\n; \t", line.ptr[i])) ? 0 : -1;
}

static int
read_chunks (struct aid_httpd_conn *c, struct aid_str *body)
{
  uint64_t size = 1;
  int failed = 0;

  while (size && !failed)
    {
      struct aid_str line = AID_STR_INIT (HEAD_BYTES_OF_A_CHUNK);
      failed = read_line (c, HEAD_BYTES_OF_A_CHUNK, &line) != 0 || chunk_size (aid_str_span (&line), &size) != 0
               || size > body->max - body->len || read_bytes (c, (size_t) size, body) != 0;
      aid_str_clear (&line);
      /* The newline after the chunk; after the last one trailers would stand, which nobody sends to a model's server. */
      failed = failed || read_line (c, HEAD_BYTES_OF_A_CHUNK, &line) != 0 || aid_span_trim (aid_str_span (&line)).len;
      aid_str_free (&line);
    }
  return failed ? -1 : 0;
}

static void
flush (struct aid_httpd_conn *c)
{
  for (size_t sent = 0; sent < c->out.len && !c->broken;)
    {
      ssize_t n = send (c->fd, c->out.ptr + sent, c->out.len - sent, MSG_NOSIGNAL);
      if (n > 0)
        sent += (size_t) n;
      else if (errno != EINTR)
        c->broken = 1;
    }
  aid_str_clear (&c->out);
}

static const char *
reason_phrase (int status)
{
  return status < 200 ? "Continue" : status < 300 ? "OK" : status < 400 ? "Elsewhere" : status < 500 ? "Refused" : "Failed";
}

static void
add_head (struct aid_httpd_conn *c, int status, const struct aid_httpd_header *headers, size_t nheaders)
{
  aid_str_addf (&c->out, "HTTP/1.1 %d %s\r\n", status, reason_phrase (status));
  for (size_t i = 0; i < nheaders; i++)
    {
      aid_str_addspan (&c->out, headers[i].name);
      aid_str_addz (&c->out, ": ");
      aid_str_addspan (&c->out, headers[i].value);
      aid_str_addz (&c->out, "\r\n");
    }
  aid_str_addf (&c->out, "Connection: %s\r\n", c->keep ? "keep-alive" : "close");
}

void
aid_httpd_reply (struct aid_httpd_conn *c, int status, const struct aid_httpd_header *headers, size_t nheaders,
                 struct aid_span body)
{
  c->chunked = 0;
  add_head (c, status, headers, nheaders);
  aid_str_addf (&c->out, "Content-Length: %zu\r\n\r\n", body.len);
  c->replying = 1;
  for (size_t at = 0; at < body.len; at += OUT_STEP)
    aid_httpd_write (c, aid_span_cut (body, at, at + OUT_STEP < body.len ? at + OUT_STEP : body.len));
  aid_httpd_end (c);
}

void
aid_httpd_begin (struct aid_httpd_conn *c, int status, const struct aid_httpd_header *headers, size_t nheaders)
{
  c->replying = 1;
  add_head (c, status, headers, nheaders);
  aid_str_addz (&c->out, c->chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
}

static void
put_part (struct aid_httpd_conn *c, struct aid_span bytes)
{
  if (!bytes.len || c->broken)
    return;
  if (c->chunked)
    aid_str_addf (&c->out, "%zx\r\n", bytes.len);
  aid_str_addspan (&c->out, bytes);
  if (c->chunked)
    aid_str_addz (&c->out, "\r\n");
  if (c->out.err)
    c->broken = 1;
  else if (c->out.len >= OUT_STEP)
    flush (c);
}

/* Whether a part ends before BYTE.  An escape may stand across several calls. */
static int
is_cut (struct aid_httpd_conn *c, unsigned char byte)
{
  int within = c->escape > 0;

  if (c->split == AID_HTTPD_BYTES)
    return 1;
  if (within)
    c->escape = c->escape == 5 ? (byte == 'u' ? 4 : 0) : c->escape - 1;
  else if (byte == '\\')
    c->escape = 5;
  return within || (byte & 0xC0) == 0x80;
}

void
aid_httpd_split (struct aid_httpd_conn *c, enum aid_httpd_split how)
{
  c->split = how;
  c->escape = 0;
}

void
aid_httpd_write (struct aid_httpd_conn *c, struct aid_span bytes)
{
  size_t from = 0;

  for (size_t i = 0; i < bytes.len && c->split; i++)
    if (is_cut (c, (unsigned char) bytes.ptr[i]) && i > from)
      {
        put_part (c, aid_span_cut (bytes, from, i));
        from = i;
      }
  put_part (c, aid_span_cut (bytes, from, bytes.len));
}

int
aid_httpd_end (struct aid_httpd_conn *c)
{
  if (c->chunked)
    aid_str_addz (&c->out, "0\r\n\r\n");
  flush (c);
  c->replying = 0;
  return c->broken ? -1 : 0;
}

void
aid_httpd_drop (struct aid_httpd_conn *c, int reset)
{
  flush (c);
  c->broken = 1;
  c->reset = reset;
}

int
aid_httpd_gone (struct aid_httpd_conn *c)
{
  struct pollfd p = { c->fd, POLLIN, 0 };
  char byte;

  if (!c->broken && poll (&p, 1, 0) > 0 && recv (c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
    c->broken = 1;
  if (p.revents & (POLLERR | POLLNVAL))
    c->broken = 1;
  return c->broken || atomic_load (c->stopping);
}

int
aid_httpd_pause (struct aid_httpd_conn *c, int64_t until_ms)
{
  int64_t left;

  flush (c);
  while (!aid_httpd_gone (c) && (left = until_ms - aid_clock_ms ()) > 0)
    {
      /* A request that waits its turn keeps POLLIN set: then only time can be waited for. */
      char byte;
      int waiting = recv (c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
      struct pollfd p = { c->fd, (short) (waiting ? 0 : POLLIN), 0 };
      poll (&p, 1, waiting && left > 50 ? 50 : left > 1000 ? 1000 : (int) left);
    }
  return aid_httpd_gone (c) ? -1 : 0;
}

static void
refuse (struct aid_httpd_conn *c, const struct aid_error *e)
{
  struct aid_httpd_header type = { AID_SPAN ("Content-Type"), AID_SPAN ("text/plain") };

  c->keep = 0;
  aid_httpd_reply (c, e->code == AID_E_LIMIT ? 413 : 400, &type, 1, aid_span_z (e->msg));
}

/* One request and its reply.  0 when another may follow. */
static int
serve_one (struct aid_httpd_conn *c, struct aid_httpd_request *r, aid_httpd_handler *handler, void *user)
{
  struct aid_error e = { AID_OK, "" };
  int64_t length = 0;
  int head = read_head (c, &r->head);

  if (head == -1)
    return -1;
  if (head == -2)
    aid_error_set (&e, AID_E_LIMIT, "the request's head is larger than %u bytes", AID_HTTPD_HEAD_MAX);
  else if (aid_httpd_parse_head (r, &e) == AID_OK)
    aid_httpd_body_length (r, &length, &e);
  if (e.code)
    {
      refuse (c, &e);
      return -1;
    }
  c->chunked = r->minor == 1;
  c->keep = r->minor == 1 && !aid_httpd_same_word (aid_httpd_header (r, "connection", NULL), "close");
  if (aid_httpd_same_word (aid_httpd_header (r, "expect", NULL), "100-continue"))
    {
      aid_str_addz (&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
      flush (c);
    }
  if (length < 0 ? read_chunks (c, &r->body) : read_bytes (c, (size_t) length, &r->body))
    {
      aid_error_set (&e, AID_E_PARSE, "the body cannot be read");
      refuse (c, &e);
      return -1;
    }
  handler (user, c, r);
  return c->replying || c->broken || !c->keep ? -1 : 0;
}

/* Lets the peer read what was sent last before the socket is closed: closing with unread input would discard it. */
static void
part (struct aid_httpd_conn *c)
{
  char buf[IN_STEP];
  struct timeval second = { 1, 0 };

  if (c->reset)
    {
      struct linger now = { 1, 0 };
      setsockopt (c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      return;
    }
  shutdown (c->fd, SHUT_WR);
  setsockopt (c->fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
  for (int i = 0; i < 64 && recv (c->fd, buf, sizeof buf, 0) > 0; i++)
    continue;
}

void
aid_httpd_serve (int fd, atomic_int *stopping, aid_httpd_handler *handler, void *user)
{
  struct aid_httpd_conn c = { .fd = fd, .stopping = stopping };
  struct timeval idle = { IDLE_SECONDS, 0 };
  int on = 1, more = 1;

  c.in = AID_STR_INIT (AID_HTTPD_HEAD_MAX + IN_STEP);
  c.out = AID_STR_INIT (AID_HTTPD_BODY_MAX);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof idle);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  while (more && !atomic_load (stopping))
    {
      struct aid_httpd_request r;
      aid_httpd_request_init (&r);
      more = serve_one (&c, &r, handler, user) == 0;
      aid_httpd_request_free (&r);
    }
  part (&c);
  aid_str_free (&c.in);
  aid_str_free (&c.out);
}
