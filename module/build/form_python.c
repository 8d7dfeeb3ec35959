/* Python's tracebacks, with the test that unittest names before one, and pytest's sums:

     FAIL: test_it (tests.a.T)
     ----------------------------------
     Traceback (most recent call last):
       File "tests/a.py", line 3, in test_it         the last place that is ours counts
         check (1)
     ValueError: no                                  its last line

     E   assert 1 == 2                               of pytest: the message, and then the place
     tests/test_a.py:5: AssertionError */
#include "build/forms.h"

#include <ctype.h>

enum
{
  TRACE = 1,
  SYNTAX
};

/* File "PATH", line N */
static int
frame (struct aid_span v, struct aid_span *path, int *line)
{
  return aid_scan_blanks (&v) >= 2 && aid_scan_word (&v, "File \"") && aid_scan_until (&v, '"', path)
         && aid_scan_word (&v, ", line ") && (*line = aid_scan_number (&v)) > 0;
}

static int
is_library (struct aid_span path)
{
  return aid_span_find (path, AID_SPAN ("/site-packages/")) >= 0 || aid_span_starts (path, "<");
}

/* "FAIL: test_it (tests.a.T)" */
static int
is_unittest (struct aid_span v)
{
  return (aid_span_starts (v, "FAIL: ") || aid_span_starts (v, "ERROR: ")) && aid_span_find (v, AID_SPAN (" (")) > 0
         && v.ptr[v.len - 1] == ')';
}

/* "tests/test_a.py:5: AssertionError" */
static enum aid_line
pytest_place (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span v = line, path;
  int n;
  if (!r->remembered.len || is_unittest (aid_str_span (&r->remembered)) || !aid_scan_until (&v, ':', &path)
      || !aid_span_ends (path, ".py") || (n = aid_scan_number (&v)) < 1 || !aid_scan_word (&v, ": ") || v.len == 0
      || !isupper ((unsigned char)v.ptr[0]) || aid_span_find (v, AID_SPAN (" ")) >= 0)
    return AID_LINE_NOT;
  struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
  aid_diag_at (d, path, n, 0);
  aid_diag_say (d, aid_str_span (&r->remembered));
  aid_diag_text (d, aid_str_span (&r->remembered));
  aid_str_clear (&r->remembered);
  return AID_LINE_LAST;
}

static enum aid_line
trace (struct aid_diag_reader *r)
{
  struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
  d->state = TRACE;
  if (is_unittest (aid_str_span (&r->remembered)))
    {
      aid_diag_text (d, aid_str_span (&r->remembered));
      aid_str_clear (&r->remembered);
    }
  return AID_LINE_MORE;
}

static void
remember (struct aid_diag_reader *r, struct aid_span line)
{
  aid_str_clear (&r->remembered);
  aid_str_addspan (&r->remembered, aid_span_cut (line, 0, line.len < r->remembered.max ? line.len : r->remembered.max));
}

static enum aid_line
begins (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span path, v = line;
  int n;
  if (aid_span_starts (line, "Traceback (most recent call last):"))
    return trace (r);
  if (is_unittest (line))
    {
      remember (r, line);
      return AID_LINE_TAKEN;
    }
  if (aid_scan_word (&v, "E   "))
    {
      if (!r->remembered.len || is_unittest (aid_str_span (&r->remembered)))
        remember (r, v);
      return AID_LINE_TAKEN;
    }
  if (frame (line, &path, &n) && !is_library (path))
    {
      struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
      aid_diag_at (d, path, n, 0);
      d->state = SYNTAX;
      return AID_LINE_MORE;
    }
  return pytest_place (r, line);
}

enum aid_line
aid_form_python (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_draft *d = aid_diag_mine (r);
  struct aid_span path;
  int n;
  if (!d)
    return begins (r, line);
  if (frame (line, &path, &n))
    {
      if (!d->path.len || (!is_library (path) && aid_diag_ours (r, path)))
        aid_diag_at (d, path, n, 0);
      return AID_LINE_MORE;
    }
  if (line.len == 0 || line.ptr[0] == ' ')
    return AID_LINE_MORE;
  if (!isalpha ((unsigned char)line.ptr[0]) && line.ptr[0] != '_')
    return AID_LINE_NOT;
  aid_diag_say (d, line);
  return AID_LINE_LAST;
}
