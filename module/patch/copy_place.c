/* Where a piece of an edited copy stands in its file: from its first line, which may be indented otherwise, up to the end of the
   block that this line begins (by its closing line, or by indentation). */
#include "patch/match.h"
#include "patch/settle_internal.h"

#include <stdlib.h>

enum
{
  FIRST_WORK = 50000000, /* comparisons to find first lines */
  HEAD_LINES = 20        /* that begin a block: comments, types, attributes */
};

/* --- lines --- */

int
aid_line_is_empty (struct aid_span v)
{
  return aid_span_trim (v).len == 0;
}

size_t
aid_line_indent (struct aid_span v)
{
  return aid_indent_of (v).len;
}

size_t
aid_copy_first_line (const struct aid_texts *t, size_t a, size_t b)
{
  while (a < b && (t->elided[a] || aid_line_is_empty (t->line[a])))
    a++;
  return a;
}

struct aid_span
aid_texts_file_line (const struct aid_texts *t, size_t i)
{
  return aid_lines_at (&t->target.lines, i);
}

/* How many of the lines from A on stand in the file from O on, one after the other. */
static size_t
goes_on (const struct aid_texts *t, size_t o, size_t a, size_t b)
{
  size_t k = 0;
  while (a + k < b && !t->elided[a + k] && o + k < t->target.lines.n && t->x->ids[o + k] == t->id[a + k])
    k++;
  return k;
}

/* Whether one of the N lines from A on stands in one place of the file only. */
static int
has_unique (const struct aid_texts *t, size_t a, size_t n)
{
  for (size_t i = a; i < a + n; i++)
    if (aid_index_places (t->x, t->id[i]) == 1 && aid_line_weight (aid_span_trim (t->line[i])) >= 1)
      return 1;
  return 0;
}

/* The place of line A from FROM on: *O.  AID_E_NOTFOUND: none.  Of several the one counts where most of the next lines follow, if
   these stand nowhere else. */
enum aid_err
aid_copy_find_first (struct aid_texts *t, size_t a, size_t b, size_t from, size_t *o, char why[256])
{
  uint32_t id = t->id[a];
  size_t most = 0, second = 0, places = 0;
  if (id == AID_NO_ID)
    return AID_E_NOTFOUND;
  for (uint32_t k = t->x->first[id]; k < t->x->first[id + 1] && t->work < FIRST_WORK; k++)
    {
      size_t at = t->x->posts[k], lines = at < from ? 0 : goes_on (t, at, a, b);
      t->work += lines + 1;
      places += at >= from;
      if (lines > most)
        {
          *o = at;
          most = lines;
          second = at;
        }
      else if (lines == most)
        second = at;
    }
  if (most == 0)
    return AID_E_NOTFOUND;
  if (second == *o && t->work < FIRST_WORK && (places == 1 || has_unique (t, a, most)))
    return AID_OK;
  char quote[AID_QUOTE];
  aid_reason (why, "its beginning \"%s\" stands at %u lines of the file", aid_quote (t->line[a], quote),
              aid_index_places (t->x, id));
  return AID_E_REFUSED;
}

/* --- indentation --- */

/* The one line of the file, from FROM on, that is line A but for its indentation; the number of lines, or of it. */
static size_t
find_stripped (struct aid_texts *t, size_t a, size_t from)
{
  const struct aid_index *x;
  size_t n = t->target.lines.n, found = n, places = 0;
  if (aid_target_index (&t->target, AID_STRIP, &x))
    return n;
  uint32_t id = aid_index_id (x, t->line[a]);
  for (uint32_t k = id == AID_NO_ID ? 0 : x->first[id]; id != AID_NO_ID && k < x->first[id + 1]; k++)
    if (x->posts[k] >= from)
      {
        found = x->posts[k];
        places++;
      }
  return places == 1 ? found : n;
}

/* Gives the lines A to B - 1 the indentation FOUND where they have WRITTEN in front. */
static enum aid_err
shift_lines (struct aid_texts *t, size_t a, size_t b, struct aid_span written, struct aid_span found)
{
  for (size_t i = a; i < b; i++)
    {
      struct aid_span v = t->line[i];
      if (aid_line_is_empty (v) || v.len < written.len || memcmp (v.ptr, written.ptr, written.len) != 0)
        continue;
      char *text = malloc (found.len + v.len - written.len + 1), **slot = text ? aid_vec_push (&t->owned) : NULL;
      if (!slot)
        {
          free (text);
          return AID_E_NOMEM;
        }
      *slot = text;
      memcpy (text, found.ptr, found.len);
      memcpy (text + found.len, v.ptr + written.len, v.len - written.len);
      t->line[i] = (struct aid_span){ text, found.len + v.len - written.len };
      text[t->line[i].len] = '\0';
      t->id[i] = aid_index_id (t->x, t->line[i]);
    }
  return AID_OK;
}

/* A piece may be written further left or right than it stands: its first line tells. */
enum aid_err
aid_copy_shift (struct aid_texts *t, const struct aid_piece_of_copy *p, size_t a)
{
  if (t->id[a] != AID_NO_ID)
    return AID_OK;
  size_t o = find_stripped (t, a, p->lo);
  if (o == t->target.lines.n)
    return AID_OK;
  return shift_lines (t, p->a, p->b, aid_indent_of (t->line[a]), aid_indent_of (aid_texts_file_line (t, o)));
}

/* --- where a piece ends --- */

static int closes (struct aid_span line);

/* Whether the lines A to B - 1 are one block: lines that begin it, lines that are indented deeper, and what closes it. */
int
aid_copy_one_block (const struct aid_texts *t, size_t a, size_t b)
{
  size_t outer = aid_line_indent (t->line[a]), i = a;
  while (i < b && !t->elided[i] && !aid_line_is_empty (t->line[i]) && aid_line_indent (t->line[i]) == outer)
    i++;
  for (; i < b; i++)
    if (!t->elided[i] && !aid_line_is_empty (t->line[i]) && aid_line_indent (t->line[i]) <= outer && !closes (t->line[i]))
      return 0;
  return 1;
}

/* Whether LINE, as far out as the block's first line, still belongs to that: a bracket or such a word. */
static int
closes (struct aid_span line)
{
  static const char *const words[] = { "end", "else", "begin", "then", "done", "fi", "in", "esac", ";;" };
  struct aid_span v = aid_span_trim (line);
  while (v.len > 0 && strchr (",;", v.ptr[v.len - 1]))
    v.len--;
  if (v.len == 0 || aid_line_weight (v) >= 1)
    return 0;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_eqz (v, words[i]))
      return 1;
  return strchr ("{}()[]", v.ptr[0]) != NULL;
}

static int
is_end (struct aid_span v)
{
  v = aid_span_trim (v);
  return v.len > 0 && (strchr ("})]", v.ptr[0]) != NULL || aid_span_starts (v, "end"));
}

/* The line that the lines inside of the block are deeper than: the last one of those that begin it. */
static size_t
block_head (const struct aid_texts *t, size_t o)
{
  size_t indent = aid_line_indent (aid_texts_file_line (t, o)), i = o;
  for (; i + 1 < t->target.lines.n && i - o < HEAD_LINES; i++)
    {
      struct aid_span next = aid_texts_file_line (t, i + 1);
      if (aid_line_indent (next) > indent && !aid_line_is_empty (next))
        return i;
      if (aid_line_is_empty (next) || aid_line_indent (next) < indent)
        break;
    }
  return o;
}

/* Behind the last line of the block that holds line O: those that are indented deeper than INDENT, and what closes it. */
static size_t
block_end (const struct aid_texts *t, size_t o, size_t indent)
{
  size_t n = t->target.lines.n, end = o + 1;
  for (size_t i = o + 1; i < n; i++)
    {
      struct aid_span v = aid_texts_file_line (t, i);
      if (aid_line_is_empty (v))
        continue;
      if (aid_line_indent (v) <= indent && !closes (v))
        break;
      end = i + 1;
      if (aid_line_indent (v) <= indent && is_end (v))
        break;
    }
  return end;
}

/* The last line of the file that is one of P's and stands nowhere else; P->lo when there is none. */
static size_t
last_unique (const struct aid_texts *t, const struct aid_piece_of_copy *p)
{
  size_t last = p->lo;
  for (size_t i = p->a; i < p->b; i++)
    {
      uint32_t id = t->id[i];
      if (id == AID_NO_ID || t->elided[i] || aid_index_places (t->x, id) != 1
          || aid_line_weight (aid_span_trim (t->line[i])) < 1)
        continue;
      if (t->x->posts[t->x->first[id]] > last)
        last = t->x->posts[t->x->first[id]];
    }
  return last;
}

static size_t
least_indent (const struct aid_texts *t, const struct aid_piece_of_copy *p)
{
  size_t least = aid_line_indent (aid_texts_file_line (t, p->lo));
  for (size_t i = p->a; i < p->b; i++)
    if (!t->elided[i] && !aid_line_is_empty (t->line[i]) && aid_line_indent (t->line[i]) < least)
      least = aid_line_indent (t->line[i]);
  return least;
}

/* Fills P->hi for a piece that begins at line P->lo: behind its closing line, or else where the indentation ends, and behind
   every line that only it has. */
enum aid_err
aid_copy_find_end (const struct aid_texts *t, struct aid_piece_of_copy *p, char why[256])
{
  size_t last = p->b - 1, n = t->target.lines.n;
  size_t unique = last_unique (t, p), indent = least_indent (t, p);
  p->hi = n;
  while (!t->elided[last] && aid_line_is_empty (t->line[last]))
    last--;
  p->open_back = t->elided[last] != 0;
  if (p->open_back)
    return AID_OK;
  if (closes (t->line[last]) && aid_line_indent (t->line[last]) <= aid_line_indent (t->line[p->a]))
    {
      for (size_t i = unique + 1; i < n; i++)
        if (t->x->ids[i] == t->id[last])
          {
            p->hi = i + 1;
            p->b = last + 1;
            return AID_OK;
          }
      aid_reason (why, "where it ends is not clear: the file has no such closing line behind line %zu", unique + 1);
      return AID_E_REFUSED;
    }
  p->open_back = p->followed;
  if (p->followed)
    return AID_OK;
  if (t->id[last] == AID_NO_ID && !aid_copy_one_block (t, p->a, p->b))
    {
      aid_reason (why, "where it ends is not clear: the file does not have its last line");
      return AID_E_REFUSED;
    }
  p->hi = block_end (t, block_head (t, p->lo), indent);
  if (unique >= p->hi)
    p->hi = block_end (t, unique, indent);
  return AID_OK;
}
