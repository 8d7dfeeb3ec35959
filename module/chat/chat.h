/* The chat file: what a Markdown text means as a conversation.  The grammar is docs/chat-format.md.

   A line is structure only if it holds "<!--aid:KEY ...-->" (the file's own KEY) outside a quote.  Positions are bytes of
   the text that was parsed; spans point into it: the text must outlive the chat.  No byte is lost: the turns tile the text
   behind the head, and a turn's pieces tile it behind its heading. */
#ifndef AID_CHAT_CHAT_H
#define AID_CHAT_CHAT_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_CHAT_MAX ((size_t) 256 << 20)   /* bytes of a chat */

enum aid_turn_kind { AID_TURN_USER, AID_TURN_ANSWER, AID_TURN_ALTERNATIVE, AID_TURN_SUMMARY };

/* One key=value word of a marker. */
struct aid_meta
{
  struct aid_span key, value;    /* value empty for a bare word */
};

struct aid_chat_item             /* a context item in a question */
{
  size_t beg, end;               /* its line, newline included */
  struct aid_span label, target; /* of the link, as written */
  struct aid_span sent;          /* hash of the frozen bytes, empty while live */
  size_t first_meta, nmeta;      /* in chat.metas */
};

struct aid_chat_decision
{
  struct aid_span id;            /* the hunk's */
  struct aid_span state;         /* accepted, rejected, skipped, edited */
  struct aid_span edit;          /* "e1" of edited:e1, else empty */
};

struct aid_chat_edit             /* what was applied instead of an edited hunk */
{
  struct aid_span name;          /* "e1" */
  size_t beg, end;               /* the quote */
};

enum aid_piece_kind
{
  AID_PIECE_TEXT,                /* Markdown that is sent */
  AID_PIECE_REASONING,           /* the quote after a reasoning marker */
  AID_PIECE_TOOL,                /* a tool call's block */
  AID_PIECE_ITEM,                /* index: in chat.items */
  AID_PIECE_HUNKS,               /* a hunks line: first, n in chat.decisions */
  AID_PIECE_EDITED,              /* index: in chat.edits */
  AID_PIECE_DIFF,                /* the quote after a diff marker: what a block without a diff came to; never sent */
  AID_PIECE_META,                /* a marker line, never sent */
  AID_PIECE_END,                 /* the line that closed= names, if any, and its marker line: never sent */
  AID_PIECE_UNKNOWN              /* a marker of a kind that we do not know: kept, never sent */
};

struct aid_piece
{
  enum aid_piece_kind kind;
  size_t beg, end;               /* its marker included */
  size_t index, n;
  size_t first_meta, nmeta;      /* of its marker */
};

struct aid_turn
{
  enum aid_turn_kind kind;
  int64_t number, sub;           /* 2, and 1 of "2.1"; sub 0 for the turn itself; at most 1e9 */
  int64_t from, to;              /* a summary's: it stands for the turns of these numbers; 0 0: for none */
  struct aid_span heading;       /* its words, without "## " and the marker */
  size_t beg, body, end;         /* of the heading line, of what follows it, of the turn */
  size_t first_piece, npieces;   /* in chat.pieces */
  size_t first_meta, nmeta;      /* of an answer's meta line */
};

struct aid_chat
{
  struct aid_span text;
  char key[33];                  /* "" when the first line is no chat line */
  struct aid_span root;          /* root= of the first line */
  struct aid_span title;         /* of the first "# " line, or empty */
  struct aid_vec turns, pieces, items, decisions, edits, metas;
  struct aid_vec problems;       /* struct aid_chat_problem: damage, told and survived */
};

struct aid_chat_problem
{
  size_t pos;
  char msg[160];
};

/* Damage is no error but a problem (1,000 are kept); fails with AID_E_NOMEM and, beyond AID_CHAT_MAX, AID_E_LIMIT. */
enum aid_err aid_chat_parse (struct aid_span text, struct aid_chat **out, struct aid_error *e);
void aid_chat_free (struct aid_chat *c);
/* The value of KEY among N metas from FIRST, empty when absent. */
struct aid_span aid_chat_meta (const struct aid_chat *c, size_t first, size_t n, const char *key);

/* Whether the line is structure of a file with KEY; *WORDS gets what stands in the marker after the key, *BEFORE what stands
   on the line before the marker. */
int aid_chat_marker (struct aid_span line, const char *key, struct aid_span *before, struct aid_span *words);

/* Appends what is sent of a piece: markers of this file removed, and lines that held nothing else; of a reasoning or edit
   quote (QUOTED) also its "> ".  The key itself is not sent either: "[...]" stands for it. */
enum aid_err aid_chat_plain (const struct aid_chat *c, size_t beg, size_t end, int quoted, struct aid_str *out);

/* Appends BODY as got= sees it: without trailing blanks and blank lines, so that a cleaner of whitespace changes nothing. */
enum aid_err aid_chat_essence (struct aid_span body, struct aid_str *out);
/* Hash (16 hex digits) of the essence of an answer's body as received: what got= holds. */
void aid_chat_hash (struct aid_span body, char out[17]);
/* The body of turn T as it counts for got=: its text and reasoning pieces. */
enum aid_err aid_chat_body (const struct aid_chat *c, size_t t, struct aid_str *out);
/* Whether turn T differs from what was received: 1 or 0, or -1 when it has no got= that could tell (or no memory).  Of
   got= the first 6 digits are enough. */
int aid_chat_edited (const struct aid_chat *c, size_t t);

#define AID_CHAT_SUMMARIES 64    /* that count, the last ones of a chat */
/* SENT gets a byte for each turn before turn UPTO: 1, or 0 when a summary between it and UPTO stands for it.  A summary
   without words stands for nothing. */
void aid_chat_sent (const struct aid_chat *c, size_t upto, unsigned char *sent);

/* Appends the line that closes what an unfinished answer leaves open ("```" or the like and a newline; BODY must end its
   own last line first), and gives a word for the end line's closed= ("fence", "comment", "html"); "" when nothing is
   open. */
enum aid_err aid_chat_closing (struct aid_span body, struct aid_str *out, const char **word);

/* A fence of backticks longer than any run in TEXT (at least 3). */
size_t aid_chat_fence (struct aid_span text);

/* The whole chat as a val object, as `aid chat parse --json` prints it (documented in docs/chat-format.md).
   With CHARS positions are characters (from 0) instead of bytes. */
void aid_chat_to_val (const struct aid_chat *c, int chars, struct aid_str *out);

#endif
