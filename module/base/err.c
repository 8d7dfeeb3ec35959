/* Errors as sentences: formatted once, cut at a character so that the message stays valid UTF-8. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Drops from Z the start of a character that the end of the buffer cut in two. */
static void
drop_cut_character (char *z)
{
  size_t len = strlen (z), lead = len;
  while (lead > 0 && ((unsigned char) z[lead - 1] & 0xC0) == 0x80)
    lead--;
  if (lead == 0)
    return;
  unsigned char c = (unsigned char) z[lead - 1];
  size_t want = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
  if (len - lead + 1 < want)
    z[lead - 1] = '\0';
}

enum aid_err
aid_error_set (struct aid_error *e, enum aid_err code, const char *fmt, ...)
{
  if (!e)
    return code;
  e->code = code;
  e->msg[0] = '\0';
  if (code == AID_OK)
    return code;
  va_list ap;
  va_start (ap, fmt);
  int n = vsnprintf (e->msg, sizeof e->msg, fmt, ap);
  va_end (ap);
  if (n >= (int) sizeof e->msg)
    drop_cut_character (e->msg);
  return code;
}

const char *
aid_err_name (enum aid_err code)
{
  static const char *const names[] = {
    [AID_OK] = "ok",
    [AID_E_NOMEM] = "nomem",
    [AID_E_INVALID] = "invalid",
    [AID_E_LIMIT] = "limit",
    [AID_E_IO] = "io",
    [AID_E_NOTFOUND] = "notfound",
    [AID_E_PARSE] = "parse",
    [AID_E_REFUSED] = "refused",
    [AID_E_STATE] = "state",
    [AID_E_NET] = "net",
    [AID_E_HTTP] = "http",
    [AID_E_TIMEOUT] = "timeout",
    [AID_E_CANCELLED] = "cancelled",
  };
  if ((size_t) code >= sizeof names / sizeof *names)
    return "unknown";
  return names[code];
}
