/* The line of a context item: a list item that is one link.  The label is read as Markdown reads it (brackets balanced
   or escaped), the target with or without "<>"; both stay as written. */
#include "chat/chat_internal.h"

static size_t
skip_blanks (struct aid_span v, size_t i)
{
  while (i < v.len && (v.ptr[i] == ' ' || v.ptr[i] == '\t'))
    i++;
  return i;
}

/* Bytes of a bullet or number and the blank after it, or 0. */
static size_t
list_mark (struct aid_span v)
{
  size_t i = skip_blanks (v, 0), digits = i;
  while (digits < v.len && digits - i < 9 && v.ptr[digits] >= '0' && v.ptr[digits] <= '9')
    digits++;
  if (digits > i && digits < v.len && (v.ptr[digits] == '.' || v.ptr[digits] == ')'))
    i = digits + 1;
  else if (i < v.len && strchr ("-*+", v.ptr[i]) && v.ptr[i])
    i++;
  else
    return 0;
  size_t after = skip_blanks (v, i);
  return after > i ? after : 0;
}

/* The place of the CLOSE that ends what OPEN began at I, or 0. */
static size_t
closing (struct aid_span v, size_t i, char open, char close)
{
  size_t depth = 0;
  for (; i < v.len; i++)
    if (v.ptr[i] == '\\')
      i++;
    else if (v.ptr[i] == open)
      depth++;
    else if (v.ptr[i] == close && --depth == 0)
      return i;
  return 0;
}

/* The target at I, behind "(": bare up to a blank, or in "<>". */
static struct aid_span
link_target (struct aid_span v, size_t i, size_t end)
{
  size_t to;
  i = skip_blanks (v, i);
  if (i < end && v.ptr[i] == '<')
    {
      const char *gt = memchr (v.ptr + i, '>', end - i);
      return gt ? aid_span_cut (v, i + 1, (size_t) (gt - v.ptr)) : (struct aid_span){ "", 0 };
    }
  for (to = i; to < end && v.ptr[to] != ' ' && v.ptr[to] != '\t';)
    to++;
  return aid_span_cut (v, i, to);
}

/* The end of the target that begins behind the "(" at I, or 0: a target in "<>" may hold single parentheses. */
static size_t
target_end (struct aid_span v, size_t i)
{
  size_t t = skip_blanks (v, i + 1);
  if (t < v.len && v.ptr[t] == '<')
    {
      const char *gt = memchr (v.ptr + t, '>', v.len - t);
      const char *end = gt ? memchr (gt, ')', v.len - (size_t) (gt - v.ptr)) : NULL;
      return end ? (size_t) (end - v.ptr) : 0;
    }
  return closing (v, i, '(', ')');
}

int
aid_item_link (struct aid_span before, struct aid_span *label, struct aid_span *target)
{
  size_t i = list_mark (before);
  if (i == 0 || i >= before.len || before.ptr[i] != '[')
    return -1;
  size_t mid = closing (before, i, '[', ']');
  if (mid == 0 || mid + 1 >= before.len || before.ptr[mid + 1] != '(')
    return -1;
  size_t end = target_end (before, mid + 1);
  if (end == 0 || skip_blanks (before, end + 1) != before.len)
    return -1;
  *label = aid_span_cut (before, i + 1, mid);
  *target = link_target (before, mid + 2, end);
  return target->len > 0 ? 0 : -1;
}
