/* TAP, the Test Anything Protocol:

     not ok 2 - adds
       ---
       message: got 3
       at: src/add.js:4:5
       ...
     #   at t/add.t line 12.                         as Perl's tests say it */
#include "build/forms.h"

#include <ctype.h>

static enum aid_line
begins (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span v = line;
  aid_scan_blanks (&v);
  if (!aid_scan_word (&v, "not ok ") || aid_scan_number (&v) < 0)
    return AID_LINE_NOT;
  /* Known failures. */
  if (aid_span_find (v, AID_SPAN ("# TO"
                                  "DO"))
        >= 0
      || aid_span_find (v, AID_SPAN ("# SKIP")) >= 0 || aid_span_find (v, AID_SPAN ("# todo")) >= 0)
    return AID_LINE_TAKEN;
  struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
  aid_scan_blanks (&v);
  aid_scan_word (&v, "- ");
  aid_diag_say (d, v.len ? v : line);
  return AID_LINE_MORE;
}

/* KEY: value, without its quotes */
static int
value_of (struct aid_span v, const char *key, struct aid_span *out)
{
  aid_scan_blanks (&v);
  if (!aid_scan_word (&v, key) || !aid_scan_word (&v, ":"))
    return 0;
  *out = aid_span_trim (v);
  while (out->len && strchr ("'\"", out->ptr[0]))
    *out = aid_span_cut (*out, 1, out->len);
  while (out->len && strchr ("'\",", out->ptr[out->len - 1]))
    out->len--;
  return out->len > 0;
}

enum aid_line
aid_form_tap (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_draft *d = aid_diag_mine (r);
  struct aid_span v, path;
  int n, col;
  if (!d)
    return begins (r, line);
  if (line.len == 0 || (line.ptr[0] != ' ' && line.ptr[0] != '#'))
    return AID_LINE_NOT;
  v = line;
  aid_scan_blanks (&v);
  if (aid_span_starts (v, "ok ") || aid_span_starts (v, "not ok "))
    return AID_LINE_NOT;
  if (value_of (line, "file", &v))
    aid_diag_at (d, v, d->line, d->col);
  else if (value_of (line, "line", &v) && (n = aid_scan_number (&v)) > 0)
    d->line = n;
  else if (!d->path.len && aid_diag_find_place (line, &path, &n, &col) && aid_diag_ours (r, path))
    aid_diag_at (d, path, n, col);
  return AID_LINE_MORE;
}
