/* Lines of a stream.  A line that lies whole in the bytes given is read where it lies; only one that was cut is kept. */
#include "net/ndjson.h"
#include <stdlib.h>

struct aid_ndjson
{
  int (*fn) (void *user, struct aid_span line);
  void *user;
  struct aid_str line;     /* the start of a line that was cut */
  struct aid_error failed; /* sticky */
};

struct aid_ndjson *
aid_ndjson_new (int (*fn) (void *user, struct aid_span line), void *user)
{
  struct aid_ndjson *n = calloc (1, sizeof *n);
  if (!n)
    return NULL;
  n->fn = fn;
  n->user = user;
  aid_str_init (&n->line, AID_NDJSON_MAX);
  return n;
}

void
aid_ndjson_free (struct aid_ndjson *n)
{
  if (!n)
    return;
  aid_str_free (&n->line);
  free (n);
}

static void
fail (struct aid_ndjson *n, enum aid_err code)
{
  if (code == AID_E_LIMIT)
    aid_error_set (&n->failed, code, "one line of the server's stream is larger than %u MB", AID_NDJSON_MAX >> 20);
  else if (code == AID_E_CANCELLED)
    aid_error_set (&n->failed, code, "the stream's reader stopped it");
  else
    aid_error_set (&n->failed, code, "no memory for the server's stream");
}

static void
take_line (struct aid_ndjson *n, struct aid_span line)
{
  if (line.len > AID_NDJSON_MAX)
    return fail (n, AID_E_LIMIT);
  line = aid_span_trim (line);
  if (line.len && n->fn (n->user, line))
    fail (n, AID_E_CANCELLED);
}

/* The last piece of a line, after what was kept of it. */
static void
take_piece (struct aid_ndjson *n, struct aid_span piece)
{
  if (n->line.len == 0)
    return take_line (n, piece);
  if (aid_str_addspan (&n->line, piece))
    return fail (n, n->line.err);
  take_line (n, aid_str_span (&n->line));
  aid_str_clear (&n->line);
}

static enum aid_err
report (const struct aid_ndjson *n, struct aid_error *e)
{
  if (n->failed.code && e)
    *e = n->failed;
  return n->failed.code;
}

enum aid_err
aid_ndjson_feed (struct aid_ndjson *n, struct aid_span bytes, struct aid_error *e)
{
  while (bytes.len && !n->failed.code)
    {
      const char *end = memchr (bytes.ptr, '\n', bytes.len);
      if (!end && aid_str_addspan (&n->line, bytes))
        fail (n, n->line.err);
      if (!end)
        break;
      size_t at = (size_t) (end - bytes.ptr);
      take_piece (n, aid_span_cut (bytes, 0, at));
      bytes = aid_span_cut (bytes, at + 1, bytes.len);
    }
  return report (n, e);
}

enum aid_err
aid_ndjson_end (struct aid_ndjson *n, struct aid_error *e)
{
  if (!n->failed.code)
    take_piece (n, (struct aid_span){ "", 0 });
  return report (n, e);
}
