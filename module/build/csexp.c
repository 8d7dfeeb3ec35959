/* An atom tells its length first, so that everything is found by skipping. */
#include "build/csexp.h"

#include <ctype.h>

#define DIGITS 9

/* The bytes of the atom that V begins with, *HEAD of them before its own; 0 or -1 as aid_csexp_length. */
static ptrdiff_t
atom_length (struct aid_span v, size_t *head)
{
  uint64_t n;
  size_t i = 0;
  while (i < v.len && i <= DIGITS && isdigit ((unsigned char)v.ptr[i]))
    i++;
  if (i == v.len && i <= DIGITS)
    return 0;
  if (i > DIGITS || v.ptr[i] != ':' || aid_span_number (aid_span_cut (v, 0, i), UINT32_MAX, &n))
    return -1;
  *head = i + 1;
  return n > v.len - *head ? 0 : (ptrdiff_t)(*head + n);
}

ptrdiff_t
aid_csexp_length (struct aid_span v)
{
  size_t at = 0, depth = 0, head;
  do
    {
      ptrdiff_t n = 1;
      if (at == v.len)
        return 0;
      if (v.ptr[at] == '(')
        depth++;
      else if (v.ptr[at] == ')')
        {
          if (depth == 0)
            return -1;
          depth--;
        }
      else
        n = atom_length (aid_span_cut (v, at, v.len), &head);
      if (n <= 0 || depth > AID_CSEXP_DEPTH)
        return n > 0 ? -1 : n;
      at += (size_t)n;
    }
  while (depth > 0);
  return (ptrdiff_t)at;
}

int
aid_csexp_take (struct aid_span *rest, struct aid_span *expression)
{
  ptrdiff_t n = aid_csexp_length (*rest);
  if (n <= 0)
    return 0;
  *expression = aid_span_cut (*rest, 0, (size_t)n);
  *rest = aid_span_cut (*rest, (size_t)n, rest->len);
  return 1;
}

struct aid_span
aid_csexp_inside (struct aid_span expression, int *is_list)
{
  size_t head = 0;
  *is_list = expression.len >= 2 && expression.ptr[0] == '(';
  if (*is_list)
    return aid_span_cut (expression, 1, expression.len - 1);
  if (atom_length (expression, &head) <= 0)
    return (struct aid_span){ "", 0 };
  return aid_span_cut (expression, head, expression.len);
}

struct aid_span
aid_csexp_atom (struct aid_span expression)
{
  int is_list;
  struct aid_span inside = aid_csexp_inside (expression, &is_list);
  return is_list ? (struct aid_span){ "", 0 } : inside;
}

int
aid_csexp_field (struct aid_span record, const char *name, struct aid_span *value)
{
  int is_list;
  struct aid_span fields = aid_csexp_inside (record, &is_list), field, key;
  while (is_list && aid_csexp_take (&fields, &field))
    {
      int pair;
      struct aid_span parts = aid_csexp_inside (field, &pair);
      if (pair && aid_csexp_take (&parts, &key) && aid_span_eqz (aid_csexp_atom (key), name)
          && aid_csexp_take (&parts, value))
        return 1;
    }
  return 0;
}

void
aid_csexp_add (struct aid_str *out, const char *atom)
{
  aid_str_addf (out, "%zu:%s", strlen (atom), atom);
}
