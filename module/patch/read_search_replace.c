/* Search/replace blocks: SEARCH and REPLACE halves between markers of five to nine signs, the file named on the line
   before, in the fence's info or in the prose above.  A block becomes a hunk by a diff of its halves; an empty SEARCH is
   a new file.  Divider and end have the width of the beginning, so text that holds such lines can be carried. */
#include "patch/patch_internal.h"

#include <stdlib.h>

/* N times C at the beginning of LINE (5 to 9), then WORD. */
static int
marker (struct aid_span line, char c, const char *word, size_t *width)
{
  size_t n = 0;
  while (n < line.len && line.ptr[n] == c)
    n++;
  *width = n;
  struct aid_span rest = aid_span_trim (aid_span_cut (line, n, line.len));
  if (n < 5 || n > 9)
    return 0;
  return aid_span_eqz (rest, word) || (c == '<' && aid_span_eqz (rest, "SEARCH>"));
}

int
aid_at_search (struct aid_span line, size_t *width)
{
  return line.len > 0 && line.ptr[0] == '<' && marker (line, '<', "SEARCH", width);
}

int
aid_at_replace (struct aid_span line, size_t width)
{
  size_t n;
  return line.len > 0 && line.ptr[0] == '>' && marker (line, '>', "REPLACE", &n) && n == width;
}

static int
at_divider (struct aid_span line, size_t width)
{
  size_t n;
  return line.len > 0 && line.ptr[0] == '=' && marker (line, '=', "", &n) && n == width;
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
  size_t side = 0, other;
  while (aid_cursor_next (c, &l))
    {
      if (aid_at_search (l.text, &other) && other == width)
        {
          *c = at;
          break;
        }
      if (side == 0 && at_divider (l.text, width))
        side = 1;
      else if (aid_at_replace (l.text, width))
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
add_block (struct aid_patch *p, const char *path, size_t beg, const struct halves *v)
{
  struct aid_patch_file *f = file_for (p, path, v->part[0].len == 0, beg);
  struct aid_patch_hunk *h = f ? aid_patch_add_hunk (p, f, beg) : NULL;
  if (!h)
    return AID_E_LIMIT;
  h->end = f->end = v->end;
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
