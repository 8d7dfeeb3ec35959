/* The chat as a value tree: what `aid chat parse --json' prints and what Lisp gets.  docs/chat-format.md describes it. */
#include "chat/chat_internal.h"
#include "base/utf8.h"
#include "base/val.h"
#include "chat/spans.h"

#include <stdlib.h>

enum { STEP = 64 };         /* bytes between two entries of the table below */

struct writer
{
  const struct aid_chat *c;
  struct aid_str *out;
  uint32_t *chars;          /* characters before byte i * STEP; NULL: positions are bytes */
};

/* --- positions ---------------------------------------------------------------------------------------------------- */

static int
count_chars (struct writer *w)
{
  struct aid_span text = w->c->text;
  w->chars = malloc ((text.len / STEP + 1) * sizeof *w->chars);
  if (!w->chars)
    return -1;
  w->chars[0] = 0;
  for (size_t i = 1; i <= text.len / STEP; i++)
    w->chars[i] = w->chars[i - 1] + (uint32_t) aid_utf8_count (aid_span_cut (text, (i - 1) * STEP, i * STEP));
  return 0;
}

static void
put_pos (struct writer *w, const char *key, size_t pos)
{
  size_t base = pos / STEP;
  if (w->chars)
    pos = w->chars[base] + aid_utf8_count (aid_span_cut (w->c->text, base * STEP, pos));
  aid_val_kint (w->out, key, (int64_t) pos);
}

/* --- metas -------------------------------------------------------------------------------------------------------- */

/* VALUE with its %XX decoded. */
static void
put_decoded (struct writer *w, const char *key, struct aid_span value)
{
  struct aid_str text = AID_STR_INIT (value.len);
  aid_str_add_decoded (&text, value);
  aid_val_kstr (w->out, key, aid_str_span (&text));
  aid_str_free (&text);
}

/* Only plain names become keys: a file must not make symbols at will in an editor. */
static int
plain_name (struct aid_span key, char name[33])
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz", allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
  if (key.len == 0 || key.len > 32)
    return 0;
  for (size_t i = 0; i < key.len; i++)
    if (!memchr (i ? allowed : letters, key.ptr[i], i ? sizeof allowed - 1 : sizeof letters - 1))
      return 0;
  memcpy (name, key.ptr, key.len);
  name[key.len] = '\0';
  return 1;
}

static void
put_meta (struct writer *w, size_t first, size_t n)
{
  char name[33];
  uint32_t count = 0;
  aid_val_key (w->out, "meta");
  size_t object = aid_val_object (w->out);
  for (size_t i = first; i < first + n; i++)
    {
      const struct aid_meta *m = &AID_VEC_AT (struct aid_meta, &w->c->metas, i);
      if (!plain_name (m->key, name))
        continue;
      put_decoded (w, name, m->value);
      count++;
    }
  aid_val_end (w->out, object, count);
}

/* --- turns -------------------------------------------------------------------------------------------------------- */

static void
put_piece (struct writer *w, const struct aid_piece *p)
{
  static const char *const kinds[] = { "text", "reasoning", "tool", "item", "hunks", "edited", "diff", "meta", "end", "unknown" };
  size_t object = aid_val_object (w->out);
  aid_val_kstrz (w->out, "kind", kinds[p->kind]);
  put_pos (w, "beg", p->beg);
  put_pos (w, "end", p->end);
  aid_val_kint (w->out, "index", (int64_t) p->index);
  put_meta (w, p->first_meta, p->nmeta);
  aid_val_end (w->out, object, 5);
}

static void
put_turn (struct writer *w, size_t i)
{
  static const char *const kinds[] = { "user", "answer", "alternative", "summary" };
  const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &w->c->turns, i);
  size_t object = aid_val_object (w->out);
  aid_val_kstrz (w->out, "kind", kinds[t->kind]);
  aid_val_kint (w->out, "number", t->number);
  aid_val_kint (w->out, "sub", t->sub);
  aid_val_kstr (w->out, "heading", t->heading);
  put_pos (w, "beg", t->beg);
  put_pos (w, "body", t->body);
  put_pos (w, "end", t->end);
  put_meta (w, t->first_meta, t->nmeta);
  aid_val_kbool (w->out, "edited", aid_chat_edited (w->c, i) > 0);
  aid_val_key (w->out, "pieces");
  size_t list = aid_val_list (w->out);
  for (size_t p = t->first_piece; p < t->first_piece + t->npieces; p++)
    put_piece (w, &AID_VEC_AT (struct aid_piece, &w->c->pieces, p));
  aid_val_end (w->out, list, (uint32_t) t->npieces);
  if (t->kind == AID_TURN_SUMMARY)
    {
      aid_val_kint (w->out, "from", t->from);
      aid_val_kint (w->out, "to", t->to);
    }
  aid_val_end (w->out, object, t->kind == AID_TURN_SUMMARY ? 12 : 10);
}

/* --- what the turns hold ------------------------------------------------------------------------------------------ */

static void
put_turn_ref (struct writer *w, const struct aid_turn *t)
{
  aid_val_kint (w->out, "turn", t->number);
  aid_val_kint (w->out, "sub", t->sub);
}

static void
put_optional (struct writer *w, const char *key, struct aid_span v)
{
  aid_val_key (w->out, key);
  if (v.len > 0)
    aid_val_str (w->out, v);
  else
    aid_val_nil (w->out);
}

static uint32_t
put_item (struct writer *w, const struct aid_turn *t, const struct aid_piece *p)
{
  if (p->kind != AID_PIECE_ITEM)
    return 0;
  const struct aid_chat_item *item = &AID_VEC_AT (struct aid_chat_item, &w->c->items, p->index);
  size_t object = aid_val_object (w->out);
  put_turn_ref (w, t);
  put_pos (w, "beg", item->beg);
  put_pos (w, "end", item->end);
  aid_val_kstr (w->out, "label", item->label);
  aid_val_kstr (w->out, "target", item->target);
  put_optional (w, "sent", item->sent);
  put_meta (w, item->first_meta, item->nmeta);
  aid_val_end (w->out, object, 8);
  return 1;
}

/* A block that shows a change of files, by its info word or its first line. */
static int
is_patch (struct aid_span info, struct aid_span code)
{
  static const char *const words[] = { "diff", "patch", "udiff" };
  static const char *const starts[] = { "diff --git ", "--- ", "@@ ", "Index: ", "*** Begin Patch", "<<<<<<< SEARCH" };
  code = aid_span_trim (code);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_eqz (info, words[i]))
      return 1;
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
    if (aid_span_starts (code, starts[i]))
      return 1;
  return 0;
}

static uint32_t
put_blocks (struct writer *w, const struct aid_turn *t, const struct aid_piece *p)
{
  if (p->kind != AID_PIECE_TEXT)
    return 0;
  struct aid_vec blocks = AID_VEC_INIT (struct aid_code_block, 1 << 24);
  enum aid_err err = aid_code_blocks (aid_span_cut (w->c->text, p->beg, p->end), &blocks);
  w->out->err = w->out->err ? w->out->err : err;
  for (size_t i = 0; i < blocks.len; i++)
    {
      const struct aid_code_block *b = &AID_VEC_AT (struct aid_code_block, &blocks, i);
      size_t object = aid_val_object (w->out);
      put_turn_ref (w, t);
      put_pos (w, "beg", p->beg + b->beg);
      put_pos (w, "end", p->beg + b->end);
      put_pos (w, "code", p->beg + b->code);
      put_pos (w, "code_end", p->beg + b->code_end);
      aid_val_kstr (w->out, "info", b->info);
      aid_val_kbool (w->out, "patch", is_patch (b->info, aid_span_cut (w->c->text, p->beg + b->code, p->beg + b->code_end)));
      aid_val_end (w->out, object, 8);
    }
  uint32_t n = (uint32_t) blocks.len;
  aid_vec_free (&blocks);
  return n;
}

static uint32_t
put_decisions (struct writer *w, const struct aid_turn *t, const struct aid_piece *p)
{
  if (p->kind != AID_PIECE_HUNKS)
    return 0;
  for (size_t i = p->index; i < p->index + p->n; i++)
    {
      const struct aid_chat_decision *d = &AID_VEC_AT (struct aid_chat_decision, &w->c->decisions, i);
      size_t object = aid_val_object (w->out);
      put_turn_ref (w, t);
      aid_val_kstr (w->out, "id", d->id);
      aid_val_kstr (w->out, "state", d->state);
      put_optional (w, "edit", d->edit);
      aid_val_end (w->out, object, 5);
    }
  return (uint32_t) p->n;
}

static uint32_t
put_edit (struct writer *w, const struct aid_turn *t, const struct aid_piece *p)
{
  if (p->kind != AID_PIECE_EDITED)
    return 0;
  const struct aid_chat_edit *e = &AID_VEC_AT (struct aid_chat_edit, &w->c->edits, p->index);
  size_t object = aid_val_object (w->out);
  put_turn_ref (w, t);
  aid_val_kstr (w->out, "name", e->name);
  put_pos (w, "beg", e->beg);
  put_pos (w, "end", e->end);
  aid_val_end (w->out, object, 5);
  return 1;
}

/* The list KEY of what PUT writes for every piece of every turn. */
static void
put_each (struct writer *w, const char *key,
          uint32_t (*put) (struct writer *w, const struct aid_turn *t, const struct aid_piece *p))
{
  uint32_t n = 0;
  aid_val_key (w->out, key);
  size_t list = aid_val_list (w->out);
  for (size_t i = 0; i < w->c->turns.len; i++)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &w->c->turns, i);
      for (size_t p = t->first_piece; p < t->first_piece + t->npieces; p++)
        n += put (w, t, &AID_VEC_AT (struct aid_piece, &w->c->pieces, p));
    }
  aid_val_end (w->out, list, n);
}

static void
put_problems (struct writer *w)
{
  aid_val_key (w->out, "problems");
  size_t list = aid_val_list (w->out);
  for (size_t i = 0; i < w->c->problems.len; i++)
    {
      const struct aid_chat_problem *p = &AID_VEC_AT (struct aid_chat_problem, &w->c->problems, i);
      size_t object = aid_val_object (w->out);
      put_pos (w, "pos", p->pos);
      aid_val_kstrz (w->out, "message", p->msg);
      aid_val_end (w->out, object, 2);
    }
  aid_val_end (w->out, list, (uint32_t) w->c->problems.len);
}

void
aid_chat_to_val (const struct aid_chat *c, int chars, struct aid_str *out)
{
  struct writer w = { c, out, NULL };
  if (chars && count_chars (&w))
    {
      out->err = out->err ? out->err : AID_E_NOMEM;
      return;
    }
  size_t object = aid_val_object (out);
  aid_val_kstrz (out, "key", c->key);
  put_decoded (&w, "root", c->root);
  aid_val_kstr (out, "title", c->title);
  aid_val_key (out, "turns");
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < c->turns.len; i++)
    put_turn (&w, i);
  aid_val_end (out, list, (uint32_t) c->turns.len);
  put_each (&w, "items", put_item);
  put_each (&w, "blocks", put_blocks);
  put_each (&w, "decisions", put_decisions);
  put_each (&w, "edits", put_edit);
  put_problems (&w);
  aid_val_end (out, object, 9);
  free (w.chars);
}
