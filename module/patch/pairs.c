/* The witnesses of a hunk's indentation: each of its lines that was found in the file, with the blanks before it in the hunk
   and in the file. */
#include "patch/match.h"

struct aid_span
aid_indent_of (struct aid_span line)
{
  size_t n = 0;
  while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
    n++;
  return (struct aid_span){ line.ptr, n };
}

static struct aid_span
rtrim (struct aid_span v)
{
  while (v.len > 0 && strchr (" \t\r\f\v", v.ptr[v.len - 1]) && v.ptr[v.len - 1])
    v.len--;
  return v;
}

/* Whether deleted lines, which have their prefix, are written with another indentation than the file's: then context that
   would fit without its prefix has lost its indentation, not the prefix. */
static int
deletions_differ (const struct aid_view *v, const struct aid_target *t, const struct aid_match *m)
{
  for (size_t k = 0; k < v->n; k++)
    if (v->item[k].op == '-' && m->map[k] >= 0 && v->item[k].stripped.len > 0
        && !aid_span_eq (aid_indent_of (v->item[k].text), aid_indent_of (aid_lines_at (&t->lines, (size_t) m->map[k]))))
      return 1;
  return 0;
}

/* Whether all context would be indented by at least the one blank of the prefix, were that lost, and a line comes in without
   indentation: then the context has its prefix, and the whole hunk was written a column further left (as " * " of a
   comment is).  Not when a line without indentation goes, either: such lines are the file's then. */
static int
is_one_left (const struct aid_view *v)
{
  size_t inserted = SIZE_MAX, context = SIZE_MAX;
  for (size_t k = 0; k < v->n && !v->lost_prefix; k++)
    {
      const struct aid_item *it = &v->item[k];
      if (it->op == '-' && it->stripped.len > 0 && aid_indent_of (it->text).len == 0)
        return 0;
      size_t n = it->stripped.len == 0 || it->op == '-' ? SIZE_MAX : aid_indent_of (it->op == '+' ? it->text : it->raw).len;
      if (it->op == '+')
        inserted = n < inserted ? n : inserted;
      else
        context = n < context ? n : context;
    }
  return inserted == 0 && context == 1;
}

/* How the item is written: a context line whose prefix was lost begins a column further left. */
static struct aid_span
as_written (const struct aid_view *v, const struct aid_item *it, struct aid_span line, int may_lack_prefix)
{
  struct aid_span found = rtrim (line), indent = aid_indent_of (line);
  if (it->op != ' ' || !may_lack_prefix)
    return it->text;
  if (v->lost_prefix && !aid_span_eq (aid_indent_of (it->text), indent) && aid_span_eq (aid_indent_of (it->raw), indent))
    return it->raw;
  if (!aid_span_eq (rtrim (it->text), found) && aid_span_eq (rtrim (it->raw), found))
    return it->raw;
  return it->text;
}

static int
is_same_line (struct aid_view *v, const struct aid_target *t, size_t item, size_t line)
{
  return aid_span_eq (v->item[item].stripped, aid_span_trim (aid_lines_at (&t->lines, line)))
         || (v->memo && (aid_item_cost (v, t, item, line) <= .13 || aid_item_similarity (v, t, item, line) >= .7));
}

enum aid_err
aid_indent_pairs (struct aid_view *v, const struct aid_target *t, const struct aid_match *m, struct aid_vec *pairs)
{
  int may_lack_prefix = v->lost_prefix || (!deletions_differ (v, t, m) && !is_one_left (v));
  for (size_t k = 0; k < v->n; k++)
    {
      const struct aid_item *it = &v->item[k];
      if (it->op == '+' || m->map[k] < 0 || it->stripped.len == 0)
        continue;
      struct aid_span line = aid_lines_at (&t->lines, (size_t) m->map[k]), found = aid_indent_of (line);
      int is_equal = aid_span_eq (it->text, line);
      struct aid_span text = is_equal ? line : as_written (v, it, line, may_lack_prefix);
      struct aid_span written = is_equal ? found : aid_indent_of (text);
      if (found.len == line.len || written.len > AID_INDENT_MAX || found.len > AID_INDENT_MAX
          || aid_begins_unseen (aid_span_cut (text, written.len, text.len))
          || (!is_equal && !is_same_line (v, t, k, (size_t) m->map[k])))
        continue;
      struct aid_pair *p = aid_vec_push (pairs);
      if (!p)
        return AID_E_NOMEM;
      *p = (struct aid_pair){ written, found, k, it->op };
    }
  return AID_OK;
}
