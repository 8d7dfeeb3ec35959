/* Into a budget: first all that fits whole, in order; then, in the room that is left, the beginnings of what did not. */
#include "context/pack.h"

const char *
aid_packed_name (enum aid_packed state)
{
  static const char *const names[] = { "whole", "cut", "left out" };
  return names[state];
}

/* The bytes of the whole lines in the first N of TEXT. */
static size_t
whole_lines (struct aid_span text, size_t n)
{
  while (n > 0 && text.ptr[n - 1] != '\n')
    n--;
  return n;
}

static size_t
lines_in (struct aid_span text)
{
  size_t n = 0;
  for (size_t i = 0; i < text.len; i++)
    n += text.ptr[i] == '\n';
  return n;
}

/* Cuts ITEM to the lines that ROOM tokens hold. */
static void
cut (struct aid_pack_item *item, int64_t room, int64_t (*count) (void *ctx, struct aid_span text), void *ctx)
{
  size_t low = 0, high = item->text.len;
  int64_t tokens = 0;
  while (high > low)
    {
      size_t middle = low + (high - low + 1) / 2, n = whole_lines (item->text, middle);
      int64_t some = n > low ? count (ctx, aid_span_cut (item->text, 0, n)) : 0;
      if (n <= low)
        {
          const char *end = memchr (item->text.ptr + middle, '\n', high - middle); /* the line that the middle is in */
          n = end ? (size_t)(end - item->text.ptr) + 1 : high;
          if (n >= high)
            break;
          some = count (ctx, aid_span_cut (item->text, 0, n));
        }
      if (some <= room)
        {
          low = n;
          tokens = some;
        }
      else
        high = n - 1;
    }
  int enough = lines_in (aid_span_cut (item->text, 0, low)) >= AID_PACK_LINES_LEAST;
  item->state = enough ? AID_PACKED_CUT : AID_PACKED_LEFT_OUT;
  item->shown = enough ? low : 0;
  item->tokens = enough ? tokens : 0;
}

int64_t
aid_pack (struct aid_pack_item *items, size_t n, int64_t budget, int64_t (*count) (void *ctx, struct aid_span text), void *ctx)
{
  int64_t sum = 0;
  for (size_t i = 0; i < n; i++)
    {
      int fits = budget < 0 || items[i].tokens <= budget - sum;
      items[i].state = fits ? AID_PACKED_WHOLE : AID_PACKED_LEFT_OUT;
      items[i].shown = fits ? items[i].text.len : 0;
      sum += fits ? items[i].tokens : 0;
    }
  for (size_t i = 0; i < n; i++)
    if (items[i].state == AID_PACKED_LEFT_OUT)
      {
        if (items[i].is_whole)
          items[i].tokens = 0;
        else
          cut (&items[i], budget - sum, count, ctx);
        sum += items[i].tokens;
      }
  return sum;
}
