#include "binding/later.h"

#include <stdlib.h>

void *
aid_bind_later_new (emacs_env *env, size_t size,
                    void (*work) (struct aid_bind_later *, struct aid_str *, struct aid_error *),
                    void (*free) (struct aid_bind_later *))
{
  struct aid_bind_later *j = calloc (1, size);
  if (j == NULL)
    aid_lisp_signal (env, "nomem", "No memory for a job");
  else
    *j = (struct aid_bind_later){ .kind = AID_EVENT_RESULT, .work = work, .free = free };
  return j;
}

static void
end (struct aid_bind_later *j)
{
  j->free (j);
  aid_binding_job_ends ();
}

static void
run (void *arg)
{
  struct aid_bind_later *j = arg;
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (AID_LISP_TEXT_MAX);
  j->work (j, &val, &e);
  if (e.code == AID_OK && val.err != AID_OK)
    aid_error_set (&e, val.err, "The answer of the core is too large for Emacs");
  if (e.code != AID_OK)
    aid_binding_post_error (j->id, &e);
  else if (val.len > 0)
    aid_binding_post (j->id, j->kind, aid_str_span (&val));
  aid_str_free (&val);
  end (j);
}

static void
dropped (void *arg)
{
  struct aid_bind_later *j = arg;
  aid_binding_post_error (j->id, &(struct aid_error){ AID_E_STATE, "The core stopped first: ask again in a moment" });
  end (j);
}

emacs_value
aid_bind_later_begin (emacs_env *env, struct aid_bind_later *j, struct aid_pool *pool)
{
  if (aid_lisp_failed (env))
    {
      j->free (j);
      return NULL;
    }
  uint64_t id = j->id = aid_binding.host->next_id ();
  aid_binding_job_begins ();
  enum aid_err err = aid_pool_run (pool, run, dropped, j);
  if (err == AID_OK)
    return env->make_integer (env, (intmax_t)id);
  end (j);
  aid_lisp_signal (env, aid_err_name (err), "The core is busy or being replaced: try again in a moment");
  return NULL;
}

static void
asking_free (struct aid_bind_later *later)
{
  struct aid_bind_asking *j = (struct aid_bind_asking *) later;
  aid_bind_question_free (&j->q);
  free (j);
}

struct aid_bind_asking *
aid_bind_asking_new (emacs_env *env, emacs_value plist,
                     void (*work) (struct aid_bind_later *, struct aid_str *, struct aid_error *))
{
  struct aid_bind_asking *j = aid_bind_later_new (env, sizeof *j, work, asking_free);
  if (j == NULL)
    return NULL;
  aid_bind_question_read (env, plist, &j->q);
  aid_bind_question_own_chat (&j->q);
  return j;
}
