/* ctest's lines, with what a failing test printed below its own (--output-on-failure):

     2/3 Test #2: adds .............................***Failed    0.00 sec
     calc.c:3: wrong                                  the first place that is ours counts
         Start 3: divides                             the next one, or the sum: "66% tests passed, ..." */
#include "build/forms.h"

static int
is_number (struct aid_span *v)
{
  return aid_scan_number (v) >= 0;
}

/* "2/3 Test #2: ": V is what follows. */
static int
test_line (struct aid_span *v)
{
  aid_scan_blanks (v);
  if (!is_number (v) || !aid_scan_word (v, "/") || !is_number (v) || !aid_scan_word (v, " Test") || !aid_scan_blanks (v))
    return 0;
  return aid_scan_word (v, "#") && is_number (v) && aid_scan_word (v, ": ");
}

/* Of a test that is over, how it has failed: its NAME and a few WORDS.  0: it has not. */
static int
failure (struct aid_span v, struct aid_span *name, struct aid_span *words)
{
  ptrdiff_t stars = test_line (&v) ? aid_span_find (v, AID_SPAN ("***")) : -1, end;
  if (stars < 0)
    return 0;
  *name = aid_span_cut (v, 0, (size_t)stars);
  while (name->len && strchr (". ", name->ptr[name->len - 1]))
    name->len--;
  *words = aid_span_cut (v, (size_t)stars + 3, v.len);
  end = aid_span_find (*words, AID_SPAN ("  ")); /* its time stands behind a gap */
  *words = aid_span_trim (aid_span_cut (*words, 0, end < 0 ? words->len : (size_t)end));
  return name->len && !aid_span_starts (*words, "Skipped") && !aid_span_starts (*words, "Not Run (Disabled)");
}

static enum aid_line
begins (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_str message = AID_STR_INIT (AID_DIAG_MESSAGE_MAX);
  struct aid_span name, words;
  if (!failure (line, &name, &words))
    return AID_LINE_NOT;
  aid_str_addf (&message, "%.*s: %.*s", (int)name.len, name.ptr, (int)words.len, words.ptr);
  aid_diag_say (aid_diag_open (r, AID_SEVERITY_ERROR), message.err ? line : aid_str_span (&message));
  aid_str_free (&message);
  return AID_LINE_MORE;
}

/* What stands behind the output of a test. */
static int
is_next (struct aid_span v)
{
  struct aid_span start = v;
  aid_scan_blanks (&start);
  if (test_line (&v) || (aid_scan_word (&start, "Start ") && aid_scan_blanks (&start) < 8 && is_number (&start)))
    return 1;
  return is_number (&v) && aid_span_starts (v, "% tests passed");
}

enum aid_line
aid_form_ctest (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_draft *d = aid_diag_mine (r);
  struct aid_span path;
  int n, col;
  if (!d)
    return begins (r, line);
  if (is_next (line))
    return AID_LINE_NOT;
  if (!d->path.len && aid_diag_find_place (line, &path, &n, &col) && aid_diag_ours (r, path))
    aid_diag_at (d, path, n, col);
  return AID_LINE_MORE;
}
