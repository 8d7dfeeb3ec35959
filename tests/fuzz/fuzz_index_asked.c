/* Questions of any bytes: what is named and the terms lie in the texts, each once, within their limits; the same
   bytes give the same; and texts are cut into terms that a row can hold. */
#include "fuzz.h"
#include "index/asked.h"
#include "index/terms.h"

struct whole
{
  struct aid_span text;
  size_t last, terms;
};

static void
check_term (void *ctx, struct aid_span term, int is_whole, size_t end)
{
  struct whole *w = ctx;

  (void)is_whole;
  CHECK (term.len > 0 && term.len <= AID_TERM_MAX && end <= w->text.len && end >= w->last);
  for (size_t i = 0; i < term.len; i++)
    CHECK (term.ptr[i] != ' ' && term.ptr[i] != '\0' && term.ptr[i] != '"' && !(term.ptr[i] >= 'A' && term.ptr[i] <= 'Z'));
  aid_term_is_stop (term);
  w->last = end;
  w->terms++;
}

static int
lies_in (struct aid_span part, struct aid_span text)
{
  return part.ptr >= text.ptr && part.ptr + part.len <= text.ptr + text.len;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  struct aid_span all = { (const char *)bytes, len };
  struct aid_span text = aid_span_cut (all, 0, len / 2), error = aid_span_cut (all, len / 2, len);
  struct aid_asked asked, again;
  struct whole w = { .text = all };

  CHECK (aid_ask_apart (text, error, &asked) == AID_OK && aid_ask_apart (text, error, &again) == AID_OK);
  CHECK (asked.mentions.len <= AID_MENTIONS && asked.terms.len <= AID_ASKED_TERMS);
  CHECK (asked.mentions.len == again.mentions.len && asked.terms.len == again.terms.len);
  for (size_t i = 0; i < asked.mentions.len; i++)
    {
      const struct aid_mention *m = &AID_VEC_AT (struct aid_mention, &asked.mentions, i);
      CHECK (m->text.len && (lies_in (m->text, text) || lies_in (m->text, error))
             && !memchr (m->text.ptr, '\0', m->text.len));
      for (size_t k = 0; k < i; k++)
        {
          const struct aid_mention *other = &AID_VEC_AT (struct aid_mention, &asked.mentions, k);
          CHECK (!aid_span_eq (m->text, other->text) || m->line != other->line);
        }
    }
  for (size_t i = 0; i < asked.terms.len; i++)
    {
      const struct aid_asked_term *t = &AID_VEC_AT (struct aid_asked_term, &asked.terms, i);
      CHECK (t->len && t->len <= AID_TERM_MAX && t->weight > 0 && (lies_in (t->shown, text) || lies_in (t->shown, error)));
    }
  aid_terms (all, check_term, &w);
  aid_asked_free (&asked);
  aid_asked_free (&again);
  return 0;
}
