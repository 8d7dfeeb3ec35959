/* Mining: examples (examples.h) from the snapshots of projects (vault.h) and from what was decided on what models wrote
   (measure/events.h, where texts are kept).  What is found is mine_find.h's; here it is looked at, and kept or not. */
#ifndef AID_LEARN_MINE_H
#define AID_LEARN_MINE_H

#include "base/stop.h"
#include "learn/examples.h"
#include "learn/mine_find.h"

struct aid_mine_settings
{
  int64_t lines; /* changed ones, at most */
  int64_t files; /* likewise */
  double alike;  /* from this likeness on (minhash.h) it is there already */
  struct aid_mine_rules rules;
};
/* Those of the settings that hold at ROOT; what cannot be read is the default. */
struct aid_mine_settings aid_mine_settings (const char *root);

/* What becomes of what was found. */
enum aid_mine_why
{
  AID_MINE_KEPT,
  AID_MINE_THERE,     /* it was kept before */
  AID_MINE_FORGOTTEN, /* somebody has forgotten it */
  AID_MINE_IS_YOUNG,  /* it is decided later */
  AID_MINE_CHANGED,   /* unsettled */
  AID_MINE_TAKEN_BACK,
  AID_MINE_NOTHING, /* no line is another */
  AID_MINE_NO_TEST, /* no test more */
  AID_MINE_LARGE,
  AID_MINE_MADE,     /* in a file that is no text of the project's own */
  AID_MINE_THEMES,   /* of several themes */
  AID_MINE_LEFT_OUT, /* snapshots left a file out before or after it, and not both times: the tree is not what was built */
  AID_MINE_SECRET,
  AID_MINE_ALIKE,
  AID_MINE_NO_PLACE,   /* a decision: on what no snapshot has */
  AID_MINE_NO_CONSENT, /* a whole project of a shared store */
  AID_MINE_WHYS
};
/* "kept", "there", "forgotten", "young", "changed", "back", ... */
const char *aid_mine_why_name (enum aid_mine_why why);
/* In words for people. */
const char *aid_mine_why_words (enum aid_mine_why why);

/* Borrowed. */
struct aid_mine_told
{
  const char *project;
  enum aid_mine_kind kind; /* AID_MINE_KINDS: the whole project */
  enum aid_mine_why why;
  const char *words;        /* what exactly: "213 lines", a path; or "" */
  const char *id;           /* the example's; "" where there is none yet */
  const char *base, *after; /* trees, or "" */
  int64_t time;
};

struct aid_mine_options
{
  const char *root;  /* that project alone; NULL: all */
  const char *store; /* the folder whose vaults are looked through; NULL: this machine's own */
  int64_t since;     /* ms: only what ended since then */
  int dry_run;       /* nothing is written */
  int again;         /* also where nothing is new: what was decided is told again */
  int64_t now;       /* ms; 0: what the clock says */
  const struct aid_stop *stop;
  void (*tell) (void *ctx, const struct aid_mine_told *told); /* of each that was decided now; may be NULL */
  void (*trouble) (void *ctx, const struct aid_error *e);     /* a vault that could not be looked through: the others are */
  void *ctx;
};
struct aid_mine_sum
{
  size_t vaults, skipped, snapshots; /* SKIPPED: vaults in which nothing is new */
  size_t why[AID_MINE_WHYS];
};
/* Mines.  What was decided under the same settings before is not looked at again.  May be killed at any point and begun again.
   AID_E_STATE: another process mines; AID_E_NOTFOUND: there are no snapshots of ROOT; AID_E_CANCELLED. */
enum aid_err aid_mine (const struct aid_mine_options *options, struct aid_mine_sum *sum, struct aid_error *e);

#endif
