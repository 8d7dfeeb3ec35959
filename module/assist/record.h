/* The last request of each chat, as it was sent, and the raw reply: kept in memory alone, for a person who wants to see it.

   Threads: any; the lock inside is held for copies only.  A key that is lent to a record is overwritten when the request
   ends, and nothing that a record gives holds it. */
#ifndef AID_ASSIST_RECORD_H
#define AID_ASSIST_RECORD_H

#include "base/err.h"
#include "base/str.h"
#include "model/provider.h"
#include "net/http.h"

#define AID_RECORDS_MAX 16                        /* requests, of as many chats */
#define AID_RECORD_REPLY_MAX ((size_t) 4 << 20)   /* bytes of a reply that are kept */
#define AID_RECORD_BODY_MAX ((size_t) 8 << 20)    /* bytes of a request; of a larger one nothing is kept */

struct aid_records;
struct aid_record;              /* one that has not begun */

struct aid_records *aid_records_new (void);        /* NULL without memory */
void aid_records_free (struct aid_records *rs);

/* Gives what is to be kept of a request of the chat with KEY, made of what is sent (all is copied), or NULL without memory.  It
   takes as long as looking for the key in the body does: on a thread that may wait. */
struct aid_record *aid_record_new (const char *key, const struct aid_model *model, const struct aid_wire_request *sent,
                                   const char *secret);
void aid_record_free (struct aid_record *r);       /* one that was not begun; may be NULL */
/* Request ID begins.  Takes R, which replaces what its chat sent before; NULL: nothing is kept, and what follows for ID does
   nothing. */
void aid_records_begin (struct aid_records *rs, uint64_t id, struct aid_record *r);
/* The chat has taken a new key. */
void aid_records_rekey (struct aid_records *rs, uint64_t id, const char *key);
/* The answer's head; what came of an attempt before it is forgotten. */
void aid_records_head (struct aid_records *rs, uint64_t id, int status, const struct aid_http_reply *reply);
void aid_records_bytes (struct aid_records *rs, uint64_t id, struct aid_span bytes);

struct aid_record_end
{
  const struct aid_http_result *result;
  struct aid_usage usage;
  enum aid_err code;                               /* how the request ended */
  int content;                                     /* the log shall hold what was sent and received */
};
/* The request has ended.  Appends the line that the log gets (see docs/config.md), without a newline. */
void aid_records_end (struct aid_records *rs, uint64_t id, const struct aid_record_end *end, struct aid_str *line);

/* The same for a request that was never made, or was told of already: no line is written. */
void aid_records_close (struct aid_records *rs, uint64_t id, enum aid_err code);

/* Appends a val object of the last request of the chat with KEY: {model, provider, host, wire, url, variable, headers: [{name,
   value}], body, body_left_out (bytes), state ("running", "done"), status, reply_headers, reply, reply_left_out (bytes),
   attempts, lookup_us, connect_us, ready_us, first_byte_us, total_us, code, started_ms}.  0 when there is none. */
int aid_records_val (struct aid_records *rs, const char *key, struct aid_str *out);
/* Appends the body that was sent; 0 when there is none. */
int aid_records_body (struct aid_records *rs, const char *key, struct aid_str *out);

#endif
