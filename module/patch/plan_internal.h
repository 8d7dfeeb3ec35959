/* What the parts of planning share. */
#ifndef AID_PATCH_PLAN_INTERNAL_H
#define AID_PATCH_PLAN_INTERNAL_H

#include "base/map.h"
#include "patch/patch_internal.h"

/* Whether the patch writes signs as HTML entities: nowhere, here and there, everywhere. */
enum aid_entities { AID_ENTITIES_NONE, AID_ENTITIES_SOME, AID_ENTITIES_ALL };
enum aid_entities aid_entities_of (const struct aid_patch *p);
int aid_has_entity (struct aid_span v);
/* P with the entities of its lines undone, to be placed only: it borrows all else.  NULL without memory. */
struct aid_patch *aid_unescape (const struct aid_patch *p);
void aid_unescape_free (struct aid_patch *copy);

#define AID_NO_PART SIZE_MAX

struct aid_planner
{
  const struct aid_patch *p;
  const struct aid_patch *reading;   /* P, or UNESCAPED for the file that is planned now */
  struct aid_patch *unescaped;       /* made when it is wanted first */
  enum aid_entities entities;
  const struct aid_patch_source *source;
  struct aid_plan_options options;
  int unnumbered;               /* hunks are placed without their stated lines now */
  struct aid_plan *plan;
  struct aid_map *targets;      /* path -> struct aid_target, of modified files */
  struct aid_map *claimed;      /* path -> how: see claim */
  struct aid_map *makers;       /* path -> 1 + the file of the last part that makes it */
  size_t *next, *last;          /* by file: the next part of the same path, or AID_NO_PART; by a chain's head: its last part */
  struct aid_str so_far;        /* what the parts of one path leave of it (plan_chain.c), ... */
  size_t so_far_head, so_far_last;  /* ... from the head, or AID_NO_PART, to this one */
  size_t work, bytes;
  char *kept_path;              /* a file that was read to see whether it is there, ... */
  struct aid_str kept;          /* ... and its text */
  struct aid_vec names;         /* char *: the project's files by their last parts, once they were listed */
  int listed;
  size_t tried, tried_bytes;    /* files that were read to see whether hunks fit there */
};

/* A hunk that replaces a piece of text, as a hunk of whole lines (expand.c). */
struct aid_widened
{
  struct aid_patch p;           /* owns its lines and texts only */
  struct aid_patch_hunk h;
  size_t lines, bytes;          /* of this and all before */
};
/* Makes WANT, of a file with the lines L, the widened hunk when its piece of text is there as often as it is meant.  W is to be
   freed after WANT is placed.  BEFORE: the last one that was widened for this file, or NULL: together they are bounded. */
enum aid_err aid_widen (const struct aid_lines *l, struct aid_want *want, const struct aid_widened *before,
                        struct aid_widened *w);
void aid_widened_free (struct aid_widened *w);

/* How the hunks of a file would fit in a text. */
struct aid_fit
{
  size_t hunks, fitting, already, exact;
  size_t stated;                /* of the exact ones those at the lines that they state */
  double similarity;            /* of those that fit, summed */
};

struct aid_placement *aid_plan_placement (struct aid_planner *g, const struct aid_file_plan *f, size_t i);
/* Refuses the file as a whole, and every hunk of it that takes part. */
void aid_plan_refuse (struct aid_planner *g, struct aid_file_plan *f, const char *reason);
/* The I-th hunk of F as it is to be placed; without numbers. */
struct aid_want aid_plan_want (const struct aid_planner *g, const struct aid_file_plan *f, size_t i, const char *path);
/* Reads PATH into OUT.  Not there is no error but *THERE = 0; a refusal refuses the file. */
enum aid_err aid_plan_read (struct aid_planner *g, struct aid_file_plan *f, const char *path, struct aid_str *out,
                             int *there);

/* Places the hunks of F, which T's file is to hold. */
enum aid_err aid_plan_place (struct aid_planner *g, struct aid_file_plan *f, struct aid_target *t, const char *path);
enum aid_err aid_plan_try (struct aid_planner *g, const struct aid_file_plan *f, struct aid_span text, const char *path,
                           struct aid_fit *fit);
/* Places the I-th hunk of F alone and without its numbers in TEXT, as OUT (a fresh placement), and appends to AFTER what it makes
   of TEXT; nothing unless it applies. */
enum aid_err aid_plan_place_one (struct aid_planner *g, const struct aid_file_plan *f, size_t i, struct aid_span text,
                                 struct aid_placement *out, struct aid_str *after);
/* Reads the hunks of F, which do not fit together, one after the other, in the text that the parts of the patch before leave of
   its file.  Changes nothing unless every one has its exact place. */
enum aid_err aid_plan_one_by_one (struct aid_planner *g, struct aid_file_plan *f);
enum aid_err aid_plan_read_unescaped (struct aid_planner *g);   /* from now on, up to the next file */
/* Finds the file that F means (resolve.c): may change its names and its operation, or refuse it. */
enum aid_err aid_plan_resolve (struct aid_planner *g, struct aid_file_plan *f);
int aid_plan_knows (const struct aid_planner *g, const char *path);   /* a part of the patch before has that file */
/* The one file that exists and that PATH may mean though it is called otherwise: without folders in front, or with them. */
const char *aid_plan_only_name (struct aid_planner *g, const char *path);
void aid_plan_forget_names (struct aid_planner *g);

/* F is one more part of the path whose first part is HEAD. */
void aid_plan_join (struct aid_planner *g, struct aid_file_plan *f, size_t head);
/* Appends to AFTER what the edits of the FIRST-th plan and of those after it for the same path, up to but without END
   (AID_NO_PART: all), make of BEFORE, in which they are placed (plan_texts.c). */
enum aid_err aid_plan_text_after (struct aid_planner *g, size_t first, size_t end, struct aid_span before,
                                  struct aid_str *after);
/* Fills every plan's after and the counts. */
enum aid_err aid_plan_texts (struct aid_planner *g);
/* The part of the patch that makes the file that F modifies, when both are to be carried out together; else NULL. */
struct aid_file_plan *aid_plan_maker (struct aid_planner *g, const struct aid_file_plan *f);
/* To be told of every part when it was planned. */
enum aid_err aid_plan_note_maker (struct aid_planner *g, const struct aid_file_plan *f);
/* Places F's hunks in the text that MADE makes, which becomes what they leave of it. */
enum aid_err aid_plan_change_made (struct aid_planner *g, struct aid_file_plan *f, struct aid_file_plan *made);
/* A new file with the text of the file FROM and F's hunks placed in that. */
enum aid_err aid_plan_copy (struct aid_planner *g, struct aid_file_plan *f, const char *from);
enum aid_err aid_plan_create (struct aid_planner *g, struct aid_file_plan *f, const char *path);
enum aid_err aid_plan_delete (struct aid_planner *g, struct aid_file_plan *f, const char *path);

#endif
