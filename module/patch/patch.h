/* The patch engine: read the patches in an answer, place their hunks in the files as they are now, explain, apply.

   Reading is pure; placing asks a source for file texts; neither writes.  Everything is bounded: a text beyond
   AID_PATCH_MAX is AID_E_LIMIT. */
#ifndef AID_PATCH_PATCH_H
#define AID_PATCH_PATCH_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_PATCH_MAX ((size_t) 64 << 20)

enum aid_patch_op { AID_OP_MODIFY, AID_OP_CREATE, AID_OP_DELETE, AID_OP_RENAME };
const char *aid_patch_op_name (enum aid_patch_op op);        /* "modify", ... */
const char *aid_patch_mode_name (int exec);                  /* "100755", "100644", NULL for -1 */

/* APPLY_PATCH is "*** Begin Patch"; EDITS the JSON of edit tools; WHOLE blocks that name their file. */
enum aid_patch_format
{
  AID_FORMAT_AUTO, AID_FORMAT_UNIFIED, AID_FORMAT_SEARCH_REPLACE, AID_FORMAT_EDITS, AID_FORMAT_APPLY_PATCH, AID_FORMAT_WHOLE
};
/* *FORMAT gets the one that is called NAME ("auto", "unified", "search-replace", "edits", "apply-patch", "whole"); 0: there is
   none. */
int aid_patch_format_named (const char *name, enum aid_patch_format *format);

struct aid_patch_line
{
  char op;                 /* ' ', '-', '+' */
  int no_newline;          /* "\ No newline at end of file" followed it */
  int weak;                /* it has no prefix: context if the file has it, else prose or an addition that lost its "+" */
  struct aid_span text;    /* without its line end; points into the patch's own copy of the answer */
  struct aid_span raw;     /* with its prefix */
};

struct aid_patch_hunk
{
  char id[9];              /* hash of its content without trailing blanks; unique within the patch */
  int64_t old_start, old_count, new_start, new_count;   /* as stated; -1: not stated */
  struct aid_span section; /* after the second @@; several lines when the @@ lines are nested */
  int at_end;              /* "*** End of File" follows it */
  int cut_off;             /* the answer ends in the middle of its change */
  struct aid_span old_text, new_text;   /* of an edit tool: the piece of text that is replaced; empty for others */
  int all;                     /* ... wherever it stands */
  size_t beg, end;         /* bytes of the hunk in the answer */
  size_t first_line, nlines;   /* its lines, in patch.lines */
};

struct aid_patch_file
{
  char *old_path, *new_path;   /* as meant, a/ b/ removed; equal unless renamed; NULL for /dev/null; "" when it is not named */
  enum aid_patch_op op;
  int guessed;                 /* only prose or the file before names it: it may be another one */
  int text_untold;             /* it is deleted, and the patch does not show its text */
  int by_names;                /* that it is renamed follows from its two names alone */
  int old_exec, new_exec;      /* whether it may be executed, by its git header: 1, 0, or -1 when not stated */
  size_t beg, end;             /* bytes of its part of the answer, headers included */
  size_t first_hunk, nhunks;   /* in patch.hunks */
  size_t block;                /* in patch.blocks */
  int crlf;                    /* a new file's lines end in CR and LF, and the patch's own do not */
  char *copy_of;               /* the file whose text a new one begins with, or NULL */
  char *refused;               /* why it can't be applied whatever the tree holds (binary, symbolic link); NULL: it may */
};

/* One fenced block (or bare run) of the answer that holds patches: what is shown and decided together. */
struct aid_patch_block
{
  size_t beg, end;             /* bytes in the answer, fences included */
  size_t first_file, nfiles;
  enum aid_patch_format format;
};

/* A fenced block without a diff that names a file: its whole new text, an edited copy of a part of it, or an example.  Which
   it is takes the file to tell: aid_patch_settle. */
struct aid_patch_candidate
{
  size_t beg, end;             /* bytes in the answer, fences included */
  size_t text_beg, text_end, indent;   /* its lines, and how many blanks are taken off each */
  char *path;                  /* as it is named */
  int headed;                  /* its first line is a comment that names the file */
  int apart;                   /* not only prose names it */
  int fresh, whole, example;   /* the answer calls it a new file, the full text, an example */
};

struct aid_patch
{
  char *text;                  /* the answer, copied */
  size_t len;
  struct aid_vec blocks, files, hunks, lines;
  struct aid_vec texts;        /* char *: what spans point into that does not stand in the answer as it is */
  struct aid_vec notes;        /* struct aid_patch_note: what looked like a patch and could not be read */
  size_t compared;             /* lines compared to make hunks of pieces of text: bounded */
  struct aid_vec candidates;   /* struct aid_patch_candidate, ascending: blocks that nothing was made of yet */
};

struct aid_patch_note
{
  size_t pos;                  /* byte in the answer */
  char msg[200];
};

/* Finds every patch in ANSWER (Markdown with fences; with FORMAT other than AUTO, or no fence at all, also a bare
   diff).  Unreadable parts become notes; the rest is kept. */
enum aid_err aid_patch_read (struct aid_span answer, enum aid_patch_format format, struct aid_patch **out,
                             struct aid_error *e);
void aid_patch_free (struct aid_patch *p);

/* Where file texts come from.  PATH is the patch's, relative and already safe.  Appends the text to OUT.
   AID_E_NOTFOUND: no such file; AID_E_REFUSED with a reason: read-only, binary, outside the project, .... */
struct aid_patch_source
{
  enum aid_err (*read) (void *ctx, const char *path, struct aid_str *out, struct aid_error *e);
  void *ctx;
  /* Calls EACH with the files there are, in any order, until it returns non-zero: asked when a patch names none that exists.
     NULL: they can't be listed. */
  enum aid_err (*list) (void *ctx, int (*each) (void *closure, const char *path), void *closure);
};

/* Decides about the candidates of *P, which was read with FORMAT, by the texts of their files: a whole new text or an edited copy
   becomes hunks with the file's lines, what is meant as one and has no clear place becomes a refused file, an example stays
   what it is.  With AID_FORMAT_WHOLE every candidate counts, else only strong evidence does.  *P is replaced, by a patch without
   candidates; on an error it stays as it was. */
enum aid_err aid_patch_settle (struct aid_patch **p, enum aid_patch_format format, const struct aid_patch_source *source,
                               struct aid_error *e);
/* The same, told instead of done: calls EACH, in order, with what a candidate comes to as a unified diff and, when that is
   refused, the reason (else NULL).  END is the byte behind the block; both texts are borrowed.  EACH returns an error to stop. */
enum aid_err aid_patch_settled (const struct aid_patch *p, const struct aid_patch_source *source,
                                enum aid_err (*each) (void *closure, size_t end, const char *diff, const char *refused),
                                void *closure, struct aid_error *e);

enum aid_hunk_status { AID_HUNK_APPLIES, AID_HUNK_REFUSED, AID_HUNK_ALREADY, AID_HUNK_LEFT_OUT };
const char *aid_hunk_status_name (enum aid_hunk_status s);   /* "applied", "refused", "already", "left-out" */

/* Replace the text from character BEG to END (of the file's text, from 0; byte offsets too) by TEXT. */
struct aid_patch_edit
{
  size_t beg, end;             /* bytes in the file's text */
  size_t cbeg, cend;           /* characters in the file's text */
  struct aid_span text;        /* owned by the plan */
};

struct aid_placement
{
  size_t hunk;                 /* index in patch.hunks */
  enum aid_hunk_status status;
  const char *method;          /* "exact", "shifted", "whitespace", "adjusted" (context differs, or lines are missing),
                                  "create", "delete", "rename"; NULL when refused */
  char how[128];               /* what is not as the patch says, in words: "moved 3 lines down, 1 line differs" */
  int64_t line;                /* first line (from 1) of the place in the file as it is now; 0: none */
  int64_t shift;               /* lines from the stated place */
  double similarity;           /* 0..1 */
  char reason[256];            /* when refused: plain words with the nearest place; else "" */
  struct aid_vec candidates;   /* int64_t lines (from 1), when it fits several places */
  struct aid_vec edits;        /* struct aid_patch_edit, ascending, minimal: whole lines that change */
  size_t span_beg, span_end;   /* bytes of the matched old lines, context included */
  size_t cspan_beg, cspan_end; /* the same in characters */
};

struct aid_file_plan
{
  size_t file;                 /* index in patch.files */
  char *old_path, *new_path;   /* the files that are meant, as they were found; NULL where there is none */
  enum aid_patch_op op;        /* what is done to them: the reverse plan deletes what the patch creates */
  int exec;                    /* whether it is to be executed: 1, 0, or -1 when not stated */
  int applies;                 /* every hunk applies or is applied already */
  int already;                 /* a new file that is there with this text, a deleted one that is gone */
  char reason[256];            /* why the file as a whole is refused (path, missing, exists, ...); else "" */
  struct aid_str before;       /* the file's text as read (empty for a new one) */
  struct aid_str after;        /* its text with every placed hunk applied, also those of later plans for the same path */
  int rewritten;               /* its hunks were read one after the other, and after is made already */
  size_t same_as;              /* the first plan of this path (itself, mostly): that one holds before and after */
  size_t first, n;             /* its placements, in plan.placements, in the patch's order */
};

struct aid_plan
{
  struct aid_vec files;        /* struct aid_file_plan */
  struct aid_vec placements;   /* struct aid_placement, one for each hunk, in order */
  struct aid_vec texts;        /* char *: what edits point into */
  size_t applied, refused, already;   /* hunks; a file without (a rename, an empty new file, a mode) counts as one */
  int reverse;                 /* as the options said: operations and paths are the inverted ones */
};

struct aid_plan_options
{
  const int64_t *chosen;       /* for each hunk the line (from 1) chosen by a person among its candidates, or 0; or NULL */
  const unsigned char *only;   /* for each hunk whether it takes part (a left-out hunk gets no edits); or NULL: all */
  int reverse;                 /* place the reverse: what was inserted is deleted, created files are deleted, ... */
  int together;                /* all of the plan is carried out or nothing: a part may change the file that one before it
                                  creates, and a hunk the lines that one before it puts in.  Such hunks have no edits; the
                                  first of their file has them. */
  int ahead;                   /* the source may be read by another thread meanwhile: many files are placed sooner */
};

/* Places every hunk against the sources' texts as they are now, hunks of one file together.  Refusals are in the plan;
   an error is returned only when nothing could be done.  OPTIONS may be NULL. */
enum aid_err aid_patch_plan (const struct aid_patch *p, const struct aid_patch_source *source,
                             const struct aid_plan_options *options, struct aid_plan **out, struct aid_error *e);
void aid_plan_free (struct aid_plan *plan);
/* The plan as a val object in the form of `aid patch apply --json` with, per hunk, also "id", "edits"
   ([cbeg cend text]...), "beg"/"end" (characters of the place), "candidates"; and "notes", a list of strings. */
void aid_plan_to_val (const struct aid_patch *p, const struct aid_plan *plan, struct aid_str *out);

/* Appends to OUT what of the plan was refused, as Markdown for people and models: each hunk as it was written, why, and what its
   file has at the nearest place or at the places that it fits; of a file that is refused as a whole the reason.  At most
   AID_REPORT_MAX bytes: it says how many were left out.  Nothing is appended when nothing was refused.  FILES: for each file of
   the patch whether it is told of; NULL: all. */
enum { AID_REPORT_MAX = 64 << 10 };
enum aid_err aid_patch_report (const struct aid_patch *p, const struct aid_plan *plan, const unsigned char *files,
                               struct aid_str *out);

/* The one place of the path rules: PATH (from a patch) must stay inside ROOT: relative, no "..", no symbolic link on the
   way that leads out, not into .git, .hg, .jj or .svn, no control characters.  *FULL gets ROOT/PATH.  AID_E_REFUSED with the
   reason. */
enum aid_err aid_patch_path (const char *root, const char *path, struct aid_str *full, struct aid_error *e);

/* A source that reads files under a folder by the path rules (binary, unreadable and over-large ones refused). */
struct aid_patch_source aid_patch_disk_source (const char *root);   /* borrows ROOT */
enum { AID_PATCH_LISTED = 20000 };   /* files that it lists at most */

/* The same, but for texts that are newer than their files: those of an editor's unsaved buffers.  A text is taken only for a
   path that could be written, as a file's is. */
struct aid_map;
struct aid_patch_texts
{
  const char *root;
  const struct aid_map *texts;   /* path -> struct aid_str * */
};
struct aid_patch_source aid_patch_texts_source (const struct aid_patch_texts *texts);   /* borrows TEXTS */

/* Writes the plan to the tree under ROOT: all or nothing (with PARTIAL, all that fits or nothing), also when the program is
   killed on the way; how is told in patch/tree_internal.h.  A file that fits as a whole gets the mode that its patch states.
   What an earlier program left half done is brought to an end first.  AID_E_STATE: another program writes, or a
   file changed since the plan; AID_E_REFUSED: something does not fit or may not be written. */
enum aid_err aid_patch_apply_tree (const struct aid_patch *p, const struct aid_plan *plan, const char *root, int partial,
                                   struct aid_error *e);

/* What was left of patches that were cut short: LOOK only counts them; NOW finishes those whose texts were all there and
   takes the others back; FORGET leaves the files as they are and removes what lies beside them. */
enum aid_recover_how { AID_RECOVER_LOOK, AID_RECOVER_NOW, AID_RECOVER_FORGET };

struct aid_patch_recovery
{
  size_t pending, finished, undone, forgotten;   /* patches */
  struct aid_vec files;        /* char *: full names of the files of those that were dealt with */
};

/* Looks for them in ROOT, in what holds it and in what it holds.  *OUT is set in any case; free what it holds. */
enum aid_err aid_patch_recover (const char *root, enum aid_recover_how how, struct aid_patch_recovery *out, struct aid_error *e);
void aid_patch_recovery_free (struct aid_patch_recovery *r);

#endif
