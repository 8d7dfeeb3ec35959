/* GNU's form, which most programs speak:

     [PROGRAM: ]PATH:LINE[:COL][-...]: [SEVERITY: ]MESSAGE
     PATH:(.text+0x15): undefined reference to `x'   the linker's

   Lines that are indented, or excerpts, go on.  A line without a word for its severity counts only when its path is a file of
   the project, for many a log looks like this. */
#include "build/forms.h"

#include <ctype.h>

/* --- what goes before --- */

static int
is_prelude (struct aid_span v)
{
  return aid_span_starts (v, "In file included from ") || aid_span_find (v, AID_SPAN (": In function ")) >= 0
         || aid_span_find (v, AID_SPAN (": in function ")) >= 0 || aid_span_find (v, AID_SPAN (": In member function ")) >= 0
         || aid_span_find (v, AID_SPAN (": At top level:")) >= 0;
}

static void
keep_prelude (struct aid_diag_reader *r, struct aid_span line)
{
  if (r->prelude.len + line.len + 1 > r->prelude.max)
    return;
  aid_str_addspan (&r->prelude, line);
  aid_str_addc (&r->prelude, '\n');
}

/* --- the line --- */

struct parts
{
  struct aid_span path, message;
  int line, col, end_line, end_col;
  enum aid_severity severity;
  int said; /* its severity has a word */
};

static const struct
{
  const char *word;
  enum aid_severity severity;
} words[] = {
  { "error:", AID_SEVERITY_ERROR },       { "Error:", AID_SEVERITY_ERROR },
  { "fatal error:", AID_SEVERITY_ERROR }, { "fatal:", AID_SEVERITY_ERROR },
  { "warning:", AID_SEVERITY_WARNING },   { "Warning:", AID_SEVERITY_WARNING },
  { "note:", AID_SEVERITY_NOTE },         { "info:", AID_SEVERITY_NOTE },
  { "remark:", AID_SEVERITY_NOTE },       { "internal compiler error:", AID_SEVERITY_ERROR },
  { "ERROR:", AID_SEVERITY_ERROR },
};

static void
say_severity (struct parts *p)
{
  aid_scan_blanks (&p->message);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_scan_word (&p->message, words[i].word))
      {
        p->severity = words[i].severity;
        p->said = 1;
        break;
      }
  p->message = aid_span_trim (p->message);
  /* "DeprecationWarning: ..." of Python */
  ptrdiff_t at = p->said ? -1 : aid_span_find (p->message, AID_SPAN ("Warning: "));
  if (at > 0 && aid_span_find (aid_span_cut (p->message, 0, (size_t)at), AID_SPAN (" ")) < 0)
    p->severity = AID_SEVERITY_WARNING;
}

/* LINE[:COL][-LINE:COL or -COL]: V begins with the line's number.  What is left begins behind the colon. */
static int
numbers (struct aid_span *v, struct parts *p)
{
  if ((p->line = aid_scan_number (v)) < 1)
    return 0;
  if (aid_span_starts (*v, ".") || (aid_span_starts (*v, ":") && v->len > 1 && isdigit ((unsigned char)v->ptr[1])))
    {
      *v = aid_span_cut (*v, 1, v->len);
      p->col = aid_scan_number (v);
    }
  if (aid_scan_word (v, "-"))
    {
      int first = aid_scan_number (v), second = -1;
      if (aid_scan_word (v, ".")
          || (aid_span_starts (*v, ":") && v->len > 1 && isdigit ((unsigned char)v->ptr[1]) && aid_scan_word (v, ":")))
        second = aid_scan_number (v);
      if (first < 1)
        return 0;
      p->end_line = second > 0 ? first : p->line;
      p->end_col = (second > 0 ? second : first) + 1;
    }
  return aid_scan_word (v, ":");
}

static int
is_undefined (struct aid_span message)
{
  return aid_span_find (message, AID_SPAN ("undefined reference to")) >= 0
         || aid_span_find (message, AID_SPAN ("multiple definition of")) >= 0;
}

/* PATH:..., V being all of it. */
static int
read_parts (struct aid_span v, struct parts *p)
{
  struct aid_span section;
  *p = (struct parts){ .severity = AID_SEVERITY_ERROR };
  if (!aid_scan_until (&v, ':', &p->path) || p->path.len == 0 || isspace ((unsigned char)p->path.ptr[0])
      || strspn (p->path.ptr, "0123456789") >= p->path.len)
    return 0;
  if (aid_scan_word (&v, "(") && aid_scan_until (&v, ')', &section) && aid_scan_word (&v, ": ") && is_undefined (v))
    p->said = 1;
  else if (!numbers (&v, p))
    return 0;
  p->message = v;
  if (is_undefined (v))
    p->said = 1;
  say_severity (p);
  return p->message.len > 0;
}

static int
find_parts (struct aid_span line, struct parts *p)
{
  struct aid_span v = line, program;
  if (read_parts (line, p))
    return 1;
  return aid_scan_until (&v, ':', &program) && program.len < 200 && aid_scan_word (&v, " ") && read_parts (v, p);
}

static int
is_wish (struct aid_span v)
{
  return aid_span_starts (v, "make") && aid_span_find (v, AID_SPAN ("*** No rule to make target")) > 0;
}

static enum aid_line
begins (struct aid_diag_reader *r, struct aid_span line)
{
  struct parts p;
  if (is_prelude (line) || (r->prelude.len && aid_span_starts (line, "         ")))
    {
      keep_prelude (r, line);
      return AID_LINE_TAKEN;
    }
  if (is_wish (line))
    {
      struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
      aid_diag_say (d, aid_span_cut (line, (size_t)aid_span_find (line, AID_SPAN ("*** ")) + 4, line.len));
      return AID_LINE_LAST;
    }
  if (!find_parts (line, &p) || (!p.said && !aid_diag_ours (r, p.path)))
    {
      aid_str_clear (&r->prelude);
      return AID_LINE_NOT;
    }
  struct aid_draft *d = aid_diag_open (r, p.severity);
  aid_diag_at (d, p.path, p.line, p.col);
  d->end_line = p.end_line > 0 ? p.end_line : 0;
  d->end_col = p.end_line > 0 ? p.end_col : 0;
  aid_diag_say (d, p.message);
  if (r->prelude.len)
    aid_diag_text (d, aid_span_trim (aid_str_span (&r->prelude)));
  aid_str_clear (&r->prelude);
  return AID_LINE_MORE;
}

static int
is_excerpt (struct aid_span v)
{
  aid_scan_blanks (&v);
  if (aid_scan_number (&v) >= 0)
    aid_scan_blanks (&v);
  return aid_span_starts (v, "|");
}

enum aid_line
aid_form_gnu (struct aid_diag_reader *r, struct aid_span line)
{
  if (!aid_diag_mine (r))
    return begins (r, line);
  return (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t')) || is_excerpt (line) ? AID_LINE_MORE : AID_LINE_NOT;
}
