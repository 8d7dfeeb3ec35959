/* Markdown as it arrives: text is appended, and each flush tells which characters got which face.  Work is linear in the
   whole length: only what follows the last closed block is parsed again, and a long open block ever more rarely.  After
   the final flush the faces are those that aid_spans gives for the whole text.  One thread at a time. */
#ifndef AID_CHAT_STREAM_H
#define AID_CHAT_STREAM_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "chat/spans.h"

struct aid_stream;

/* LIMIT: bytes of text at most (an answer ends at 8 MB). */
struct aid_stream *aid_stream_new (size_t limit);
void aid_stream_free (struct aid_stream *s);
/* Appends a delta (cut anywhere, any bytes; cleaned to valid UTF-8).  AID_E_LIMIT beyond the limit: what fits is kept. */
enum aid_err aid_stream_add (struct aid_stream *s, struct aid_span delta, struct aid_error *e);
/* What came since the last flush.  *TEXT (valid until the next call) is to be appended; faces from character *FROM on
   are replaced by SPANS (struct aid_face_span in characters of the whole stream, cleared first).  FINAL: nothing will
   follow, parse the tail in any case.  Gives 0 when there is nothing new. */
int aid_stream_flush (struct aid_stream *s, int final, struct aid_span *text, size_t *from, struct aid_vec *spans);
/* Bytes that still fit. */
size_t aid_stream_room (const struct aid_stream *s);
/* Raises the limit by MORE bytes: for what closes an answer that has reached it. */
void aid_stream_widen (struct aid_stream *s, size_t more);
/* All text so far. */
struct aid_span aid_stream_text (const struct aid_stream *s);

#endif
