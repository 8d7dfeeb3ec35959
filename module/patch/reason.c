/* What people are told: reasons of a bounded length that never end in half a character, and quoted lines that are fit to
   be shown wherever they come from. */
#include "patch/patch_internal.h"
#include "base/utf8.h"

#include <stdio.h>

/* What is named in it may hold anything: controls and bytes that are no UTF-8 become "?". */
static void
make_clean (char *text)
{
  struct aid_span rest = aid_span_z (text);
  while (rest.len > 0)
    {
      size_t good = aid_utf8_valid_prefix (rest);
      char *from = text + (rest.ptr - text);
      for (size_t i = 0; i < good; i++)
        if ((unsigned char) from[i] < ' ' || from[i] == 0x7f)
          from[i] = '?';
      if (good < rest.len)
        from[good++] = '?';
      rest = aid_span_cut (rest, good, rest.len);
    }
}

void
aid_reason_v (char *out, size_t size, const char *fmt, va_list ap)
{
  vsnprintf (out, size, fmt, ap);
  size_t len = strlen (out);
  if (len == size - 1)
    out[len - aid_utf8_tail ((struct aid_span){ out, len })] = '\0';
  make_clean (out);
}

void
aid_reason (char out[256], const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  aid_reason_v (out, 256, fmt, ap);
  va_end (ap);
}

void
aid_refuse (struct aid_placement *out, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  aid_reason_v (out->reason, sizeof out->reason, fmt, ap);
  va_end (ap);
  out->status = AID_HUNK_REFUSED;
  out->method = NULL;
  out->edits.len = 0;
}

const char *
aid_quote (struct aid_span line, char out[AID_QUOTE])
{
  line = aid_span_trim (line);
  size_t n = 0;
  while (line.len > 0)
    {
      size_t len = 1;
      int shown = (unsigned char) *line.ptr >= ' ' && (unsigned char) *line.ptr < 0x7f;
      if ((unsigned char) *line.ptr >= 0x80)
        {
          struct aid_span head = aid_span_cut (line, 0, line.len < 4 ? line.len : 4);
          if (aid_utf8_valid_prefix (head) > 0)
            shown = aid_utf8_decode (line.ptr, &len) >= 0xa0;
        }
      if (n + len + sizeof "..." > AID_QUOTE)
        break;
      if (shown)
        memcpy (out + n, line.ptr, len);
      else
        out[n] = '?', len = shown ? len : 1;
      n += len;
      line = aid_span_cut (line, len, line.len);
    }
  strcpy (out + n, line.len > 0 ? "..." : "");
  return out;
}
