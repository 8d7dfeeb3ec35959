/* What is noted of a request for good when it ends: a line of the log, and what was used.  The thread that writes does it; a disk
   that is stuck for long costs the notes, never the answer. */
#include "assist/log.h"
#include "assist/turn_internal.h"
#include "model/cost.h"
#include "model/spend.h"
#include <stdlib.h>

/* --- the log ---------------------------------------------------------------------------------------------------------- */

struct log_line
{
  struct aid_chore chore;
  struct aid_str text;
};

static void
log_line_free (struct log_line *l)
{
  aid_str_free (&l->text);
  free (l);
}

static void
log_now (struct aid_chore *chore)
{
  struct log_line *l = (struct log_line *) chore;
  aid_log_add (aid_str_span (&l->text), NULL);   /* nobody waits for it: a full disk costs the log alone */
  log_line_free (l);
}

void
aid_turn_end_record (const struct aid_turn_state *t, const struct aid_http_result *result)
{
  struct aid_record_end end = { result, t->usage, t->fail.code, t->log_content };
  struct log_line *l = calloc (1, sizeof *l);
  struct aid_str none = AID_STR_INIT (0);
  if (l)
    l->text = AID_STR_INIT (AID_LOG_LINE_MAX);
  aid_records_end (t->assist->records, t->id, &end, l ? &l->text : &none);
  if (!l)
    return;
  l->chore = (struct aid_chore){ .fn = log_now, .bytes = sizeof *l + l->text.len };
  if (!l->text.len || l->text.err || aid_keeper_do (t->assist->keeper, &l->chore))
    log_line_free (l);
}

/* --- what was used ---------------------------------------------------------------------------------------------------- */

/* Owned strings. */
struct note
{
  struct aid_chore chore;
  struct aid_spend spend;
  char *id, *provider, *name;
  int64_t counted;
};

static void
note_free (struct note *n)
{
  free (n->id);
  free (n->provider);
  free (n->name);
  free (n);
}

static void
note_now (struct aid_chore *chore)
{
  struct note *n = (struct note *) chore;
  struct aid_counter *c = n->counted ? aid_counter_new (n->name) : NULL;
  aid_spend_add (&n->spend);
  if (c)
    aid_counter_learn (c, n->counted, n->spend.usage.input);
  aid_counter_free (c);
  note_free (n);
}

void
aid_turn_note_usage (const struct aid_turn_state *t)
{
  struct note *n = t->usage.input >= 0 || t->usage.output >= 0 || t->usage.cost >= 0 ? calloc (1, sizeof *n) : NULL;
  if (!n)
    return;
  n->id = strdup (t->model.id);
  n->provider = strdup (t->model.provider);
  n->name = strdup (t->model.name);
  n->spend = (struct aid_spend){ n->id, n->provider, t->usage, aid_cost (&t->model.price, &t->usage), 0 };
  n->counted = t->counted;
  n->chore = (struct aid_chore){ .fn = note_now, .bytes = sizeof *n };
  if (!n->id || !n->provider || !n->name || aid_keeper_do (t->assist->keeper, &n->chore))
    note_free (n);
}
