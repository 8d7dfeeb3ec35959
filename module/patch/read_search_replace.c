/* Search/replace blocks: SEARCH and REPLACE halves between markers of five to twenty signs, the file named on the line
   before, in the fence's info or in the prose above.  A block becomes a hunk by a diff of its halves; an empty SEARCH is
   a new file.  Divider and end have the width of the beginning, so text that holds such lines can be carried; only where
   there is none of that width, another does. */
#include "patch/patch_internal.h"

#include <stdlib.h>

/* How many times C stands at the beginning of LINE, 5 to 20; 0: another number of times.  *REST gets what follows. */
static size_t
marker (struct aid_span line, char c, struct aid_span *rest)
{
  size_t n = 0;
  while (n < line.len && line.ptr[n] == c)
    n++;
  *rest = aid_span_trim (aid_span_cut (line, n, line.len));
  return n < 5 || n > 20 ? 0 : n;
}

static int
is_word (struct aid_span v, const char *word)
{
  return v.len == strlen (word) && strncasecmp (v.ptr, word, v.len) == 0;
}

/* V without a fence at its end, which closes the block on the line that should stand before it. */
static struct aid_span
without_fence (struct aid_span v)
{
  size_t n = 0;
  while (n < v.len && v.ptr[v.len - 1 - n] == '`')
    n++;
  return n < 3 ? v : aid_span_trim (aid_span_cut (v, 0, v.len - n));
}

int
aid_at_search (struct aid_span line, size_t *width)
{
  struct aid_span rest;
  if (line.len == 0 || (line.ptr[0] != '<' && line.ptr[0] != '-') || !(*width = marker (line, line.ptr[0], &rest)))
    return 0;
  return aid_span_eqz (rest, "SEARCH") || aid_span_eqz (rest, "SEARCH>")
         || (line.ptr[0] == '<' && (is_word (rest, "search") || is_word (rest, "original")));
}

int
aid_at_replace (struct aid_span line, size_t width)
{
  struct aid_span rest;
  size_t n = line.len > 0 && (line.ptr[0] == '>' || line.ptr[0] == '+') ? marker (line, line.ptr[0], &rest) : 0;
  if (n == 0 || (width != 0 && n != width))
    return 0;
  rest = without_fence (rest);
  return aid_span_eqz (rest, "REPLACE") || (line.ptr[0] == '>' && (is_word (rest, "replace") || is_word (rest, "updated")));
}

static int
at_divider (struct aid_span line, size_t width)
{
  struct aid_span rest;
  size_t n = line.len > 0 && line.ptr[0] == '=' ? marker (line, '=', &rest) : 0;
  return n > 0 && rest.len == 0 && (width == 0 || n == width);
}

struct aid_widths
aid_block_widths (struct aid_cursor c, size_t width)
{
  struct aid_in_line l;
  struct aid_widths w = { 0, 0 };
  size_t other;
  while (w.end == 0 && aid_cursor_next (&c, &l) && !(aid_at_search (l.text, &other) && other == width))
    if (at_divider (l.text, width))
      w.divider = width;
    else if (aid_at_replace (l.text, width))
      w.end = width;
  return w;
}

struct halves
{
  struct aid_vec part[2];       /* struct aid_span: SEARCH, REPLACE */
  size_t end;                   /* bytes: behind the last marker */
};

/* Reads behind the first marker.  NULL, or what is missing; then C stands at the next SEARCH or the end. */
static const char *
read_halves (struct aid_cursor *c, size_t width, struct halves *v, enum aid_err *err)
{
  struct aid_in_line l;
  struct aid_cursor at = *c;
  struct aid_widths w = aid_block_widths (*c, width);
  size_t side = 0, other;
  while (aid_cursor_next (c, &l))
    {
      if (aid_at_search (l.text, &other) && other == width)
        {
          *c = at;
          break;
        }
      if (side == 0 && at_divider (l.text, w.divider))
        side = 1;
      else if (aid_at_replace (l.text, w.end))
        {
          v->end = l.end;
          return side == 1 ? NULL : "its divider (=======)";
        }
      else
        {
          struct aid_span *s = aid_vec_push (&v->part[side]);
          if (!s)
            {
              *err = AID_E_LIMIT;
              return NULL;
            }
          *s = l.text;
        }
      at = *c;
    }
  return side == 1 ? "its end (>>>>>>> REPLACE)" : "its divider (=======)";
}

/* Takes off what some tools put in front of SEARCH: ":start_line:12", ":end_line:14" and a line of dashes.  Gives the first line
   that is stated, or -1. */
static int64_t
take_header (struct aid_vec *search)
{
  static const char *const names[] = { ":start_line:", ":end_line:" };
  int64_t first = -1;
  struct aid_span rest;
  size_t n = 0;
  for (; n < 2 && n < search->len; n++)
    {
      struct aid_span line = AID_VEC_AT (struct aid_span, search, n), digits;
      if (!aid_span_starts (line, names[n]))
        break;
      digits = aid_span_trim (aid_span_cut (line, strlen (names[n]), line.len));
      int64_t number = aid_number (&digits);
      if (number < 0 || digits.len > 0)
        break;
      first = n == 0 ? number : first;
    }
  if (n > 0 && n < search->len && marker (AID_VEC_AT (struct aid_span, search, n), '-', &rest) > 0 && rest.len == 0)
    n++;
  search->len -= n;
  if (n > 0)
    memmove (search->data, (struct aid_span *) search->data + n, search->len * sizeof (struct aid_span));
  return first;
}

/* The file that hunks for PATH go to: the last one of this block when it is that, else a new one. */
static struct aid_patch_file *
file_for (struct aid_patch *p, const char *path, int create, size_t beg)
{
  struct aid_patch_block *b = &AID_VEC_AT (struct aid_patch_block, &p->blocks, p->blocks.len - 1);
  if (b->nfiles > 0 && !create)
    {
      struct aid_patch_file *last = &AID_VEC_AT (struct aid_patch_file, &p->files, p->files.len - 1);
      if (last->op == AID_OP_MODIFY && strcmp (last->new_path, path) == 0)
        return last;
    }
  struct aid_patch_file *f = aid_patch_add_file (p, beg);
  if (!f)
    return NULL;
  f->op = create ? AID_OP_CREATE : AID_OP_MODIFY;
  f->old_path = create ? NULL : strdup (path);
  f->new_path = strdup (path);
  return f->new_path && (create || f->old_path) ? f : NULL;
}

static enum aid_err
add_block (struct aid_patch *p, const char *path, size_t beg, struct halves *v)
{
  int64_t stated = take_header (&v->part[0]), counted = aid_take_numbers (&v->part[0], &v->part[1], stated);
  struct aid_patch_file *f = file_for (p, path, v->part[0].len == 0, beg);
  struct aid_patch_hunk *h = f ? aid_patch_add_hunk (p, f, beg) : NULL;
  if (!h)
    return AID_E_LIMIT;
  h->end = f->end = v->end;
  h->old_start = stated > 0 ? stated : counted;
  enum aid_err err = aid_line_diff (p, h, &v->part[0], &v->part[1]);
  if (h->nlines == 0)
    {
      aid_patch_note (p, beg, "a search/replace block without lines");
      aid_patch_drop_hunk (p, f);
    }
  return err;
}

/* Takes the name out of the last lines of prose, the nearest first; keeps *PATH when there is none. */
static void
name_from (struct aid_span prose, char **path)
{
  char *found = aid_name_in_lines (prose);
  if (!found)
    return;
  free (*path);
  *path = found;
}

enum aid_err
aid_read_search_replace (struct aid_patch *p, struct aid_cursor *c, int fenced, struct aid_span prose, char **path)
{
  struct aid_in_line l;
  enum aid_err err = AID_OK;
  name_from (prose, path);
  size_t width;
  while (!err && aid_cursor_next (c, &l))
    {
      if (!aid_at_search (l.text, &width))
        {
          name_from (l.text, path);
          continue;
        }
      struct halves v = { .end = l.end };
      v.part[0] = v.part[1] = AID_VEC_INIT (struct aid_span, AID_PATCH_LINES);
      const char *missing = read_halves (c, width, &v, &err);
      if (missing)
        aid_patch_note (p, l.beg, "a search/replace block without %s", missing);
      else if (!err && !*path && v.part[0].len == 0)
        aid_patch_note (p, l.beg, "a new file without a name above it");
      else if (!err)
        err = add_block (p, *path ? *path : "", l.beg, &v);
      aid_patch_assure (p, c);
      aid_vec_free (&v.part[0]);
      aid_vec_free (&v.part[1]);
      if (!fenced)
        break;
    }
  return err;
}
