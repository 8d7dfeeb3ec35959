/* Which core is to run, by the settings: the person's own "core", else that of the variant which they have in an
   experiment, else their team's, else the newest; what is not installed is passed over, and said.  The wish is written
   where the loader reads it before any core runs (versions/choose.h). */
#ifndef AID_ROLLOUT_WISH_H
#define AID_ROLLOUT_WISH_H

#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "versions/choose.h"

struct aid_rollout
{
  struct aid_installed_list list;
  struct aid_marks marks;
  struct aid_wish wish;
  struct aid_core_choice choice; /* points into LIST and WISH */
  struct aid_str notes;          /* what was passed over and why, a sentence a line */
};

/* Chooses among the cores in FOLDER by C (the person's settings, without a project), and writes the wish if it is another
   one than before.  AID_E_NOTFOUND: there is no such folder, or no core in it; AID_E_IO: the wish cannot be written.
   Free with aid_rollout_free, whatever comes; it is large, for the heap. */
enum aid_err
aid_rollout_choose (const struct aid_config *c, const char *folder, struct aid_rollout *out, struct aid_error *e);
void aid_rollout_free (struct aid_rollout *r);
/* Appends {file, version, hash, built, by, name, want, missing, crashed (a hash or nil), notes}. */
void aid_rollout_val (const struct aid_rollout *r, struct aid_str *out);

/* Why who has the variant V of X takes no part in it where this core runs, or NULL: they do.  Of an experiment over cores
   (a variant of it sets "core") nobody does who has PINNED one, nor while another one runs than V gives: not installed,
   not taken over yet, or rolled back. */
struct aid_experiment;
struct aid_variant;
const char *aid_rollout_objection (int pinned, const struct aid_experiment *x, const struct aid_variant *v);

#endif
