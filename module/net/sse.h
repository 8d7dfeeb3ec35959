/* Server-sent events, parsed incrementally at any split.  https://html.spec.whatwg.org/multipage/server-sent-events.html */
#ifndef AID_NET_SSE_H
#define AID_NET_SSE_H

#include "base/err.h"
#include "base/str.h"

/* One event may have at most this many bytes of data. */
#define AID_SSE_MAX (16u << 20)

struct aid_sse;

/* FN gets one dispatched event: its name ("message" when unnamed) and data (lines joined by "\n").  Non-zero stops. */
struct aid_sse *aid_sse_new (int (*fn) (void *user, struct aid_span event, struct aid_span data), void *user);
void aid_sse_free (struct aid_sse *s);
/* Feeds bytes.  AID_E_CANCELLED when FN stopped it, AID_E_LIMIT when an event is too large, AID_E_NOMEM. */
enum aid_err aid_sse_feed (struct aid_sse *s, struct aid_span bytes, struct aid_error *e);
/* The stream has ended: an event that lacks its blank line is dispatched too (servers forget it). */
enum aid_err aid_sse_end (struct aid_sse *s, struct aid_error *e);

#endif
