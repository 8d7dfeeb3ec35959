/* Hashes, cut. */
#include "export/ids.h"
#include "base/hash.h"
#include "base/sha256.h"

#include <stdio.h>

#define HEX "0123456789abcdef"

static void
digest (const char *what, struct aid_span v, char hex[AID_SHA256_HEX])
{
  struct aid_sha256 s;
  aid_sha256_init (&s);
  aid_sha256_add (&s, (struct aid_span){ what, strlen (what) + 1 });
  aid_sha256_add (&s, v);
  aid_sha256_end (&s, hex);
}

/* N digits of HEX; an id of zeros alone is none. */
static void
take (const char *hex, size_t n, char *out)
{
  memcpy (out, hex, n);
  out[n] = '\0';
  if (strspn (out, "0") == n)
    out[n - 1] = '1';
}

void
aid_trace_ids_of (struct aid_span name, struct aid_trace_ids *out)
{
  char hex[AID_SHA256_HEX];
  digest ("trace", name, hex);
  take (hex, AID_TRACE_ID - 1, out->trace);
  take (hex + AID_TRACE_ID - 1, AID_SPAN_ID - 1, out->span);
}

void
aid_span_id_of (struct aid_span id, char out[AID_SPAN_ID])
{
  char hex[AID_SHA256_HEX];
  digest ("span", id, hex);
  take (hex, AID_SPAN_ID - 1, out);
}

int
aid_trace_ids_random (struct aid_trace_ids *out)
{
  unsigned char bytes[32];
  if (aid_random (bytes, sizeof bytes))
    return -1;
  aid_trace_ids_of ((struct aid_span){ (const char *)bytes, sizeof bytes }, out);
  return 0;
}

void
aid_traceparent_write (const struct aid_trace_ids *ids, char out[AID_TRACEPARENT])
{
  snprintf (out, AID_TRACEPARENT, "00-%s-%s-01", ids->trace, ids->span);
}

int
aid_traceparent_read (const char *z, struct aid_trace_ids *out)
{
  if (!z || strlen (z) != AID_TRACEPARENT - 1 || strncmp (z, "00-", 3) != 0 || strspn (z + 3, HEX) != AID_TRACE_ID - 1
      || z[35] != '-' || strspn (z + 36, HEX) != AID_SPAN_ID - 1 || strcmp (z + 52, "-01") != 0)
    return -1;
  take (z + 3, AID_TRACE_ID - 1, out->trace);
  take (z + 36, AID_SPAN_ID - 1, out->span);
  return 0;
}
