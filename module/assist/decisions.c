/* What became of an answer's hunks, as a sentence for the model: "Of the hunks in your last answer: 1, 3 accepted; 2 edited;
   5 rejected." and what was applied instead.

   The chat has a word for each hunk that was decided, by its id.  The model knows no ids: it counts the hunks of its answer
   from 1, decided or not, so the answer is read again and its hunks are counted as they stand there.  A hunk that has
   changed since has another id: what was decided about it is not told, for it was about something else. */
#include "assist/assist_internal.h"
#include "patch/patch.h"

struct teller
{
  const struct aid_chat *chat;
  const struct aid_turn *turn;
  struct aid_patch *patch;
  struct aid_str *out;
};

/* The id of the decision about a file that has no hunk: it is renamed, made executable, .... */
static int
is_file (const struct aid_patch_file *f, struct aid_span id)
{
  char hash[17];
  const char *path = f->new_path ? f->new_path : f->old_path;
  struct aid_str name = AID_STR_INIT (8192);
  if (f->nhunks || !path)
    return 0;
  aid_str_addf (&name, "file %s", path);
  aid_chat_hash (aid_str_span (&name), hash);
  aid_str_free (&name);
  return aid_span_eq (id, (struct aid_span){ hash, 8 });
}

/* Appends what the model calls the hunk ID: its number in the answer, or the file's name; gives 0 when the answer lacks it. */
static int
add_name (const struct teller *t, struct aid_span id, const char *before)
{
  for (size_t i = 0; i < t->patch->hunks.len; i++)
    if (aid_span_eqz (id, AID_VEC_AT (struct aid_patch_hunk, &t->patch->hunks, i).id))
      {
        aid_str_addf (t->out, "%s%zu", before, i + 1);
        return 1;
      }
  for (size_t i = 0; i < t->patch->files.len; i++)
    {
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &t->patch->files, i);
      if (is_file (f, id))
        {
          aid_str_addf (t->out, "%s%s (which has none)", before, f->new_path ? f->new_path : f->old_path);
          return 1;
        }
    }
  return 0;
}

static const struct aid_piece *
piece_at (const struct teller *t, size_t i)
{
  return &AID_VEC_AT (struct aid_piece, &t->chat->pieces, t->turn->first_piece + i);
}

static const struct aid_chat_decision *
decision_at (const struct teller *t, size_t i)
{
  return &AID_VEC_AT (struct aid_chat_decision, &t->chat->decisions, i);
}

/* Appends the names of the hunks that are in STATE, and the state; TOLD: something was appended before. */
static int
tell_state (const struct teller *t, const char *state, int told)
{
  int n = 0;
  for (size_t i = 0; i < t->turn->npieces; i++)
    {
      const struct aid_piece *p = piece_at (t, i);
      for (size_t d = p->index; p->kind == AID_PIECE_HUNKS && d < p->index + p->n; d++)
        if (aid_span_eqz (decision_at (t, d)->state, state))
          n += add_name (t, decision_at (t, d)->id, n ? ", " : told ? "; " : "Of the hunks in your last answer: ");
    }
  if (n)
    aid_str_addf (t->out, " %s", state);
  return n;
}

/* Appends the name of the hunk instead of which the edit NAME was applied. */
static void
name_edited (const struct teller *t, struct aid_span name)
{
  for (size_t i = 0; i < t->turn->npieces; i++)
    {
      const struct aid_piece *p = piece_at (t, i);
      for (size_t d = p->index; p->kind == AID_PIECE_HUNKS && d < p->index + p->n; d++)
        if (aid_span_eq (decision_at (t, d)->edit, name) && add_name (t, decision_at (t, d)->id, "hunk "))
          return;
    }
  aid_str_addz (t->out, "an edited hunk");
}

static void
tell_edits (const struct teller *t)
{
  for (size_t i = 0; i < t->turn->npieces; i++)
    {
      const struct aid_piece *p = piece_at (t, i);
      if (p->kind != AID_PIECE_EDITED)
        continue;
      const struct aid_chat_edit *edit = &AID_VEC_AT (struct aid_chat_edit, &t->chat->edits, p->index);
      aid_str_addz (t->out, "Applied instead of ");
      name_edited (t, edit->name);
      aid_str_addz (t->out, ":\n");
      aid_chat_plain (t->chat, edit->beg, edit->end, 1, t->out);
      aid_str_addz (t->out, "\n");
    }
}

static int
has_decisions (const struct teller *t)
{
  for (size_t i = 0; i < t->turn->npieces; i++)
    if (piece_at (t, i)->kind == AID_PIECE_HUNKS && piece_at (t, i)->n > 0)
      return 1;
  return 0;
}

void
aid_decisions_tell (const struct aid_chat *chat, const struct aid_turn *answer, struct aid_str *out)
{
  static const char *const states[] = { "accepted", "edited", "rejected", "skipped" };
  struct teller t = { chat, answer, NULL, out };
  int told = 0;
  if (!has_decisions (&t)
      || aid_patch_read (aid_span_cut (chat->text, answer->body, answer->end), AID_FORMAT_AUTO, &t.patch, NULL))
    return;
  for (size_t s = 0; s < sizeof states / sizeof *states; s++)
    told |= tell_state (&t, states[s], told);
  if (told)
    {
      aid_str_addz (out, ".\n\n");
      tell_edits (&t);
    }
  aid_patch_free (t.patch);
}
