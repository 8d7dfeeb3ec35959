/* What the files behind spans.h and stream.h share.

   The way of the work: a line scanner (spans_scan.c) follows the block structure exactly as cmark does, but says only
   where top-level blocks begin, which lines are in a top-level fence, and where the text of each line begins behind the
   prefixes of its quotes and lists.  cmark then parses the text, and its tree is walked beside the source
   (spans_block.c, spans_inline.c): every delimiter is consumed where it really stands, so cmark's columns, which are
   wrong on continuation lines, are never used for inlines. */
#ifndef AID_CHAT_SPANS_INTERNAL_H
#define AID_CHAT_SPANS_INTERNAL_H

#include "chat/spans.h"
#include "chat/stream.h"
#include <cmark.h>

#define AID_SPANS_MAX_TEXT ((size_t)1 << 30)      /* bytes; spans hold 32 bits */
#define AID_SPANS_MAX_BLOCK ((size_t)1 << 20)     /* a longer top-level block is shown plain */
#define AID_SPANS_MAX_DEPTH 64                    /* quotes and lists in each other; a deeper block is shown plain */
#define AID_SPANS_MAX_COST ((uint64_t)1 << 27)    /* bytes that cmark may look at again and again in one paragraph */

/* --- lines (spans_lines.c, spans_html.c): P..END is a line from its first non-blank on, without its end ------------- */

/* The end of the line at POS, without "\n", "\r\n" or "\r"; *NEXT is where the next line begins. */
size_t aid_line_break (struct aid_span text, size_t pos, size_t *next);
size_t aid_line_trim (const char *text, size_t beg, size_t end);       /* END without trailing blanks */
size_t aid_line_heading (const char *p, const char *end);              /* bytes of "## ", or 0 */
int aid_line_setext (const char *p, const char *end);                  /* level, or 0 */
int aid_line_rule (const char *p, const char *end);
size_t aid_line_fence_opens (const char *p, const char *end);          /* bytes of "```", or 0 */
size_t aid_line_fence_closes (const char *p, const char *end);
/* Bytes of a list marker, or 0; *MARK is its kind: one of -+*.) */
size_t aid_line_marker (const char *p, const char *end, int interrupts, char *mark);
int aid_line_html_opens (const char *p, const char *end, int tag_too); /* CommonMark's kind 1 to 7, or 0 */
int aid_line_html_closes (int kind, const char *p, const char *end);   /* for kinds 1 to 5 */

/* --- the scanner (spans_scan.c) ---------------------------------------------------------------------------------- */

enum aid_leaf { AID_LEAF_NONE, AID_LEAF_PARAGRAPH, AID_LEAF_FENCE, AID_LEAF_HTML, AID_LEAF_CODE };

struct aid_container
{
  uint32_t width;          /* of an item: columns that its lines are indented */
  char mark;               /* '>' or the list's kind */
  uint8_t child;           /* something is in it */
};

struct aid_scan            /* all zero at the start of a text */
{
  struct aid_container stack[AID_SPANS_MAX_DEPTH];
  uint32_t depth;
  uint32_t fence_length, fence_indent;
  uint64_t leaf_bytes, leaf_marks;      /* of the open paragraph: its length, and what may make cmark look far ahead */
  uint8_t leaf, html;
  char fence;
  char list;               /* kind of a top-level list that is open behind an empty item, else NUL */
  uint8_t plain;           /* the top-level block is too deep or too costly for cmark */
};

enum aid_fence { AID_FENCE_NO, AID_FENCE_OPENS, AID_FENCE_INSIDE, AID_FENCE_CLOSES };

struct aid_scanned
{
  size_t text;             /* where the line's text begins behind the prefixes of its containers */
  uint8_t starts;          /* a top-level block begins with this line */
  uint8_t lazy;            /* a paragraph goes on without its containers' prefixes */
  uint8_t fence;           /* enum aid_fence, of a top-level fence */
};
void aid_scan_line (struct aid_scan *s, struct aid_span line, struct aid_scanned *out);

struct aid_line { uint32_t beg, text, end, leaf; };     /* leaf: the kind of leaf that is open after it */
struct aid_block
{
  uint32_t beg, end;       /* up to the next block */
  uint32_t line;           /* its first line */
  uint32_t close;          /* a fence: where the line begins that closes it; 0 while none does */
  uint8_t fence, plain;
};
struct aid_layout { struct aid_vec lines, blocks; };
enum aid_err aid_layout_make (struct aid_span text, struct aid_layout *l);
void aid_layout_free (struct aid_layout *l);

/* --- cmark's tree beside the source (spans_block.c, spans_inline.c, spans_link.c, spans_table.c) --------------------- */

struct aid_open            /* an inline that has begun */
{
  size_t span;             /* its index in out */
  char mark;               /* its delimiter */
};

struct aid_walk
{
  const char *src;
  size_t len;
  const struct aid_line *lines;
  size_t nlines;
  size_t line0;            /* index of cmark's line 1 */
  struct aid_vec *out;
  enum aid_err err;
  /* the paragraph or heading in which we are */
  size_t pos, line, last;  /* last: its last line */
  size_t first;            /* spans before it */
  int lost;                /* the source did not go on as cmark's tree said: no more spans here */
  struct aid_vec open;     /* struct aid_open */
  struct aid_vec cuts;     /* uint32_t: where cells of a table end, ascending; no inline crosses these */
};

/* Appends a span (none when it is empty); its index. */
size_t aid_walk_add (struct aid_walk *w, size_t beg, size_t end, int face);
void aid_walk_inline (struct aid_walk *w, cmark_node *node, int entering);
/* After the paragraph's last inline: takes away what crosses a table's cells, or is unfinished. */
void aid_walk_settle (struct aid_walk *w);
void aid_walk_table (struct aid_walk *w);

/* A place in a paragraph's text: prefixes of lines are skipped, and a line's end reads as "\n". */
struct aid_place { size_t pos, line; };
int aid_place_get (const struct aid_walk *w, struct aid_place p);      /* -1 behind the last line */
int aid_place_next (const struct aid_walk *w, struct aid_place *p);    /* moves on, then gets */
/* "(url "title")" at *P: 1 and *P moved behind it. */
int aid_link_target (const struct aid_walk *w, struct aid_place *p, size_t *url, size_t *url_end);
/* A label in brackets at *P: 1 when it is blank, else 2, and *P moved behind it. */
int aid_link_label (const struct aid_walk *w, struct aid_place *p);
/* "[label]: url "title"" with its line's end at *P. */
int aid_link_definition (const struct aid_walk *w, struct aid_place *p);

/* Walks the tree of the lines from LINE0 on. */
enum aid_err aid_walk_tree (cmark_node *root, struct aid_walk *w);

/* --- whole texts --------------------------------------------------------------------------------------------------- */

/* The spans of TEXT, which is whole lines of a top-level fence, with its opening line first when OPENS.  CLOSE: where the
   line begins that closes it, or TEXT.len. */
enum aid_err aid_fence_spans (struct aid_span text, int opens, size_t close, struct aid_vec *out);
/* Moves the spans from FIRST on by BY bytes. */
void aid_spans_shift (struct aid_vec *out, size_t first, size_t by);
/* aid_spans, which adds to *PARSED (may be NULL) the bytes that cmark had to read. */
enum aid_err aid_spans_count (struct aid_span text, struct aid_vec *out, size_t *parsed, struct aid_error *e);
/* Takes the spans from FIRST on away from lines that hold one of our markers. */
enum aid_err aid_spans_unmark (struct aid_span text, struct aid_vec *out, size_t first);
/* Bytes that cmark has read for this stream. */
size_t aid_stream_parsed (const struct aid_stream *s);

static inline int
aid_is_blank (char c)
{
  return c == ' ' || c == '\t';
}

static inline int
aid_is_space (int c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline int
aid_is_alpha (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline int
aid_is_digit (char c)
{
  return c >= '0' && c <= '9';
}

static inline int
aid_is_punct (int c)
{
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

#endif
