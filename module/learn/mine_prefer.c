/* Preferences: what was accepted and what was rejected of what models wrote, where the person has texts kept (the setting
   "measure", "content").  A hunk that was edited before it was accepted is preferred so, to how it was; one that was accepted is,
   to another that was rejected at the same place; the others stand alone.

   A decision is of the last snapshot before it in which the hunk has exactly one place. */
#include "base/hash.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/chat.h"
#include "learn/leave.h"
#include "learn/mine_internal.h"
#include "measure/events.h"
#include "store/blob.h"

#include <stdlib.h>

#define HUNKS_MAX 1000000
#define BACK_TREES 50               /* snapshots that are looked through for a hunk's place */
#define APART_MS INT64_C (86400000) /* decisions of a day belong together */
#define TEXT_MAX ((size_t)4 << 20)
#define QUESTION_MAX ((size_t)1 << 20)

enum state
{
  OTHERWISE, /* skipped, replaced, undone */
  ACCEPTED,
  EDITED,
  REJECTED
};

struct hunk
{
  char *name, *request, *path, *text, *edit; /* NAME and REQUEST are hashes */
  int64_t at;                                /* the last decision */
  enum state state;
  int used;
};

struct deciding
{
  struct aid_mine_work *w;
  struct aid_vec hunks;
  struct aid_map *by_name;   /* a hunk's hash -> its index and 1 */
  struct aid_map *questions; /* a request's hash -> the question, or the name of its texts before it is read */
  int bad;
};

/* --- what was decided --------------------------------------------------------------------------------------------- */

static enum state
state_of (const char *decision)
{
  return !decision                        ? OTHERWISE
         : !strcmp (decision, "accepted") ? ACCEPTED
         : !strcmp (decision, "edited")   ? EDITED
         : !strcmp (decision, "rejected") ? REJECTED
                                          : OTHERWISE;
}

/* The texts of an event, a new reference or NULL. */
static json_t *
texts_of (const char *blob)
{
  struct aid_str text = AID_STR_INIT (AID_BLOB_MAX);
  json_t *o = blob && !aid_blob_get (blob, &text, NULL) ? aid_json_parse (aid_str_span (&text), "an event", NULL) : NULL;
  json_t *content = json_incref (json_object_get (o, "content"));
  json_decref (o);
  aid_str_free (&text);
  return content;
}

static void
replace (char **slot, const char *z)
{
  free (*slot);
  *slot = z ? strdup (z) : NULL;
}

/* The hunk of NAME, made if need be. */
static struct hunk *
hunk_named (struct deciding *d, const char *name)
{
  uintptr_t at = (uintptr_t)aid_map_get (d->by_name, aid_span_z (name));
  if (at)
    return &AID_VEC_AT (struct hunk, &d->hunks, at - 1);
  struct hunk *h = aid_vec_push (&d->hunks);
  if (h
      && (aid_map_put (d->by_name, aid_span_z (name), (void *)(uintptr_t)d->hunks.len, NULL) || !(h->name = strdup (name))))
    return d->bad = 1, NULL;
  return h;
}

static int
take_decision (void *ctx, const struct aid_event_row *row)
{
  struct deciding *d = ctx;
  json_t *data = aid_json_parse (aid_span_z (row->data), "an event", NULL), *texts = texts_of (row->content);
  const char *name = aid_json_str (data, "hunk");
  struct hunk *h = name ? hunk_named (d, name) : NULL;
  if (h)
    {
      h->at = row->at;
      h->state = state_of (aid_json_str (data, "decision"));
      replace (&h->request, row->request);
      if (aid_json_str (texts, "hunk"))
        {
          replace (&h->path, aid_json_str (texts, "path"));
          replace (&h->text, aid_json_str (texts, "hunk"));
          replace (&h->edit, aid_json_str (texts, "edited"));
        }
    }
  json_decref (data);
  json_decref (texts);
  return d->bad;
}

static int
take_request (void *ctx, const struct aid_event_row *row)
{
  struct deciding *d = ctx;
  void *old = NULL;
  char *blob = row->request && row->content ? strdup (row->content) : NULL;
  if (blob && aid_map_put (d->questions, aid_span_z (row->request), blob, &old))
    free (blob);
  free (old);
  return 0;
}

/* What REQUEST asked: the last question of its chat; to be freed, or NULL. */
static char *
question_of (struct deciding *d, const char *request)
{
  const char *blob = request ? aid_map_get (d->questions, aid_span_z (request)) : NULL;
  json_t *texts = texts_of (blob);
  struct aid_str out = AID_STR_INIT (QUESTION_MAX);
  struct aid_chat *chat = NULL;
  if (!aid_json_str (texts, "chat") || aid_chat_parse (aid_json_span (texts, "chat"), &chat, NULL))
    chat = NULL;
  for (size_t i = chat ? chat->turns.len : 0; i-- > 0 && !aid_span_trim (aid_str_span (&out)).len;)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &chat->turns, i);
      if (t->kind != AID_TURN_USER)
        continue;
      for (size_t k = 0; k < t->npieces; k++)
        {
          const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &chat->pieces, t->first_piece + k);
          if (p->kind == AID_PIECE_TEXT)
            aid_chat_plain (chat, p->beg, p->end, 0, &out);
        }
    }
  aid_chat_free (chat);
  json_decref (texts);
  struct aid_str clean = AID_STR_INIT (2 * QUESTION_MAX);
  aid_leave_clean (aid_str_span (&out), &clean);
  struct aid_span trimmed = aid_span_trim (aid_str_span (&clean));
  char *question
    = trimmed.len && !out.err && !clean.err && !memchr (trimmed.ptr, 0, trimmed.len) ? aid_span_dup (trimmed) : NULL;
  aid_str_free (&out);
  aid_str_free (&clean);
  return question;
}

/* --- a hunk's place ----------------------------------------------------------------------------------------------- */

/* A hunk's lines: what it wants to find, what it leaves, and what stands in a diff. */
struct lines
{
  struct aid_str old, new, body;
  int64_t n_old, n_new, added, removed;
  int odd; /* it says of an end without a newline: left alone */
};

static void
split_hunk (struct aid_span text, struct lines *l)
{
  struct aid_span line;
  *l = (struct lines){ .old = AID_STR_INIT (TEXT_MAX), .new = AID_STR_INIT (TEXT_MAX), .body = AID_STR_INIT (TEXT_MAX) };
  while (aid_span_line (&text, &line))
    {
      char op = line.len ? line.ptr[0] : ' ';
      struct aid_span rest = aid_span_cut (line, 1, line.len);
      if (op == '@')
        continue;
      l->odd |= !strchr (" +-", op) || !op;
      l->n_old += op != '+';
      l->n_new += op != '-';
      l->added += op == '+';
      l->removed += op == '-';
      if (op != '+')
        aid_str_addspan (&l->old, rest), aid_str_addc (&l->old, '\n');
      if (op != '-')
        aid_str_addspan (&l->new, rest), aid_str_addc (&l->new, '\n');
      aid_str_addc (&l->body, op);
      aid_str_addspan (&l->body, rest);
      aid_str_addc (&l->body, '\n');
    }
  l->odd |= l->old.err || l->new.err || l->body.err || !l->body.len;
}

static void
lines_free (struct lines *l)
{
  aid_str_free (&l->old);
  aid_str_free (&l->new);
  aid_str_free (&l->body);
}

/* Where the lines OLD stand in TEXT, if that is exactly one place at a line's beginning; else -1. */
static ptrdiff_t
place_of (struct aid_span old, struct aid_span text)
{
  ptrdiff_t place = -1;
  for (size_t from = 0; old.len && from + old.len <= text.len;)
    {
      ptrdiff_t at = aid_span_find (aid_span_cut (text, from, text.len), old);
      if (at < 0)
        break;
      size_t pos = from + (size_t)at;
      if (!pos || text.ptr[pos - 1] == '\n')
        {
          if (place >= 0)
            return -1;
          place = (ptrdiff_t)pos;
        }
      from = pos + 1;
    }
  return place;
}

/* A file in a tree: its text and what git says of it. */
struct found
{
  struct aid_str text;
  struct aid_mine_file file;
  int there;
};

static void
read_file (const struct aid_vault *v, const char *tree, const char *path, struct found *f)
{
  struct aid_str line = AID_STR_INIT (16384);
  const char *const args[] = { "ls-tree", "-z", tree, "--", path, NULL };
  aid_str_clear (&f->text);
  f->there = 0;
  f->file = (struct aid_mine_file){ .change = 'A', .mode = 0100644 };
  /* "100644 blob ID\tPATH" */
  const char *tab = aid_vault_git (v, &(struct aid_vault_run){ .args = args, .out = &line }, NULL) || !line.len
                      ? NULL
                      : memchr (line.ptr, '\t', line.len);
  if (tab && tab - line.ptr > 12 && tab - line.ptr - 12 < AID_VAULT_ID && !strncmp (line.ptr + 7, "blob ", 5))
    {
      f->there = 1;
      f->file.change = 'M';
      f->file.mode = (unsigned)strtoul (line.ptr, NULL, 8);
      memcpy (f->file.blob, line.ptr + 12, (size_t)(tab - line.ptr) - 12);
      memcpy (f->file.old_blob, f->file.blob, sizeof f->file.blob);
      if (aid_timeline_blob (v, f->file.blob, &f->text, NULL))
        f->there = 0;
    }
  aid_str_free (&line);
}

/* The diff that puts L at PLACE of TEXT, into DIFF, and the text that comes of it into WHOLE. */
static void
write_diff (const char *path, const struct lines *l, struct aid_span text, size_t place, int there, struct aid_str *diff,
            struct aid_str *whole)
{
  int64_t line = there;
  for (size_t i = 0; i < place; i++)
    line += text.ptr[i] == '\n';
  aid_str_addf (diff, "diff --git a/%s b/%s\n", path, path);
  if (there)
    aid_str_addf (diff, "--- a/%s\n+++ b/%s\n", path, path);
  else
    aid_str_addf (diff, "new file mode 100644\n--- /dev/null\n+++ b/%s\n", path);
  aid_str_addf (diff, "@@ -%lld,%lld +%lld,%lld @@\n", (long long)line, (long long)l->n_old, (long long)(line ? line : 1),
                (long long)l->n_new);
  aid_str_addspan (diff, aid_str_span (&l->body));
  aid_str_addspan (whole, aid_span_cut (text, 0, place));
  aid_str_addspan (whole, aid_str_span (&l->new));
  aid_str_addspan (whole, aid_span_cut (text, place + l->old.len, text.len));
}

/* Finds where all of the N hunks L of PATH fit, at the last snapshot up to TIME; *AT gets it, PLACES where.  0: nowhere. */
static int
find_place (struct aid_mine_work *w, const char *path, const struct lines *l, size_t n, int64_t time, size_t *at,
            size_t *places, struct found *f)
{
  const struct aid_mine_moment *m = w->line.moments.data;
  uint32_t last = UINT32_MAX;
  for (size_t i = w->line.moments.len, looked = 0; i-- > 0 && looked < BACK_TREES;)
    {
      int fits = 1;
      if (m[i].time > time || m[i].tree == last)
        continue;
      last = m[i].tree;
      looked++;
      read_file (w->vault, AID_VEC_AT (struct aid_mine_shot, &w->line.snapshots, i).tree, path, f);
      for (size_t k = 0; fits && k < n; k++)
        {
          ptrdiff_t place = l[k].old.len ? place_of (aid_str_span (&l[k].old), aid_str_span (&f->text)) : f->there ? -1 : 0;
          fits = place >= 0 && (l[k].old.len == 0) == !f->there;
          places[k] = (size_t)place;
        }
      *at = i;
      if (fits)
        return 1;
    }
  return 0;
}

/* --- a preference ------------------------------------------------------------------------------------------------- */

static void
fill_case (struct aid_mine_work *w, struct aid_mine_case *c, const char *path, const struct lines *l, int first,
           const size_t *places, struct found *f)
{
  struct aid_str unused = AID_STR_INIT (TEXT_MAX);
  struct aid_mine_file *file = aid_vec_push (&c->files);
  memcpy (c->base, AID_VEC_AT (struct aid_mine_shot, &w->line.snapshots, c->from).tree, AID_VAULT_ID);
  c->began = AID_VEC_AT (struct aid_mine_moment, &w->line.moments, c->from).time;
  if (!file)
    return;
  *file = f->file;
  file->path = strdup (path);
  file->added = l[0].added;
  file->removed = l[0].removed;
  for (int k = 0; k < 2; k++)
    if (l[k].body.len)
      {
        int taken = k == 0 && first;
        write_diff (path, &l[k], aid_str_span (&f->text), places[k], f->there, taken ? &c->diff : &c->rejected,
                    taken ? &c->whole : &unused);
      }
  aid_str_free (&unused);
}

/* TAKEN and REJECTED (either may be NULL) are hunks' texts of H; OTHER: the one that REJECTED is of. */
static enum aid_err
prefer (struct deciding *d, const struct hunk *h, const struct hunk *other, const char *taken, const char *rejected,
        struct aid_error *e)
{
  struct aid_mine_work *w = d->w;
  struct aid_mine_case c;
  struct lines l[2];
  struct found f = { .text = AID_STR_INIT (TEXT_MAX) };
  struct aid_str name = AID_STR_INIT (AID_MINE_DIFF_MAX);
  size_t places[2] = { 0, 0 }, n = taken && rejected ? 2 : 1;
  enum aid_mine_why why = AID_MINE_KEPT;
  aid_mine_case_init (&c);
  split_hunk (aid_span_z (taken ? taken : rejected), &l[0]);
  split_hunk (aid_span_z (n == 2 ? rejected : ""), &l[1]);
  c.kind = AID_MINE_PREFERENCE;
  c.time = other && other->at > h->at ? other->at : h->at;
  aid_str_addf (&name, "preference %s %s\n%s\n%s", h->name, other ? other->name : "", taken ? taken : "",
                rejected ? rejected : "");
  aid_hash_hex (aid_str_span (&name), AID_EXAMPLE_ID - 1, c.id);
  if (w->now - c.time <= w->settings.rules.back_ms)
    why = AID_MINE_IS_YOUNG;
  else if (l[0].odd || (n == 2 && l[1].odd) || !find_place (w, h->path, l, n, h->at, &c.from, places, &f))
    why = AID_MINE_NO_PLACE;
  else
    {
      c.to = c.from;
      fill_case (w, &c, h->path, l, taken != NULL, places, &f);
      c.question = question_of (d, h->request);
    }
  enum aid_err err = aid_mine_decide (w, &c, why, e);
  lines_free (&l[0]);
  lines_free (&l[1]);
  aid_str_free (&f.text);
  aid_str_free (&name);
  aid_mine_case_free (&c);
  return err;
}

/* Whether the hunks A and B take away and add the same lines, whatever stands around them. */
static int
is_same_change (const char *a, const char *b)
{
  struct aid_str changed[2] = { AID_STR_INIT (TEXT_MAX), AID_STR_INIT (TEXT_MAX) };
  struct aid_span texts[2] = { aid_span_z (a), aid_span_z (b) }, line;
  for (size_t i = 0; i < 2; i++)
    while (aid_span_line (&texts[i], &line))
      if (line.len && (line.ptr[0] == '+' || line.ptr[0] == '-'))
        aid_str_addf (&changed[i], "%.*s\n", (int)line.len, line.ptr);
  int same = aid_span_eq (aid_str_span (&changed[0]), aid_str_span (&changed[1]));
  aid_str_free (&changed[0]);
  aid_str_free (&changed[1]);
  return same;
}

/* Whether A and B want to change the same lines of one file. */
static int
is_same_place (const struct hunk *a, const struct hunk *b)
{
  struct lines la, lb;
  if (strcmp (a->path, b->path) != 0 || llabs (a->at - b->at) > APART_MS)
    return 0;
  split_hunk (aid_span_z (a->text), &la);
  split_hunk (aid_span_z (b->text), &lb);
  int same = la.old.len && aid_span_eq (aid_str_span (&la.old), aid_str_span (&lb.old));
  struct aid_span rest = aid_str_span (&la.body), line;
  while (!same && aid_span_line (&rest, &line))
    if (line.ptr[0] == '-' && aid_span_trim (aid_span_cut (line, 1, line.len)).len)
      {
        struct aid_span others = aid_str_span (&lb.body), other;
        while (!same && aid_span_line (&others, &other))
          same = aid_span_eq (line, other);
      }
  lines_free (&la);
  lines_free (&lb);
  return same;
}

/* The rejected hunk at H's place that H can be preferred to, not used yet; or NULL. */
static struct hunk *
rejected_at (struct deciding *d, const struct hunk *h)
{
  for (size_t i = 0; i < d->hunks.len; i++)
    {
      struct hunk *o = &AID_VEC_AT (struct hunk, &d->hunks, i);
      if (o->state == REJECTED && !o->used && o->text && o->path && is_same_place (h, o)
          && !is_same_change (h->text, o->text))
        return o;
    }
  return NULL;
}

static enum aid_err
prefer_all (struct deciding *d, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (int round = 0; round < 2; round++) /* pairs first, then what stands alone */
    for (size_t i = 0; !err && i < d->hunks.len; i++)
      {
        struct hunk *h = &AID_VEC_AT (struct hunk, &d->hunks, i), *other;
        if (h->used || h->state == OTHERWISE || !h->text || !h->path)
          continue;
        if (!round && h->state == EDITED && h->edit && !is_same_change (h->edit, h->text))
          err = prefer (d, h, NULL, h->edit, h->text, e);
        else if (!round && h->state == ACCEPTED && (other = rejected_at (d, h)))
          {
            err = prefer (d, h, other, h->text, other->text, e);
            other->used = 1;
          }
        else if (!round)
          continue;
        else
          err = prefer (d, h, NULL, h->state == REJECTED ? NULL : h->text, h->state == REJECTED ? h->text : NULL, e);
        h->used = 1;
      }
  return err;
}

static void
free_hunks (struct aid_vec *hunks)
{
  for (size_t i = 0; i < hunks->len; i++)
    {
      struct hunk *h = &AID_VEC_AT (struct hunk, hunks, i);
      free (h->name);
      free (h->request);
      free (h->path);
      free (h->text);
      free (h->edit);
    }
  aid_vec_free (hunks);
}

enum aid_err
aid_mine_prefer (struct aid_mine_work *w, struct aid_error *e)
{
  struct deciding d
    = { .w = w, .hunks = AID_VEC_INIT (struct hunk, HUNKS_MAX), .by_name = aid_map_new (), .questions = aid_map_new () };
  struct aid_events_which which = { .kind = "decision", .root = w->vault->root, .since = w->options->since };
  enum aid_err err = d.by_name && d.questions ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for decisions");
  if (!err)
    err = aid_events_each (&which, take_decision, &d, e);
  int any = 0;
  for (size_t i = 0; i < d.hunks.len; i++)
    any |= AID_VEC_AT (struct hunk, &d.hunks, i).text != NULL;
  which.kind = "request";
  if (!err && any)
    err = aid_events_each (&which, take_request, &d, e);
  if (!err && any && !w->line.moments.len)
    {
      aid_mine_line_free (&w->line);
      err = aid_mine_line_read (&w->line, w->vault, e);
    }
  if (!err && any)
    err = prefer_all (&d, e);
  free_hunks (&d.hunks);
  aid_map_free (d.by_name, NULL);
  aid_map_free (d.questions, free);
  return err;
}
