#include "box/keeper.h"

#include <stdlib.h>

enum
{
  LINE_BYTES = 100 /* of the line between the halves */
};

enum aid_err
output_begin (struct output *o, int64_t bytes, struct aid_error *e)
{
  *o = (struct output){ .head = AID_STR_INIT ((size_t)bytes), .half = (size_t)bytes / 2 };
  o->tail = malloc (o->half + 1);
  return o->tail ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for what a command prints");
}

void
output_add (struct output *o, const char *bytes, size_t n)
{
  size_t first = o->half - o->head.len < n ? o->half - o->head.len : n;
  o->total += (int64_t)n;
  aid_str_add (&o->head, bytes, first);
  bytes += first;
  n -= first;
  if (n > o->half)
    {
      bytes += n - o->half;
      n = o->half;
    }
  while (n > 0)
    {
      size_t part = o->half - o->at < n ? o->half - o->at : n;
      memcpy (o->tail + o->at, bytes, part);
      o->at = (o->at + part) % o->half;
      o->kept = o->kept + part < o->half ? o->kept + part : o->half;
      bytes += part;
      n -= part;
    }
}

void
output_take (struct output *o, struct aid_str *out, int *cut)
{
  int64_t lost = o->total - (int64_t)(o->head.len + o->kept);
  *out = AID_STR_INIT (2 * o->half + LINE_BYTES);
  aid_str_addspan (out, aid_str_span (&o->head));
  if (lost > 0)
    aid_str_addf (out, "\n[%lld bytes are left out here]\n", (long long)lost);
  size_t from = o->kept < o->half ? 0 : o->at;
  aid_str_add (out, o->tail + from, o->kept - from);
  aid_str_add (out, o->tail, from);
  *cut = lost > 0;
}

void
output_end (struct output *o)
{
  aid_str_free (&o->head);
  free (o->tail);
}
