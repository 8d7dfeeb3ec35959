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
aid_at_file_header (const struct aid_cursor *c)
{
  struct aid_in_line l[3];
  int n = peek (c, l, 3);
  if (n == 0)
    return 0;
  if (starts (l[0].text, "diff --git ") || starts (l[0].text, "diff --cc ") || starts (l[0].text, "diff --combined "))
    return 1;
  if (n > 1 && starts (l[0].text, "Index: ") && starts (l[1].text, "===="))
    return 1;
  if (n > 2 && starts (l[0].text, "--- ") && starts (l[1].text, "+++ "))
    return starts (l[2].text, "@@") ? 1 : is_body (l[2].text) ? AID_MAYBE_HEADER : 0;
  return 0;
}

/* --- the @@ line --- */

static int64_t
digits (struct aid_span *v)
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
  *start = digits (&at);
  *count = 1;
  if (*start >= 0 && at.len > 0 && at.ptr[0] == ',')
    {
      at = aid_span_cut (at, 1, at.len);
      *count = digits (&at);
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
  int fenced, create, raw;      /* raw: a new file written without "+" */
  int64_t old_n, new_n;         /* so far */
  size_t blanks;                /* bare empty lines at the end so far */
  size_t end;                   /* bytes: behind the last line that is not one of these */
  size_t known_until;           /* op_follows was answered for lines before this byte ... */
  int known;                    /* ... and this was the answer */
};

static int
satisfied (const struct body *b)
{
  return b->h->old_count >= 0 && b->old_n == b->h->old_count && b->new_n == b->h->new_count;
}

/* Whether unprefixed lines at C are followed by lines with a prefix, before the next header.  In a bare run the very next
   line must be one, for prose has lists. */
static int
op_follows (struct body *b, const struct aid_cursor *c)
{
  struct aid_in_line l;
  struct aid_cursor at = *c;
  if (!b->fenced)
    return b->h->old_count >= 0 && aid_cursor_next (&at, &l) && is_body (l.text) && !aid_at_file_header (c);
  if (c->pos < b->known_until)
    return b->known;
  struct aid_cursor before = at;
  b->known = 0;
  while (aid_cursor_next (&at, &l))
    {
      if (starts (l.text, "@@") || aid_at_file_header (&before))
        break;
      if (is_body (l.text))
        {
          b->known = 1;
          break;
        }
      before = at;
    }
  b->known_until = before.pos;
  return b->known;
}

static enum aid_err
push (struct body *b, char op, struct aid_span text, size_t end)
{
  if (!aid_patch_add_line (b->p, b->h, op, text))
    return AID_E_LIMIT;
  b->old_n += op != '+';
  b->new_n += op != '-';
  b->blanks = 0;
  b->end = end;
  return AID_OK;
}

static enum aid_err
push_blank (struct body *b, struct aid_span text)
{
  size_t blanks = b->blanks, end = b->end;
  if (push (b, b->create ? '+' : ' ', text, 0))
    return AID_E_LIMIT;
  b->blanks = blanks + 1;
  b->end = end;
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

/* Does one line; 0: the body is over. */
static int
body_line (struct body *b, const struct aid_in_line *l, const struct aid_cursor *at, const struct aid_cursor *after,
           enum aid_err *err)
{
  struct aid_span v = l->text;
  int header = aid_at_file_header (at);
  if (starts (v, "@@") || (header && (header != AID_MAYBE_HEADER || satisfied (b) || b->h->old_count < 0)))
    return 0;
  if (v.len == 0)
    {
      if (!b->fenced && satisfied (b))
        return 0;
      *err = push_blank (b, v);
      return 1;
    }
  if (v.ptr[0] == '\\')
    {
      if (b->h->nlines > 0 && b->blanks == 0)
        {
          AID_VEC_AT (struct aid_patch_line, &b->p->lines, b->p->lines.len - 1).no_newline = 1;
          b->end = l->end;
        }
      return 1;
    }
  if (b->raw)
    *err = push (b, '+', v, l->end);
  else if (is_body (v) && !is_signature (b, v, after))
    *err = push (b, b->create && v.ptr[0] == ' ' ? '+' : v.ptr[0], aid_span_cut (v, 1, v.len), l->end);
  else if (!is_body (v) && !satisfied (b) && op_follows (b, after))
    *err = push (b, b->create ? '+' : ' ', v, l->end);
  else
    return 0;
  return 1;
}

/* Keeps as many of the bare empty lines at the end as the counts ask for. */
static void
trim_blanks (struct body *b)
{
  int64_t blanks = (int64_t) b->blanks, keep = 0;
  if (b->h->new_count >= 0)
    {
      keep = b->h->new_count - (b->new_n - blanks);
      if (keep < 0 || keep > blanks || (!b->create && keep != b->h->old_count - (b->old_n - blanks)))
        keep = 0;
    }
  size_t drop = (size_t) (blanks - keep);
  b->p->lines.len -= drop;
  b->h->nlines -= drop;
  if (keep > 0)
    {
      const struct aid_patch_line *last = &AID_VEC_AT (struct aid_patch_line, &b->p->lines, b->p->lines.len - 1);
      size_t at = (size_t) (last->text.ptr + last->text.len - b->p->text);
      const char *nl = memchr (b->p->text + at, '\n', b->p->len - at);
      b->end = nl ? (size_t) (nl - b->p->text) + 1 : b->p->len;
    }
}

/* A new file whose body has no "+" at the beginning of any line is written as it is. */
static int
written_raw (const struct aid_cursor *c)
{
  struct aid_cursor at = *c, before = *c;
  struct aid_in_line l;
  while (aid_cursor_next (&at, &l))
    {
      if (starts (l.text, "@@") || aid_at_file_header (&before))
        break;
      if (starts (l.text, "+"))
        return 0;
      before = at;
    }
  return 1;
}

enum aid_err
aid_read_hunk (struct aid_patch *p, struct aid_patch_file *f, struct aid_cursor *c, int fenced, int headless)
{
  struct aid_in_line l;
  struct body b = { .p = p, .fenced = fenced, .h = aid_patch_add_hunk (p, f, c->pos), .end = c->pos };
  if (!b.h)
    return AID_E_LIMIT;
  if (!headless && aid_cursor_next (c, &l))
    {
      read_at (b.h, l.text);
      b.end = l.end;
    }
  b.create = f && f->op == AID_OP_CREATE;
  b.raw = b.create && fenced && written_raw (c);
  enum aid_err err = AID_OK;
  struct aid_cursor at = *c;
  while (!err && aid_cursor_next (c, &l))
    {
      if (!body_line (&b, &l, &at, c, &err))
        {
          *c = at;
          break;
        }
      at = *c;
    }
  trim_blanks (&b);
  b.h->end = b.end;
  if (f)
    f->end = b.end;
  return err;
}
