/* The variables' forms, as the specification has them: an empty value is none, true is "true" alone, a wrong one is said and not
   believed. */
#include "export/settings.h"

#include <stdlib.h>
#include <strings.h>

const char *
aid_otel_env (const char *name)
{
  const char *z = getenv (name);
  return z && *z ? z : NULL;
}

int
aid_otel_env_true (const char *name)
{
  const char *z = aid_otel_env (name);
  return z && !strcasecmp (z, "true");
}

int64_t
aid_otel_env_number (const char *name, int64_t fallback, int64_t least, int64_t most, struct aid_str *notes)
{
  const char *z = aid_otel_env (name);
  uint64_t n;
  if (!z)
    return fallback;
  if (!aid_span_number (aid_span_trim (aid_span_z (z)), (uint64_t)most, &n) && (int64_t)n >= least)
    return (int64_t)n;
  aid_str_addf (notes, "%s must be a whole number from %lld to %lld: it counts as %lld\n", name, (long long)least,
                (long long)most, (long long)fallback);
  return fallback;
}

/* Whether every byte of V may stand in such a list, which is a header's value. */
static int
is_plain (struct aid_span v)
{
  for (size_t i = 0; i < v.len; i++)
    if ((unsigned char)v.ptr[i] < ' ' || v.ptr[i] == 127)
      return 0;
  return 1;
}

int
aid_otel_list (struct aid_span v, void (*each) (void *ctx, struct aid_span name, struct aid_span value), void *ctx)
{
  struct aid_str text = AID_STR_INIT (v.len + 1);
  int bad = 0;
  for (size_t at = 0; at < v.len && !bad;)
    {
      struct aid_span rest = aid_span_cut (v, at, v.len);
      ptrdiff_t comma = aid_span_find (rest, AID_SPAN (","));
      struct aid_span item = aid_span_trim (aid_span_cut (rest, 0, comma < 0 ? rest.len : (size_t)comma));
      ptrdiff_t equals = aid_span_find (item, AID_SPAN ("="));
      at += comma < 0 ? rest.len : (size_t)comma + 1;
      if (!item.len)
        continue;
      struct aid_span name = aid_span_trim (aid_span_cut (item, 0, equals < 0 ? 0 : (size_t)equals));
      aid_str_clear (&text);
      aid_str_add_decoded (&text, aid_span_trim (aid_span_cut (item, (size_t)(equals + 1), item.len)));
      bad = equals < 0 || !name.len || text.err || !is_plain (name) || !is_plain (aid_str_span (&text));
      if (!bad)
        each (ctx, name, aid_str_span (&text));
    }
  aid_str_free (&text);
  return bad ? -1 : 0;
}
