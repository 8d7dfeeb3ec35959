/* What is kept from leaving.  The conversation is looked through for secrets after it is built: there a finding's place can be
   told as the person knows it, an item and its line.  What leaves in the end is the request's body, and so that no way of
   putting something into it is forgotten, every string of it is looked through, too. */
#include "assist/assist_internal.h"
#include "base/json.h"
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
  const char *id, *where;           /* WHERE: in words, of what is no item */
  int asked;
  int answer;                       /* it is in an answer */
};

struct check
{
  const struct aid_prompt *prompt;
  const char *allowed;
  struct aid_str *val;
  const char *where;    /* what is looked through */
  int answer;           /* it is an answer */
  int once;             /* what was told of already is not told again */
  int json;             /* it is JSON, in which strings have escapes */
  struct aid_str told;  /* ids, with blanks between them */
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
  struct aid_span label = aid_span_z (f->item ? f->item : f->where);
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
  if (is_allowed (c, f->id) || (c->once && is_listed (aid_str_z (&c->told), f->id)))
    return;
  aid_str_addf (&c->told, " %s", f->id);
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
  aid_val_kstrz (c->val, "where", f->item ? NULL : f->where);
  aid_val_end (c->val, o, 10);
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

/* The id of S in the JSON document TEXT: of the bytes that are meant, by which it is known where it is no JSON. */
static void
id_in_json (struct aid_span text, const struct aid_secret *s, char id[AID_SECRET_ID])
{
  struct aid_span bytes = aid_span_cut (text, s->beg, s->end);
  struct aid_str list = AID_STR_INIT (bytes.len + 4);
  aid_str_addz (&list, "[\"");
  aid_str_addspan (&list, bytes);
  aid_str_addz (&list, "\"]");
  json_t *read = list.err ? NULL : aid_json_load (aid_str_span (&list)), *one = json_array_get (read, 0);
  if (json_array_size (read) == 1 && json_is_string (one))
    bytes = (struct aid_span){ json_string_value (one), json_string_length (one) };
  struct aid_secret all = { .end = bytes.len, .kind = s->kind };
  aid_secret_id (bytes, &all, id);
  json_decref (read);
  aid_str_free (&list);
}

static void
add_secret (struct check *c, struct aid_span text, const struct aid_secret *s, const struct stretch *in, int asked)
{
  char id[AID_SECRET_ID];
  struct aid_str mask = AID_STR_INIT (4096);
  if (c->json)
    id_in_json (text, s, id);
  else
    aid_secret_id (text, s, id);
  aid_secret_mask (text, s, &mask);
  struct finding f = { .kind = s->kind, .mask = aid_str_span (&mask), .id = id, .where = c->where, .asked = asked,
                       .answer = c->answer };
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
        add (c, &(struct finding){ kind, s->label, s->target, 0, aid_span_z (""), id, NULL, asked, 0 });
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
  aid_str_free (&c->told);
  return c->err;
}

static struct check
begin (const struct aid_prompt *p, const char *allowed, struct aid_str *val)
{
  enum { TOLD_BYTES = 1000 * AID_SECRET_ID };  /* beyond it some are told twice */
  return (struct check){ .prompt = p, .allowed = allowed, .val = val, .first = AID_STR_INIT (4096),
                         .told = AID_STR_INIT (TOLD_BYTES) };
}

/* What part PART of message I, which is EDITED if it is an answer that was, is called. */
static const char *
name_of (const struct aid_vec *all, size_t i, const struct aid_part *part, int edited)
{
  enum aid_role role = AID_VEC_AT (struct aid_message, all, i).role;
  if (part->kind == AID_PART_TOOL_RESULT)
    return "a tool's output";
  if (role == AID_ROLE_USER)
    return i + 1 == all->len ? "your question" : "an earlier question";
  return role == AID_ROLE_SYSTEM ? "the strategy's prompt" : edited ? "an answer that was edited" : "an answer";
}

/* Looks through the messages that are the person's, or through the OTHERS. */
static void
check_messages (struct check *c, int others)
{
  const struct aid_vec *all = &c->prompt->conversation.messages, *answers = &c->prompt->edited;
  size_t shown = others ? c->prompt->shown.len : 0, next = 0;
  c->once = others;
  for (size_t i = 0; i < all->len && !c->err; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, all, i);
      int edited = next < answers->len && AID_VEC_AT (size_t, answers, next) == i;
      next += (size_t) edited;
      c->answer = m->role == AID_ROLE_ASSISTANT;
      for (size_t k = 0; k < m->parts.len && others != (m->role == AID_ROLE_USER || edited) && !c->err; k++)
        {
          const struct aid_part *part = &AID_VEC_AT (struct aid_part, &m->parts, k);
          c->where = name_of (all, i, part, edited);
          check_part (c, i, k, (struct aid_span){ part->text, part->len }, &shown, i + 1 == all->len);
        }
    }
}

enum aid_err
aid_held_check (const struct aid_prompt *p, const char *allowed, struct aid_str *val, struct aid_error *e)
{
  struct check c = begin (p, allowed, val);
  size_t l = aid_val_list (val);
  check_messages (&c, 0);
  check_messages (&c, 1);
  return conclude (&c, l, e);
}

/* --- the body ------------------------------------------------------------------------------------------------------- */

enum
{
  WORD_LEAST = 8,              /* bytes of a string in which a secret may be */
  OPAQUE_LEAST = 256,
  OPAQUE_HEAD = 1024           /* bytes in which a secret that is all of a string ends */
};

/* Whether V is an image, or what a server made for itself: one long word of base 64.  Chance makes keys in it. */
static int
is_opaque (struct aid_span v)
{
  static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/-_";
  struct aid_span head = aid_span_cut (v, 0, 64), mark = AID_SPAN (";base64,");
  ptrdiff_t at = aid_span_starts (v, "data:") ? aid_span_find (head, mark) : -1;
  size_t i = at < 0 ? 0 : (size_t) at + mark.len;
  if (v.len < OPAQUE_LEAST)
    return 0;
  i += strspn (v.ptr + i, digits);
  while (i < v.len && v.ptr[i] == '=')
    i++;
  return i >= v.len;
}

/* Looks through V, a string of the body; a NUL or a quote follows it. */
static enum aid_err
check_string (void *ctx, struct aid_span v)
{
  struct check *c = ctx;
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
  if (v.len < WORD_LEAST)
    return AID_OK;
  int opaque = is_opaque (v);
  c->err = aid_secrets_scan (opaque ? aid_span_cut (v, 0, OPAQUE_HEAD) : v, &found);
  for (size_t i = 0; i < found.len; i++)
    if (!opaque || AID_VEC_AT (struct aid_secret, &found, i).beg == 0)
      add_secret (c, v, &AID_VEC_AT (struct aid_secret, &found, i), NULL, 0);
  aid_vec_free (&found);
  return c->err;
}

/* Looks through the strings of BODY, and if it is EDITED, or no JSON, through its own text: there names stand beside their
   values. */
static enum aid_err
check_body (struct aid_span body, int edited, const char *allowed, struct aid_str *val, struct aid_error *e)
{
  static const struct aid_prompt nothing;
  struct check c = begin (&nothing, allowed, val);
  size_t shown = 0, l = aid_val_list (val);
  c.where = "the request";
  c.json = 1;
  if (edited)
    check_part (&c, 0, 0, body, &shown, 1);
  c.once = 1;
  c.json = 0;
  enum aid_err err = c.err ? c.err : aid_json_strings (body, check_string, &c);
  if (err == AID_E_PARSE && !edited)
    check_part (&c, 0, 0, body, &shown, 1);
  else if (err && err != AID_E_PARSE)
    c.err = err;
  return conclude (&c, l, e);
}

enum aid_err
aid_held_check_sent (struct aid_span body, const char *allowed, struct aid_str *val, struct aid_error *e)
{
  return check_body (body, 0, allowed, val, e);
}

enum aid_err
aid_held_check_body (struct aid_span body, const char *allowed, struct aid_str *val, struct aid_error *e)
{
  return check_body (body, 1, allowed, val, e);
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
