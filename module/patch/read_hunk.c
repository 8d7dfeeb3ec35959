/* One hunk of a unified diff.  The stated counts never cut the body: models get them wrong.  They only settle what the
   text leaves open: whether an empty line at the end is context, whether an unprefixed line is prose behind the hunk or
   context that lost its prefix, and whether "--- x" is a deletion or the next header. */
#include "patch/patch_internal.h"

#include <ctype.h>

enum { NUMBER_MAX = 1000000000 };

static int
starts (struct aid_span v, const char *z)
{
  return aid_span_starts (v, z);
}

static int
peek (const struct aid_cursor *c, struct aid_in_line *lines, int n)
{
  struct aid_cursor at = *c;
  int got = 0;
  while (got < n && aid_cursor_next (&at, &lines[got]))
    got++;
  return got;
}

static int
is_body (struct aid_span v)
{
  return v.len > 0 && (v.ptr[0] == ' ' || v.ptr[0] == '+' || v.ptr[0] == '-');
}

int
aid_ends_bare (struct aid_span v)
{
  size_t width;
  return starts (v, "```") || starts (v, "~~~") || aid_at_search (v, &width);
}

enum aid_directive
aid_at_directive (struct aid_span v, struct aid_span *name)
{
  static const char *const words[] = { "", "Begin Patch", "End Patch", "End of File", "Move to:", "Update File:", "Add File:",
                                       "Delete File:" };
  if (!starts (v, "*** "))
    return AID_NO_DIRECTIVE;
  v = aid_span_trim (aid_span_cut (v, 4, v.len));
  for (int d = AID_BEGIN_PATCH; d <= AID_DELETE_FILE; d++)
    if (d < AID_MOVE_TO ? aid_span_eqz (v, words[d]) : starts (v, words[d]))
      {
        *name = aid_span_trim (aid_span_cut (v, strlen (words[d]), v.len));
        return d < AID_MOVE_TO || name->len > 0 ? (enum aid_directive) d : AID_NO_DIRECTIVE;
      }
  return AID_NO_DIRECTIVE;
}

/* Whether V reads as a path and not as code: one word with a slash, that ends in a letter or a digit. */
static int
is_path (struct aid_span v)
{
  int slash = 0;
  v = aid_span_trim (v);
  for (size_t i = 0; i < v.len; i++)
    {
      if (!isalnum ((unsigned char) v.ptr[i]) && (!v.ptr[i] || !strchr ("/._-+@", v.ptr[i])))
        return 0;
      slash |= v.ptr[i] == '/';
    }
  return slash && isalnum ((unsigned char) v.ptr[v.len - 1]);
}

/* Whether "--- a/NAME" and "+++ b/NAME" speak of one path. */
static int
name_one_file (struct aid_span minus, struct aid_span plus)
{
  struct aid_span a = aid_span_trim (aid_span_cut (minus, 4, minus.len)), b = aid_span_trim (aid_span_cut (plus, 4, plus.len));
  return is_path (a) && is_path (b) && starts (a, "a/") && starts (b, "b/")
         && aid_span_eq (aid_span_cut (a, 2, a.len), aid_span_cut (b, 2, b.len));
}

int
aid_at_file_header (const struct aid_cursor *c)
{
  static const char begins[] = { '*', 'd', 'I', '-', '+' };
  struct aid_in_line l[3];
  struct aid_span name;
  /* Nearly every line of a hunk is told by its first byte to be none. */
  if (peek (c, l, 1) == 0 || l[0].text.len == 0 || !memchr (begins, l[0].text.ptr[0], sizeof begins))
    return 0;
  int n = peek (c, l, 3);
  if (aid_at_directive (l[0].text, &name) >= AID_UPDATE_FILE)
    return 1;
  if (starts (l[0].text, "diff --git ") || starts (l[0].text, "diff --cc ") || starts (l[0].text, "diff --combined "))
    return 1;
  if (n > 1 && starts (l[0].text, "Index: ") && starts (l[1].text, "===="))
    return 1;
  if (n > 2 && starts (l[0].text, "--- ") && starts (l[1].text, "+++ ") && name_one_file (l[0].text, l[1].text))
    return 1;
  if (n > 2 && starts (l[0].text, "--- ") && starts (l[1].text, "+++ "))
    return starts (l[2].text, "@@") || starts (l[0].text, "--- /dev/null") ? 1 : is_body (l[2].text) ? AID_MAYBE_HEADER : 0;
  if (n > 1 && starts (l[0].text, "+++ ") && starts (l[1].text, "@@"))
    return is_path (aid_span_cut (l[0].text, 4, l[0].text.len)) ? 1 : AID_MAYBE_HEADER;
  return 0;
}

/* --- the @@ line --- */

int64_t
aid_number (struct aid_span *v)
{
  int64_t n = -1;
  while (v->len > 0 && isdigit ((unsigned char) *v->ptr))
    {
      n = (n < 0 ? 0 : n) * 10 + (*v->ptr - '0');
      if (n > NUMBER_MAX)
        n = NUMBER_MAX;
      *v = aid_span_cut (*v, 1, v->len);
    }
  return n;
}

/* "-12,3" or "-12" (then the count is 1). */
static int
range (struct aid_span *v, char sign, int64_t *start, int64_t *count)
{
  struct aid_span at = aid_span_trim (*v);
  if (at.len < 2 || at.ptr[0] != sign)
    return 0;
  at = aid_span_cut (at, 1, at.len);
  *start = aid_number (&at);
  *count = 1;
  if (*start >= 0 && at.len > 0 && at.ptr[0] == ',')
    {
      at = aid_span_cut (at, 1, at.len);
      *count = aid_number (&at);
    }
  if (*start < 0 || *count < 0)
    return 0;
  *v = at;
  return 1;
}

static void
read_at (struct aid_patch_hunk *h, struct aid_span line)
{
  struct aid_span v = aid_span_cut (line, 2, line.len);
  if (!range (&v, '-', &h->old_start, &h->old_count) || !range (&v, '+', &h->new_start, &h->new_count))
    h->old_start = h->old_count = h->new_start = h->new_count = -1;
  v = aid_span_trim (v);
  if (starts (v, "@@"))
    v = aid_span_trim (aid_span_cut (v, 2, v.len));
  else if (aid_span_ends (v, "@@"))
    v = aid_span_trim (aid_span_cut (v, 0, v.len - 2));
  if (!aid_span_eqz (v, "..."))
    h->section = v;
}

/* --- the body --- */

struct body
{
  struct aid_patch *p;
  struct aid_patch_hunk *h;
  const struct aid_cursor *c;   /* of the text that is read */
  int fenced, create, raw;      /* raw: a new file written without "+" */
  int numbered;                 /* its first line begins with a line number */
  int enclosed;                 /* no prose can follow: a line without "+" in a new file lost it */
  int64_t old_n, new_n;         /* so far */
  size_t cr;                    /* lines that end in CR and LF */
  size_t tail;                  /* lines at the end so far that have no prefix */
  size_t end;                   /* bytes: behind the last line that is not one of these */
  size_t known_until;           /* op_follows was answered for lines before this byte ... */
  int known;                    /* ... and this was the answer */
};

static int
satisfied (const struct body *b)
{
  return b->h->old_count >= 0 && b->old_n == b->h->old_count && b->new_n == b->h->new_count;
}

/* "- so" and "+ so": as lists in prose begin. */
static int
is_list (struct aid_span v)
{
  return v.len > 2 && v.ptr[1] == ' ' && isalnum ((unsigned char) v.ptr[2]);
}

/* Whether lines of a change come at C or later, before the next header.  Outside of a fence prose has lists. */
static int
op_follows (struct body *b, const struct aid_cursor *c)
{
  if (c->pos < b->known_until)
    return b->known;
  struct aid_in_line l;
  struct aid_cursor at = *c, before = at;
  struct aid_span name;
  b->known = 0;
  while (aid_cursor_next (&at, &l))
    {
      if (starts (l.text, "@@") || aid_at_directive (l.text, &name) || aid_at_file_header (&before)
          || (!b->fenced && aid_ends_bare (l.text)))
        break;
      if (l.text.len > 0 && (l.text.ptr[0] == '+' || l.text.ptr[0] == '-') && (b->fenced || !is_list (l.text)))
        {
          b->known = 1;
          break;
        }
      before = at;
    }
  b->known_until = before.pos + 1;
  return b->known;
}

/* "12 | " or the like: the number of a line before its sign. */
static int
is_numbered (struct aid_span v)
{
  size_t i = 0, digits;
  while (i < v.len && v.ptr[i] == ' ')
    i++;
  for (digits = i; i < v.len && isdigit ((unsigned char) v.ptr[i]); i++)
    ;
  v = aid_span_cut (v, i, v.len);
  return i > digits && (v.len == 0 || v.ptr[0] == '|' || v.ptr[0] == ':' || starts (v, " |") || starts (v, "  "));
}

static int
ends_in_cr (const struct aid_cursor *c, size_t end)
{
  return end > 1 && c->text[end - 1] == '\n' && c->text[end - 2] == '\r';
}

static enum aid_err
push (struct body *b, char op, struct aid_span text, const struct aid_in_line *l)
{
  struct aid_patch_line *line = aid_patch_add_line (b->p, b->h, op, text);
  if (!line)
    return AID_E_LIMIT;
  int bare = l->text.len == 0 || text.ptr == l->text.ptr;
  if (b->h->nlines == 1)
    b->numbered = is_numbered (l->text);
  line->raw = l->text;
  line->weak = !b->create && bare;
  b->cr += ends_in_cr (b->c, l->end);
  b->old_n += op != '+';
  b->new_n += op != '-';
  b->tail = bare && (!b->raw || text.len == 0) ? b->tail + 1 : 0;
  if (b->tail == 0)
    b->end = l->end;
  return AID_OK;
}

/* "-- " and a version: how git ends a mail. */
static int
is_signature (const struct body *b, struct aid_span line, const struct aid_cursor *after)
{
  struct aid_in_line next;
  if (!aid_span_eqz (line, "-- "))
    return 0;
  if (satisfied (b))
    return 1;
  return peek (after, &next, 1) && next.text.len > 2 && isdigit ((unsigned char) next.text.ptr[0])
         && memchr (next.text.ptr, '.', next.text.len);
}

/* Whether a line without a prefix belongs to the body.  Counts that are met end it, unless more of the change follows:
   then they are wrong. */
static int
goes_on_bare (struct body *b, struct aid_span v, const struct aid_cursor *after)
{
  if (v.len > 0 && !b->fenced && aid_ends_bare (v))
    return 0;
  if (b->numbered && is_numbered (v))
    return 1;
  if (satisfied (b) || (b->create && v.len > 0 && !b->enclosed))
    return op_follows (b, after);
  return 1;
}

/* "*** End Patch" behind blanks, no text after it, and no line missing that the header counts: an end that was indented. */
static int
is_indented_end (const struct body *b, struct aid_span v, const struct aid_cursor *after)
{
  struct aid_span name, rest = { after->text + after->pos, after->end - after->pos };
  if (b->h->old_count > b->old_n || !starts (v, " ") || aid_span_trim (rest).len > 0
      || aid_at_directive (aid_span_trim (v), &name) != AID_END_PATCH)
    return 0;
  if (after->horizon)
    after->horizon->met = 1;    /* text may come */
  return 1;
}

/* Whether the body ends before the line that AT stands at. */
static int
at_end (const struct body *b, struct aid_span v, const struct aid_cursor *at, const struct aid_cursor *after)
{
  struct aid_span name;
  if (starts (v, "@@") || aid_at_directive (v, &name) || is_indented_end (b, v, after))
    return 1;
  int header = aid_at_file_header (at);
  if (b->h->nlines == 0 && b->h->old_count == 1 && b->h->new_count == 1)
    return 0;                   /* "-- x" becomes "++ y", and nothing else */
  return header && (header != AID_MAYBE_HEADER || satisfied (b) || b->h->old_count < 0);
}

/* Does one line; 0: the body is over. */
static int
body_line (struct body *b, const struct aid_in_line *l, const struct aid_cursor *at, const struct aid_cursor *after,
           enum aid_err *err)
{
  struct aid_span v = l->text;
  if (at_end (b, v, at, after) || (b->raw && !b->fenced && satisfied (b)))
    return 0;
  if (starts (v, b->raw ? "\\ No newline" : "\\ "))
    {
      const struct aid_vec *lines = &b->p->lines;
      if (b->h->nlines == 0 || AID_VEC_AT (struct aid_patch_line, lines, lines->len - 1).raw.len == 0)
        return 1;
      AID_VEC_AT (struct aid_patch_line, lines, lines->len - 1).no_newline = 1;
      b->tail = 0;
      b->end = l->end;
      return 1;
    }
  if (is_body (v) && !b->raw)
    {
      if (is_signature (b, v, after))
        return 0;
      *err = push (b, b->create && v.ptr[0] == ' ' ? '+' : v.ptr[0], aid_span_cut (v, 1, v.len), l);
      return 1;
    }
  if (!b->raw && !goes_on_bare (b, v, after))
    return 0;
  *err = push (b, b->create ? '+' : ' ', v, l);
  return 1;
}

/* --- the end of the body --- */

enum { TAIL_MAX = 6 };          /* lines at the end that may be context without its prefix, when no count tells */

/* A sentence: it begins with a capital letter and ends as sentences do. */
static int
is_prose (struct aid_span v)
{
  size_t words = 0;
  v = aid_span_trim (v);
  if (v.len == 0 || !isupper ((unsigned char) v.ptr[0]) || !strchr (".:!?", v.ptr[v.len - 1]) || !v.ptr[v.len - 1])
    return 0;
  for (size_t i = 1; i < v.len; i++)
    words += v.ptr[i] == ' ' && v.ptr[i - 1] != ' ';
  return words > 0;
}

static struct aid_span
line_at (const struct body *b, size_t i)
{
  return AID_VEC_AT (struct aid_patch_line, &b->p->lines, b->h->first_line + i).text;
}

/* Whether the old side's count leaves out all lines that are bare, and these are blank: additions that lost their sign. */
static int
blanks_are_added (const struct body *b)
{
  int64_t blanks = 0;
  for (size_t i = 0; i < b->h->nlines; i++)
    {
      const struct aid_patch_line *line = &AID_VEC_AT (struct aid_patch_line, &b->p->lines, b->h->first_line + i);
      if (line->weak && line->text.len > 0)
        return 0;
      blanks += line->weak != 0;
    }
  return b->h->old_count == b->old_n - blanks;
}

/* How many of the bare lines at the end are the hunk's: as many as the counts ask for when they speak of context; else those
   up to a sentence. */
static size_t
tail_kept (const struct body *b)
{
  int64_t tail = (int64_t) b->tail, keep = b->h->new_count - (b->new_n - tail);
  size_t beg = b->h->nlines - b->tail, n = 0;
  while (b->numbered && n < b->tail && is_numbered (line_at (b, beg + n)))
    n++;
  if (n > 0)
    return n;
  int stated = b->h->new_count >= 0 && keep >= 0
               && (b->create || keep == b->h->old_count - (b->old_n - tail) || (keep == tail && blanks_are_added (b)));
  if (stated)
    return keep < tail ? (size_t) keep : b->tail;
  if (b->create && !b->enclosed)
    return 0;
  while (b->enclosed && n < b->tail)
    n++;
  while (n < b->tail && n < TAIL_MAX && !is_prose (line_at (b, beg + n)))
    n++;
  while (n > 0 && line_at (b, beg + n - 1).len == 0)
    n--;
  return n;
}

static void
trim_tail (struct body *b)
{
  size_t keep = b->tail > 0 ? tail_kept (b) : 0, drop = b->tail - keep;
  b->p->lines.len -= drop;
  b->h->nlines -= drop;
  if (keep > 0)
    {
      struct aid_span last = line_at (b, b->h->nlines - 1);
      size_t at = (size_t) (last.ptr + last.len - b->c->text);
      const char *nl = memchr (b->c->text + at, '\n', b->c->end - at);
      b->end = nl ? (size_t) (nl - b->c->text) + 1 : b->c->end;
    }
}

/* Whether the answer ends in the middle of the change: at its very end (a fence is still open), the last line changes something,
   the header counts more lines on both sides or the last line is not complete, and counts do not say that all is there. */
static int
is_cut_off (const struct body *b, const struct aid_cursor *c)
{
  const struct aid_patch *p = b->p;
  const struct aid_patch_hunk *h = b->h;
  if (c->end < p->len || b->end < p->len || h->nlines == 0 || b->create
      || AID_VEC_AT (struct aid_patch_line, &p->lines, p->lines.len - 1).op == ' ')
    return 0;
  int whole = p->text[p->len - 1] == '\n', counted = h->old_count >= 0 && h->new_count >= 0;
  if (!counted)
    return b->fenced && !whole;
  return (b->old_n < h->old_count || b->new_n < h->new_count) && (b->fenced || !whole) && b->old_n <= h->old_count
         && b->new_n <= h->new_count;
}

/* Whether a line of the body at C begins with SIGN. */
static int
has_sign (const struct aid_cursor *c, const char *sign)
{
  struct aid_cursor at = *c, before = *c;
  struct aid_in_line l;
  struct aid_span name;
  while (aid_cursor_next (&at, &l))
    {
      if (starts (l.text, "@@") || aid_at_directive (l.text, &name) || aid_at_file_header (&before))
        break;
      if (starts (l.text, sign))
        return 1;
      before = at;
    }
  return 0;
}

int
aid_hunk_deletes (const struct aid_cursor *c, int headless)
{
  struct aid_cursor at = *c;
  struct aid_in_line l;
  if (!headless && aid_cursor_next (&at, &l) && starts (l.text, "@@ -0,0"))
    return 0;
  return has_sign (&at, "-") && has_sign (&at, "+");
}

enum aid_err
aid_read_hunk (struct aid_patch *p, struct aid_patch_file *f, struct aid_cursor *c, int fenced, int headless)
{
  struct aid_in_line l;
  size_t beg = c->pos;
  struct body b = { .p = p, .c = c, .fenced = fenced != 0, .enclosed = fenced == AID_ENCLOSED, .end = c->pos };
  b.h = aid_patch_add_hunk (p, f, c->pos);
  if (!b.h)
    return AID_E_LIMIT;
  if (!headless && aid_cursor_next (c, &l))
    {
      read_at (b.h, l.text);
      b.end = l.end;
    }
  b.create = f && f->op == AID_OP_CREATE && !f->copy_of;
  b.raw = b.create && (fenced || b.h->new_count > 0) && !has_sign (c, "+");   /* then it is written as it is */
  enum aid_err err = AID_OK;
  struct aid_cursor at = *c;
  size_t body_beg = c->pos;
  while (!err && aid_cursor_next (c, &l))
    {
      if (!body_line (&b, &l, &at, c, &err))
        {
          *c = at;
          break;
        }
      at = *c;
    }
  if (b.create && f->nhunks == 1)
    f->crlf = !ends_in_cr (c, body_beg) && b.cr > 0 && b.cr == b.h->nlines;
  trim_tail (&b);
  b.h->end = b.end;
  b.h->cut_off = is_cut_off (&b, c);
  if (c->pos > b.end && b.end > beg)
    c->pos = b.end;             /* what is not the hunk's may be prose that says something */
  if (f)
    f->end = b.end;
  return err;
}
