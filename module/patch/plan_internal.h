/* What the parts of planning share. */
#ifndef AID_PATCH_PLAN_INTERNAL_H
#define AID_PATCH_PLAN_INTERNAL_H

#include "base/map.h"
#include "patch/patch_internal.h"

struct aid_planner
{
  const struct aid_patch *p;
  const struct aid_patch_source *source;
  struct aid_plan_options options;
  struct aid_plan *plan;
  struct aid_map *targets;      /* path -> struct aid_target, of modified files */
  struct aid_map *claimed;      /* path -> how: see claim */
  size_t work, bytes;
};

struct aid_placement *aid_plan_placement (struct aid_planner *g, const struct aid_file_plan *f, size_t i);
/* Refuses the file as a whole, and every hunk of it that takes part. */
void aid_plan_refuse (struct aid_planner *g, struct aid_file_plan *f, const char *reason);
/* The I-th hunk of F as it is to be placed; without numbers. */
struct aid_want aid_plan_want (const struct aid_planner *g, const struct aid_file_plan *f, size_t i, const char *path);
/* Reads PATH into OUT.  Not there is no error but *THERE = 0; a refusal refuses the file. */
enum aid_err aid_plan_read (struct aid_planner *g, struct aid_file_plan *f, const char *path, struct aid_str *out,
                             int *there);

enum aid_err aid_plan_create (struct aid_planner *g, struct aid_file_plan *f, const char *path);
enum aid_err aid_plan_delete (struct aid_planner *g, struct aid_file_plan *f, const char *path);

#endif
