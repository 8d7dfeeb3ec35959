/* A data set made of examples: each is laid out as its project was before the change, what AID would show a model there is
   gathered, the change is written in the form that the model is asked for, and what came out is checked. */
#ifndef AID_LEARN_DATASET_BUILD_H
#define AID_LEARN_DATASET_BUILD_H

#include "base/stop.h"
#include "learn/dataset.h"
#include "learn/examples.h"
#include "learn/split.h"

/* What a model is sent of a question.  Borrowed. */
struct aid_gather
{
  const char *root; /* the folder with the project's files */
  const char *strategy;
  const char *model; /* or NULL */
  struct aid_span prompt;
  char *const *files; /* that the question shows, from ROOT */
  size_t nfiles;
};

struct aid_dataset_settings
{
  char *consent, *strategy; /* or NULL */
  double holdout;
  int64_t max_tokens;
  json_t *licences;     /* an array of names: those of other projects are left out; or NULL */
  json_t *repositories; /* the setting "ces.repositories": a task names one of those by its name; or NULL */
};
/* The person's, from the setting "dataset"; a project's have no say.  Free OUT in any case. */
enum aid_err aid_dataset_settings_read (struct aid_dataset_settings *out, struct aid_error *e);
void aid_dataset_settings_free (struct aid_dataset_settings *s);

/* Why an example is in no row; each is counted. */
enum aid_dataset_left
{
  AID_LEFT_UNDESCRIBED, /* nobody has said what it is for */
  AID_LEFT_LEAKING,     /* what was said gives its change away */
  AID_LEFT_UNJUDGED,    /* only judged ones are wanted, and it is not, or otherwise */
  AID_LEFT_LICENCE,
  AID_LEFT_GONE,   /* its trees cannot be had */
  AID_LEFT_FORM,   /* the form of changes cannot say it, or the patch engine makes something else of it */
  AID_LEFT_ENDS,   /* what ends its lines, or its last one, the form of changes cannot say */
  AID_LEFT_UNSEEN, /* a file that it changes is not shown */
  AID_LEFT_PLACE,  /* the change names a folder of this machine */
  AID_LEFT_RESULT, /* what is shown holds what the change comes to */
  AID_LEFT_SECRET,
  AID_LEFT_LONG,
  AID_LEFT_REASONS
};
const char *aid_dataset_left_name (enum aid_dataset_left why); /* "undescribed", ... */

struct aid_dataset_build
{
  const char *dir;     /* gets all files; what an earlier build has left there is replaced */
  const char *scratch; /* an empty folder of ours: projects are laid out in it */
  const struct aid_dataset_settings *settings;
  const char *kind, *project;    /* or NULL: all */
  int64_t since;                 /* ms; 0: all */
  int judged;                    /* only examples that are known to be red before, or not built, and green after */
  int formats[AID_DATA_FORMATS]; /* those that are wanted */
  enum aid_split_by by;
  uint64_t seed;
  int64_t now; /* ms: when it is made, as the card says */
  /* Gives what aid_assist_messages gives, a new reference. */
  enum aid_err (*gather) (void *ctx, const struct aid_gather *g, json_t **out, struct aid_error *e);
  /* Hears of each example: ROW, or why there is none and in words what was wrong.  May be NULL. */
  void (*tell) (void *ctx, const json_t *example, const json_t *row, enum aid_dataset_left why, const char *words);
  void *ctx;
  const struct aid_stop *stop;
};

struct aid_dataset_built
{
  size_t examples, rows, left[AID_LEFT_REASONS];
  size_t train, holdout, alike, results; /* rows by part; left out of both */
  size_t written[AID_DATA_FORMATS];      /* rows in both parts, by format */
};
/* Makes it: DIR/source.jsonl, DIR/FORMAT/train.jsonl and holdout.jsonl, DIR/card.json and DIR/DATACARD.md; what an earlier build
   has left there in other formats is removed.  The same examples and settings give the same rows.  AID_E_INVALID: nobody has
   agreed to it.  AID_E_REFUSED: DIR has a file of such a name that no
   build has written.  AID_E_CANCELLED: nothing of it is there then. */
enum aid_err aid_dataset_make (const struct aid_dataset_build *b, struct aid_examples *x, struct aid_dataset_built *out,
                               struct aid_error *e);

/* --- parts of it, for who makes rows otherwise -------------------------------------------------------------------- */

/* Writes the parts of the rows of SOURCE (a file of source rows) in FORMAT: DIR/train.jsonl and DIR/holdout.jsonl.  FILES,
   an array, gets {"file", "format", "part", "rows", "sha256"} of each. */
enum aid_err aid_dataset_write_parts (const char *source, const struct aid_split *split, enum aid_dataset_format format,
                                      const char *dir, json_t *files, struct aid_error *e);

/* --- the card ----------------------------------------------------------------------------------------------------- */

struct aid_card
{
  const struct aid_dataset_build *build;
  const struct aid_dataset_built *built;
  json_t *files;                                                       /* as above */
  json_t *kinds, *projects, *languages, *licences, *models, *consents; /* name -> rows */
  json_t *tokens;                                                      /* an array of numbers */
};
enum aid_err aid_card_begin (struct aid_card *c);
void aid_card_free (struct aid_card *c);
/* Counts ROW; EXAMPLE is what it was made of. */
void aid_card_add (struct aid_card *c, const json_t *row, const json_t *example);
/* Writes card.json and DATACARD.md into the build's folder. */
enum aid_err aid_card_write (const struct aid_card *c, struct aid_error *e);

#endif
