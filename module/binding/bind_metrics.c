/* Reports of what became of answers, and the events behind their numbers: the readers make both, for they may take seconds. */
#include "base/json.h"
#include "base/val.h"
#include "binding/later.h"
#include "measure/metrics_report.h"
#include <stdlib.h>

#define ROOTS_MAX 1000 /* projects that are told by name */
#define SERIES 20      /* groups that have more than a line of blocks: what Emacs can take at once */
#define WAIT_MS 2000   /* for events that are not written yet */

static void
free_strings (struct aid_vec *v)
{
  for (size_t i = 0; i < v->len; i++)
    free (AID_VEC_AT (char *, v, i));
  aid_vec_free (v);
}

static void
read_strings (emacs_env *env, emacs_value list, struct aid_vec *out)
{
  emacs_value word;
  while (out->len < out->max && aid_lisp_pop (env, &list, &word))
    {
      char **slot = aid_vec_push (out), *copy = aid_lisp_dup (env, word);
      if (slot)
        *slot = copy;
      else
        free (copy);
    }
}

static void
wait_for_events (void)
{
  struct aid_events *events = aid_assist_events (aid_binding.assist);
  if (events)
    aid_events_wait (events, WAIT_MS);
}

/* --- the report ----------------------------------------------------------------------------------------------------------- */

struct report_job
{
  struct aid_bind_later later;
  struct aid_metrics_wish wish;
  struct aid_vec by, roots; /* char *, owned */
  char *root;
};

static void
report_free (struct aid_bind_later *later)
{
  struct report_job *j = (struct report_job *)later;
  free_strings (&j->by);
  free_strings (&j->roots);
  free (j->root);
  free (j);
}

static void
make_report (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct report_job *j = (struct report_job *)later;
  struct aid_metrics_report *r = NULL;
  for (size_t i = 0; i < j->by.len; i++)
    {
      const char *name = AID_VEC_AT (char *, &j->by, i);
      if (!aid_metrics_by_named (aid_span_z (name), &j->wish.by[j->wish.nby++]))
        {
          aid_error_set (e, AID_E_INVALID, "Reports are not by %s", name ? name : "nothing");
          return;
        }
    }
  j->wish.root = j->root;
  j->wish.roots = (const char *const *)j->roots.data;
  j->wish.nroots = j->roots.len;
  wait_for_events ();
  if (!aid_metrics_report_make (&j->wish, &r, e))
    aid_metrics_report_val (r, SERIES, val);
  aid_metrics_report_free (r);
}

/* (:by :since :before :root :roots) */
AID_BIND (metrics_soon)
{
  (void)nargs;
  struct report_job *j = aid_bind_later_new (env, sizeof *j, make_report, report_free);
  if (j == NULL)
    return NULL;
  j->by = AID_VEC_INIT (char *, AID_BYS);
  j->roots = AID_VEC_INIT (char *, ROOTS_MAX);
  read_strings (env, aid_lisp_get (env, args[0], ":by"), &j->by);
  read_strings (env, aid_lisp_get (env, args[0], ":roots"), &j->roots);
  j->root = aid_lisp_dup (env, aid_lisp_get (env, args[0], ":root"));
  emacs_value since = aid_lisp_get (env, args[0], ":since"), before = aid_lisp_get (env, args[0], ":before");
  j->wish.since = aid_lisp_is_nil (env, since) ? 0 : (int64_t)aid_lisp_size (env, since);
  j->wish.before = aid_lisp_is_nil (env, before) ? 0 : (int64_t)aid_lisp_size (env, before);
  return aid_bind_later_begin (env, &j->later, aid_assist_readers (aid_binding.assist));
}

/* --- its events ------------------------------------------------------------------------------------------------------------- */

enum
{
  TEXT_KIND,
  TEXT_WITH,
  TEXT_SINCE,
  TEXT_BEFORE,
  TEXTS
};

struct events_job
{
  struct aid_bind_later later;
  struct aid_events_filter filter;
  char *keys[AID_BYS], *texts[TEXTS];
  struct aid_str *val;
  uint32_t n;
};

static void
events_free (struct aid_bind_later *later)
{
  struct events_job *j = (struct events_job *)later;
  for (int i = 0; i < AID_BYS; i++)
    free (j->keys[i]);
  for (int i = 0; i < TEXTS; i++)
    free (j->texts[i]);
  free (j);
}

/* Appends the event's own fields, as an object. */
static void
add_data (const char *text, struct aid_str *val)
{
  json_t *data = aid_json_parse (aid_span_z (text), "an event", NULL), *v;
  const char *key;
  uint32_t n = 0;
  size_t o = aid_val_object (val);
  json_object_foreach (data, key, v)
  {
    aid_val_key (val, key);
    if (json_is_string (v))
      aid_val_str (val, (struct aid_span){ json_string_value (v), json_string_length (v) });
    else if (json_is_integer (v))
      aid_val_int (val, json_integer_value (v));
    else if (json_is_real (v))
      aid_val_real (val, json_real_value (v));
    else
      aid_val_bool (val, json_is_true (v));
    n++;
  }
  aid_val_end (val, o, n);
  json_decref (data);
}

static int
add_event (void *ctx, const struct aid_event_row *row, const char *model)
{
  struct events_job *j = ctx;
  struct aid_str *val = j->val;
  size_t o = aid_val_object (val);
  aid_val_kstrz (val, "id", row->id);
  aid_val_kint (val, "at", row->at);
  aid_val_kstrz (val, "kind", row->kind);
  aid_val_kstrz (val, "model", model);
  aid_val_kstrz (val, "language", row->language);
  aid_val_kstrz (val, "request", row->request);
  aid_val_kstrz (val, "project", row->project);
  aid_val_kstrz (val, "chat", row->chat);
  aid_val_kstrz (val, "path", row->path);
  aid_val_kstrz (val, "person", row->person);
  aid_val_key (val, "data");
  add_data (row->data, val);
  aid_val_end (val, o, 11);
  j->n++;
  return val->err != AID_OK;
}

/* "@1769868000000" as a report has it; 0 for NULL. */
static int64_t
time_of (const char *text)
{
  uint64_t ms = 0;
  if (text && text[0] == '@' && aid_span_number (aid_span_z (text + 1), INT64_MAX, &ms))
    ms = 0;
  return (int64_t)ms;
}

static void
list_events (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct events_job *j = (struct events_job *)later;
  for (int i = 0; i < AID_BYS; i++)
    j->filter.keys[i] = j->keys[i];
  j->filter.which = (struct aid_events_which){ .since = time_of (j->texts[TEXT_SINCE]),
                                               .before = time_of (j->texts[TEXT_BEFORE]),
                                               .kind = j->texts[TEXT_KIND] };
  j->filter.with = j->texts[TEXT_WITH];
  j->val = val;
  wait_for_events ();
  size_t list = aid_val_list (val);
  aid_metrics_events_each (&j->filter, add_event, j, e);
  aid_val_end (val, list, j->n);
}

/* (:kind :with :since :before :of-requests :model :strategy :variant :language :week :project-hash :last) */
AID_BIND (metrics_events_soon)
{
  static const char *const keys[AID_BYS] = { ":model", ":strategy", ":variant", ":language", ":week", ":project-hash" };
  static const char *const texts[TEXTS] = { ":kind", ":with", ":since", ":before" };
  (void)nargs;
  struct events_job *j = aid_bind_later_new (env, sizeof *j, list_events, events_free);
  if (j == NULL)
    return NULL;
  for (int i = 0; i < AID_BYS; i++)
    j->keys[i] = aid_lisp_dup (env, aid_lisp_get (env, args[0], keys[i]));
  for (int i = 0; i < TEXTS; i++)
    j->texts[i] = aid_lisp_dup (env, aid_lisp_get (env, args[0], texts[i]));
  j->filter.of_requests = !aid_lisp_is_nil (env, aid_lisp_get (env, args[0], ":of-requests"));
  emacs_value last = aid_lisp_get (env, args[0], ":last");
  j->filter.most = aid_lisp_is_nil (env, last) ? 0 : (int64_t)aid_lisp_size (env, last);
  return aid_bind_later_begin (env, &j->later, aid_assist_readers (aid_binding.assist));
}
