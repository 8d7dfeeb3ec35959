/* What the files of the patch engine share: the line cursor of the readers, lines with ids and the search over them, the
   place of one hunk, and the file that hunks are placed in. */
#ifndef AID_PATCH_PATCH_INTERNAL_H
#define AID_PATCH_PATCH_INTERNAL_H

#include "base/map.h"
#include "patch/patch.h"

#include <stdarg.h>
#include <sys/stat.h>

enum
{
  AID_PATCH_LINES = 4000000,    /* hunk lines in one answer */
  AID_PATCH_HUNKS = 100000,
  AID_PATCH_FILES = 20000,
  AID_PATCH_CANDIDATES = 200,   /* later ones are taken for examples */
  AID_PATCH_NOTES = 200,        /* later ones are dropped: nobody reads them */
  AID_FILE_LINES = 2000000,     /* lines of a file that hunks are placed in */
  AID_WIDE_LINES = 2000000,     /* lines that the pieces of text for one file are widened to */
  AID_CANDIDATES = 64,          /* places listed for an ambiguous hunk */
  AID_NAME_MAX = 4096,          /* bytes of a file's name that are read: more than the path rules allow */
  AID_QUOTE = 64                /* bytes of a quoted line in a reason, NUL included */
};
#define AID_PLAN_BYTES (256u << 20)      /* file texts in one plan */
#define AID_PLACE_WORK 500000000u        /* steps (comparisons of two lines' numbers, or of two bytes) in one plan, ... */
#define AID_HUNK_WORK 150000000u         /* ... and of them for one hunk */

/* --- reading: patch.c --- */

/* How much a patch holds: what is appended later can be taken out again. */
struct aid_patch_mark
{
  size_t blocks, files, hunks, lines, texts, notes;
};

/* The end of what has arrived of an answer.  Whatever is decided before a reader meets it is decided in the same way whatever
   arrives later; that much is noted as sure. */
struct aid_horizon
{
  int met;
  struct aid_patch_mark sure;
};

/* A walk over the lines of the answer from POS to END; INDENT blanks are taken off each line (an indented fence), and the sign
   of a Markdown quote before them when it is QUOTED. */
struct aid_cursor
{
  const char *text;
  size_t pos, end, indent;
  struct aid_horizon *horizon;  /* END is where the answer has got to; NULL: the end is the end */
  int quoted;
};

struct aid_in_line
{
  size_t beg, end;              /* bytes in the answer, the line end included */
  struct aid_span text;         /* without indent, "\n" and one "\r" */
};

int aid_cursor_next (struct aid_cursor *c, struct aid_in_line *line);   /* 0 at the end, which meets the horizon */
struct aid_patch_mark aid_patch_mark (const struct aid_patch *p);
void aid_patch_rollback (struct aid_patch *p, const struct aid_patch_mark *mark);
/* Says that nothing that comes later changes the hunks that P holds: they are sure, unless the horizon was met. */
void aid_patch_assure (const struct aid_patch *p, const struct aid_cursor *c);
size_t aid_quote_mark (struct aid_span line);   /* bytes of "> " that begin it */
void aid_patch_note (struct aid_patch *p, size_t pos, const char *fmt, ...) __attribute__ ((format (printf, 3, 4)));
/* New items at the end, NULL at a limit or without memory.  A line's raw text is TEXT at first. */
struct aid_patch_file *aid_patch_add_file (struct aid_patch *p, size_t beg);
struct aid_patch_hunk *aid_patch_add_hunk (struct aid_patch *p, struct aid_patch_file *f, size_t beg);
struct aid_patch_line *aid_patch_add_line (struct aid_patch *p, struct aid_patch_hunk *h, char op, struct aid_span text);
/* TEXT, taken from it and owned by P; its ptr is NULL at a limit or without memory. */
struct aid_span aid_patch_add_text (struct aid_patch *p, struct aid_str *text);
/* Takes the last hunk of the patch (which belongs to the last file, or to none) out again. */
void aid_patch_drop_hunk (struct aid_patch *p, struct aid_patch_file *f);
void aid_patch_drop_file (struct aid_patch *p);   /* the last one, which has no hunks */

/* Gives hunks their ids, which depend on the hunks before, in the order of the patch. */
struct aid_namer
{
  struct aid_map *seen, *taken;
  struct aid_str scratch;
};

enum aid_err aid_namer_init (struct aid_namer *n);     /* free it in any case */
void aid_namer_free (struct aid_namer *n);
enum aid_err aid_namer_name (struct aid_namer *n, const struct aid_patch *p, struct aid_patch_hunk *h);

struct aid_patch *aid_patch_new (void);                /* without text; NULL without memory */

/* --- reading: the formats --- */

/* The reading of an answer, as far as it has come (read_blocks.c). */
struct aid_perusal
{
  struct aid_patch *p;          /* borrowed */
  struct aid_cursor c;
  enum aid_patch_format format;
  const struct aid_vec *settled;   /* struct aid_settled (read_whole.h), or NULL */
  size_t next_settled;
  size_t last_replace;          /* byte of the last ">>>>>>> REPLACE" line so far, 0: none */
  size_t prose[3];              /* where the last lines of prose begin, the latest last; (size_t) -1: none */
  char *path;                   /* the file that search/replace blocks speak of */
  char *unified;                /* the last file that a header named */
  int fenced_patch;             /* one was seen */
  int told;                     /* that what stands outside of fences is left out */
  size_t looked;                /* bytes read in search of the ends of blocks */
};

/* Begins at the beginning of P's text, with the caller's C.horizon. */
void aid_perusal_begin (struct aid_perusal *s, struct aid_patch *p, enum aid_patch_format format, struct aid_horizon *horizon);
void aid_perusal_free (struct aid_perusal *s);
/* The whole answer, when that is the calls of an edit tool and nothing else. */
enum aid_err aid_perusal_whole (struct aid_perusal *s);
enum aid_perusal_step { AID_STEP_NONE, AID_STEP_LINE, AID_STEP_BLOCK };
/* Reads one line of prose, or one block; NONE: there is no more. */
enum aid_perusal_step aid_perusal_step (struct aid_perusal *s, enum aid_err *err);
/* Looks for the ends of search/replace blocks from byte FROM on. */
void aid_perusal_ends (struct aid_perusal *s, size_t from);

/* Every fenced block and bare run of the answer; SETTLED is as in aid_patch_read_with. */
enum aid_err aid_read_blocks (struct aid_patch *p, enum aid_patch_format format, const struct aid_vec *settled);
/* The same for the part of the answer that C holds. */
enum aid_err aid_read_part (struct aid_patch *p, enum aid_patch_format format, const struct aid_cursor *c);
/* The same for the quotes, or for the indented blocks, of an answer that shows no patch otherwise (read_dressed.c). */
enum aid_err aid_read_dressed (struct aid_patch *p, enum aid_patch_format format);
/* Appends the files and hunks of the unified diffs in C.  Unless FENCED, reads one bare run and leaves C behind it.  A hunk
   without a header belongs to the file that the PROSE before names, to the last one that a header named (*LAST, given to and
   by the caller, freed by it), or to one that the plan has to find. */
enum aid_err aid_read_unified (struct aid_patch *p, struct aid_cursor *c, int fenced, struct aid_span prose, char **last);
/* Reads the hunk whose first line (an @@ line unless HEADLESS) C stands at; F may be NULL (read, to be dropped).  FENCED is
   AID_ENCLOSED when it goes up to a "*** ..." line, without prose. */
enum { AID_ENCLOSED = 2 };
enum aid_err aid_read_hunk (struct aid_patch *p, struct aid_patch_file *f, struct aid_cursor *c, int fenced, int headless);
/* Whether that hunk has both deleted and added lines, by their prefixes, and does not state that it begins with nothing. */
int aid_hunk_deletes (const struct aid_cursor *c, int headless);
/* Whether C stands at the header of another file's diff; AID_MAYBE_HEADER when inside a hunk it may as well be a deleted
   "-- x" and an added "++ y". */
enum { AID_MAYBE_HEADER = 2 };
int aid_at_file_header (const struct aid_cursor *c);
/* The lines of the "*** Begin Patch" form; NAME gets the file's. */
enum aid_directive
{
  AID_NO_DIRECTIVE, AID_BEGIN_PATCH, AID_END_PATCH, AID_END_OF_FILE, AID_MOVE_TO, AID_UPDATE_FILE, AID_ADD_FILE, AID_DELETE_FILE
};
enum aid_directive aid_at_directive (struct aid_span line, struct aid_span *name);
int aid_ends_bare (struct aid_span line);    /* a fence or a search/replace block: no diff outside of a fence goes on there */
/* Appends the search/replace blocks in C, all of them when FENCED, else the one C stands at.  PROSE is the text
   before the fence that may name the file; *PATH is the name in force (given to and by the caller, freed by it). */
enum aid_err aid_read_search_replace (struct aid_patch *p, struct aid_cursor *c, int fenced, struct aid_span prose,
                                      char **path);
int aid_at_search (struct aid_span line, size_t *width);   /* "<<<<<<< SEARCH" or "------- SEARCH", 5 to 20 signs */
int aid_at_replace (struct aid_span line, size_t width);   /* ">>>>>>> REPLACE" or "+++++++ REPLACE" of that width, 0: of any */
/* The widths of divider and end of the block of WIDTH whose first line is before C; 0 for any, where none has WIDTH. */
struct aid_widths
{
  size_t divider, end;
};
struct aid_widths aid_block_widths (struct aid_cursor c, size_t width);

/* The digits that V begins with, which are taken off (10^9 at most); -1 when there are none. */
int64_t aid_number (struct aid_span *v);
/* Takes the line numbers off OLD_LINES, and off NEW_LINES if they have them, too (struct aid_span), when every line was copied
   from a listing: "12 | x".  Gives the first number, or -1 with nothing changed (read_numbers.c).  A single line counts when
   its number is STATED (-1: none is). */
int64_t aid_take_numbers (struct aid_vec *old_lines, struct aid_vec *new_lines, int64_t stated);

/* Whether C holds the calls of an edit tool as JSON, by its looks; and appends them, one value after the other. */
int aid_at_edits (struct aid_cursor c);
enum aid_err aid_read_edits (struct aid_patch *p, struct aid_cursor *c);

/* The names of a header as they are meant (read_names.c).  All give memory or NULL. */
char *aid_name_read (struct aid_span raw);                 /* after "--- ": quotes and timestamps off */
int aid_name_git_pair (struct aid_span rest, char **old_name, char **new_name);   /* after "diff --git " */
void aid_name_strip (char **old_name, char **new_name, int git);                  /* a/ and b/ */
int aid_name_is_path (struct aid_span word);               /* a word of a sentence that can only be one */
char *aid_name_in_prose (struct aid_span line);            /* the token of a line of prose that looks like a path */
/* The same for the last of several lines that has one; NULL when none has. */
char *aid_name_in_lines (struct aid_span prose);

/* Appends to H the lines that turn OLD into NEW, common lines as context (linediff.c). */
enum aid_err aid_line_diff (struct aid_patch *p, struct aid_patch_hunk *h, const struct aid_vec *old_lines,
                            const struct aid_vec *new_lines);
/* The same for the lines of two texts; a last line end makes no line.  BARE: without the "\r" of "\r\n". */
enum aid_err aid_text_diff (struct aid_patch *p, struct aid_patch_hunk *h, struct aid_span old, struct aid_span new, int bare);

/* --- lines and search: lines.c, search.c --- */

struct aid_lines
{
  struct aid_span text;
  size_t n;
  size_t *beg;                  /* n + 1 of them; a byte order mark is before beg[0] */
  int final_newline, crlf;
  size_t *chars;                /* characters before every 256th byte */
};

enum aid_err aid_lines_init (struct aid_lines *l, struct aid_span text, struct aid_error *e);
void aid_lines_free (struct aid_lines *l);
/* Line I without its line end. */
static inline struct aid_span
aid_lines_at (const struct aid_lines *l, size_t i)
{
  struct aid_span v = { l->text.ptr + l->beg[i], l->beg[i + 1] - l->beg[i] };
  if (v.len > 0 && v.ptr[v.len - 1] == '\n')
    v.len--;
  if (v.len > 0 && v.ptr[v.len - 1] == '\r')
    v.len--;
  return v;
}
size_t aid_lines_chars (const struct aid_lines *l, size_t byte);      /* characters before BYTE */

/* What two lines must agree in: all but trailing blanks; all but outer blanks; all but runs of blanks and how a sign is
   written (typographic quotes and dashes, "--", letters with marks). */
enum aid_level { AID_TRAILING, AID_STRIP, AID_CANON, AID_LEVELS };
#define AID_NO_ID UINT32_MAX
int aid_begins_unseen (struct aid_span v);   /* with a blank beyond ASCII or a sign of no width: it is no plain indentation */
void aid_canonical (struct aid_span line, struct aid_str *out);   /* the form of the last: OUT becomes it (canonical.c) */

/* The lines of one file as numbers: equal numbers, equal lines at the level; and where each number stands. */
struct aid_index
{
  const struct aid_lines *lines;
  enum aid_level level;
  int ready;
  uint32_t *ids;                /* one a line; the block that the other arrays are in */
  uint32_t *slots;              /* hash table: id + 1 */
  size_t mask;
  uint32_t *hashes;             /* by id: the upper halves, as the lower ones choose the slot */
  uint64_t seed;
  uint32_t *first, *posts;      /* posts[first[id]..first[id + 1]] are the lines of ID, ascending */
  uint32_t count;               /* ids */
};

enum aid_err aid_index_init (struct aid_index *x, const struct aid_lines *l, enum aid_level level);
void aid_index_free (struct aid_index *x);
uint32_t aid_index_id (const struct aid_index *x, struct aid_span line);   /* AID_NO_ID: nowhere in the file */

struct aid_hits
{
  size_t at[AID_CANDIDATES];    /* ascending; those nearest to the line that was asked for when there are more */
  size_t n;                     /* all of them, also beyond the array */
};

/* Every place of the IDS[0..M) in the index, the ones nearest to NEAR_LINE (from 0; -1: the first ones).  AID_E_LIMIT when
   *WORK (counted up) passes AID_PLACE_WORK. */
enum aid_err aid_index_find (const struct aid_index *x, const uint32_t *ids, size_t m, int64_t near_line,
                             struct aid_hits *hits, size_t *work);
int aid_index_fits (const struct aid_index *x, const uint32_t *ids, size_t m, int64_t at);
uint32_t aid_index_places (const struct aid_index *x, uint32_t id);   /* how many lines have ID */
/* The first line of the number ID from FROM on; the number of lines when there is none. */
size_t aid_index_next (const struct aid_index *x, uint32_t id, size_t from);

/* --- placing: place.c, edits.c --- */

/* A file that hunks are placed in, with what earlier hunks have taken. */
struct aid_target
{
  struct aid_lines lines;
  struct aid_index index[AID_LEVELS];
  uint32_t *line_owner;         /* n + 1: hunk + 1 that changes the line, 0: none */
  uint32_t *gap_owner;          /* n + 1: hunk + 1 that inserts before the line */
  unsigned char *blank;         /* whether each line is; NULL until aid_target_compare */
  struct aid_memo *memo;        /* similarities of items and lines, for all hunks; NULL until then */
  uint32_t items;               /* how many items have a number in it */
  size_t *work;                 /* what comparing lines counts up; beyond AID_PLACE_WORK no two are alike; its own at first */
  size_t own_work;
  size_t plan;                  /* the file plan that holds the texts */
  int again;                    /* more than one part of the patch is for it */
};

enum aid_err aid_target_init (struct aid_target *t, struct aid_span text, struct aid_error *e);
void aid_target_free (struct aid_target *t);
/* Frees what is made anew when it is wanted. */
void aid_target_rest (struct aid_target *t);
/* The index at LEVEL, made when it is first wanted. */
enum aid_err aid_target_index (struct aid_target *t, enum aid_level level, const struct aid_index **out);
int aid_target_is_blank (const struct aid_target *t, size_t line);
/* Makes all that comparing hunks with it line by line needs. */
enum aid_err aid_target_compare (struct aid_target *t);

/* One hunk as it is to be placed: reversed when that is asked for. */
struct aid_want
{
  const struct aid_patch *p;
  const struct aid_patch_hunk *h;
  size_t hunk;                  /* its index */
  int reverse;
  int unnumbered;               /* its stated lines are those of another text */
  int64_t chosen;               /* the line that a person chose, or 0 */
  const char *path;             /* for reasons */
  int too_large;                /* it is a piece of text whose places hold more lines than can be handled */
};

char aid_want_op (const struct aid_want *w, size_t line);              /* of the LINE-th line of the hunk */
struct aid_patch_line *aid_want_line (const struct aid_want *w, size_t line);
int64_t aid_want_start (const struct aid_want *w);                     /* the stated line on the old side, or -1 */

/* Places the N hunks of a file together; fills status, place and edits of OUT[i] for WANTS[i].  Errors: memory only. */
enum aid_err aid_place_file (struct aid_target *t, const struct aid_want *wants, size_t n, struct aid_vec *texts, size_t *work,
                             struct aid_placement **out);
/* Appends an edit (offsets from the target's text) whose text, owned by TEXTS afterwards, is taken from TEXT. */
enum aid_err aid_edit_add (const struct aid_lines *l, size_t beg, size_t end, struct aid_str *text, struct aid_vec *texts,
                           struct aid_placement *out);
/* The inserted lines as the text of a new file (for create) or the deleted ones (for comparison). */
void aid_side_text (const struct aid_want *w, char op, struct aid_str *out);

/* Reasons (reason.c): plain words, cut at a character. */
void aid_reason_v (char *out, size_t size, const char *fmt, va_list ap) __attribute__ ((format (printf, 3, 0)));
/* Refuses OUT with a reason, and takes back what was found for it. */
void aid_refuse (struct aid_placement *out, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
void aid_reason (char out[256], const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
/* LINE without outer blanks, fit to be shown: cut, control characters and invalid bytes replaced. */
const char *aid_quote (struct aid_span line, char out[AID_QUOTE]);

/* --- paths: paths.c --- */

/* The rules that need no file system; RELATIVE is as in aid_patch_path. */
enum aid_err aid_path_check (const char *path, struct aid_error *e);
/* "./" and doubled slashes taken out, in place. */
void aid_path_tidy (char *path);
/* What was found on the way to a file. */
struct aid_way
{
  int links;                    /* whether a symbolic link is on it, behind the root; without one a real root gives a real name */
  int there;                    /* whether the file is there */
  struct stat st;               /* what it leads to, links followed; when it is there */
};
/* As aid_patch_path, and tells what was found. */
enum aid_err aid_patch_way (const char *root, const char *path, struct aid_str *full, struct aid_way *way, struct aid_error *e);
/* The same in two steps, for many files: ROOT is looked at once (*TOP gets its status), what is below it for each of them. */
enum aid_err aid_patch_root (const char *root, struct stat *top, struct aid_error *e);
enum aid_err aid_patch_way_below (const char *root, const struct stat *top, const char *path, struct aid_str *full,
                                  struct aid_way *way, struct aid_error *e);
/* AID_E_REFUSED when the file FULL with the status ST, which the patch calls PATH, may not be written: no write bit, or not by
   us. */
enum aid_err aid_patch_writable (const char *full, const char *path, const struct stat *st, struct aid_error *e);

/* --- reading ahead: ahead.c --- */

/* A thread that reads the files which P names, in their order; NULL when they are few or there is no thread to be had.  P and
   SOURCE are borrowed up to the end; SOURCE is read by two threads at once. */
struct aid_ahead *aid_ahead_new (const struct aid_patch *p, const struct aid_patch_source *source, int reverse);
/* The same texts, for one thread: the first time a file is asked for it is given as it was read ahead. */
struct aid_patch_source aid_ahead_source (struct aid_ahead *a);
void aid_ahead_free (struct aid_ahead *a);    /* waits for what is being read; NULL is fine */

#endif
