/* Rust's compiler as people read it, and its tests:

     error[E0308]: mismatched types
      --> src/main.rs:4:18
       |
     4 |     let c: i32 = "a";
       = note: ...
                                                     a blank line ends it
     thread 'tests::adds' (17) panicked at src/lib.rs:8:9:
     assertion `left == right` failed

   Messages without a place are sums ("could not compile"), or the build's own. */
#include "build/forms.h"

#include <ctype.h>

enum
{
  COMPILER = 1,
  PANIC
};

/* "error: " or "error[E0308]: ". */
static int
head (struct aid_span *v, enum aid_severity *s)
{
  struct aid_span code;
  if (aid_scan_word (v, "error"))
    *s = AID_SEVERITY_ERROR;
  else if (aid_scan_word (v, "warning"))
    *s = AID_SEVERITY_WARNING;
  else
    return 0;
  if (aid_scan_word (v, "[") && !aid_scan_until (v, ']', &code))
    return 0;
  return aid_scan_word (v, ": ") && v->len > 0;
}

static int
is_sum (struct aid_span m)
{
  static const char *const sums[] = { "could not compile", "aborting due to", "test failed, to rerun",
                                      "build failed",      "1 target failed", "unused manifest key" };
  for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
    if (aid_span_starts (m, sums[i]))
      return 1;
  return aid_span_find (m, AID_SPAN (" generated ")) >= 0 || aid_span_ends (m, "warnings emitted")
         || aid_span_ends (m, "warning emitted");
}

/* PATH:LINE:COL, all of V. */
static int
place (struct aid_draft *d, struct aid_span v)
{
  ptrdiff_t colon = aid_span_find (v, AID_SPAN (":"));
  struct aid_span path = aid_span_cut (v, 0, colon < 0 ? 0 : (size_t)colon);
  struct aid_span rest = aid_span_cut (v, path.len, v.len);
  int line, col;
  if (!path.len || !aid_scan_word (&rest, ":") || (line = aid_scan_number (&rest)) < 0 || !aid_scan_word (&rest, ":")
      || (col = aid_scan_number (&rest)) < 0)
    return 0;
  aid_diag_at (d, path, line, col);
  return 1;
}

static enum aid_line
panics (struct aid_diag_reader *r, struct aid_span line)
{
  ptrdiff_t at = aid_span_find (line, AID_SPAN ("' panicked at "));
  ptrdiff_t newer = at < 0 ? aid_span_find (line, AID_SPAN (") panicked at ")) : -1;
  if (!aid_span_starts (line, "thread '") || (at < 0 && newer < 0))
    return AID_LINE_NOT;
  struct aid_span v = aid_span_cut (line, (size_t)(at < 0 ? newer : at) + 14, line.len);
  struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
  d->state = PANIC;
  d->needs_path = 1;
  if (aid_span_starts (v, "'")) /* older: panicked at 'message', src/lib.rs:8:9 */
    {
      const char *comma = memrchr (v.ptr, ',', v.len);
      size_t end = comma ? (size_t)(comma - v.ptr) : v.len;
      aid_diag_say (d, aid_span_cut (v, 1, end > 1 ? end - 1 : 1));
      v = aid_span_cut (v, end + 2 < v.len ? end + 2 : v.len, v.len);
    }
  return place (d, v) ? AID_LINE_MORE : AID_LINE_LAST;
}

static enum aid_line
begins (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span v = line;
  enum aid_severity s;
  if (!head (&v, &s))
    return panics (r, line);
  if (is_sum (v))
    return AID_LINE_TAKEN;
  struct aid_draft *d = aid_diag_open (r, s);
  d->state = COMPILER;
  d->needs_path = s != AID_SEVERITY_ERROR;
  aid_diag_say (d, v);
  return AID_LINE_MORE;
}

/* A line of the excerpt below a message, or one of its notes. */
static int
is_excerpt (struct aid_span v)
{
  aid_scan_blanks (&v);
  if (aid_span_starts (v, "|") || aid_span_starts (v, "= ") || aid_span_starts (v, "...") || aid_span_starts (v, ":::")
      || aid_span_starts (v, "help:") || aid_span_starts (v, "note:") || aid_span_starts (v, "Caused by:"))
    return 1;
  if (aid_scan_number (&v) < 0)
    return 0;
  aid_scan_blanks (&v);
  return v.len == 0 || strchr ("|+~-:", v.ptr[0]) != NULL;
}

enum aid_line
aid_form_rust (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_draft *d = aid_diag_mine (r);
  struct aid_span v = line;
  if (!d)
    return begins (r, line);
  if (line.len == 0)
    return AID_LINE_LAST;
  if (d->state == PANIC)
    {
      if (aid_span_starts (line, "note: run with") || aid_span_starts (line, "stack backtrace:"))
        return AID_LINE_LAST;
      aid_diag_say (d, line);
      return AID_LINE_MORE;
    }
  aid_scan_blanks (&v);
  if (aid_scan_word (&v, "--> "))
    {
      if (!d->path.len)
        place (d, v);
      return AID_LINE_MORE;
    }
  return is_excerpt (line) || line.ptr[0] == ' ' ? AID_LINE_MORE : AID_LINE_NOT;
}
