/* What the rooms of the judge share: a task that was read, the folder of warm trees, a rung that was run. */
#ifndef AID_CES_INTERNAL_H
#define AID_CES_INTERNAL_H

#include "base/map.h"
#include "base/sha256.h"
#include "build/diag.h"
#include "ces/box.h"
#include "ces/ces.h"
#include "patch/patch.h"

#include <pthread.h>
#include <stdatomic.h>

#define AID_CES_PATH ((size_t)8192)
#define AID_CES_LINE_MAX ((size_t)16384) /* bytes of a rung's command */
#define AID_CES_FILES_MAX 1000           /* that a task lays over its base */
#define AID_CES_ANSWER_MAX ((size_t)16 << 20)
#define AID_CES_ABOUT_MAX ((size_t)4 << 20) /* bytes of about.json */

struct aid_verdicts;

struct aid_ces
{
  struct aid_ces_settings settings;
  char *folder;                   /* of trees/, making/, locks/ and verdicts.db */
  pthread_mutex_t lock;           /* of the three below */
  struct aid_map *bases;          /* "GIT_DIR\0ID", ID a whole one -> char *: its tree */
  struct aid_verdicts *verdicts;
  struct aid_wanted *wanted;
  atomic_llong judged, cached;
  atomic_long judging;           /* that are under way */
  const struct aid_stop *ending; /* until then warm trees are made to their end; NULL: who wants one stops its making */
};

/* --- a task (task.c) ---------------------------------------------------------------------------------------------- */

enum aid_ces_source
{
  AID_CES_GIT,
  AID_CES_HG,
  AID_CES_FOLDER
};

enum aid_ces_line
{
  AID_CES_DETECTED,
  AID_CES_GIVEN,
  AID_CES_LEFT_OUT
};

struct aid_ces_task
{
  char *named;      /* the repository: its name in the settings, else its folder */
  char *repository; /* its folder */
  enum aid_ces_source source;
  char *git_dir;
  char base[AID_SHA256_HEX]; /* Git: a tree; Mercurial: a changeset; a folder: a hash of how its files look */
  char *directory;           /* where commands run; NULL: the root */
  enum aid_ces_line how[AID_RUNGS];
  char *lines[AID_RUNGS]; /* of those that are given */
  json_t *files;          /* path -> text */
  struct aid_box_limits limits;
  struct aid_box_limits base_limits; /* of the warm tree, which others share: never less than the settings' */
  int asks_more;                     /* they are greater: then it is another tree */
  int now;                     /* the files as they lie there, of a repository too */
  struct aid_project *project; /* of one that is now: its files */
  struct aid_vec seen;         /* struct aid_ces_seen, by their paths: likewise */
  char recipe[AID_SHA256_HEX]; /* of all that names its warm tree but what lies in it */
  char key[AID_SHA256_HEX];    /* of its warm tree */
};

/* OUT is to be freed, whatever comes. */
enum aid_err aid_ces_task_read (struct aid_ces *c, const json_t *task, enum aid_ces_from from, const struct aid_stop *stop,
                                struct aid_ces_task *out, struct aid_error *e);
void aid_ces_task_free (struct aid_ces_task *t);

/* --- where trees come from (source.c, checkout.c) ----------------------------------------------------------------- */

/* Finds what T's repository is, and which tree BASE (NULL: its HEAD's) is in it. */
enum aid_err aid_ces_resolve (struct aid_ces *c, struct aid_ces_task *t, const char *base, const struct aid_stop *stop,
                              struct aid_error *e);
/* Lays T's tree into the empty folder TREE; SCRATCH is a folder for what is needed on the way.  AID_E_NOTFOUND. */
enum aid_err aid_ces_checkout (const struct aid_ces_task *t, const char *tree, const char *scratch, const struct aid_stop *stop,
                               struct aid_error *e);
/* Runs git with nothing of anybody's settings; OUT may be NULL. */
struct aid_ces_git
{
  const char *git_dir, *work_tree, *index; /* the last two may be NULL */
  const struct aid_stop *stop;
};
enum aid_err aid_ces_git (const struct aid_ces_git *g, const char *const *args, struct aid_str *out, struct aid_error *e);
/* The Git directory of ROOT, if it has a ".git", which of a linked work tree or a submodule is a file: to be freed, or NULL. */
char *aid_ces_git_dir (const char *root);
/* Lays the tree, or the commit's tree, BASE of a repository into TREE, with its submodules; DEPTH: it is one of one of one. */
struct aid_ces_place
{
  const char *git_dir, *base, *tree, *scratch;
  const char *work_tree; /* where it is checked out, or NULL */
  const struct aid_stop *stop;
};
enum aid_err aid_ces_git_lay (const struct aid_ces_place *at, int depth, struct aid_error *e);
/* Of the tree that lies there, those of its submodules whose objects are here (submodules.c). */
enum aid_err aid_ces_submodules_lay (const struct aid_ces_place *at, int depth, struct aid_error *e);
/* The paths of those of T's base that TREE has nothing of: a new reference. */
json_t *aid_ces_submodules_missing (const struct aid_ces_task *t, const char *tree);
/* Appends to SUM how each file of the folder ROOT looks. */
enum aid_err aid_ces_folder_sum (const char *root, struct aid_sha256 *sum, struct aid_error *e);
enum aid_err aid_ces_folder_copy (const char *root, const char *tree, struct aid_error *e);

/* --- files as they lie there now (now.c, near.c) ------------------------------------------------------------------ */

/* How a file looked: its size, its time and whether it is a program, or the hash of the text that is laid over it. */
#define AID_CES_PROGRAM " program"
struct aid_ces_seen
{
  char *path;
  char look[AID_SHA256_HEX];
};

/* Looks at all files of T's folder: T's base is what they come to. */
enum aid_err aid_ces_now_look (struct aid_ces_task *t, const struct aid_stop *stop, struct aid_error *e);
void aid_ces_now_free (struct aid_ces_task *t);
/* Notes in the file PATH how T's files looked. */
enum aid_err aid_ces_now_write (const struct aid_ces_task *t, const char *path, struct aid_error *e);

struct aid_ces_change
{
  char *path;
  int gone, mode; /* the latter: it has become a program, or is none any more */
  int64_t time;   /* when it was changed, ns; of a text that is not saved: last of all */
  int written;    /* it has other bytes than before */
};
struct aid_near
{
  char key[AID_SHA256_HEX]; /* of the warm tree that was copied; "": there was none */
  struct aid_vec changes;   /* struct aid_ces_change: what differs in T's folder */
};
/* Copies the warm tree that was made last by T's recipe to TREE, which is not there yet; without one that can be copied OUT has
   no key, and a part may lie at TREE.  OUT is to be freed, whatever comes. */
enum aid_err aid_warm_near (struct aid_ces *c, const struct aid_ces_task *t, const char *tree, const struct aid_stop *stop,
                            struct aid_near *out, struct aid_error *e);
void aid_warm_near_free (struct aid_near *n);
/* Lays T's files that differ into B, which holds that copy, TREE.  They are newer than what was built there, in their own order:
   what a person's build had made of a source that was changed since is older than that.  AID_E_REFUSED: something in TREE is in
   their way. */
enum aid_err aid_warm_near_lay (const struct aid_ces_task *t, struct aid_near *n, const char *tree, struct aid_box *b,
                                struct aid_error *e);

/* --- folders on disk (folder.c, lock.c) ----------------------------------------------------------------------------------- */

/* Gives all files below DIR one time, long ago: what is built from them is newer, and what is patched newer still. */
void aid_ces_age (const char *dir);
void aid_ces_remove (const char *dir);
struct aid_ces_extent
{
  int64_t bytes, length, files; /* on the disk; of all texts together; all but folders */
};
/* What DIR holds; -1: folders are in folders deeper than is looked. */
int aid_ces_measure (const char *dir, struct aid_ces_extent *out);
/* Whether PATH below ROOT is a file, and no link to one, that its owner may run. */
int aid_ces_is_program (const char *root, const char *path);
/* Whether something in DIR that is no folder is called NAME. */
int aid_ces_has_named (const char *dir, const char *name);
/* Locks the file PATH, which is made if need be, by HOW (LOCK_SH, LOCK_EX).  *FD is to be closed; not waiting, it is -1 when
   another has the lock.  The file of a lock may be removed by who has it alone.  AID_E_CANCELLED, AID_E_IO. */
enum aid_err aid_ces_lock (const char *path, int how, int wait, const struct aid_stop *stop, int *fd, struct aid_error *e);

/* --- commands (detect.c) ------------------------------------------------------------------------------------------ */

struct aid_ces_commands
{
  char *lines[AID_RUNGS]; /* NULL: none.  PARSES may be AID_CES_PARSE_EACH */
  const char *tool;       /* that was detected, or NULL */
};
#define AID_CES_PARSE_EACH "each changed file by its language's parser"
/* What TREE is judged by, as T says or its files tell. */
enum aid_err aid_ces_detect (const struct aid_ces_task *t, const char *tree, struct aid_ces_commands *out, struct aid_error *e);
void aid_ces_commands_free (struct aid_ces_commands *c);
/* How what is in DIR, a project in Python, is tested (python.c): to be freed; NULL: there is no test. */
char *aid_ces_python_tests (const char *dir);
/* Appends lines for sh that parse each of the PATHS (char *) which has a parser here; they end with AID_CES_NO_PARSER when none
   has.  How many may have one. */
#define AID_CES_NO_PARSER 42
size_t aid_ces_parse_lines (const struct aid_vec *paths, struct aid_str *out);
/* Whether PATH has a parser that looks at nothing but it. */
int aid_ces_parses_alone (const char *path);

/* --- a rung (climb.c) ---------------------------------------------------------------------------------------------- */

struct aid_rung_ran
{
  const char *result; /* "passed", "failed", or the limit that was passed */
  struct aid_box_ran ran;
  struct aid_diags diags;
};
/* Runs LINE in B, in DIRECTORY; OUT is to be freed when it is AID_OK. */
enum aid_err aid_ces_run (struct aid_box *b, const char *line, const char *directory, const struct aid_stop *stop,
                          struct aid_rung_ran *out, struct aid_error *e);
void aid_rung_ran_free (struct aid_rung_ran *r);
int aid_rung_passed (const struct aid_rung_ran *r);
/* A rung of a verdict: a new reference. */
json_t *aid_rung_json (enum aid_rung which, const struct aid_rung_ran *r);

/* --- warm trees (warm.c, base.c, sound.c, known.c) ------------------------------------------------------------------------- */

struct aid_warm
{
  char *tree;    /* its folder */
  json_t *about; /* what base.c has found: "commands", "rungs" */
  int lock;
};
/* Gives T's warm tree, made if need be; nobody takes it away before aid_warm_release. */
enum aid_err aid_warm_get (struct aid_ces *c, const struct aid_ces_task *t, const struct aid_stop *stop, struct aid_warm *out,
                           struct aid_error *e);
void aid_warm_release (struct aid_warm *w);
/* A tree of T's in which nothing was built: for one use. */
struct aid_fresh
{
  char *at, *tree, *lock; /* what holds the tree; the tree; a file that is locked, so that nobody sweeps it away */
  int fd;
};
/* OUT is to be released, whatever comes. */
enum aid_err aid_warm_fresh (struct aid_ces *c, const struct aid_ces_task *t, const struct aid_stop *stop,
                             struct aid_fresh *out, struct aid_error *e);
void aid_fresh_release (struct aid_fresh *f);
/* Builds T's TREE in place, and finds how it stands: what about.json holds.  NEAR: it is a copy of that one, or NULL. */
enum aid_err aid_ces_build_base (const struct aid_ces_task *t, const char *tree, struct aid_near *near,
                                 const struct aid_stop *stop, json_t **about, struct aid_error *e);
/* Gives a whole build the time that it may take. */
void aid_ces_lengthen (struct aid_box_limits *l);
/* What is known of WHAT of the files of W's tree (known.c): path -> boolean, a new reference; and keeps it. */
json_t *aid_warm_known (const struct aid_warm *w, const char *what);
void aid_warm_known_keep (const struct aid_warm *w, const char *what, const json_t *known);
/* What is known of KEY's tree, which is locked: a new reference; NULL: it is not there, or cannot be believed (sound.c). */
json_t *aid_warm_about (const struct aid_ces *c, const char *key);
/* Notes in ABOUT when and how a tree of this EXTENT was made; whether that is still so of the one in FOLDER. */
void aid_warm_vouch (json_t *about, const struct aid_ces_extent *extent);
int aid_warm_is_sound (const char *folder, json_t *about);
/* Removes KEY's tree unless somebody uses it; 1: it is gone. */
int aid_warm_evict (const struct aid_ces *c, const char *key);
/* The warm trees there are, as in aid_ces_status: a new reference. */
json_t *aid_warm_list (struct aid_ces *c);

/* --- who wants a warm tree (wanted.c) ----------------------------------------------------------------------------------- */

struct aid_wanted
{
  const char *key;
  const struct aid_stop *stop; /* set when it is wanted no more */
  struct aid_wanted *next, **before;
};
/* The tree of W's key is wanted, W being the caller's, until the end is told. */
void aid_wanted_begin (struct aid_ces *c, struct aid_wanted *w);
void aid_wanted_end (struct aid_ces *c, struct aid_wanted *w);
/* Calls MAKE with what stops the making of KEY's tree: STOP, of who wants it; after aid_ces_make_all a stop that is set when the
   service is to end and nobody wants the tree. */
enum aid_err aid_wanted_make (struct aid_ces *c, const char *key,
                              enum aid_err (*make) (void *ctx, const struct aid_stop *stop, struct aid_error *e), void *ctx,
                              const struct aid_stop *stop, struct aid_error *e);

/* --- judging (judge.c, laid.c, parse.c, meanwhile.c) -------------------------------------------------------------- */

#define AID_CES_CHANGED_MAX 4000 /* files of an answer */

/* Which hunks of an answer are meant, for each of them; and what a person has chosen. */
struct aid_ces_part
{
  const unsigned char *only;
  const int64_t *chosen;
  size_t n;
};

/* A rung that was run before its turn. */
struct aid_ahead
{
  enum aid_rung rung; /* AID_RUNGS: none */
  json_t *told;
  int passed;
  enum aid_err err;
  struct aid_error e;
};

struct aid_judging
{
  const struct aid_ces_part *part; /* NULL: all */
  struct aid_ces *ces;
  const struct aid_ces_task *task;
  const struct aid_warm *warm;
  const struct aid_stop *stop;
  struct aid_patch *patch;
  struct aid_plan *plan;
  struct aid_box *box;
  struct aid_fresh fresh; /* what the box lies over instead of the warm tree, if it has one */
  int only_read;          /* nothing is built in the box: what make notices is all the same */
  struct aid_vec changed; /* char *: files that are there with a text of the answer's */
  struct aid_vec plans;   /* size_t: the plan that has each one's texts */
  char change[AID_SHA256_HEX];
  struct aid_ahead ahead;
};
const struct aid_file_plan *aid_judging_plan (const struct aid_judging *j, size_t i);
/* Whether F, of all that is planned for its path, is what is done to it. */
int aid_judging_counts (const struct aid_judging *j, const struct aid_file_plan *f);
/* *UNNOTICED: over what is built make would not notice what the answer does (anew.c).  The answer is not laid yet. */
enum aid_err aid_judging_unnoticed (const struct aid_judging *j, int *unnoticed, struct aid_error *e);
/* What the file of F is to be: what the last part of the patch that says so makes of its mode, else what it is. */
int aid_judging_executable (const struct aid_judging *j, const struct aid_file_plan *f);
/* Puts the task's own files back where they are no longer what the task says, in the BOX over TREE; their paths are appended to
   RESTORED, if that is not NULL (laid.c).  AID_E_REFUSED, ...: what is in their way; AID_E_IO: the box is lost. */
enum aid_err aid_ces_lay_files (const struct aid_ces_task *t, const char *tree, struct aid_box *box, json_t *restored,
                                struct aid_error *e);
/* Parses each changed file (parse.c).  *OUT gets the rung, or stays NULL: there is no parser for these files. */
enum aid_err aid_judging_parse (const struct aid_judging *j, json_t **out, int *passed, struct aid_error *e);
/* Opens J's box and lays the answer into it; and closes it, and forgets what was laid. */
enum aid_err aid_judging_lay (struct aid_judging *j, struct aid_error *e);
void aid_judging_leave (struct aid_judging *j);
/* Runs a rung's LINE over the answer and the task's own files.  What the answer has put in their way, or done away with, is no
   reason not to judge it: it has failed. */
enum aid_err aid_judging_run (const struct aid_judging *j, enum aid_rung r, const char *line, json_t **rung, int *passed,
                              struct aid_error *e);
/* Whether the rung behind the parsers may be run while they are: the answer has files for them, and a processor is free. */
int aid_meanwhile_may (const struct aid_judging *j);
/* As aid_judging_parse, and runs LINE, of AHEAD's rung, meanwhile; AHEAD gets what came of it, or no rung. */
enum aid_err aid_meanwhile_parse (const struct aid_judging *j, const char *line, struct aid_ahead *ahead, json_t **out,
                                  int *passed, struct aid_error *e);
/* The rungs of ANSWER over W: a new reference to an array.  *KNOWN: the same change, in other words, was judged before. */
enum aid_err aid_ces_judge (struct aid_ces *c, const struct aid_ces_task *t, const struct aid_warm *w, struct aid_span answer,
                            const struct aid_ces_part *part, const struct aid_stop *stop, json_t **rungs, int *known,
                            struct aid_error *e);
enum aid_ces_question
{
  AID_CES_ANSWER, /* the hash of a whole answer */
  AID_CES_CHANGE  /* that of what it does */
};
/* What came of T's question WHAT, a hash, before: a new reference or NULL. */
json_t *aid_ces_recall (struct aid_ces *c, const struct aid_ces_task *t, enum aid_ces_question of, const char *what);
/* Keeps RUNGS for it, if they would come out so again. */
void aid_ces_remember (struct aid_ces *c, const struct aid_ces_task *t, enum aid_ces_question of, const char *what,
                       const json_t *rungs);

/* --- verdicts (verdict.c, cache.c) -------------------------------------------------------------------------------- */

/* Completes the verdict that has "rungs": reached, green, reward. */
void aid_verdict_sum (json_t *verdict, const json_t *weights);

enum aid_err aid_verdicts_open (const char *path, struct aid_verdicts **out, struct aid_error *e);
void aid_verdicts_close (struct aid_verdicts *v);
/* A new reference, or NULL. */
json_t *aid_verdicts_get (struct aid_verdicts *v, const char *key);
void aid_verdicts_put (struct aid_verdicts *v, const char *key, const json_t *rungs);
int64_t aid_verdicts_count (struct aid_verdicts *v);

#endif
