/* Kinds of context: what the target of a context line may be besides a file.  A kind is one file (kind_WORD.c) and one row of
   the table in kinds.c; docs/context.md shows how to add one.

   A target is "aid:WORD", "aid:WORD/NAME" with NAME percent-encoded, an http(s) address, or a link to a file (context/item.h).
   What people write is "WORD:NAME", "@NAME" for a symbol, an address, or a file. */
#ifndef AID_CONTEXT_KINDS_H
#define AID_CONTEXT_KINDS_H

#include "context/item.h"

#define AID_KIND_TEXT_MAX ((size_t) 1 << 20) /* bytes that programs and pages give; what is more is cut, and the text says so */
#define AID_CONTEXT_SECONDS 30               /* that reading one item takes at most */

struct aid_net;
struct aid_resolver;

/* What reading items needs, and what was read last.  Any thread. */
struct aid_resolver *aid_resolver_new (void);
void aid_resolver_free (struct aid_resolver *r);
/* Lends NET, which is freed after aid_resolver_stop: without one each fetched page makes its own. */
void aid_resolver_use_net (struct aid_resolver *r, struct aid_net *net);
/* Ends every program and fetch that runs, and every later one at once, with AID_E_CANCELLED. */
void aid_resolver_stop (struct aid_resolver *r);

/* How a target is read; all of it borrowed. */
struct aid_resolve
{
  struct aid_resolver *resolver;
  const char *dir;             /* absolute: links to files start here */
  const char *root;            /* the project's folder, absolute, or NULL: DIR */
  int typed;                   /* the person has just written this: an address may be a private one, now and later */
};

/* Appends what TARGET names as it is now: text that is valid UTF-8, or the bytes of an image or PDF that an address leads to.
   Blocks: it reads files, runs programs (git, hg) and fetches, but a page that was fetched in the last ten minutes is not fetched
   again unless TYPED.  AID_E_NOTFOUND, _REFUSED, _INVALID (no such kind or name), _LIMIT,
   _TIMEOUT, _CANCELLED, _NET, _HTTP, _IO, _STATE (only the editor knows it). */
enum aid_err aid_context_read (const struct aid_resolve *how, struct aid_span target, struct aid_str *out, struct aid_error *e);
/* Appends what reading TARGET of this project gave last, of a kind that costs, and *AGE_MS (or NULL) how long ago that was;
   0 when it is not known any more.  Never blocks. */
int aid_context_recall (const struct aid_resolve *how, struct aid_span target, struct aid_str *out, int64_t *age_ms);
/* Whether reading TARGET runs a program or fetches: then only a question that is sent, and a person who asks, may do it. */
int aid_context_costs (struct aid_span target);
/* Whether TEXT, what TARGET gave, only says that there is nothing: no uncommitted changes. */
int aid_context_is_nothing (struct aid_span target, struct aid_span text);

/* Appends the target and label of ITEM as people write it (see above), but for files: AID_E_NOTFOUND, nothing is appended.
   AID_E_INVALID: it has a kind's word before a ":" but no name that the kind takes. */
enum aid_err aid_context_written (struct aid_span item, struct aid_str *target, struct aid_str *label, struct aid_error *e);
/* Appends the target of KIND ("symbol") and NAME. */
enum aid_err aid_context_target (const char *kind, struct aid_span name, struct aid_str *target);
/* Appends what a line says that leads to TARGET of a kind or an address; AID_E_INVALID for links to files. */
enum aid_err aid_context_label (struct aid_span target, struct aid_str *label);

/* The table. */
struct aid_kind
{
  const char *word;            /* small letters and hyphens */
  const char *about;           /* what people are told that it is: "a commit, or a range of commits" */
  const char *name;            /* what stands behind the word: "COMMIT"; NULL: nothing; in brackets: may be left out */
  const char *label;           /* what a line says: "%s" is the name */
  int costs;                   /* reading runs a program or fetches */
  int editor;                  /* the editor knows more of it, and gives its text */
  /* NAME is decoded, without NUL and line breaks, and empty only if it may be.  NULL: only the editor knows. */
  enum aid_err (*read) (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e);
};
/* The I-th kind, or NULL behind the last. */
const struct aid_kind *aid_kind_at (size_t i);

#endif
