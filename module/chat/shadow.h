/* A copy of an editor's buffer in UTF-8, fed by its edits: a gap buffer that speaks characters outside and bytes inside.
   Not locked: the owner's thread only. */
#ifndef AID_CHAT_SHADOW_H
#define AID_CHAT_SHADOW_H

#include "base/err.h"
#include "base/str.h"

struct aid_shadow;

struct aid_shadow *aid_shadow_new (struct aid_span text, struct aid_error *e);
void aid_shadow_free (struct aid_shadow *s);
/* Replaces the DELETED characters from character BEG by TEXT (valid UTF-8).  AID_E_INVALID when out of range: the copy
   has come apart from the buffer and must be made anew. */
enum aid_err aid_shadow_edit (struct aid_shadow *s, size_t beg, size_t deleted, struct aid_span text, struct aid_error *e);
size_t aid_shadow_chars (const struct aid_shadow *s);
size_t aid_shadow_bytes (const struct aid_shadow *s);
/* The whole text in one piece (moves the gap); valid until the next edit. */
struct aid_span aid_shadow_text (struct aid_shadow *s);
/* Between the two measures; remembers the last place, so that near look-ups are cheap. */
size_t aid_shadow_byte_of (struct aid_shadow *s, size_t chr);
size_t aid_shadow_char_of (struct aid_shadow *s, size_t byte);

#endif
