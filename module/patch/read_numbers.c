/* Lines that were copied from a listing, with its numbers in front of them: "12 | x", or 12 and a tab or an arrow.  Only
   numbers that go up by one line by line are believed, for code may begin with a number and a bar as well. */
#include "patch/patch_internal.h"

/* The number in front of LINE, which is taken off with its sign and one blank; -1. */
static int64_t
take_number (struct aid_span *line)
{
  struct aid_span v = *line;
  while (v.len > 0 && v.ptr[0] == ' ')
    v = aid_span_cut (v, 1, v.len);
  int64_t number = aid_number (&v);
  int arrow = aid_span_starts (v, "\xe2\x86\x92");
  if (number >= 0 && (arrow || aid_span_starts (v, "\t")))
    {
      *line = aid_span_cut (v, arrow ? strlen ("\xe2\x86\x92") : 1, v.len);
      return number;
    }
  while (v.len > 0 && v.ptr[0] == ' ')
    v = aid_span_cut (v, 1, v.len);
  if (number < 0 || v.len == 0)
    return -1;
  if (v.ptr[0] == '|' && !(v.len > 1 && v.ptr[1] == '|'))
    v = aid_span_cut (v, v.len > 1 && v.ptr[1] == ' ' ? 2 : 1, v.len);
  else
    return -1;
  *line = v;
  return number;
}

/* Whether LINES count up; with NUMBER the first one's. */
static int
counts_up (const struct aid_vec *lines, int64_t *number)
{
  for (size_t i = 0; i < lines->len; i++)
    {
      struct aid_span line = AID_VEC_AT (struct aid_span, lines, i);
      int64_t n = take_number (&line);
      if (n < 0 || (i > 0 && n != *number + (int64_t) i))
        return 0;
      if (i == 0)
        *number = n;
    }
  return lines->len > 0;
}

static void
take_all (struct aid_vec *lines)
{
  for (size_t i = 0; i < lines->len; i++)
    take_number (&AID_VEC_AT (struct aid_span, lines, i));
}

int64_t
aid_take_numbers (struct aid_vec *old_lines, struct aid_vec *new_lines, int64_t stated)
{
  int64_t first = -1, other = -1;
  if (!counts_up (old_lines, &first) || (old_lines->len < 2 && first != stated))
    return -1;
  take_all (old_lines);
  if (counts_up (new_lines, &other))
    take_all (new_lines);
  return first;
}
