/* Summaries: what a model is told to write, and how what it wrote is sent instead of the turns it stands for.  Which turns those
   are is the chat file's to say (aid_chat_sent). */
#include "assist/assist_internal.h"

static const char summary_wish[]
  = "Summarise the conversation up to here for somebody who goes on with it and will not see it.  Keep: what was asked and "
    "wanted, decisions and their reasons, names of files, functions and commands, which changes were accepted or rejected, "
    "errors that were met, and what is still open.  Leave out greetings, repetitions and code that is in the files.  Write "
    "plain Markdown without headings, as short as that allows.";

static const char lead[] = "Summary of the conversation up to here, whose turns are not repeated:\n\n";

ptrdiff_t
aid_compact_last (const struct aid_chat *c, int64_t number)
{
  for (size_t i = c->turns.len; i-- > 0;)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, i);
      if (t->kind != AID_TURN_ALTERNATIVE && t->number <= number)
        return (ptrdiff_t) i;
    }
  return -1;
}

void
aid_compact_wish (struct aid_str *out)
{
  aid_str_addz (out, summary_wish);
}

void
aid_compact_summary (const struct aid_chat *c, const struct aid_turn *t, struct aid_str *out)
{
  struct aid_str text = AID_STR_INIT (AID_PROMPT_MAX);
  for (size_t i = t->first_piece; i < t->first_piece + t->npieces; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &c->pieces, i);
      if (p->kind == AID_PIECE_TEXT)
        aid_chat_plain (c, p->beg, p->end, 0, &text);
    }
  struct aid_span words = aid_span_trim (aid_str_span (&text));
  if (words.len)
    {
      aid_str_addz (out, lead);
      aid_str_addspan (out, words);
    }
  if (text.err)
    out->err = text.err;
  aid_str_free (&text);
}
