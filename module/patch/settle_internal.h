/* Deciding about candidates: the two texts as numbered lines, the runs of lines that differ, and what is made of them.
   Rooms, from below: runs.c (what differs), copy_place.c and copy.c (an edited copy in its
   file), settle_text.c (runs as a diff), settle.c. */
#ifndef AID_PATCH_SETTLE_INTERNAL_H
#define AID_PATCH_SETTLE_INTERNAL_H

#include "patch/patch_internal.h"

/* The file's lines O1 to O2 - 1 become the new lines N1 to N2 - 1. */
struct aid_run
{
  size_t o1, o2, n1, n2;
};

/* A line that stands for others: written so by the answer, within a part of the file; or between such parts and around them,
   where it may stand for nothing. */
enum aid_elided
{
  AID_ELIDED_NOT,
  AID_ELIDED_WITHIN,
  AID_ELIDED_AROUND
};

/* A file and a text that is to become it or a part of it.  Lines are equal when they differ in trailing blanks only. */
struct aid_texts
{
  struct aid_target target;  /* the file */
  const struct aid_index *x; /* its lines as numbers */
  struct aid_span *line;     /* the other text's lines, ... */
  size_t n;
  uint32_t *id;                /* ... their numbers in the file or AID_NO_ID, ... */
  unsigned char *elided;       /* ... and whether each stands for lines that are not written out: see aid_elided */
  uint32_t *count[2], *pos[2]; /* scratch, by number: file, text */
  struct aid_vec runs;         /* struct aid_run, ascending */
  struct aid_vec owned;        /* char *: lines that were re-indented */
  size_t work;
};

/* LINES (struct aid_span, borrowed) against FILE (borrowed). */
enum aid_err aid_texts_init (struct aid_texts *t, struct aid_span file, const struct aid_vec *lines, struct aid_error *e);
void aid_texts_free (struct aid_texts *t);
double aid_texts_weight_old (const struct aid_texts *t, size_t from, size_t to);
double aid_texts_weight_new (const struct aid_texts *t, size_t from, size_t to);

/* Appends the runs that turn the file's lines LO to HI - 1 into the text's lines A to B - 1.  What elided lines among these
   stand for is kept; AID_E_REFUSED with WHY when their extent is not clear. */
enum aid_err aid_runs_between (struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b, char why[256]);

/* Appends the runs of an edited copy: the text is a part of the file, or some parts with lines that are left out between
   them.  AID_E_NOTFOUND: it resembles no part; AID_E_REFUSED with WHY: it does, but where and how much is not clear. */
enum aid_err aid_copy_runs (struct aid_texts *t, char why[256]);
/* A part of the text, A to B - 1, and of the file, LO to HI - 1. */
struct aid_piece_of_copy
{
  size_t a, b, lo, hi;
  int open_front, open_back; /* it may begin, or end, anywhere in there */
  int preceded, followed;    /* by elided lines: it need not have all of its block */
};
struct aid_span aid_texts_file_line (const struct aid_texts *t, size_t i);
int aid_line_is_empty (struct aid_span line);
size_t aid_line_indent (struct aid_span line); /* bytes */
/* The first of the lines A to B - 1 that is neither elided nor empty, or B. */
size_t aid_copy_first_line (const struct aid_texts *t, size_t a, size_t b);
/* Whether the lines A to B - 1 are one block: lines that begin it, lines that are indented deeper, and what closes it. */
int aid_copy_one_block (const struct aid_texts *t, size_t a, size_t b);
/* Gives the piece, whose first line is A, the file's indentation if it is written further left or right. */
enum aid_err aid_copy_shift (struct aid_texts *t, const struct aid_piece_of_copy *p, size_t a);
/* The place of line A from FROM on: *O.  AID_E_NOTFOUND: none; AID_E_REFUSED with WHY: it is not clear which. */
enum aid_err aid_copy_find_first (struct aid_texts *t, size_t a, size_t b, size_t from, size_t *o, char why[256]);
/* Fills P->hi, and what depends on it, for a piece that begins at line P->lo. */
enum aid_err aid_copy_find_end (const struct aid_texts *t, struct aid_piece_of_copy *p, char why[256]);
int aid_is_elision (struct aid_span line); /* a comment that says so, or dots alone */

/* Appends the runs as a unified diff of PATH; each hunk with so much context that its place is the only one of its text. */
enum aid_err aid_runs_diff (struct aid_texts *t, const char *path, struct aid_str *out);
/* A new file, and what was refused: the lines as they are, to be shown. */
enum aid_err aid_new_file_diff (const struct aid_vec *lines, const char *path, struct aid_str *out);
enum aid_err aid_refused_diff (const struct aid_vec *lines, const char *path, struct aid_str *out);

#endif
