/* One drain: take what fits, make Lisp of it, free it.  Nothing that waits is lost: if Lisp quits or has no memory, the
   whole list goes back. */
#include "loader/drain.h"
#include "binding/lisp_val.h"
#include "loader/queue.h"

static emacs_value
event (emacs_env *env, const struct aid_queue_event *n)
{
  emacs_value v[5] = { env->make_integer (env, (intmax_t) n->request), env->intern (env, n->name) };
  if (!n->is_text)
    {
      v[2] = aid_lisp_of_val (env, (struct aid_span){ n->val, n->nval });
      return aid_lisp_call (env, "list", 3, v);
    }
  v[2] = aid_lisp_string (env, n->text != NULL ? n->text + n->off : "", n->ntext);
  v[3] = n->has_faces ? env->make_integer (env, n->from) : env->intern (env, "nil");
  v[4] = n->has_faces ? aid_lisp_spans (env, n->spans, n->nspans) : env->intern (env, "nil");
  return aid_lisp_call (env, "list", 5, v);
}

emacs_value
aid_drain (emacs_env *env)
{
  emacs_value v[AID_DRAIN_EVENTS], out;
  ptrdiff_t n = 0;
  struct aid_queue_event *list = aid_queue_take ();
  for (const struct aid_queue_event *e = list; e != NULL && n < AID_DRAIN_EVENTS; e = e->next)
    v[n++] = event (env, e);
  out = aid_lisp_call (env, "list", n, v);
  if (aid_lisp_failed (env))
    aid_queue_give_back (list);
  else
    aid_queue_free (list);
  return out;
}
