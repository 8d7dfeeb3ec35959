/* Requests in the order in which models read them, compared byte by byte. */
#include "assist/prefix.h"
#include "base/json.h"
#include <stdlib.h>

#define PART_MAX (64u << 20)
#define DEPTH_MAX 100

/* The members that a model reads, of every wire format; each request has some of them. */
static const char *const members[] = { "tools", "system", "system_instruction", "systemInstruction", "instructions", "messages",
                                       "input", "contents" };

/* Takes every mark for a cache out of V. */
static void
unmark (json_t *v, int depth)
{
  const char *key;
  json_t *item;
  size_t i;
  if (depth > DEPTH_MAX)
    return;
  json_object_del (v, "cache_control");
  json_object_foreach (v, key, item)
    {
      unmark (item, depth + 1);
    }
  json_array_foreach (v, i, item)
    {
      unmark (item, depth + 1);
    }
}

static enum aid_err
add_line (const json_t *v, struct aid_str *out)
{
  aid_json_dump (v, out);
  return aid_str_addc (out, '\n');
}

/* Appends what a model reads of BODY: a line for each message, tool and block of instructions. */
static enum aid_err
read_order (struct aid_span body, struct aid_str *out, struct aid_error *e)
{
  json_t *all = aid_json_parse (body, "the request", e), *item;
  size_t k;
  if (!all)
    return AID_E_INVALID;
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    {
      json_t *v = json_object_get (all, members[i]);
      unmark (v, 0);
      if (v && !json_is_array (v))
        add_line (v, out);
      json_array_foreach (v, k, item)
        {
          add_line (item, out);
        }
    }
  json_decref (all);
  return out->err ? aid_error_set (e, out->err, "The request is too large to be compared.") : AID_OK;
}

static int
is_inside (const char *p)
{
  return ((unsigned char) *p & 0xC0) == 0x80;
}

/* Copies what fits of V into OUT: its end with BACK, else its beginning; cut between characters. */
static void
excerpt (struct aid_span v, int back, char out[81])
{
  size_t n = v.len < 80 ? v.len : 80;
  struct aid_span cut = back ? aid_span_cut (v, v.len - n, v.len) : aid_span_cut (v, 0, n);
  while (back && cut.len && is_inside (cut.ptr))
    cut = aid_span_cut (cut, 1, cut.len);
  while (!back && cut.len && cut.len < v.len && is_inside (cut.ptr + cut.len))
    cut.len--;
  memcpy (out, cut.ptr, cut.len);
  out[cut.len] = '\0';
}

static void
compare (struct aid_span a, struct aid_span b, struct aid_prefix *out)
{
  size_t n = 0, most = a.len < b.len ? a.len : b.len;
  while (n < most && a.ptr[n] == b.ptr[n])
    n++;
  while (n > 0 && ((n < a.len && is_inside (a.ptr + n)) || (n < b.len && is_inside (b.ptr + n))))
    n--;
  *out = (struct aid_prefix){ .same = n, .old_len = a.len, .new_len = b.len, .whole = n == a.len };
  excerpt (aid_span_cut (a, 0, n), 1, out->before);
  excerpt (aid_span_cut (a, n, a.len), 0, out->was);
  excerpt (aid_span_cut (b, n, b.len), 0, out->is);
}

enum aid_err
aid_prefix_compare (struct aid_span old_body, struct aid_span new_body, struct aid_prefix *out, struct aid_error *e)
{
  struct aid_str a = AID_STR_INIT (PART_MAX), b = AID_STR_INIT (PART_MAX);
  enum aid_err err = read_order (old_body, &a, e);
  if (!err)
    err = read_order (new_body, &b, e);
  if (!err)
    compare (aid_str_span (&a), aid_str_span (&b), out);
  aid_str_free (&a);
  aid_str_free (&b);
  return err;
}
