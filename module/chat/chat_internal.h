/* What the files behind chat.h share: finding markers, taking their words apart, telling problems. */
#ifndef AID_CHAT_CHAT_INTERNAL_H
#define AID_CHAT_CHAT_INTERNAL_H

#include "chat/chat.h"

#define AID_MARKER_LEAD "<!--aid:"   /* what a marker begins with; its key follows */

struct aid_marker
{
  size_t beg, end;          /* in the line; without "-->" END is the line's end */
  struct aid_span words;    /* between the key and "-->", trimmed */
  int closed;
};

/* The first marker of the file with KEY at or after FROM in LINE, quoted or not; 0 when there is none. */
int aid_marker_find (struct aid_span line, const char *key, size_t from, struct aid_marker *m);
/* Whether LINE is in a quote: ">" after at most three blanks.  *TEXT (may be NULL) is where the quoted text begins. */
int aid_line_quoted (struct aid_span line, size_t *text);
/* Takes the next word off *WORDS; 0 when there is none. */
int aid_marker_word_next (struct aid_span *words, struct aid_span *word);
/* Appends the words to c->metas; -1 without memory. */
int aid_chat_add_metas (struct aid_chat *c, struct aid_span words, size_t *first, size_t *n);

/* "- [label](target) ", what stands before an item's marker: 0, or -1 when it is no such thing. */
int aid_item_link (struct aid_span before, struct aid_span *label, struct aid_span *target);

void aid_chat_problem (struct aid_chat *c, size_t pos, const char *fmt, ...) __attribute__ ((format (printf, 3, 4)));
/* Problems that only the whole shows: numbers used twice or out of order, edits that are missing. */
enum aid_err aid_chat_check (struct aid_chat *c);

#endif
