/* JavaScript's errors, as Node and the runners upon it print them:

     /src/a.js:3                                  of one that nobody caught; of a syntax error the only place that is ours
         throw new Error ("no");
         ^

     Error: no                                    the message; below it may be more of it
         at f (/src/a.js:3:11)                    the first frame that is ours counts
         at node:internal/main/run_main_module:28:49

   Before the message Jest has "● SUITE › TEST" and Node's own runner "✖ TEST (12.3ms)"; Vitest's frames begin with another sign
   than "at".  A message is remembered, and is one when a frame follows that tells a column, too, as those of no other language
   do. */
#include "build/forms.h"

#include <ctype.h>

#define BULLET "\342\227\217 "
#define CROSS "\342\234\226 "
#define ARROW "\342\235\257 "
#define HEAD_LINES 12 /* between a place and its message: lines of the source */

/* "AssertionError [ERR_ASSERTION]: no" */
static int
is_message (struct aid_span v)
{
  size_t i = 0;
  aid_scan_word (&v, "Uncaught ");
  while (i < v.len && (isalnum ((unsigned char)v.ptr[i]) || strchr ("_$.", v.ptr[i])))
    i++;
  struct aid_span name = aid_span_cut (v, 0, i), rest = aid_span_cut (v, i, v.len);
  if (!aid_span_ends (name, "Error") && !aid_span_ends (name, "Exception"))
    return 0;
  return !rest.len || aid_span_starts (rest, ": ") || aid_span_starts (rest, " [");
}

/* Takes ":N" off the end of V; 0 when it is not there. */
static int
last_number (struct aid_span *v)
{
  size_t i = v->len;
  while (i && isdigit ((unsigned char)v->ptr[i - 1]))
    i--;
  struct aid_span digits = aid_span_cut (*v, i, v->len);
  int n = i > 1 && v->ptr[i - 1] == ':' ? aid_scan_number (&digits) : 0;
  if (n > 0)
    v->len = i - 1;
  return n > 0 ? n : 0;
}

/* "at f (PATH:LINE:COL)", "at PATH:LINE:COL" */
static int
frame (struct aid_span v, struct aid_span *path, int *line, int *col)
{
  if (!aid_scan_blanks (&v) || (!aid_scan_word (&v, "at ") && !aid_scan_word (&v, ARROW)))
    return 0;
  v = aid_span_trim (v);
  const char *open = v.len && v.ptr[v.len - 1] == ')' ? memrchr (v.ptr, '(', v.len) : NULL;
  *path = open ? aid_span_cut (v, (size_t)(open - v.ptr) + 1, v.len - 1) : v;
  *col = last_number (path);
  *line = *col ? last_number (path) : 0;
  aid_scan_word (path, "async ");
  aid_scan_word (path, "file://");
  return *line > 0;
}

static void
forget (struct aid_diag_reader *r)
{
  aid_str_clear (&r->thrown);
}

static int
names_test (struct aid_span v)
{
  return aid_span_starts (v, BULLET) || aid_span_starts (v, CROSS);
}

/* LINE belongs to a message, or begins one.  What Jest tells of the console is none. */
static void
remember (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span v = aid_span_trim (line);
  if (names_test (v) || (is_message (v) && !names_test (aid_str_span (&r->thrown))))
    forget (r);
  else if (!r->thrown.len)
    return;
  if (r->thrown.len + v.len + 1 > r->thrown.max || aid_span_eqz (v, BULLET "Console"))
    forget (r); /* nobody's message is as long */
  else
    aid_str_addf (&r->thrown, "%.*s\n", (int)v.len, v.ptr);
}

/* "PATH:LINE", which is all of a line: a message follows soon. */
static int
head (struct aid_diag_reader *r, struct aid_span v)
{
  int n = v.len && !isspace ((unsigned char)v.ptr[0]) ? last_number (&v) : 0;
  aid_scan_word (&v, "file://");
  if (!n || !aid_diag_ours (r, v) || v.len >= r->thrown_at.max)
    return 0;
  forget (r);
  aid_str_clear (&r->thrown_at);
  aid_str_addspan (&r->thrown_at, v);
  r->thrown_line = n;
  r->thrown_soon = HEAD_LINES;
  return 1;
}

/* "adds: AssertionError [ERR_ASSERTION]: no" of the lines in THROWN. */
static void
say (struct aid_draft *d, struct aid_span thrown)
{
  struct aid_str message = AID_STR_INIT ((size_t)2 * AID_DIAG_MESSAGE_MAX);
  struct aid_span first = { "", 0 }, second = first;
  aid_span_line (&thrown, &first);
  if (aid_scan_word (&first, BULLET) || aid_scan_word (&first, CROSS))
    while (!second.len && aid_span_line (&thrown, &second))
      ;
  ptrdiff_t time = aid_span_ends (first, "ms)") ? aid_span_find (first, AID_SPAN (" (")) : -1;
  first.len = time > 0 ? (size_t)time : first.len;
  aid_str_addf (&message, "%.*s%s%.*s", (int)first.len, first.ptr, second.len ? ": " : "", (int)second.len, second.ptr);
  aid_diag_say (d, message.err ? first : aid_str_span (&message));
  aid_str_free (&message);
}

/* What was remembered is an error. */
static void
open_thrown (struct aid_diag_reader *r)
{
  struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
  d->needs_path = 1;
  say (d, aid_str_span (&r->thrown));
  aid_diag_text (d, aid_span_trim (aid_str_span (&r->thrown)));
  if (r->thrown_soon)
    aid_diag_at (d, aid_str_span (&r->thrown_at), r->thrown_line, 0);
  r->thrown_soon = 0;
  forget (r);
}

static enum aid_line
begins (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span path;
  int n, col;
  if (r->thrown.len && frame (line, &path, &n, &col))
    {
      open_thrown (r);
      return aid_form_node (r, line);
    }
  r->thrown_soon -= r->thrown_soon > 0 && !r->thrown.len;
  if (!head (r, line))
    remember (r, line);
  return AID_LINE_NOT;
}

enum aid_line
aid_form_node (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_draft *d = aid_diag_mine (r);
  struct aid_span path;
  int n, col;
  if (!d)
    return begins (r, line);
  if (!frame (line, &path, &n, &col))
    return AID_LINE_NOT;
  if (!d->col && aid_diag_ours (r, path) && aid_span_find (path, AID_SPAN ("node_modules/")) < 0)
    aid_diag_at (d, path, n, col);
  return AID_LINE_MORE;
}
