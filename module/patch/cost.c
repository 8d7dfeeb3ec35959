/* What it costs to take a line of the hunk for a line of the file.  Cheap kinds of difference are told by the numbers of the
   index alone; only lines that differ in their words are compared letter by letter. */
#include "patch/match.h"
#include "patch/memo.h"

#define SIMILAR .62               /* less alike is another line */
#define SIMILAR_DELETED .75
#define SIMILAR_ELSEWHERE .85     /* ... when the line stands elsewhere to the letter */

double
aid_item_similarity (struct aid_view *v, const struct aid_target *t, size_t item, size_t line)
{
  return aid_similar (v->item[item].stripped, aid_span_trim (aid_lines_at (&t->lines, line)), 0);
}

static double
cost_of_words (struct aid_view *v, const struct aid_target *t, size_t item, size_t line)
{
  const struct aid_item *it = &v->item[item];
  int elsewhere = it->id[AID_STRIP] != AID_NO_ID;      /* it stands in the file to the letter, but not here */
  if (it->op == '-' && elsewhere)
    return AID_NEVER;
  float *known = aid_memo_at (v->memo, (uint32_t) item, t->index[AID_STRIP].ids[line]);
  if (isnan (*known))
    *known = (float) aid_similar (it->stripped, aid_span_trim (aid_lines_at (&t->lines, line)), SIMILAR);
  double r = (double) *known;
  if (r < (it->op == '-' ? SIMILAR_DELETED : elsewhere ? SIMILAR_ELSEWHERE : SIMILAR))
    return AID_NEVER;
  int numbers = aid_same_numbers (it->stripped, aid_lines_at (&t->lines, line));
  if (it->op == '-' && !numbers)
    return AID_NEVER;
  return .25 + (1 - r) * 1.4 + (numbers ? 0 : .25) + (elsewhere ? .35 : 0);
}

double
aid_item_cost (struct aid_view *v, const struct aid_target *t, size_t item, size_t line)
{
  const struct aid_item *it = &v->item[item];
  uint32_t trailing = t->index[AID_TRAILING].ids[line];
  int blank = t->lines.beg[line] == t->lines.beg[line + 1] || aid_span_trim (aid_lines_at (&t->lines, line)).len == 0;
  if (it->stripped.len == 0 || blank)
    return it->stripped.len == 0 && blank ? aid_span_eq (it->text, aid_lines_at (&t->lines, line)) ? 0 : .01 : AID_NEVER;
  if (it->id[AID_TRAILING] == trailing)
    return aid_span_eq (it->text, aid_lines_at (&t->lines, line)) ? 0 : .01;
  if (it->raw_id == trailing)      /* AID_NO_ID is never a line's */
    return .02;
  if (it->id[AID_STRIP] == t->index[AID_STRIP].ids[line])
    return AID_REINDENTED;
  if (it->id[AID_CANON] == t->index[AID_CANON].ids[line])
    return .1;
  return it->weak ? AID_NEVER : cost_of_words (v, t, item, line);
}
