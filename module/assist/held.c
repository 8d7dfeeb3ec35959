/* What is kept from leaving: the conversation's own bytes are looked through for secrets after it is built, so that no
   way of putting something into it is forgotten.  Where a finding stands is told as the person knows it: an item and its
   line. */
#include "assist/assist_internal.h"
#include "base/utf8.h"
#include "base/val.h"
#include "config/secrets.h"
#include "context/item.h"

#define TOLD_MAX 100 /* findings in a list; all are counted */

struct finding
{
  const char *kind, *item, *target; /* ITEM: its label, or NULL */
  size_t line;                      /* 0: the whole item */
  struct aid_span mask;
  const char *id;
  int asked;
  int answer;                       /* it is in an answer */
};

struct check
{
  const struct aid_prompt *prompt;
  const char *allowed;
  struct aid_str *val;
  int answer;           /* what is looked through is an answer */
  struct aid_str first; /* the sentence about the first one */
  uint32_t n;
  enum aid_err err;
};

/* Whether ID is among the words of LIST. */
static int
is_listed (const char *list, const char *id)
{
  const char *at = list;
  size_t n = strlen (id);
  while (at && (at = strstr (at, id)))
    {
      if ((at == list || at[-1] == ' ') && (!at[n] || at[n] == ' '))
        return 1;
      at += n;
    }
  return 0;
}

static int
is_allowed (const struct check *c, const char *id)
{
  return c->allowed && (!strcmp (c->allowed, "*") || is_listed (c->allowed, id));
}

static void
say_first (struct check *c, const struct finding *f)
{
  enum { LABEL_MAX = 80 };      /* bytes of a label that are told */
  const char *where = f->item     ? f->item
                      : f->answer ? "an answer that was edited"
                      : f->asked  ? "your question"
                                  : "an earlier question";
  struct aid_span label = aid_span_z (where);
  label.len = label.len > LABEL_MAX ? LABEL_MAX : label.len;
  label.len = aid_utf8_valid_prefix (label);
  aid_str_addspan (&c->first, label);
  if (!f->line)
    aid_str_addf (&c->first, " is a file of %s", f->kind);
  else
    aid_str_addf (&c->first, ", line %zu, holds what looks like a secret: %s, %.*s", f->line, f->kind, (int)f->mask.len,
                  f->mask.ptr);
}

static void
add (struct check *c, const struct finding *f)
{
  if (is_allowed (c, f->id))
    return;
  if (!c->n++)
    say_first (c, f);
  if (c->n > TOLD_MAX)
    return;
  size_t o = aid_val_object (c->val);
  aid_val_kstrz (c->val, "kind", f->kind);
  aid_val_kstrz (c->val, "item", f->item);
  aid_val_kstrz (c->val, "target", f->target);
  aid_val_kint (c->val, "line", (int64_t)f->line);
  aid_val_kstr (c->val, "mask", f->mask);
  aid_val_kstrz (c->val, "id", f->id);
  aid_val_kbool (c->val, "file", !f->line);
  aid_val_kbool (c->val, "asked", f->asked);
  aid_val_kbool (c->val, "answer", f->answer);
  aid_val_end (c->val, o, 9);
}

/* --- files of a telling name ---------------------------------------------------------------------------------------- */

/* What the file that TARGET names is known to hold, or NULL; then ID gets the finding's name: of this file with this
   text. */
static const char *
telling_file (struct aid_span target, struct aid_span text, char id[AID_SECRET_ID])
{
  struct aid_str path = AID_STR_INIT (16384), both = AID_STR_INIT (4 * AID_ITEM_MAX);
  int64_t first, last;
  const char *kind = aid_item_target (target, &path, &first, &last) ? NULL : aid_secrets_file (aid_str_span (&path));
  if (kind)
    {
      aid_str_addspan (&both, target);
      aid_str_addc (&both, '\n');
      aid_utf8_clean (aid_span_trim (text), &both); /* as it is in the conversation */
      aid_secret_id (aid_str_span (&both), &(struct aid_secret){ 0, both.len, 0, "file" }, id);
    }
  aid_str_free (&path);
  aid_str_free (&both);
  return kind;
}

/* --- where things stand ---------------------------------------------------------------------------------------------- */

struct stretch /* an item's text in a part */
{
  const struct aid_shown *shown;
  size_t beg, end;
};

/* Where the text of S is in TEXT, at FROM or behind; it ends after its lines. */
static struct stretch
find_shown (const struct aid_shown *s, struct aid_span text, size_t from)
{
  struct aid_span rest = aid_span_cut (text, from, text.len), line;
  ptrdiff_t at = aid_span_find (rest, aid_str_span (&s->head));
  if (at < 0)
    return (struct stretch){ s, from, from };
  size_t beg = from + (size_t)at + s->head.len;
  rest = aid_span_cut (text, beg, text.len);
  for (size_t i = 0; i < s->lines && aid_span_line (&rest, &line); i++)
    ;
  return (struct stretch){ s, beg, text.len - rest.len };
}

static size_t
lines_between (struct aid_span text, size_t from, size_t to)
{
  size_t n = 0;
  for (size_t i = from; i < to; i++)
    n += text.ptr[i] == '\n';
  return n;
}

/* The line of an item's file that its text begins with. */
static size_t
first_line (const char *target)
{
  struct aid_str path = AID_STR_INIT (16384);
  int64_t first = 0, last;
  if (aid_item_target (aid_span_z (target), &path, &first, &last))
    first = 0;
  aid_str_free (&path);
  return first > 0 ? (size_t)first : 1;
}

static void
add_secret (struct check *c, struct aid_span text, const struct aid_secret *s, const struct stretch *in, int asked)
{
  char id[AID_SECRET_ID];
  struct aid_str mask = AID_STR_INIT (4096);
  aid_secret_id (text, s, id);
  aid_secret_mask (text, s, &mask);
  struct finding f = { .kind = s->kind, .mask = aid_str_span (&mask), .id = id, .asked = asked, .answer = c->answer };
  if (in)
    {
      f.item = in->shown->label;
      f.target = in->shown->target;
      f.line = first_line (f.target) + lines_between (text, in->beg, s->beg);
    }
  else
    f.line = 1 + lines_between (text, 0, s->beg);
  add (c, &f);
  aid_str_free (&mask);
}

/* Looks through one part, whose items are from *SHOWN on. */
static void
check_part (struct check *c, size_t message, size_t part, struct aid_span text, size_t *shown, int asked)
{
  const struct aid_vec *all = &c->prompt->shown;
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
  size_t k = 0, at = 0;
  c->err = aid_secrets_scan (text, &found);
  for (; *shown < all->len; ++*shown)
    {
      const struct aid_shown *s = &AID_VEC_AT (struct aid_shown, all, *shown);
      if (s->message != message || s->part != part)
        break;
      struct stretch in = find_shown (s, text, at);
      char id[AID_SECRET_ID];
      const char *kind = telling_file (aid_span_z (s->target), aid_span_cut (text, in.beg, in.end), id);
      for (; k < found.len && AID_VEC_AT (struct aid_secret, &found, k).beg < in.beg; k++)
        add_secret (c, text, &AID_VEC_AT (struct aid_secret, &found, k), NULL, asked);
      if (kind)
        add (c, &(struct finding){ kind, s->label, s->target, 0, aid_span_z (""), id, asked, 0 });
      for (; k < found.len && AID_VEC_AT (struct aid_secret, &found, k).beg < in.end; k++)
        add_secret (c, text, &AID_VEC_AT (struct aid_secret, &found, k), &in, asked);
      at = in.end;
    }
  for (; k < found.len; k++)
    add_secret (c, text, &AID_VEC_AT (struct aid_secret, &found, k), NULL, asked);
  aid_vec_free (&found);
}

/* Ends the list of C, begun as L, and says what kept the request back. */
static enum aid_err
conclude (struct check *c, size_t l, struct aid_error *e)
{
  aid_val_end (c->val, l, c->n < TOLD_MAX ? c->n : TOLD_MAX);
  if (c->err == AID_E_LIMIT)
    aid_error_set (e, c->err, "Not sent: it holds more than %d secrets.", AID_SECRETS_MAX);
  else if (c->err)
    aid_error_set (e, c->err, "There is no memory to look for secrets in the request.");
  else if (c->n == 1)
    c->err = aid_error_set (e, AID_E_REFUSED, "Not sent: %s.", aid_str_z (&c->first));
  else if (c->n)
    c->err = aid_error_set (e, AID_E_REFUSED, "Not sent: %s; and %u more.", aid_str_z (&c->first), c->n - 1);
  aid_str_free (&c->first);
  return c->err;
}

enum aid_err
aid_held_check (const struct aid_prompt *p, const char *allowed, struct aid_str *val, struct aid_error *e)
{
  const struct aid_vec *all = &p->conversation.messages;
  struct check c = { .prompt = p, .allowed = allowed, .val = val, .first = AID_STR_INIT (4096) };
  size_t shown = 0, edited = 0, l = aid_val_list (val);
  for (size_t i = 0; i < all->len && !c.err; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, all, i);
      c.answer = edited < p->edited.len && AID_VEC_AT (size_t, &p->edited, edited) == i;
      edited += (size_t) c.answer;
      for (size_t k = 0; k < m->parts.len && (m->role == AID_ROLE_USER || c.answer) && !c.err; k++)
        {
          const struct aid_part *part = &AID_VEC_AT (struct aid_part, &m->parts, k);
          if (part->text)
            check_part (&c, i, k, (struct aid_span){ part->text, part->len }, &shown, i + 1 == all->len);
        }
    }
  return conclude (&c, l, e);
}

enum aid_err
aid_held_check_body (struct aid_span body, const char *allowed, struct aid_str *val, struct aid_error *e)
{
  static const struct aid_prompt nothing;
  struct check c = { .prompt = &nothing, .allowed = allowed, .val = val, .first = AID_STR_INIT (4096) };
  size_t shown = 0, l = aid_val_list (val);
  check_part (&c, 0, 0, body, &shown, 1);
  return conclude (&c, l, e);
}

/* --- taking out ----------------------------------------------------------------------------------------------------- */

static int
is_removed (void *ctx, const char *id)
{
  return is_listed (ctx, id);
}

enum aid_err
aid_held_remove (const char *removed, struct aid_span target, struct aid_span text, struct aid_str *out)
{
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
  char id[AID_SECRET_ID];
  const char *kind = removed ? telling_file (target, text, id) : NULL;
  enum aid_err err = AID_OK;
  if (kind && is_listed (removed, id))
    aid_str_addf (out, "[removed: %s]\n", kind);
  else if (!(err = removed ? aid_secrets_scan (text, &found) : AID_OK))
    aid_secrets_replace (text, &found, is_removed, (void *)(uintptr_t)removed, out);
  aid_vec_free (&found);
  return err ? err : out->err;
}

/* --- before anything is asked --------------------------------------------------------------------------------------- */

/* What the prompt that ASK comes to holds; nothing when it comes to none. */
static void
hold_prompt (const struct aid_ask *ask, struct aid_str *val)
{
  struct aid_str dir = AID_STR_INIT (8192);
  struct aid_error e;
  struct aid_prompt prompt;
  aid_links_dir (ask->chat_path, ask->root, &dir);
  struct aid_prompt_request r = { .chat = ask->chat, .turn = ask->turn, .dir = aid_str_z (&dir), .items = ask->items,
                                  .nitems = ask->nitems, .system = "", .model_id = "", .remove_secrets = ask->remove_secrets,
                                  .summarise = ask->summarise, .dry = 1, .resolver = ask->resolver,
                                  .root = ask->root };
  if (aid_prompt_build (&r, &prompt, &e))
    aid_val_end (val, aid_val_list (val), 0);
  else
    aid_held_check (&prompt, ask->allow_secrets, val, &e);
  aid_prompt_free (&prompt);
  aid_str_free (&dir);
}

enum aid_err
aid_assist_held (const struct aid_ask *ask, struct aid_str *val, struct aid_error *e)
{
  if (ask->body.len)
    aid_held_check_body (ask->body, ask->allow_secrets, val, NULL);
  else
    hold_prompt (ask, val);
  return val->err ? aid_error_set (e, val->err, "There is no memory to look for secrets.") : AID_OK;
}
