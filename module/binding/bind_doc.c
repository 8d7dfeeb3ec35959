/* Documents for Lisp: a table of open ones, edits, and what is where in them.  Ids come from the loader, so that an id of
   a core that was replaced means nothing to the next one, and Lisp opens its document anew. */
#include "assist/strategy.h"
#include "base/val.h"
#include "binding/binding_internal.h"
#include "binding/doc.h"
#include "chat/chat.h"
#include "chat/spans.h"
#include <stdlib.h>

#define SPANS_MAX 20000000

static struct aid_doc *docs;   /* open ones, the one used last first */

void
aid_bind_docs_close (void)
{
  while (docs != NULL)
    {
      struct aid_doc *next = docs->next;
      aid_doc_free (docs);
      docs = next;
    }
}

/* The document V, moved to the front; NULL with a signal pending. */
static struct aid_doc *
get_doc (emacs_env *env, emacs_value v)
{
  intmax_t id = env->extract_integer (env, v);
  if (aid_lisp_failed (env))
    return NULL;
  for (struct aid_doc **at = &docs; *at != NULL; at = &(*at)->next)
    if ((*at)->id == (uint64_t) id)
      {
        struct aid_doc *d = *at;
        *at = d->next;
        d->next = docs;
        docs = d;
        return d;
      }
  aid_lisp_signal (env, "state", "The core does not know this document (it was replaced): open it anew");
  return NULL;
}

struct aid_span
aid_bind_docs_text (emacs_env *env, emacs_value v)
{
  struct aid_doc *d = get_doc (env, v);
  return d != NULL ? aid_shadow_text (d->shadow) : (struct aid_span){ NULL, 0 };
}

const char *
aid_bind_docs_language (emacs_env *env, emacs_value v)
{
  struct aid_doc *d = get_doc (env, v);
  if (d == NULL)
    return "";
  if (d->language == NULL)
    d->language = aid_chat_language (aid_shadow_text (d->shadow));
  return d->language;
}

AID_BIND (doc_open)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str text;
  aid_lisp_text (env, args[0], &text);
  struct aid_doc *d = aid_lisp_failed (env) ? NULL : aid_doc_new (aid_str_span (&text), &e);
  aid_str_free (&text);
  if (d == NULL)
    return aid_lisp_failed (env) ? NULL : aid_lisp_error (env, &e);
  d->id = aid_binding.host->next_id ();
  d->next = docs;
  docs = d;
  return env->make_integer (env, (intmax_t) d->id);
}

AID_BIND (doc_edit)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str text;
  struct aid_doc *d = get_doc (env, args[0]);
  size_t beg = aid_lisp_size (env, args[1]), deleted = aid_lisp_size (env, args[2]);
  aid_lisp_text (env, args[3], &text);
  if (!aid_lisp_failed (env) && aid_doc_edit (d, beg, deleted, aid_str_span (&text), &e) != AID_OK)
    aid_lisp_error (env, &e);
  aid_str_free (&text);
  return env->intern (env, "nil");
}

AID_BIND (doc_close)
{
  (void) nargs;
  struct aid_doc *d = get_doc (env, args[0]);
  if (d != NULL)
    {
      docs = d->next;
      aid_doc_free (d);
    }
  return env->intern (env, "nil");
}

AID_BIND (doc_size)
{
  (void) nargs;
  struct aid_doc *d = get_doc (env, args[0]);
  return d != NULL ? env->make_integer (env, (intmax_t) aid_shadow_chars (d->shadow)) : NULL;
}

AID_BIND (doc_text)
{
  (void) nargs;
  struct aid_span text = aid_bind_docs_text (env, args[0]);
  return aid_lisp_string (env, text.ptr, text.len);
}

AID_BIND (doc_parse)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (AID_LISP_TEXT_MAX);
  struct aid_chat *c = NULL;
  struct aid_span text = aid_bind_docs_text (env, args[0]);
  if (aid_lisp_failed (env))
    return NULL;
  if (aid_chat_parse (text, &c, &e) != AID_OK)
    return aid_lisp_error (env, &e);
  aid_chat_to_val (c, 1, &val);
  aid_chat_free (c);
  return aid_lisp_take_val (env, &val);
}

/* --- one turn -------------------------------------------------------------------------------------------------------- */

/* The range of bytes that BEG..END (characters) means in D, cut to its size. */
static struct aid_doc_range
bytes_of (emacs_env *env, struct aid_doc *d, emacs_value beg, emacs_value end)
{
  struct aid_doc_range r = { aid_lisp_size (env, beg), aid_lisp_size (env, end) };
  size_t chars = d != NULL ? aid_shadow_chars (d->shadow) : 0;
  if (d == NULL)
    return r;
  r.beg = aid_shadow_byte_of (d->shadow, r.beg < chars ? r.beg : chars);
  r.end = aid_shadow_byte_of (d->shadow, r.end < chars ? r.end : chars);
  return r;
}

/* Reads the turn that is the characters args[1]..args[2] of the document args[0], as if it were its chat's only one: so its cost
   is that of the turn.  *TEXT is what the chat points into.  NULL when there is no turn, or with a signal pending. */
static struct aid_chat *
read_turn (emacs_env *env, emacs_value *args, struct aid_str *text)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_chat *c = NULL;
  struct aid_doc *d = get_doc (env, args[0]);
  struct aid_doc_range r = bytes_of (env, d, args[1], args[2]);
  *text = AID_STR_INIT (AID_CHAT_MAX);
  if (aid_lisp_failed (env))
    return NULL;
  aid_str_addf (text, "<!--aid:%s chat v=1-->\n", d->key);
  aid_str_addspan (text, aid_span_cut (aid_shadow_text (d->shadow), r.beg, r.end));
  if (text->err)
    aid_error_set (&e, text->err, "The turn is too large");
  else
    aid_chat_parse (aid_str_span (text), &c, &e);
  if (e.code != AID_OK)
    aid_lisp_error (env, &e);
  if (c != NULL && c->turns.len > 0)
    return c;
  aid_chat_free (c);
  return NULL;
}

AID_BIND (doc_edited)
{
  (void) nargs;
  struct aid_str text;
  struct aid_chat *c = read_turn (env, args, &text);
  int edited = c != NULL && aid_chat_edited (c, 0) > 0;
  aid_chat_free (c);
  aid_str_free (&text);
  return env->intern (env, edited ? "t" : "nil");
}

AID_BIND (doc_essence)
{
  (void) nargs;
  struct aid_str text, body = AID_STR_INIT (AID_CHAT_MAX), essence = AID_STR_INIT (AID_CHAT_MAX);
  struct aid_chat *c = read_turn (env, args, &text);
  if (c != NULL && (aid_chat_body (c, 0, &body) || aid_chat_essence (aid_str_span (&body), &essence)))
    aid_lisp_signal (env, "nomem", "No memory for the turn's text");
  emacs_value out = aid_lisp_failed (env) ? NULL : aid_lisp_string (env, essence.ptr, essence.len);
  aid_chat_free (c);
  aid_str_free (&text);
  aid_str_free (&body);
  aid_str_free (&essence);
  return out;
}

/* --- what is where --------------------------------------------------------------------------------------------------- */

/* Appends the spans of the bytes R, one segment's blocks, in characters of the document. */
static enum aid_err
add_spans (struct aid_doc *d, struct aid_doc_range r, struct aid_vec *out, struct aid_error *e)
{
  struct aid_vec found = AID_VEC_INIT (struct aid_face_span, SPANS_MAX);
  enum aid_err err = aid_spans (aid_span_cut (aid_shadow_text (d->shadow), r.beg, r.end), &found, NULL, e);
  for (size_t i = 0; err == AID_OK && i < found.len; i++)
    {
      const struct aid_face_span *f = &AID_VEC_AT (struct aid_face_span, &found, i);
      struct aid_host_span *s = aid_vec_push (out);
      if (s == NULL)
        {
          err = aid_error_set (e, AID_E_NOMEM, "No memory for a text's faces");
          break;
        }
      s->beg = (uint32_t) aid_shadow_char_of (d->shadow, r.beg + f->beg);
      s->end = (uint32_t) aid_shadow_char_of (d->shadow, r.beg + f->end);
      s->face = f->face;
    }
  aid_vec_free (&found);
  return err;
}

AID_BIND (doc_spans)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_doc *d = get_doc (env, args[0]);
  struct aid_doc_range want = bytes_of (env, d, args[1], args[2]), all = want, seg;
  struct aid_vec spans = AID_VEC_INIT (struct aid_host_span, SPANS_MAX);
  if (aid_lisp_failed (env))
    return NULL;
  for (size_t pos = want.beg; aid_doc_segment (d, pos, &seg) && seg.beg < want.end; pos = seg.end)
    {
      struct aid_doc_range r = aid_doc_blocks_around (d, seg, want.beg, want.end);
      if (add_spans (d, r, &spans, &e) != AID_OK)
        break;
      all.beg = r.beg < all.beg ? r.beg : all.beg;
      all.end = r.end > all.end ? r.end : all.end;
    }
  emacs_value v[2] = { env->make_integer (env, (intmax_t) aid_shadow_char_of (d->shadow, all.end)),
                       aid_lisp_spans (env, spans.data, spans.len) };
  emacs_value w[2] = { env->make_integer (env, (intmax_t) aid_shadow_char_of (d->shadow, all.beg)),
                       aid_lisp_call (env, "cons", 2, v) };
  aid_vec_free (&spans);
  return e.code != AID_OK ? aid_lisp_error (env, &e) : aid_lisp_call (env, "cons", 2, w);
}

static void
kpos (struct aid_doc *d, struct aid_str *val, const char *key, size_t byte)
{
  aid_val_kint (val, key, (int64_t) aid_shadow_char_of (d->shadow, byte));
}

/* Appends those of the code blocks in the bytes R that touch WANT; gives their number. */
static uint32_t
add_blocks (struct aid_doc *d, struct aid_doc_range r, struct aid_doc_range want, struct aid_str *val)
{
  uint32_t n = 0;
  struct aid_vec found = AID_VEC_INIT (struct aid_code_block, SPANS_MAX);
  if (aid_code_blocks (aid_span_cut (aid_shadow_text (d->shadow), r.beg, r.end), &found) != AID_OK)
    val->err = AID_E_NOMEM;
  for (size_t i = 0; i < found.len; i++)
    {
      const struct aid_code_block *b = &AID_VEC_AT (struct aid_code_block, &found, i);
      if (r.beg + b->end <= want.beg || r.beg + b->beg >= want.end)
        continue;
      size_t o = aid_val_object (val);
      kpos (d, val, "beg", r.beg + b->beg);
      kpos (d, val, "end", r.beg + b->end);
      kpos (d, val, "code", r.beg + b->code);
      kpos (d, val, "code_end", r.beg + b->code_end);
      aid_val_kstr (val, "info", b->info);
      aid_val_kbool (val, "closed", b->closed);
      aid_val_end (val, o, 6);
      n++;
    }
  aid_vec_free (&found);
  return n;
}

AID_BIND (doc_blocks)
{
  (void) nargs;
  struct aid_doc *d = get_doc (env, args[0]);
  struct aid_doc_range want = bytes_of (env, d, args[1], args[2]), seg;
  struct aid_str val = AID_STR_INIT (AID_LISP_TEXT_MAX);
  uint32_t n = 0;
  if (aid_lisp_failed (env))
    return NULL;
  size_t l = aid_val_list (&val);
  for (size_t pos = want.beg; aid_doc_segment (d, pos, &seg) && seg.beg < want.end; pos = seg.end)
    n += add_blocks (d, aid_doc_blocks_around (d, seg, want.beg, want.end), want, &val);
  aid_val_end (&val, l, n);
  return aid_lisp_take_val (env, &val);
}
