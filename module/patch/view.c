/* A hunk as placing sees it: its lines in the direction that is placed, what each says, and the numbers that the file's index
   has for them. */
#include "patch/match.h"

#include <ctype.h>
#include <stdlib.h>

static const char *const small_words[] = { "end", "else", "begin", "return", "break;", "else:", "done", "in", "end;", "then",
                                           "fi", "pass", "else {", "} else {", "return;", "try:", "do" };
enum { LONGEST_SMALL = 8 /* bytes */ };

double
aid_line_weight (struct aid_span stripped)
{
  if (stripped.len == 0)
    return .08;
  if (stripped.len <= 3)
    return .3;
  for (size_t i = 0; stripped.len <= LONGEST_SMALL && i < sizeof small_words / sizeof *small_words; i++)
    if (aid_span_eqz (stripped, small_words[i]))
      return .3;
  for (size_t i = 0; i < stripped.len; i++)
    {
      unsigned char c = (unsigned char) stripped.ptr[i];
      if (isalnum (c) || c >= 0x80)
        return 1;
    }
  return .3;
}

/* --- ellipses --- */

static int
skip_word (struct aid_span *v, const char *word)
{
  size_t n = strlen (word);
  if (v->len < n || strncasecmp (v->ptr, word, n) != 0 || (v->len > n && isalnum ((unsigned char) v->ptr[n])))
    return 0;
  *v = aid_span_cut (*v, n, v->len);
  return 1;
}

static int
skip_dots (struct aid_span *v)
{
  size_t n = 0;
  while (n < v->len && v->ptr[n] == '.')
    n++;
  if (n >= 3)
    *v = aid_span_cut (*v, n, v->len);
  else if (aid_span_starts (*v, "\xe2\x80\xa6"))
    *v = aid_span_cut (*v, 3, v->len);
  else
    return 0;
  return 1;
}

static struct aid_span
skip_signs (struct aid_span v, const char *const *signs, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (aid_span_starts (v, signs[i]))
      return aid_span_trim (aid_span_cut (v, strlen (signs[i]), v.len));
  return v;
}

/* "...", "// ... rest of the code ...", "(* … *)": a line that stands for others. */
int
aid_is_ellipsis (struct aid_span v)
{
  static const char *const open[] = { "//", "/*", "(*", "<!--", "--", "#", ";;;", ";;", ";", "*", "%" };
  static const char *const close[] = { "*/", "*)", "-->" };
  static const char *const words[]
    = { "existing", "rest", "unchanged", "remaining",  "other",   "omitted",  "same",     "code",  "of",
        "the",      "as",   "before",    "here",       "file",    "function", "method",   "class", "lines",
        "line",     "no",   "changes",   "unmodified", "remains", "stays",    "previous", "more" };
  v = skip_signs (v, open, sizeof open / sizeof *open);
  int dots = skip_dots (&v);
  for (v = aid_span_trim (v); v.len > 0; v = aid_span_trim (v))
    {
      size_t i = 0, n = sizeof words / sizeof *words;
      while (i < n && !skip_word (&v, words[i]))
        i++;
      if (i < n)
        continue;
      if (skip_dots (&v))
        dots = 1;
      else if (strchr (".,()[]", v.ptr[0]) && v.ptr[0])
        v = aid_span_cut (v, 1, v.len);
      else
        break;
    }
  return dots && skip_signs (v, close, sizeof close / sizeof *close).len == 0;
}

/* --- the view --- */

static void
mark_neighbours (struct aid_view *v)
{
  for (size_t k = 0; k < v->n; k++)
    if (v->item[k].op == '+')
      {
        if (k > 0)
          v->item[k - 1].near_insert = v->item[k - 1].op == ' ';
        if (k + 1 < v->n)
          v->item[k + 1].near_insert = v->item[k + 1].op == ' ';
      }
}

static void
fill_item (struct aid_item *it, const struct aid_want *w, size_t k)
{
  const struct aid_patch_line *line = aid_want_line (w, k);
  *it = (struct aid_item){ .op = aid_want_op (w, k), .weak = (unsigned char) line->weak, .text = line->text };
  it->raw = line->raw;
  it->raw_id = AID_NO_ID;
  for (int level = 0; level < AID_LEVELS; level++)
    it->id[level] = AID_NO_ID;
}

void
aid_view_count (struct aid_view *v, const struct aid_target *t)
{
  const struct aid_index *x = &t->index[AID_TRAILING];
  v->memo = NULL;
  v->m = v->plus = v->minus = 0;
  v->lost_prefix = v->ellipses = 0;
  v->total = 0;
  for (size_t k = 0; k < v->n; k++)
    {
      struct aid_item *it = &v->item[k];
      it->stripped = aid_span_trim (it->text);
      it->weight = aid_line_weight (it->stripped);
      it->near_insert = 0;
      v->plus += it->op == '+';
      v->minus += it->op == '-';
      v->lost_prefix |= it->weak && it->stripped.len > 0;
      if (it->op == '+')
        continue;
      v->old[v->m++] = (uint32_t) k;
      it->id[AID_TRAILING] = aid_index_id (x, it->text);
      it->ellipsis = it->id[AID_TRAILING] == AID_NO_ID && aid_is_ellipsis (it->stripped);
      v->ellipses |= it->ellipsis;
      if (!it->weak && !it->ellipsis)
        v->total += it->weight;
    }
  if (v->total < .5)
    v->total = .5;
  mark_neighbours (v);
}

enum aid_err
aid_view_init (struct aid_view *v, struct aid_target *t, const struct aid_want *w)
{
  size_t n = w->h->nlines;
  *v = (struct aid_view){ .want = w, .n = n };
  v->item = calloc (n + 1, sizeof *v->item);
  v->old = malloc ((n + 1) * sizeof *v->old);
  const struct aid_index *x;
  enum aid_err err = v->item && v->old ? aid_target_index (t, AID_TRAILING, &x) : AID_E_NOMEM;
  if (err)
    return err;
  for (size_t k = 0; k < n; k++)
    fill_item (&v->item[k], w, k);
  aid_view_count (v, t);
  return AID_OK;
}

enum aid_err
aid_view_number (struct aid_view *v, struct aid_target *t)
{
  enum aid_err err = v->memo ? AID_OK : aid_target_compare (t);
  if (err || v->memo)
    return err;
  v->memo = t->memo;
  v->first_item = t->items;
  t->items += (uint32_t) v->n;
  for (size_t i = 0; i < v->m; i++)
    {
      struct aid_item *it = &v->item[v->old[i]];
      for (int level = 0; level < AID_LEVELS; level++)
        it->id[level] = aid_index_id (&t->index[level], it->text);
      it->raw_id = it->op == ' ' ? aid_index_id (&t->index[AID_TRAILING], it->raw) : AID_NO_ID;
    }
  return AID_OK;
}

void
aid_view_free (struct aid_view *v)
{
  free (v->owned);
  free (v->item);
  free (v->old);
  *v = (struct aid_view){ 0 };
}
