/* Placing a hunk: the hunk as placing sees it, what it costs to take one of its lines for a line of the file, its matches in
   the file, the choice between them, and what a match changes.  Rooms, from below: similar.c, view.c, cost.c, align.c,
   find.c, accept.c, choose.c, insert.c, indent.c, edits.c; place.c puts them together.

   The principles: the file's bytes win (a match yields deletions of file lines and insertions between file lines, and never
   rewrites context); deleted lines are claims and must all be found, context lines are hints; a place counts when no other is
   nearly as good for all hunks of the file together; stated numbers, sections and order are evidence for that choice only. */
#ifndef AID_PATCH_MATCH_H
#define AID_PATCH_MATCH_H

#include "patch/patch_internal.h"

#include <math.h>

#define AID_MARGIN .30            /* how much worse the next best place must be */
#define AID_NEVER HUGE_VAL        /* the cost of what may not be */
#define AID_REINDENTED .06        /* what it costs when a line is indented differently */
#define AID_WEAK_SKIPPED .05       /* what it costs that the file lacks a line without prefix: it may be prose */
#define AID_WEAK_ALIKE .04         /* ... and, less than that, that it has it with other blanks and signs */
#define AID_LITERAL .13           /* costs up to this are differences in blanks and signs only */
#define AID_WORDS .25             /* what it costs at least when words differ */

/* One line of a hunk. */
struct aid_item
{
  char op;                        /* of the direction that is placed */
  unsigned char weak;             /* written without a prefix: context only if the file has it */
  unsigned char ellipsis;         /* "...": stands for lines that are not written out */
  unsigned char near_insert;      /* context next to an insertion */
  double weight;                  /* what it says: .08 blank, .3 brackets and short words, 1 else */
  struct aid_span text, stripped; /* without its prefix; without outer blanks, too */
  struct aid_span raw;            /* as written */
  uint32_t id[AID_LEVELS];        /* its number in the file's index, AID_NO_ID */
  uint32_t raw_id;                /* of RAW at AID_TRAILING */
};

struct aid_view
{
  const struct aid_want *want;
  struct aid_item *item;
  size_t n;
  uint32_t *old;                  /* the items that the file should hold: context and deletions */
  size_t m, plus, minus;
  double total;                   /* weight of the old lines, at least .5 */
  int lost_prefix;                /* some line has no prefix */
  int ellipses;
  int lenient;                    /* deleted lines may be missing, too: to explain, never to apply */
  struct aid_memo *memo;          /* similarities that were computed: the target's; NULL until the view is numbered */
  uint32_t first_item;            /* in the memo, the number of its first item */
  char *owned;                    /* what texts of the items point into that the answer does not have; or NULL */
};

enum aid_err aid_view_init (struct aid_view *v, struct aid_target *t, const struct aid_want *w);
/* Fills what follows from the items, once they are read differently. */
void aid_view_count (struct aid_view *v, const struct aid_target *t);
/* Other readings of the items (reread.c): bare blank lines as additions, because the hunk's counts say so; without the line
   numbers that stand before the text or the sign; with the "-" of lists as text, where context has no prefix; with the blanks
   that "\t" and no-break spaces stand for.  *ANY: the hunk can be read so. */
enum aid_err aid_view_add_blanks (struct aid_view *v, const struct aid_target *t, int *any);
enum aid_err aid_view_drop_numbers (struct aid_view *v, const struct aid_target *t, int *any);
/* ... whose bar has no blank of its own. */
enum aid_err aid_view_drop_tight_numbers (struct aid_view *v, const struct aid_target *t, int *any);
enum aid_err aid_view_keep_signs (struct aid_view *v, const struct aid_target *t, int *any);
enum aid_err aid_view_read_blanks (struct aid_view *v, const struct aid_target *t, int *any);
/* Fills the numbers of all levels (only the strictest is there at first: a clean hunk needs no other). */
enum aid_err aid_view_number (struct aid_view *v, struct aid_target *t);
void aid_view_free (struct aid_view *v);
double aid_line_weight (struct aid_span stripped);
/* "...", "// ... rest of the code ...", "(* ... *)": a line that stands for others. */
int aid_is_ellipsis (struct aid_span stripped);

/* How alike two lines are: twice the characters in common blocks over all characters (Ratcliff and Obershelp, 1988), 0 to 1;
   0 as soon as it can't reach LEAST.  Lines beyond AID_SIMILAR_MAX bytes are compared by their common ends.  *WORK is counted up
   by the bytes that were compared. */
enum { AID_SIMILAR_MAX = 400 };
double aid_similar (struct aid_span a, struct aid_span b, double least, size_t *work);
/* Whether the runs of digits in A and B are the same ones. */
int aid_same_numbers (struct aid_span a, struct aid_span b);

/* The cost of taking the item for LINE of the file, not weighted: 0 same to .2, .25 and more similar; AID_NEVER. */
double aid_item_cost (struct aid_view *v, const struct aid_target *t, size_t item, size_t line);
/* Whether the item, taken for LINE, stands elsewhere in the file to the letter: it may be that line that is meant. */
int aid_item_strays (struct aid_view *v, const struct aid_target *t, size_t item, size_t line);
/* The similarity of their stripped texts, for items and lines that are known to be aligned. */
double aid_item_similarity (struct aid_view *v, const struct aid_target *t, size_t item, size_t line);

/* A place of a hunk. */
struct aid_match
{
  double cost;                    /* weighted, of all old lines */
  int32_t *map;                   /* for each item its line in the file, or -1 */
  size_t start, end;              /* the lines of the place: start to end - 1 */
  int64_t core_beg, core_end;     /* what changes, in half lines: line * 2 + 1 a deleted line, line * 2 the gap before it */
  int exact;                      /* all old lines are there and no others between, but for trailing blanks */
  double upto, onward;            /* choose.c: the least cost of all hunks up to this match, and of those behind it */
};

/* The best alignment of the view's old lines with the file's lines LO to HI - 1 (semi-global: both ends of the file's part
   are free).  OUT->map is NULL when there is none. */
enum aid_err aid_align (struct aid_view *v, const struct aid_target *t, size_t lo, size_t hi, struct aid_match *out,
                        size_t *work);
/* Fills what follows from the map and the cost. */
void aid_match_finish (const struct aid_view *v, struct aid_match *m);

/* Every place worth a look, the cheapest first; MATCHES holds struct aid_match. */
enum aid_err aid_find (struct aid_view *v, struct aid_target *t, int64_t near_line, struct aid_vec *matches, size_t *work);
void aid_matches_free (struct aid_vec *matches);
/* Takes over M (its map) unless the same map is in MATCHES. */
enum aid_err aid_add_match (const struct aid_view *v, struct aid_vec *matches, struct aid_match *m);
/* The one place of a hunk that is two hunks under one header: its old lines are there exactly, but for lines of the file that
   are left out between two of its context (jump.c). */
enum aid_err aid_find_jump (const struct aid_view *v, const struct aid_target *t, struct aid_vec *matches, size_t *work);

/* Why M is no place: NULL when it is one. */
const char *aid_unacceptable (struct aid_view *v, const struct aid_target *t, const struct aid_match *m);

/* A hunk on its way to its place. */
struct aid_case
{
  struct aid_view view;
  struct aid_vec matches;         /* struct aid_match: the acceptable ones, the cheapest first */
  const struct aid_match *chosen; /* one of them, or NULL */
  struct aid_vec tied;            /* size_t: when it is not to be decided, the matches that are as good */
  int takes_part;                 /* it has matches to choose from */
  int barred;                     /* it is refused for what it says, wherever it belongs */
};

/* Chooses one match for each of the N cases of a file: the cheapest for all together, in the patch's order if that costs no
   more; a case that has another match nearly as good gets none but TIED, unless its section, the end of the file or its
   number decides. */
enum aid_err aid_choose (struct aid_case *cases, size_t n, const struct aid_target *t, size_t *work);

/* Lines that come in before line AT: items RUN[0..N). */
struct aid_insertion
{
  size_t at;
  uint32_t *run;
  size_t n;
};

struct aid_change
{
  unsigned char *deleted;         /* for each line from FIRST on, COUNT of them */
  size_t first, count;
  struct aid_vec insertions;      /* struct aid_insertion, ascending by line; their runs are owned */
};

/* What M changes; AID_E_REFUSED with WHY when it is not clear where lines come in or where an elided deletion ends.  A
   hunk without old lines comes in before line M->start.  V is numbered unless M is exact. */
enum aid_err aid_change_init (struct aid_change *c, struct aid_view *v, const struct aid_target *t, const struct aid_match *m,
                              char why[256]);
void aid_change_free (struct aid_change *c);

/* A hunk's place and change, found by reading the hunks one after the other. */
struct aid_reading
{
  struct aid_match match;
  struct aid_change change;
};

/* Reads each hunk in the text that those before it leave.  *OK when every one has one exact place there; OUT (zeroed, N of
   them) is to be freed in any case. */
enum aid_err aid_read_in_sequence (struct aid_case *cases, size_t n, const struct aid_target *t, struct aid_reading *out,
                                   size_t *work, int *ok);
void aid_reading_free (struct aid_reading *r);

/* How the indentation that the hunk writes becomes the file's. */
struct aid_pair
{
  struct aid_span written, found; /* leading blanks of a hunk's line and of the file's line it was taken for */
  size_t item;
  char op;
};
/* Lines that begin with more bytes of blanks say nothing and are not changed. */
enum { AID_INDENT_MAX = 400 };
struct aid_span aid_indent_of (struct aid_span line);   /* its leading blanks and tabs */
/* Appends to PAIRS (struct aid_pair) what M shows. */
enum aid_err aid_indent_pairs (struct aid_view *v, const struct aid_target *t, const struct aid_match *m, struct aid_vec *pairs);
/* What ALL pairs of a file say together, found once for its hunks; NULL without memory. */
struct aid_indent_file;
struct aid_indent_file *aid_indent_file_new (const struct aid_vec *all);
void aid_indent_file_free (struct aid_indent_file *f);
/* A rule from the OWN pairs of a hunk and from its FILE, which it borrows; NULL without memory. */
struct aid_indent;
struct aid_indent *aid_indent_new (const struct aid_view *v, const struct aid_target *t, const struct aid_vec *own,
                                   const struct aid_indent_file *file);
void aid_indent_free (struct aid_indent *i);
/* Whether inserted lines may become others; of NULL, not. */
int aid_indent_changes (const struct aid_indent *i);
/* Appends item's text as it is to stand in the file; as it is written when I is NULL. */
void aid_indent_line (const struct aid_indent *i, const struct aid_view *v, size_t item, struct aid_str *out);

/* The edits of a change, its lines taken from the target; or OUT refused, when another hunk has taken one.  INDENT may be
   NULL.  The texts of the edits are owned by TEXTS afterwards. */
enum aid_err aid_place_edits (struct aid_target *t, const struct aid_view *v, const struct aid_match *m,
                              const struct aid_change *c, const struct aid_indent *indent, struct aid_vec *texts,
                              struct aid_placement *out);

#endif
