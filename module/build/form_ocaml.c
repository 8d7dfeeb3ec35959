/* OCaml and dune:

     File "src/a.ml", line 3, characters 2-5:        also lines 3-5
     3 |   foo bar                                   an excerpt
           ^^^
     Error: Unbound value foo                        or Error (warning 26 ...), Warning 26 ..., Alert ...
            more of it
     Hint: ...

   A place without such a word is of an action that failed, and so is "  NAME alias test/runtest (exit 1)": what follows up to
   the next place is its output.  Where the environment names CI, dune writes such a line before every command's output.  A
   program that dies of an exception has a backtrace, of which the first place that is ours counts. */
#include "build/forms.h"

#include <ctype.h>

enum
{
  PLACED,  /* its place was read */
  SAID,    /* and its message's first line */
  EXAMPLE, /* of a case that is not matched: at the margin */
  ACTION,  /* and the first line of an action's output */
  RAISED   /* a backtrace */
};

/* FILE "x", LINE n[-m][, characters a-b]: V begins behind the word file or File.  The rest of the line stays in V. */
static int
place (struct aid_span *v, struct aid_span *path, int *line, int *last, int *from, int *to)
{
  if (!aid_scan_word (v, " \"") || !aid_scan_until (v, '"', path)
      || !(aid_scan_word (v, ", line ") || aid_scan_word (v, ", lines ")) || (*line = aid_scan_number (v)) < 0)
    return 0;
  *last = aid_scan_word (v, "-") ? aid_scan_number (v) : *line;
  *from = *to = -1;
  if (aid_scan_word (v, ", characters ") || aid_scan_word (v, ", character "))
    {
      *from = aid_scan_number (v);
      *to = aid_scan_word (v, "-") ? aid_scan_number (v) : *from;
    }
  return 1;
}

static void
put (struct aid_draft *d, struct aid_span path, int line, int last, int from, int to)
{
  int linked = aid_span_starts (path, "_none_"); /* the linker's: no file */
  aid_diag_at (d, linked ? (struct aid_span){ "", 0 } : path, linked ? 0 : line, from + 1);
  d->end_line = to >= 0 && last >= line ? last : 0;
  d->end_col = d->end_line ? to + 1 : 0;
}

/* What dune says of a command that failed, "    ocamlopt src/.lexer.objs/native/lexer.{cmx,o} (exit 2)": a name that ends in
   column 12 or behind it, what it was to make, and how it ended.  The command itself follows in parentheses, then what it
   printed. */
static int
is_failed (struct aid_span line)
{
  struct aid_span v = line;
  size_t blanks = aid_scan_blanks (&v), end = blanks;
  while (end < line.len && line.ptr[end] != ' ')
    end++;
  if (blanks ? end != 12 : end < 12)
    return 0;
  v = aid_span_cut (line, end, line.len);
  return aid_span_ends (v, ")")
         && (aid_span_find (v, AID_SPAN (" (exit ")) > 0 || aid_span_find (v, AID_SPAN (" (got signal ")) > 0);
}

/* "  test_lexer alias test/runtest (exit 1)" */
static int
is_action (struct aid_span line)
{
  return is_failed (line) && aid_span_find (line, AID_SPAN (" alias ")) > 0;
}

static int
is_command (struct aid_span line)
{
  return aid_span_starts (line, "(cd ") && aid_span_ends (line, ")");
}

static enum aid_line
begins (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span v = line, path;
  int first, last, from, to;
  if (is_action (line))
    {
      struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
      d->state = ACTION;
      aid_diag_say (d, line);
      return AID_LINE_MORE;
    }
  if (aid_scan_word (&v, "Fatal error: exception "))
    {
      struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
      d->state = RAISED;
      aid_diag_say (d, line);
      return AID_LINE_MORE;
    }
  if (!aid_scan_word (&v, "File") || !place (&v, &path, &first, &last, &from, &to) || !aid_scan_word (&v, ":"))
    return AID_LINE_NOT;
  put (aid_diag_open (r, AID_SEVERITY_ERROR), path, first, last, from, to);
  return AID_LINE_MORE;
}

static int
is_excerpt (struct aid_span v)
{
  struct aid_span rest = v;
  aid_scan_blanks (&rest);
  if (rest.len == 0 || aid_span_starts (rest, "^") || aid_span_starts (rest, "..."))
    return 1;
  return aid_scan_number (&rest) >= 0 && (aid_scan_word (&rest, " | ") || aid_span_eqz (rest, " |"));
}

/* Where the message begins in a line "Error (...): message" of D, whose severity it says; 0 when it is no such line. */
static size_t
said_at (struct aid_draft *d, struct aid_span line)
{
  int error = aid_span_starts (line, "Error");
  if (!error && !aid_span_starts (line, "Warning ") && !aid_span_starts (line, "Warning:")
      && !aid_span_starts (line, "Alert "))
    return 0;
  d->severity = error ? AID_SEVERITY_ERROR : AID_SEVERITY_WARNING;
  ptrdiff_t at = aid_span_find (line, AID_SPAN (": "));
  return at >= 0 ? (size_t)at + 2 : line.len;
}

/* "There is no field x", "Type int is not compatible ...", but not the type "Lexer.t". */
static int
is_sentence (struct aid_span v)
{
  size_t n = 1;
  if (!v.len || !isupper ((unsigned char)v.ptr[0]))
    return 0;
  while (n < v.len && islower ((unsigned char)v.ptr[n]))
    n++;
  return n > 1 && n < v.len && (v.ptr[n] == ' ' || v.ptr[n] == ':');
}

/* A message that goes on right behind its first line's end is read as one, for "of type" alone says little. */
static void
go_on_saying (struct aid_draft *d, struct aid_span line)
{
  size_t n = d->message.len;
  struct aid_span more = aid_span_trim (line);
  if (d->state == SAID && n && n + more.len + 1 < 400 && !strchr (".:", d->message.ptr[n - 1]) && line.len
      && line.ptr[0] == ' ')
    {
      aid_str_addz (&d->message, is_sentence (more) ? "; " : " ");
      aid_str_addspan (&d->message, more);
    }
}

static enum aid_line
follows_raised (struct aid_diag_reader *r, struct aid_draft *d, struct aid_span line)
{
  ptrdiff_t at = aid_span_find (line, AID_SPAN (" file \""));
  struct aid_span path;
  int first, last, from, to;
  if (at < 0
      || !(aid_span_starts (line, "Raised ") || aid_span_starts (line, "Called ") || aid_span_starts (line, "Re-raised ")))
    return AID_LINE_NOT;
  struct aid_span v = aid_span_cut (line, (size_t)at + 5, line.len);
  if (!d->path.len && place (&v, &path, &first, &last, &from, &to) && aid_diag_ours (r, path))
    put (d, path, first, last, from, to);
  return AID_LINE_MORE;
}

/* The output of a test: its exception says more than its exit status. */
static enum aid_line
in_action (struct aid_diag_reader *r, struct aid_draft *d, struct aid_span line)
{
  struct aid_span path;
  int n, col;
  if (aid_span_starts (line, "Fatal error: exception "))
    {
      aid_str_clear (&d->message);
      aid_diag_say (d, line);
      d->state = RAISED;
    }
  else if (!d->path.len && aid_diag_find_place (line, &path, &n, &col) && aid_diag_ours (r, path))
    aid_diag_at (d, path, n, col);
  return AID_LINE_MORE;
}

static enum aid_line
follows (struct aid_diag_reader *r, struct aid_draft *d, struct aid_span line)
{
  size_t at;
  if (d->state == RAISED)
    return follows_raised (r, d, line);
  if (d->state == PLACED && (is_excerpt (line) || is_command (line)))
    return AID_LINE_MORE;
  if (d->state == PLACED && (at = said_at (d, line)))
    {
      aid_diag_say (d, aid_span_cut (line, at, line.len));
      d->state = SAID;
      return AID_LINE_MORE;
    }
  if (aid_span_starts (line, "File \"") || is_failed (line) || aid_span_starts (line, "make"))
    return AID_LINE_NOT;
  if (d->state == PLACED)
    {
      aid_diag_say (d, line);
      d->state = ACTION;
      return AID_LINE_MORE;
    }
  if (d->state == ACTION)
    return in_action (r, d, line);
  if (aid_span_starts (line, "Here is an example of a "))
    d->state = EXAMPLE;
  if (d->state == EXAMPLE)
    return AID_LINE_MORE;
  go_on_saying (d, line);
  return line.len == 0 || line.ptr[0] == ' ' || aid_span_starts (line, "Hint:") ? AID_LINE_MORE : AID_LINE_NOT;
}

enum aid_line
aid_form_ocaml (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_draft *d = aid_diag_mine (r);
  return d ? follows (r, d, line) : begins (r, line);
}
