/* The reader of value trees.  The resident loader links this file alone, so it needs nothing but string.h; damage gives
   tag 0 and an empty rest, and a count is never more than the bytes that follow could hold. */
#include "base/val.h"

/* Takes N bytes off *REST into OUT; 0, or -1 and an empty *REST when there are fewer. */
static int
take (struct aid_span *rest, void *out, size_t n)
{
  if (rest->len < n)
    {
      rest->len = 0;
      return -1;
    }
  memcpy (out, rest->ptr, n);
  rest->ptr += n;
  rest->len -= n;
  return 0;
}

static int
take_text (struct aid_span *rest, struct aid_span *out)
{
  uint32_t len;
  if (take (rest, &len, sizeof len))
    return -1;
  if (len > rest->len)
    {
      rest->len = 0;
      return -1;
    }
  *out = (struct aid_span){ rest->ptr, len };
  rest->ptr += len;
  rest->len -= len;
  return 0;
}

struct aid_val_item
aid_val_next (struct aid_span *rest)
{
  struct aid_val_item it;
  int bad = 0;
  memset (&it, 0, sizeof it);
  if (take (rest, &it.tag, 1))
    return it;
  switch (it.tag)
    {
    case 'n':
    case 't':
    case 'f': break;
    case 'i': bad = take (rest, &it.i, sizeof it.i); break;
    case 'd': bad = take (rest, &it.d, sizeof it.d); break;
    case 's':
    case 'y': bad = take_text (rest, &it.s); break;
    case 'l': bad = take (rest, &it.count, sizeof it.count) || it.count > rest->len; break;
    case 'o': bad = take (rest, &it.count, sizeof it.count) || it.count > rest->len / 5; break;
    default: bad = 1;
    }
  if (bad)
    {
      rest->len = 0;
      memset (&it, 0, sizeof it);
    }
  return it;
}

struct aid_span
aid_val_next_key (struct aid_span *rest)
{
  struct aid_span key = { "", 0 };
  take_text (rest, &key);
  return key;
}
