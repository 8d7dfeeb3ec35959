/* Snapshots of a project as it is being worked on: its tree, how its build stood, when, at which revision.  What keeps them is
   vault.h's; the project and its version control are only read.

   In a snapshot is every file that the project lists (so nothing ignored), with its executable bit, and symbolic links as
   such; not in it: files that are too large, files that aid_secrets_file names or aid_secrets_scan finds something in, and
   what is neither file nor link.  The commit's tree is the project's tree itself.  Its message is a line for people, a blank,
   and one JSON object (message.h).

   A snapshot costs by what has changed: a project that has not runs no program and writes nothing. */
#ifndef AID_LEARN_SNAPSHOT_H
#define AID_LEARN_SNAPSHOT_H

#include "learn/vault.h"
#include "project/project.h"

struct aid_snapshot_settings
{
  int64_t seconds;   /* between two, at least */
  int64_t days;      /* older ones are forgotten; 0: none is for its age */
  int64_t megabytes; /* the oldest are forgotten above it; 0: none is for its size */
  uint64_t file_max; /* bytes of a file that is kept */
  int unsaved;       /* with what is not saved yet */
};
/* Those of the settings that hold at ROOT; what cannot be read is the default. */
struct aid_snapshot_settings aid_snapshot_settings (const char *root);

struct aid_snapshots;

/* Snapshots of P, which is borrowed and must be listed and watched for aid_snapshots_run.  The first one that S takes
   goes by what the process before has left (seen.h), or looks through all files. */
enum aid_err aid_snapshots_open (struct aid_project *p, const struct aid_snapshot_settings *settings,
                                 struct aid_snapshots **out, struct aid_error *e);
/* Where S keeps them; lives as long as S. */
struct aid_vault *aid_snapshots_vault (struct aid_snapshots *s);
/* Nobody may be in another function of S. */
void aid_snapshots_close (struct aid_snapshots *s);

struct aid_snapshot_taken
{
  char id[AID_VAULT_ID];   /* "": nothing has changed since the last one */
  char last[AID_VAULT_ID]; /* the last one there is now; "" when there is none */
  size_t changed;          /* files; of the first one of S: all that are in it */
  size_t left_out;         /* files */
};
/* Takes one, if the tree or the build's result is another than the last one's.  WAIT_MS: patience for another process that
   writes (AID_E_STATE).  Any thread; a second one waits for the first. */
enum aid_err aid_snapshots_take (struct aid_snapshots *s, int wait_ms, const struct aid_stop *stop,
                                 struct aid_snapshot_taken *out, struct aid_error *e);
/* The file PATH, relative to the root, has TEXT in an editor, who has not saved it; NULL: it is as on the disk again.  Any
   thread, at once.  AID_E_LIMIT: too many. */
enum aid_err
aid_snapshots_unsaved (struct aid_snapshots *s, struct aid_span path, const struct aid_span *text, struct aid_error *e);

/* Takes snapshots until STOP is set: when something has changed, at least the settings' seconds after the last one, and at once
   when a build has ended.  While another process watches the project it takes none (TELL says so once).  Forgets what is too
   old or too much, each hour.  TELL is called on this thread for every snapshot, and with E, and without TAKEN, for what went
   wrong, when it begins.  AID_E_NOTFOUND: the project's folder has gone, or is another one.
   Others: its files cannot be listed. */
enum aid_err
aid_snapshots_run (struct aid_snapshots *s, const struct aid_stop *stop,
                   void (*tell) (void *ctx, const struct aid_snapshot_taken *taken, const struct aid_error *e), void *ctx,
                   struct aid_error *e);

/* --- forgetting --------------------------------------------------------------------------------------------------- */

struct aid_snapshot_forgotten
{
  size_t hours;           /* that were forgotten */
  uint64_t before, after; /* bytes on the disk */
};
enum aid_gc
{
  AID_GC_ALL,   /* packs what is left, whatever there was to forget */
  AID_GC_LITTLE /* does nothing unless it is a day's worth, or too much: to pack is to copy all that is left */
};
/* Forgets whole hours: those older than the settings' days, then, above their megabytes, the oldest until a fifth is free again;
   never the last one, never what refs/examples keep. */
enum aid_err
aid_snapshot_gc (struct aid_vault *vault, const struct aid_snapshot_settings *settings, enum aid_gc how, int wait_ms,
                 const struct aid_stop *stop, struct aid_snapshot_forgotten *out, struct aid_error *e);
/* Each snapshot is a pack of its own at first: when there are AID_SNAPSHOT_PACKS, small ones are joined, so that each object is
   copied a few times in all.  Forgets nothing; does nothing when somebody else writes. */
#define AID_SNAPSHOT_PACKS 50
void aid_snapshot_tidy (struct aid_vault *vault, const struct aid_stop *stop);
/* Bytes of the repository's objects. */
uint64_t aid_snapshot_bytes (const struct aid_vault *vault);

/* --- bringing back ------------------------------------------------------------------------------------------------ */

/* Writes the files of snapshot ID that PATH names (a file, or a folder with all in it), relative to the root, into the folder
   TO, which is the root or any other: each replaced by rename after fsync, through no link.  FN hears of each that was written.
   AID_E_NOTFOUND: there is no such snapshot or file. */
enum aid_err aid_snapshot_restore (const struct aid_vault *vault, const char *id, struct aid_span path, const char *to,
                                   void (*fn) (void *ctx, struct aid_span path), void *ctx, struct aid_error *e);

#endif
