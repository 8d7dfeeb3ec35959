/* Problems that only the whole chat shows.  All of them are told and none is mended: the file is the person's. */
#include "chat/chat_internal.h"
#include "base/map.h"

#include <stdio.h>

/* Whether KEY was seen before; then and otherwise it is now. */
static int
seen (struct aid_map *m, struct aid_span key, enum aid_err *err)
{
  void *old = NULL;
  enum aid_err put = aid_map_put (m, key, m, &old);
  *err = put ? put : *err;
  return old != NULL;
}

static void
check_numbers (struct aid_chat *c, struct aid_map *numbers, enum aid_err *err)
{
  int64_t last[2] = { 0, 0 };
  for (size_t i = 0; i < c->turns.len && !*err; i++)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, i);
      int64_t own[3] = { t->number, t->sub, t->kind == AID_TURN_SUMMARY };   /* a summary has its last turn's number */
      if (seen (numbers, (struct aid_span){ (const char *) own, sizeof own }, err))
        {
          char sub[24] = "";
          if (t->sub)
            snprintf (sub, sizeof sub, ".%lld", (long long) t->sub);
          aid_chat_problem (c, t->beg, "The number %lld%s is used twice", (long long) t->number, sub);
        }
      /* A summary has its last turn's number.  The alternatives of an answer stand in any order: the newest comes first, and one
         that is taken changes places. */
      else if (own[2])
        continue;
      else if (own[0] < last[0] || (own[0] == last[0] && !own[1] && last[1]))
        aid_chat_problem (c, t->beg, "Turn %lld comes after turn %lld", (long long) own[0], (long long) last[0]);
      memcpy (last, own, sizeof last);
    }
}

/* "TURN NAME": an edit's name means something in its own turn only. */
static struct aid_span
edit_key (struct aid_str *key, size_t turn, struct aid_span name)
{
  aid_str_clear (key);
  aid_str_addf (key, "%zu ", turn);
  aid_str_addspan (key, name);
  return aid_str_span (key);
}

static void
note_edits (struct aid_chat *c, size_t turn, struct aid_map *edits, struct aid_str *key, enum aid_err *err)
{
  const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, turn);
  for (size_t i = t->first_piece; i < t->first_piece + t->npieces && !*err; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &c->pieces, i);
      if (p->kind != AID_PIECE_EDITED)
        continue;
      struct aid_span name = AID_VEC_AT (struct aid_chat_edit, &c->edits, p->index).name;
      if (seen (edits, edit_key (key, turn, name), err))
        aid_chat_problem (c, p->beg, "The edit %.*s is there twice", (int) (name.len < 40 ? name.len : 40), name.ptr);
    }
}

static void
check_decisions (struct aid_chat *c, size_t turn, const struct aid_map *edits, struct aid_str *key)
{
  const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, turn);
  for (size_t i = t->first_piece; i < t->first_piece + t->npieces; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &c->pieces, i);
      for (size_t k = 0; p->kind == AID_PIECE_HUNKS && k < p->n; k++)
        {
          const struct aid_chat_decision *d = &AID_VEC_AT (struct aid_chat_decision, &c->decisions, p->index + k);
          if (aid_span_eqz (d->state, "edited") && !aid_map_get (edits, edit_key (key, turn, d->edit)))
            aid_chat_problem (c, p->beg, "The text of the edited hunk %.*s is missing",
                              (int) (d->id.len < 40 ? d->id.len : 40), d->id.ptr);
        }
    }
}

enum aid_err
aid_chat_check (struct aid_chat *c)
{
  struct aid_map *numbers = aid_map_new (), *edits = aid_map_new ();
  struct aid_str key = AID_STR_INIT (AID_CHAT_MAX + 32);
  enum aid_err err = numbers && edits ? AID_OK : AID_E_NOMEM;
  if (!err)
    check_numbers (c, numbers, &err);
  for (size_t t = 0; t < c->turns.len && !err; t++)
    {
      note_edits (c, t, edits, &key, &err);
      check_decisions (c, t, edits, &key);
    }
  err = key.err ? key.err : err;
  aid_str_free (&key);
  aid_map_free (numbers, NULL);
  aid_map_free (edits, NULL);
  return err;
}
