/* Where in what a trainer sends the response begins and ends.  A trainer decodes tokens: the prompt may have gained signs of the
   tokenizer's, lost its beginning, and the end has such signs, too. */
#include "ces/http_internal.h"

#define TAIL 200 /* bytes of a prompt's end that are enough to know it by */

/* How templates of chats begin a model's turn. */
static const char *const turns[] = { "<|im_start|>assistant\n",
                                     "<|start_header_id|>assistant<|end_header_id|>\n\n",
                                     "<|assistant|>\n",
                                     "<start_of_turn>model\n",
                                     "<|Assistant|>",
                                     "<\357\275\234Assistant\357\275\234>",
                                     "[/INST]",
                                     "<|start|>assistant<|channel|>final<|message|>" };
static const char *const ends[]
  = { "<|im_end|>", "<|endoftext|>", "<|eot_id|>",    "<|end_of_text|>",
      "<|end|>",    "<|return|>",    "<end_of_turn>", "<eos>",
      "</s>",       "<pad>",         "<|pad|>",       "<\357\275\234end\342\226\201of\342\226\201sentence\357\275\234>" };

static struct aid_span
behind (struct aid_span v, ptrdiff_t at, size_t n)
{
  return aid_span_cut (v, (size_t)at + n, v.len);
}

/* What stands behind the last NEEDLE in V, or V. */
static struct aid_span
behind_last (struct aid_span v, struct aid_span needle)
{
  for (ptrdiff_t at; (at = aid_span_find (v, needle)) >= 0;)
    v = behind (v, at, needle.len);
  return v;
}

static struct aid_span
without_prompt (struct aid_span query, struct aid_span prompt)
{
  size_t from = prompt.len > TAIL ? prompt.len - TAIL : 0;
  while (from < prompt.len && ((unsigned char)prompt.ptr[from] & 0xC0) == 0x80)
    from++;
  const struct aid_span tries[] = { prompt, aid_span_cut (prompt, from, prompt.len) };
  struct aid_span rest = query;
  for (size_t i = 0; i < 2; i++)
    {
      ptrdiff_t at = tries[i].len ? aid_span_find (query, tries[i]) : -1;
      if (at >= 0)
        return behind (query, at, tries[i].len);
    }
  for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
    rest = behind_last (rest, aid_span_z (turns[i]));
  return rest;
}

struct aid_span
aid_ces_http_response (struct aid_span query, struct aid_span prompt)
{
  struct aid_span v = without_prompt (query, prompt);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    {
      struct aid_span t = aid_span_trim (v);
      if (aid_span_ends (t, ends[i]))
        {
          v = aid_span_cut (v, 0, (size_t)(t.ptr + t.len - v.ptr) - strlen (ends[i]));
          i = (size_t)-1; /* from the first: there may be another before it */
        }
    }
  ptrdiff_t thought = aid_span_find (v, AID_SPAN ("</think>"));
  if (thought >= 0 && (aid_span_starts (aid_span_trim (v), "<think>") || aid_span_ends (aid_span_trim (prompt), "<think>")))
    v = behind (v, thought, strlen ("</think>"));
  return v;
}
