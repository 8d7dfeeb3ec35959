/* What it costs to take a line of the hunk for a line of the file.  Cheap kinds of difference are told by the numbers of the
   index alone; only lines that differ in their words are compared letter by letter. */
#include "patch/match.h"
#include "patch/memo.h"

#define SIMILAR .62               /* less alike is another line */
#define SIMILAR_DELETED .75
#define SIMILAR_ELSEWHERE .85     /* ... when the line stands elsewhere to the letter */

/* The similarity of an item and a line, if it is known and at least SIMILAR; 0 if it is known to be less; else NaN. */
static float *
memo_of (struct aid_view *v, const struct aid_target *t, size_t item, size_t line)
{
  return aid_memo_at (v->memo, v->first_item + (uint32_t) item, t->index[AID_STRIP].ids[line]);
}

/* A long LINE is more work than a look at its number. */
static void
count_long (const struct aid_target *t, struct aid_span line)
{
  if (line.len > AID_SIMILAR_MAX)
    *t->work += line.len / 8;
}

/* Beyond the limit of work nothing is alike. */
static double
similar (const struct aid_target *t, const struct aid_item *it, struct aid_span found, double least)
{
  if (*t->work > AID_PLACE_WORK)
    return 0;
  count_long (t, found);
  return aid_similar (it->stripped, aid_span_trim (found), least, t->work);
}

double
aid_item_similarity (struct aid_view *v, const struct aid_target *t, size_t item, size_t line)
{
  struct aid_span found = aid_lines_at (&t->lines, line);
  if (v->memo)
    {
      float known = *memo_of (v, t, item, line);
      if (known > 0)
        return (double) known;
    }
  return similar (t, &v->item[item], found, 0);
}

/* Whether context of the hunk is LINE to the letter, and no other line is: then LINE is not what a deleted line that resembles
   it means. */
static int
is_context (const struct aid_view *v, const struct aid_target *t, size_t line)
{
  uint32_t id = t->index[AID_STRIP].ids[line];
  if (aid_index_places (&t->index[AID_STRIP], id) != 1)
    return 0;
  for (size_t i = 0; i < v->m; i++)
    if (v->item[v->old[i]].op == ' ' && v->item[v->old[i]].id[AID_STRIP] == id)
      return 1;
  return 0;
}

static double
cost_of_words (struct aid_view *v, const struct aid_target *t, size_t item, size_t line)
{
  const struct aid_item *it = &v->item[item];
  int elsewhere = it->id[AID_STRIP] != AID_NO_ID;      /* it stands in the file to the letter, but not here */
  if (it->op == '-' && elsewhere)
    return AID_NEVER;
  float *known = memo_of (v, t, item, line);
  if (isnan (*known))
    *known = (float) similar (t, it, aid_lines_at (&t->lines, line), SIMILAR);
  double r = (double) *known;
  if (r < (it->op == '-' ? SIMILAR_DELETED : elsewhere ? SIMILAR_ELSEWHERE : SIMILAR))
    return AID_NEVER;
  struct aid_span found = aid_lines_at (&t->lines, line);
  count_long (t, found);
  int numbers = aid_same_numbers (it->stripped, found);
  if (it->op == '-' && (!numbers || is_context (v, t, line)))
    return AID_NEVER;
  return AID_WORDS + (1 - r) * 1.4 + (numbers ? 0 : .25) + (elsewhere ? .35 : 0);
}

double
aid_item_cost (struct aid_view *v, const struct aid_target *t, size_t item, size_t line)
{
  const struct aid_item *it = &v->item[item];
  uint32_t trailing = t->index[AID_TRAILING].ids[line];
  int blank = aid_target_is_blank (t, line);
  if (it->stripped.len == 0 || blank)
    return it->stripped.len == 0 && blank ? aid_span_eq (it->text, aid_lines_at (&t->lines, line)) ? 0 : .01 : AID_NEVER;
  if (it->id[AID_TRAILING] == trailing)
    {
      count_long (t, it->text);
      return aid_span_eq (it->text, aid_lines_at (&t->lines, line)) ? 0 : .01;
    }
  if (it->raw_id == trailing)      /* AID_NO_ID is never a line's */
    return .02;
  int alike = it->id[AID_CANON] == t->index[AID_CANON].ids[line];
  if (it->weak)
    return alike ? AID_WEAK_ALIKE : AID_NEVER;
  if (it->id[AID_STRIP] == t->index[AID_STRIP].ids[line])
    return AID_REINDENTED;
  return alike ? .1 : cost_of_words (v, t, item, line);
}

int
aid_item_strays (struct aid_view *v, const struct aid_target *t, size_t item, size_t line)
{
  const struct aid_item *it = &v->item[item];
  return it->weight >= 1 && v->memo && it->id[AID_STRIP] != AID_NO_ID && aid_item_cost (v, t, item, line) >= AID_WORDS;
}
