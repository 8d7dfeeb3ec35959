/* Work that Lisp asks for and a pool does: the call gives an id at once, and one event of that id ends it. */
#ifndef AID_BINDING_LATER_H
#define AID_BINDING_LATER_H

#include "base/pool.h"
#include "binding/binding_internal.h"

/* The first member of a job, which owns what it needs of its arguments: Lisp cannot be asked from a pool. */
struct aid_bind_later
{
  uint64_t id;
  enum aid_event_kind kind; /* of the event that ends it: AID_EVENT_RESULT unless set otherwise */
  /* On the pool: writes the event's value, or sets E.  One that does neither has posted its event itself. */
  void (*work) (struct aid_bind_later *, struct aid_str *val, struct aid_error *e);
  /* Frees the job; on any thread. */
  void (*free) (struct aid_bind_later *);
};

/* A zeroed job of SIZE bytes, or NULL with a signal pending. */
void *aid_bind_later_new (emacs_env *env, size_t size,
                          void (*work) (struct aid_bind_later *, struct aid_str *, struct aid_error *),
                          void (*free) (struct aid_bind_later *));
/* Takes J and gives its id; with a signal pending, or when POOL takes no more (which it signals), frees it and gives NULL. */
emacs_value aid_bind_later_begin (emacs_env *env, struct aid_bind_later *j, struct aid_pool *pool);

/* A job about a question. */
struct aid_bind_asking
{
  struct aid_bind_later later;
  struct aid_bind_question q;
};
/* Makes one that does WORK with the question PLIST, its chat's text its own; NULL with a signal pending. */
struct aid_bind_asking *aid_bind_asking_new (emacs_env *env, emacs_value plist,
                                             void (*work) (struct aid_bind_later *, struct aid_str *, struct aid_error *));

#endif
