/* TypeScript's two forms, of which the first is Microsoft's compilers', too:

     src/a.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'.
       indented lines go on
     src/a.ts:3:5 - error TS2322: ...                with --pretty, then an excerpt */
#include "build/forms.h"

static int
word (struct aid_span *v, enum aid_severity *s)
{
  if (aid_scan_word (v, "error "))
    *s = AID_SEVERITY_ERROR;
  else if (aid_scan_word (v, "warning "))
    *s = AID_SEVERITY_WARNING;
  else
    return 0;
  return 1;
}

/* PATH(LINE,COL):  */
static int
plain (struct aid_span *v, struct aid_span *path, int *line, int *col)
{
  return aid_scan_until (v, '(', path) && (*line = aid_scan_number (v)) > 0 && aid_scan_word (v, ",")
         && (*col = aid_scan_number (v)) >= 0 && aid_scan_word (v, "): ");
}

/* PATH:LINE:COL -  */
static int
pretty (struct aid_span *v, struct aid_span *path, int *line, int *col)
{
  return aid_scan_until (v, ':', path) && (*line = aid_scan_number (v)) > 0 && aid_scan_word (v, ":")
         && (*col = aid_scan_number (v)) >= 0 && aid_scan_word (v, " - ");
}

static enum aid_line
begins (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span a = line, b = line, path, code;
  enum aid_severity s;
  int n, col;
  int is_pretty = pretty (&b, &path, &n, &col);
  if (!is_pretty && !plain (&a, &path, &n, &col))
    return AID_LINE_NOT;
  struct aid_span v = is_pretty ? b : a;
  if (!path.len || path.ptr[0] == ' ' || !word (&v, &s) || !aid_scan_until (&v, ':', &code))
    return AID_LINE_NOT;
  struct aid_draft *d = aid_diag_open (r, s);
  aid_diag_at (d, path, n, col);
  aid_diag_say (d, v);
  d->state = is_pretty;
  return AID_LINE_MORE;
}

enum aid_line
aid_form_typescript (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_draft *d = aid_diag_mine (r);
  struct aid_span v = line;
  if (!d)
    return begins (r, line);
  if (line.len && line.ptr[0] == ' ')
    return AID_LINE_MORE;
  if (d->state && (line.len == 0 || aid_scan_number (&v) >= 0))
    return AID_LINE_MORE;
  return AID_LINE_NOT;
}
