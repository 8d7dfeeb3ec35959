/* Server-sent events.  Bytes become lines (ended by LF, CR or CRLF), lines become fields, and a blank line dispatches
   what the fields built.  A line that lies whole in the bytes given is read where it lies; only a line that was cut is
   kept.  Nothing here depends on where the stream was cut: the byte order mark is taken off the first complete line,
   and a CR remembers that a LF may follow in the next bytes.  */
#include "net/sse.h"
#include <stdbool.h>
#include <stdlib.h>

/* A line may hold the largest data and the field's name; an event's name is a word.  */
#define LINE_MAX_BYTES (AID_SSE_MAX + 64)
#define NAME_MAX_BYTES 1024

struct aid_sse
{
  int (*fn) (void *user, struct aid_span event, struct aid_span data);
  void *user;
  struct aid_str line;     /* the start of a line that was cut */
  struct aid_str data;     /* of the event being built, each line followed by "\n" */
  struct aid_str event;    /* its name */
  bool first;              /* no line was complete yet */
  bool after_cr;           /* the last byte was a CR: a LF now belongs to it */
  struct aid_error failed; /* sticky */
};

struct aid_sse *
aid_sse_new (int (*fn) (void *user, struct aid_span event, struct aid_span data), void *user)
{
  struct aid_sse *s = calloc (1, sizeof *s);
  if (!s)
    return NULL;
  s->fn = fn;
  s->user = user;
  s->first = true;
  aid_str_init (&s->line, LINE_MAX_BYTES);
  aid_str_init (&s->data, AID_SSE_MAX + 1);
  aid_str_init (&s->event, NAME_MAX_BYTES);
  return s;
}

void
aid_sse_free (struct aid_sse *s)
{
  if (!s)
    return;
  aid_str_free (&s->line);
  aid_str_free (&s->data);
  aid_str_free (&s->event);
  free (s);
}

static enum aid_err
fail (struct aid_sse *s, enum aid_err code)
{
  switch (code)
    {
    case AID_E_LIMIT:
      return aid_error_set (&s->failed, code, "one event of the server's stream is larger than %u MB", AID_SSE_MAX >> 20);
    case AID_E_CANCELLED:
      return aid_error_set (&s->failed, code, "the stream's reader stopped it");
    default:
      return aid_error_set (&s->failed, code, "no memory for the server's stream");
    }
}

/* Hands out what the lines built, if they held data, and begins the next event.  */
static enum aid_err
dispatch (struct aid_sse *s)
{
  enum aid_err code = AID_OK;
  if (s->data.len > 0)
    {
      struct aid_span event = s->event.len ? aid_str_span (&s->event) : AID_SPAN ("message");
      struct aid_span data = { s->data.ptr, s->data.len - 1 };
      if (s->fn (s->user, event, data))
        code = fail (s, AID_E_CANCELLED);
    }
  aid_str_clear (&s->data);
  aid_str_clear (&s->event);
  return code;
}

static enum aid_err
take_field (struct aid_sse *s, struct aid_span name, struct aid_span value)
{
  if (aid_span_eqz (name, "data"))
    {
      aid_str_addspan (&s->data, value);
      aid_str_addc (&s->data, '\n');
      return s->data.err ? fail (s, s->data.err) : AID_OK;
    }
  if (aid_span_eqz (name, "event"))
    {
      aid_str_clear (&s->event);
      aid_str_addspan (&s->event, value);
      return s->event.err ? fail (s, s->event.err) : AID_OK;
    }
  return AID_OK;
}

/* One complete line without its end.  */
static enum aid_err
take_line (struct aid_sse *s, struct aid_span line)
{
  if (line.len > LINE_MAX_BYTES)
    return fail (s, AID_E_LIMIT);
  if (s->first && aid_span_starts (line, "\xef\xbb\xbf"))
    line = aid_span_cut (line, 3, line.len);
  s->first = false;
  if (line.len == 0)
    return dispatch (s);

  const char *colon = memchr (line.ptr, ':', line.len);
  if (!colon)
    return take_field (s, line, (struct aid_span){ "", 0 });
  size_t at = (size_t) (colon - line.ptr);
  if (at == 0)
    return AID_OK; /* a comment */
  size_t from = at + 1;
  if (from < line.len && line.ptr[from] == ' ')
    from++;
  return take_field (s, aid_span_cut (line, 0, at), aid_span_cut (line, from, line.len));
}

/* A line's last piece has come: PIECE, after what was kept of it.  */
static enum aid_err
take_piece (struct aid_sse *s, struct aid_span piece)
{
  if (s->line.len == 0)
    return take_line (s, piece);
  if (aid_str_addspan (&s->line, piece) != AID_OK)
    return fail (s, s->line.err);
  enum aid_err code = take_line (s, aid_str_span (&s->line));
  aid_str_clear (&s->line);
  return code;
}

static size_t
line_end (struct aid_span v, size_t from)
{
  while (from < v.len && v.ptr[from] != '\n' && v.ptr[from] != '\r')
    from++;
  return from;
}

static enum aid_err
feed (struct aid_sse *s, struct aid_span v)
{
  size_t at = 0;
  while (at < v.len)
    {
      if (s->after_cr)
        {
          s->after_cr = false;
          if (v.ptr[at] == '\n')
            {
              at++;
              continue;
            }
        }
      size_t end = line_end (v, at);
      struct aid_span piece = aid_span_cut (v, at, end);
      if (end == v.len)
        return aid_str_addspan (&s->line, piece) ? fail (s, s->line.err) : AID_OK;
      s->after_cr = v.ptr[end] == '\r';
      if (take_piece (s, piece) != AID_OK)
        return s->failed.code;
      at = end + 1;
    }
  return AID_OK;
}

static enum aid_err
report (const struct aid_sse *s, struct aid_error *e)
{
  if (s->failed.code != AID_OK && e)
    *e = s->failed;
  return s->failed.code;
}

enum aid_err
aid_sse_feed (struct aid_sse *s, struct aid_span bytes, struct aid_error *e)
{
  if (s->failed.code == AID_OK)
    feed (s, bytes);
  return report (s, e);
}

enum aid_err
aid_sse_end (struct aid_sse *s, struct aid_error *e)
{
  if (s->failed.code == AID_OK && s->line.len > 0)
    take_piece (s, (struct aid_span){ "", 0 });
  if (s->failed.code == AID_OK)
    dispatch (s);
  return report (s, e);
}
