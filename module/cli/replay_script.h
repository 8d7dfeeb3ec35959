/* A replay script: which answer the server gives to which request.  The format is docs/replay.md. */
#ifndef AID_CLI_REPLAY_SCRIPT_H
#define AID_CLI_REPLAY_SCRIPT_H

#include "base/json.h"
#include "base/vec.h"
#include "cli/httpd.h"

#define AID_REPLAY_FORMAT "aid-replay-1"
#define AID_REPLAY_EXCHANGES_MAX 100000

enum aid_fault
{
  AID_FAULT_NONE,
  AID_FAULT_EARLY,           /* the connection is closed before the reply's end */
  AID_FAULT_RESET,           /* the same by a TCP reset */
  AID_FAULT_HANG,            /* nothing more is sent, the connection stays */
  AID_FAULT_END              /* the reply ends as HTTP has it, and the answer does not */
};

/* One exchange.  JSON values are borrowed from the script. */
struct aid_exchange
{
  const char *method, *path, *hash;      /* or NULL: POST, any, any */
  const json_t *contains, *question;     /* a string or an array of strings, or NULL */
  int status;
  int64_t wait_ms;                       /* before the reply's head */
  const json_t *headers;                 /* an object of strings, or NULL */
  const json_t *chunks, *answer, *body, *embeddings, *error; /* what is sent; at most one of the first four */
  enum aid_fault fault;
  int64_t after;                         /* frames of the answer before the fault; negative: all but those of its end */
  int64_t left;                          /* how often it may still be used; negative: always */
};

struct aid_script
{
  json_t *json;
  struct aid_vec exchanges;              /* struct aid_exchange */
  struct aid_exchange fallback;          /* the script's "default", when has_fallback */
  int has_fallback;
};

/* Reads FILE.  An unknown member or a wrong type is an error that names exchange and member. */
enum aid_err aid_script_read (const char *file, struct aid_script *out, struct aid_error *e);
void aid_script_free (struct aid_script *s);

/* What of a request is matched. */
struct aid_replay_question
{
  const struct aid_httpd_request *request;
  struct aid_span question;              /* the text of its last user message */
  char hash[17];                         /* aid_hash_hex of its body */
};

/* The exchange for Q, one use of it taken: the first unused one with Q's hash, else the first unused one that matches,
   else the default, else NULL.  Not for two threads at once. */
const struct aid_exchange *aid_script_match (struct aid_script *s, const struct aid_replay_question *q);

/* Bytes of a recorded chunk: "data" as text, or "hex". */
enum aid_err aid_script_chunk (const json_t *chunk, struct aid_str *out);
/* A chunk for BYTES that came WAIT_MS after what was before; NULL without memory. */
json_t *aid_script_chunk_new (struct aid_span bytes, int64_t wait_ms);

#endif
