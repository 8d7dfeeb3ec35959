/* The reader of unified diffs: what it knows of the file that its lines speak of. */
#ifndef AID_PATCH_READ_HEADER_H
#define AID_PATCH_READ_HEADER_H

#include "patch/patch_internal.h"

/* What the header lines of one file have said so far. */
struct aid_header
{
  size_t beg;
  int open, git;                /* lines of it were seen; it began with "diff --git" */
  int starred;                  /* it is "*** Update File:" or the like: names are as they are, deletions show no text */
  int created, deleted, binary, copied, combined;
  int old_exec, new_exec;       /* modes: 1 + whether executable, 0 for none stated */
  const char *odd;              /* what the file is instead of a plain one, or NULL */
  int renamed;                  /* "rename from" and "rename to" were read: they leave no doubt */
  char *git_old, *git_new, *minus, *plus, *from, *to;
};

struct aid_reader
{
  struct aid_patch *p;
  struct aid_cursor *c;
  int fenced;
  struct aid_header h;
  size_t file;                  /* index + 1 of the file that hunks go to, 0: none */
  size_t hunk;                  /* index + 1 of the hunk just read, 0: it had no lines, or there is none */
  int told;                     /* a note on lines without a hunk was given since the last header */
  int bare_body;                /* the fence begins with the body of a hunk */
  int doubtful;                 /* the file is new by "--- /dev/null" alone */
  int enclosed;                 /* the new file's text goes up to the next "*** ..." line, so no prose is in it */
  struct aid_str outer;         /* sections of @@ lines that another one followed at once */
  char *prose;                  /* the file that the prose before names, or NULL */
  char **last;                  /* the last one that a header named */
};

/* "diff --git", "---", "+++", "*** Update File:" and what belongs to them.  0: the line is none of them. */
int aid_reader_header (struct aid_reader *r, const struct aid_in_line *l, const struct aid_in_line *next, enum aid_err *err);
/* Makes a file of the header that was read, if it names one. */
enum aid_err aid_reader_open_file (struct aid_reader *r);
/* Ends a header that no hunk follows: renames, empty files, binary ones.  POS: where the header ended. */
enum aid_err aid_reader_flush (struct aid_reader *r, size_t pos);
void aid_header_clear (struct aid_header *h);

#endif
