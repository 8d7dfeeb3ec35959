/* Items for Lisp: kinds, sets, and what takes longer than Emacs may wait: reading an item, listing those of a request,
   comparing what was sent with what is there. */
#include "assist/finder.h"
#include "assist/stale.h"
#include "base/val.h"
#include "binding/later.h"
#include "chat/chat.h"
#include "context/kinds.h"
#include "context/sets.h"
#include "model/conversation.h"
#include "model/tokens.h"
#include "project/projects.h"
#include <stdlib.h>

#define VAL_MAX ((size_t) 64 << 20)
#define LISTED_MS 20000        /* waited for a project's first list */
#define BUFFERS_MAX 1000       /* that somebody is editing */

/* --- jobs on the pool --------------------------------------------------------------------------------------------- */

struct job
{
  struct aid_bind_later later;
  struct aid_bind_question q;  /* of the items of a request */
  char *dir, *root, *target, *model, *key;
  int typed, count;            /* COUNT: the text itself is not wanted */
  size_t most;
  struct aid_str chat;
  struct aid_vec buffers;      /* struct aid_stale_buffer, which own their strings */
};

static void
job_free (struct aid_bind_later *later)
{
  struct job *j = (struct job *) later;
  aid_bind_question_free (&j->q);
  for (size_t i = 0; i < j->buffers.len; i++)
    {
      struct aid_stale_buffer *b = &AID_VEC_AT (struct aid_stale_buffer, &j->buffers, i);
      free (b->path);
      aid_str_free (&b->text);
    }
  aid_vec_free (&j->buffers);
  aid_str_free (&j->chat);
  free (j->dir);
  free (j->root);
  free (j->target);
  free (j->model);
  free (j->key);
  free (j);
}

static struct job *
job_new (emacs_env *env, void (*work) (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e))
{
  struct job *j = aid_bind_later_new (env, sizeof *j, work, job_free);
  if (j != NULL)
    {
      j->chat = AID_STR_INIT (AID_CHAT_MAX);
      j->buffers = AID_VEC_INIT (struct aid_stale_buffer, BUFFERS_MAX);
    }
  return j;
}

/* Takes J, which may be NULL, and gives its id. */
static emacs_value
begin (emacs_env *env, struct job *j)
{
  return j != NULL ? aid_bind_later_begin (env, &j->later, aid_assist_readers (aid_binding.assist)) : NULL;
}

/* --- one item ------------------------------------------------------------------------------------------------------ */

static void
read_item (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct job *j = (struct job *) later;
  struct aid_resolve how = { .resolver = aid_assist_resolver (aid_binding.assist), .dir = j->dir ? j->dir : "/", .root = j->root,
                             .typed = j->typed };
  struct aid_str text = AID_STR_INIT (AID_MEDIA_MAX);
  if (!aid_assist_read (&how, aid_span_z (j->target), &text, e))
    {
      struct aid_counter *counter = aid_counter_new (j->model);
      const char *media = aid_media_type (aid_str_span (&text));
      size_t o = aid_val_object (val);
      aid_val_kstrz (val, "media", media);
      aid_val_kint (val, "tokens", media ? aid_media_tokens (aid_str_span (&text))
                                   : counter ? aid_counter_count (counter, aid_str_span (&text)) : 0);
      aid_val_kbool (val, "exact", !media && counter && aid_counter_exact (counter));
      aid_val_kbool (val, "nothing", aid_context_is_nothing (aid_span_z (j->target), aid_str_span (&text)));
      aid_val_kstr (val, "text", media || j->count ? aid_span_z (NULL) : aid_str_span (&text));
      aid_val_end (val, o, 5);
      aid_counter_free (counter);
    }
  aid_str_free (&text);
}

AID_BIND (item_soon)
{
  (void) nargs;
  struct job *j = job_new (env, read_item);
  if (j != NULL)
    {
      j->dir = aid_lisp_dup (env, aid_lisp_get (env, args[0], ":dir"));
      j->root = aid_lisp_dup (env, aid_lisp_get (env, args[0], ":root"));
      j->target = aid_lisp_dup (env, aid_lisp_get (env, args[0], ":target"));
      j->model = aid_lisp_dup (env, aid_lisp_get (env, args[0], ":model"));
      j->typed = !aid_lisp_is_nil (env, aid_lisp_get (env, args[0], ":typed"));
      j->count = !aid_lisp_is_nil (env, aid_lisp_get (env, args[0], ":count"));
      if (!aid_lisp_failed (env) && j->target == NULL)
        aid_lisp_signal (env, "invalid", "There is no target");
    }
  return begin (env, j);
}

/* --- those of a request -------------------------------------------------------------------------------------------- */

static void
list_items (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  aid_assist_items (aid_binding.assist, &((struct job *) later)->q.ask, val, e);
}

AID_BIND (items_soon)
{
  (void) nargs;
  struct job *j = job_new (env, list_items);
  if (j != NULL)
    {
      aid_bind_question_read (env, args[0], &j->q);
      aid_bind_question_own_chat (&j->q);
    }
  return begin (env, j);
}

/* --- what has changed since it was sent ---------------------------------------------------------------------------- */

struct states
{
  struct aid_str *val;
  uint32_t n;
};

static void
add_state (void *ctx, struct aid_span target, struct aid_span sent, enum aid_stale state)
{
  static const char *const names[] = { "same", "changed", "gone", "unknown" };
  struct states *s = ctx;
  size_t list = aid_val_list (s->val);
  aid_val_str (s->val, target);
  aid_val_str (s->val, sent);
  aid_val_sym (s->val, names[state]);
  aid_val_end (s->val, list, 3);
  s->n++;
}

static void
compare (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct job *j = (struct job *) later;
  struct aid_stale_chat chat = { .text = aid_str_span (&j->chat), .dir = j->dir ? j->dir : "/", .root = j->root,
                                 .buffers = j->buffers.data, .nbuffers = j->buffers.len };
  struct states s = { val, 0 };
  size_t o = aid_val_object (val);
  aid_val_key (val, "states");
  size_t list = aid_val_list (val);
  aid_stale_all (aid_assist_stale (aid_binding.assist), &chat, add_state, &s, e);
  aid_val_end (val, list, s.n);
  aid_val_end (val, o, 1);
}

AID_BIND (stale_soon)
{
  (void) nargs;
  struct job *j = job_new (env, compare);
  emacs_value list = args[3], one, path, text;
  if (j == NULL)
    return NULL;
  aid_str_addspan (&j->chat, aid_bind_docs_text (env, args[0]));
  j->dir = aid_lisp_dup (env, args[1]);
  j->root = aid_lisp_dup (env, args[2]);
  while (aid_lisp_pop (env, &list, &one) && aid_lisp_pop (env, &one, &path) && aid_lisp_pop (env, &one, &text))
    {
      struct aid_stale_buffer *buffer = aid_vec_push (&j->buffers);
      if (buffer == NULL)
        break;
      aid_lisp_text (env, text, &buffer->text);
      buffer->path = aid_lisp_dup (env, path);
      if (buffer->path == NULL)   /* a signal is pending */
        {
          aid_str_free (&buffer->text);
          j->buffers.len--;
          break;
        }
    }
  return begin (env, j);
}

/* --- whether a project is listed -------------------------------------------------------------------------------------- */

static void
await_list (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct job *j = (struct job *) later;
  struct aid_projects *projects = aid_assist_projects (aid_binding.assist);
  struct aid_project *p;
  if (aid_projects_get (projects, j->root, &p, e))
    return;
  aid_val_bool (val, aid_project_wait (p, 0, LISTED_MS) > 0);
  aid_projects_put (projects, p);
}

AID_BIND (project_listed_soon)
{
  (void) nargs;
  struct job *j = job_new (env, await_list);
  if (j != NULL)
    {
      j->root = aid_lisp_dup (env, args[0]);
      if (!aid_lisp_failed (env) && j->root == NULL)
        aid_lisp_signal (env, "invalid", "There is no project");
    }
  return begin (env, j);
}

/* --- why a file is in its project, or left out ---------------------------------------------------------------------- */

static void
say_why (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct job *j = (struct job *) later;
  struct aid_projects *projects = aid_assist_projects (aid_binding.assist);
  struct aid_project *p;
  struct aid_str why = AID_STR_INIT (1 << 16);
  if (aid_projects_get (projects, j->root, &p, e))
    return;
  if (!aid_project_wait (p, 0, LISTED_MS))
    aid_error_set (e, AID_E_TIMEOUT, "The files of %.200s are still being listed.", j->root);
  else if (!aid_project_why (p, aid_span_z (j->target), &why, e))
    aid_val_str (val, aid_str_span (&why));
  aid_projects_put (projects, p);
  aid_str_free (&why);
}

AID_BIND (project_why_soon)
{
  (void) nargs;
  struct job *j = job_new (env, say_why);
  if (j != NULL)
    {
      j->root = aid_lisp_dup (env, args[0]);
      j->target = aid_lisp_dup (env, args[1]);
      if (!aid_lisp_failed (env) && (j->root == NULL || j->target == NULL))
        aid_lisp_signal (env, "invalid", "There is no file");
    }
  return begin (env, j);
}

/* --- what a project defines ------------------------------------------------------------------------------------------ */

#define SYMBOLS_MAX 1000

/* (MORE NAME...) */
static void
list_symbols (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct job *j = (struct job *) later;
  struct aid_vec names = AID_VEC_INIT (char *, SYMBOLS_MAX);
  int more = 0;
  if (!aid_finder_symbols (aid_assist_finder (aid_binding.assist), j->root, aid_span_z (j->target), j->most, &names, &more, e))
    {
      size_t list = aid_val_list (val);
      aid_val_bool (val, more);
      for (size_t i = 0; i < names.len; i++)
        aid_val_str (val, aid_span_z (AID_VEC_AT (char *, &names, i)));
      aid_val_end (val, list, (uint32_t) names.len + 1);
    }
  for (size_t i = 0; i < names.len; i++)
    free (AID_VEC_AT (char *, &names, i));
  aid_vec_free (&names);
}

AID_BIND (symbols_soon)
{
  (void) nargs;
  struct job *j = job_new (env, list_symbols);
  if (j != NULL)
    {
      j->root = aid_lisp_dup (env, args[0]);
      j->target = aid_lisp_dup (env, args[1]);
      j->most = aid_lisp_size (env, args[2]);
      if (j->most > SYMBOLS_MAX)
        j->most = SYMBOLS_MAX;
      if (!aid_lisp_failed (env) && (j->root == NULL || j->target == NULL))
        aid_lisp_signal (env, "invalid", "There is no project");
    }
  return begin (env, j);
}

/* --- kinds and sets ------------------------------------------------------------------------------------------------ */

AID_BIND (context_kinds)
{
  (void) nargs, (void) args;
  struct aid_str val = AID_STR_INIT (1 << 16);
  uint32_t n = 0;
  size_t list = aid_val_list (&val);
  for (; aid_kind_at (n); n++)
    {
      const struct aid_kind *k = aid_kind_at (n);
      size_t o = aid_val_object (&val);
      aid_val_kstrz (&val, "word", k->word);
      aid_val_kstrz (&val, "about", k->about);
      aid_val_kstrz (&val, "name", k->name);
      aid_val_kbool (&val, "costs", k->costs);
      aid_val_kbool (&val, "editor", k->editor);
      aid_val_end (&val, o, 5);
    }
  aid_val_end (&val, list, n);
  return aid_lisp_take_val (env, &val);
}

AID_BIND (context_written)
{
  (void) nargs;
  struct aid_str item, target = AID_STR_INIT (1 << 17), label = AID_STR_INIT (1 << 17), val = AID_STR_INIT (1 << 18);
  struct aid_error e = { AID_OK, "" };
  aid_lisp_text (env, args[0], &item);
  enum aid_err err = aid_lisp_failed (env) ? AID_E_STATE : aid_context_written (aid_str_span (&item), &target, &label, &e);
  if (err == AID_OK)
    {
      size_t o = aid_val_object (&val);
      aid_val_kstr (&val, "target", aid_str_span (&target));
      aid_val_kstr (&val, "label", aid_str_span (&label));
      aid_val_end (&val, o, 2);
    }
  else
    aid_val_nil (&val);
  aid_str_free (&item);
  aid_str_free (&target);
  aid_str_free (&label);
  if (err == AID_E_INVALID || err == AID_E_LIMIT)
    aid_lisp_error (env, &e);
  if (!aid_lisp_failed (env))
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return NULL;
}

static void
set_val (const struct aid_set *set, struct aid_str *val)
{
  size_t o = aid_val_object (val);
  aid_val_kstrz (val, "name", set->name);
  aid_val_kbool (val, "shared", set->shared);
  aid_val_key (val, "items");
  size_t list = aid_val_list (val);
  for (size_t i = 0; i < set->items.len; i++)
    aid_val_str (val, aid_span_z (AID_VEC_AT (char *, &set->items, i)));
  aid_val_end (val, list, (uint32_t) set->items.len);
  aid_val_end (val, o, 3);
}

AID_BIND (sets)
{
  (void) nargs;
  struct aid_str val = AID_STR_INIT (VAL_MAX);
  struct aid_error e = { AID_OK, "" };
  struct aid_vec sets = AID_VEC_INIT (struct aid_set, 1);
  char *root = aid_lisp_dup (env, args[0]);
  if (!aid_lisp_failed (env) && aid_sets_load (root != NULL ? root : "/", &sets, &e) != AID_OK)
    aid_lisp_error (env, &e);
  size_t list = aid_val_list (&val);
  for (size_t i = 0; i < sets.len; i++)
    set_val (&AID_VEC_AT (struct aid_set, &sets, i), &val);
  aid_val_end (&val, list, (uint32_t) sets.len);
  aid_sets_free (&sets);
  free (root);
  if (!aid_lisp_failed (env))
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return NULL;
}

AID_BIND (set_save)
{
  struct aid_vec items = AID_VEC_INIT (char *, AID_SET_ITEMS_MAX + 1);
  struct aid_error e = { AID_OK, "" };
  emacs_value list = args[2], item;
  char *root = aid_lisp_dup (env, args[0]), *name = aid_lisp_dup (env, args[1]);
  int shared = nargs > 3 && !aid_lisp_is_nil (env, args[3]);
  while (aid_lisp_pop (env, &list, &item))
    {
      char **slot = aid_vec_push (&items);
      if (slot == NULL)
        break;
      *slot = aid_lisp_dup (env, item);
    }
  if (!aid_lisp_failed (env)
      && aid_sets_save (root != NULL ? root : "/", name != NULL ? name : "", items.data, items.len, shared, &e) != AID_OK)
    aid_lisp_error (env, &e);
  for (size_t i = 0; i < items.len; i++)
    free (AID_VEC_AT (char *, &items, i));
  aid_vec_free (&items);
  free (root);
  free (name);
  return aid_lisp_failed (env) ? NULL : env->intern (env, "nil");
}
