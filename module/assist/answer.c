/* A model's events become the text of an answer as the chat file holds it: reasoning in a quote under its marker, a tool call in
   a fenced block under its marker, everything else verbatim.

   The file's key must not come in from outside, or the text could forge structure: each delta is searched for it, across
   the cuts between deltas, and when it is there the file takes a new key first. */
#include "assist/assist_internal.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/val.h"
#include <stdlib.h>

#define KEY_LENGTH 8
#define TOOLS_MAX 256          /* as many as a decoder tells of */
#define WORD_MAX 1024          /* of a tool call's id or name: as long as a decoder lets them be */

enum mode { AT_START, IN_TEXT, IN_REASONING };

struct tool
{
  int index;
  struct aid_str id, name, args;
};

struct aid_answer
{
  struct aid_answer_hooks hooks;
  char key[33];
  int plain;
  enum mode mode;
  int at_line_start;           /* the text so far is empty or ends with a newline */
  char tail[32];               /* the last bytes that came in, for a key that is cut */
  size_t ntail;
  int64_t reasoning_since, reasoning_ms;
  struct aid_str opaque;
  struct aid_vec tools;        /* struct tool, in the order they came */
};

struct aid_answer *
aid_answer_new (const char *key, int plain, const struct aid_answer_hooks *hooks)
{
  struct aid_answer *a = calloc (1, sizeof *a);
  if (!a)
    return NULL;
  a->hooks = *hooks;
  a->plain = plain;
  a->at_line_start = 1;
  a->reasoning_ms = -1;
  a->opaque = AID_STR_INIT (AID_ANSWER_MAX);
  a->tools = AID_VEC_INIT (struct tool, TOOLS_MAX);
  strncpy (a->key, key, sizeof a->key - 1);
  return a;
}

void
aid_answer_free (struct aid_answer *a)
{
  if (!a)
    return;
  for (size_t i = 0; i < a->tools.len; i++)
    {
      struct tool *t = &AID_VEC_AT (struct tool, &a->tools, i);
      aid_str_free (&t->id);
      aid_str_free (&t->name);
      aid_str_free (&t->args);
    }
  aid_vec_free (&a->tools);
  aid_str_free (&a->opaque);
  free (a);
}

int64_t
aid_answer_reasoning_ms (const struct aid_answer *a)
{
  return a->reasoning_ms;
}

struct aid_span
aid_answer_opaque (const struct aid_answer *a)
{
  return aid_str_span (&a->opaque);
}

const char *
aid_answer_key (const struct aid_answer *a)
{
  return a->key;
}

/* --- writing -------------------------------------------------------------------------------------------------------- */

static void
put (struct aid_answer *a, struct aid_span text)
{
  if (!text.len)
    return;
  a->hooks.text (a->hooks.ctx, text);
  a->at_line_start = text.ptr[text.len - 1] == '\n';
}

static void
putz (struct aid_answer *a, const char *z)
{
  put (a, aid_span_z (z));
}

/* Takes a new key when the bytes that come in hold the present one. */
static void
guard_key (struct aid_answer *a, struct aid_span incoming)
{
  size_t n = strlen (a->key);
  if (a->plain || !n)
    return;
  char seam[96];
  size_t head = incoming.len < n - 1 ? incoming.len : n - 1;
  memcpy (seam, a->tail, a->ntail);
  memcpy (seam + a->ntail, incoming.ptr, head);
  struct aid_span key = { a->key, n };
  if (aid_span_find ((struct aid_span){ seam, a->ntail + head }, key) >= 0 || aid_span_find (incoming, key) >= 0)
    {
      char fresh[KEY_LENGTH + 1];
      struct aid_span f = { fresh, KEY_LENGTH };
      do
        if (aid_random_key (fresh, KEY_LENGTH))
          return;
      while (aid_span_find (incoming, f) >= 0);
      a->hooks.rekey (a->hooks.ctx, a->key, fresh);
      memcpy (a->key, fresh, sizeof fresh);
    }
  size_t keep = incoming.len < n - 1 ? incoming.len : n - 1;
  if (keep < n - 1)
    {
      size_t old = a->ntail + keep > n - 1 ? n - 1 - keep : a->ntail;
      memmove (a->tail, a->tail + a->ntail - old, old);
      a->ntail = old;
    }
  else
    a->ntail = 0;
  memcpy (a->tail + a->ntail, incoming.ptr + incoming.len - keep, keep);
  a->ntail += keep;
}

/* A blank line before what comes next, whatever stands there. */
static void
paragraph (struct aid_answer *a)
{
  if (a->mode != AT_START)
    putz (a, a->at_line_start ? "\n" : "\n\n");
}

static void
leave_reasoning (struct aid_answer *a)
{
  if (a->mode != IN_REASONING)
    return;
  a->reasoning_ms = (a->reasoning_ms < 0 ? 0 : a->reasoning_ms) + aid_clock_ms () - a->reasoning_since;
  a->mode = IN_TEXT;
  if (!a->plain)
    putz (a, a->at_line_start ? "\n" : "\n\n");
}

static void
enter_reasoning (struct aid_answer *a)
{
  if (a->mode == IN_REASONING)
    return;
  a->reasoning_since = aid_clock_ms ();
  if (!a->plain)
    {
      struct aid_str marker = AID_STR_INIT (256);
      paragraph (a);
      aid_str_addf (&marker, "<!--aid:%s reasoning-->\n> ", a->key);
      put (a, aid_str_span (&marker));
      aid_str_free (&marker);
    }
  a->mode = IN_REASONING;
}

/* Each line of reasoning stands in the quote. */
static void
put_quoted (struct aid_answer *a, struct aid_span text)
{
  while (text.len)
    {
      const char *nl = memchr (text.ptr, '\n', text.len);
      size_t n = nl ? (size_t) (nl - text.ptr) : text.len;
      put (a, aid_span_cut (text, 0, n));
      if (nl)
        putz (a, "\n> ");
      text = aid_span_cut (text, nl ? n + 1 : n, text.len);
    }
}

static void
on_reasoning (struct aid_answer *a, struct aid_span text)
{
  if (!text.len)
    return;
  enter_reasoning (a);
  guard_key (a, text);
  if (a->plain)
    a->hooks.reasoning (a->hooks.ctx, text);
  else
    put_quoted (a, text);
}

static void
on_text (struct aid_answer *a, struct aid_span text)
{
  leave_reasoning (a);
  if (a->mode == AT_START)
    while (text.len && (*text.ptr == '\n' || *text.ptr == '\r'))
      text = aid_span_cut (text, 1, text.len);
  if (!text.len)
    return;
  guard_key (a, text);
  a->mode = IN_TEXT;
  put (a, text);
}

/* --- tool calls ----------------------------------------------------------------------------------------------------- */

static void
on_tool (struct aid_answer *a, const struct aid_model_event *ev)
{
  struct tool *t = NULL;
  for (size_t i = 0; i < a->tools.len; i++)
    if (AID_VEC_AT (struct tool, &a->tools, i).index == ev->index)
      t = &AID_VEC_AT (struct tool, &a->tools, i);
  if (!t && (t = aid_vec_push (&a->tools)))
    {
      t->index = ev->index;
      t->id = AID_STR_INIT (WORD_MAX);
      t->name = AID_STR_INIT (WORD_MAX);
      t->args = AID_STR_INIT (AID_ANSWER_MAX);
    }
  if (!t)
    return;
  if (ev->id.len && !t->id.len)
    aid_str_addspan (&t->id, ev->id);
  if (ev->name.len && !t->name.len)
    aid_str_addspan (&t->name, ev->name);
  aid_str_addspan (&t->args, ev->text);
}

int
aid_answer_tools_fit (const struct aid_answer *a)
{
  size_t bytes = 0;
  for (size_t i = 0; i < a->tools.len; i++)
    {
      const struct tool *t = &AID_VEC_AT (struct tool, &a->tools, i);
      bytes += t->id.len + t->name.len + t->args.len;
      if (t->args.err || bytes > AID_ANSWER_MAX)
        return 0;
    }
  return 1;
}

uint32_t
aid_answer_tell_tools (const struct aid_answer *a, struct aid_str *out)
{
  if (!a->tools.len)
    return 0;
  aid_val_key (out, "tools");
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < a->tools.len; i++)
    {
      const struct tool *t = &AID_VEC_AT (struct tool, &a->tools, i);
      size_t one = aid_val_object (out);
      aid_val_kstr (out, "id", aid_str_span (&t->id));
      aid_val_kstr (out, "name", aid_str_span (&t->name));
      aid_val_kstr (out, "arguments", t->args.len ? aid_str_span (&t->args) : AID_SPAN ("{}"));
      aid_val_end (out, one, 3);
    }
  aid_val_end (out, list, (uint32_t) a->tools.len);
  return 1;
}

void
aid_marker_word (struct aid_str *out, const char *key, struct aid_span value)
{
  aid_str_addf (out, " %s=", key);
  for (size_t i = 0; i < value.len; i++)
    {
      unsigned char c = (unsigned char) value.ptr[i];
      if (c > ' ' && c < 127 && c != '%' && c != '>' && c != '<')
        aid_str_addc (out, (char) c);
      else
        aid_str_addf (out, "%%%02X", c);
    }
}

static void
write_tool (struct aid_answer *a, struct tool *t)
{
  struct aid_str block = AID_STR_INIT (2 * AID_ANSWER_MAX), args = AID_STR_INIT (2 * AID_ANSWER_MAX);
  aid_utf8_clean (t->args.len ? aid_str_span (&t->args) : AID_SPAN ("{}"), &args);
  guard_key (a, aid_str_span (&args));
  paragraph (a);
  aid_str_addf (&block, "<!--aid:%s tool", a->key);
  aid_marker_word (&block, "id", aid_str_span (&t->id));
  aid_marker_word (&block, "name", aid_str_span (&t->name));
  aid_str_addz (&block, "-->\n");
  size_t fence = aid_chat_fence (aid_str_span (&args));
  for (size_t i = 0; i < fence; i++)
    aid_str_addc (&block, '`');
  aid_str_addz (&block, "json\n");
  aid_str_addspan (&block, aid_str_span (&args));
  aid_str_addc (&block, '\n');
  for (size_t i = 0; i < fence; i++)
    aid_str_addc (&block, '`');
  aid_str_addc (&block, '\n');
  if (!block.err)
    put (a, aid_str_span (&block));
  a->mode = IN_TEXT;
  aid_str_free (&block);
  aid_str_free (&args);
}

/* --- events --------------------------------------------------------------------------------------------------------- */

void
aid_answer_event (struct aid_answer *a, const struct aid_model_event *ev)
{
  switch (ev->kind)
    {
    case AID_MODEL_TEXT:
    case AID_MODEL_REFUSAL:
      on_text (a, ev->text);
      break;
    case AID_MODEL_REASONING:
      on_reasoning (a, ev->text);
      break;
    case AID_MODEL_REASONING_OPAQUE:
      aid_str_clear (&a->opaque);
      aid_str_addspan (&a->opaque, ev->text);
      break;
    case AID_MODEL_TOOL:
      on_tool (a, ev);
      break;
    case AID_MODEL_START:
    case AID_MODEL_USAGE:
    case AID_MODEL_STOP:
      break;
    }
}

void
aid_answer_end (struct aid_answer *a, struct aid_span body)
{
  leave_reasoning (a);
  if (a->plain)
    return;
  struct aid_str closing = AID_STR_INIT (AID_ANSWER_MAX + 256);
  const char *word = "";
  if (!aid_chat_closing (body, &closing, &word) && *word)
    {
      aid_str_addf (&closing, "<!--aid:%s end closed=%s-->\n", a->key, word);
      a->hooks.closing (a->hooks.ctx, closing.len + 1);
      if (!a->at_line_start)
        putz (a, "\n");
      put (a, aid_str_span (&closing));
    }
  aid_str_free (&closing);
  for (size_t i = 0; i < a->tools.len; i++)
    write_tool (a, &AID_VEC_AT (struct tool, &a->tools, i));
}
