#include "learn/placed.h"

enum aid_err
aid_placed_make (struct aid_span text, const struct aid_patch_source *source, const struct aid_plan_options *options,
                 struct aid_placed *out, struct aid_error *e)
{
  *out = (struct aid_placed){ NULL, NULL };
  enum aid_err err = aid_patch_read (text, AID_FORMAT_AUTO, &out->patch, e);
  if (!err)
    err = aid_patch_settle (&out->patch, AID_FORMAT_AUTO, source, e);
  if (!err && out->patch->files.len)
    err = aid_patch_plan (out->patch, source, options, &out->plan, e);
  return err;
}

int
aid_placed_is_whole (const struct aid_placed *p)
{
  return p->plan && !p->plan->refused && p->plan->applied + p->plan->already > 0;
}

void
aid_placed_free (struct aid_placed *p)
{
  aid_plan_free (p->plan);
  aid_patch_free (p->patch);
}
