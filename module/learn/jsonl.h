/* Files with one JSON object a line, read and written.  What is read may be anybody's. */
#ifndef AID_LEARN_JSONL_H
#define AID_LEARN_JSONL_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

#define AID_JSONL_LINE ((size_t)32 << 20) /* bytes of a line */
#define AID_JSONL_DEPTH 64                /* values within one another */
#define AID_JSONL_LINES ((size_t)10000000)

/* One line, from 1.  ROW is borrowed; NULL: it is none, and WRONG says why. */
struct aid_jsonl_line
{
  size_t number;
  struct aid_span text; /* without its end */
  json_t *row;
  const char *wrong;
};

/* Calls FN with each line of FILE ("-": standard input), in order, until it gives not AID_OK, which is then given.  An empty line
   is wrong, but for what stands behind the last line's end.  AID_E_LIMIT: a line is too long, or there are too many. */
enum aid_err
aid_jsonl_read (const char *file, enum aid_err (*fn) (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e),
                void *ctx, struct aid_error *e);
/* Reads one line: its object, or NULL and WRONG why not.  For tests and the fuzzer, too. */
json_t *aid_jsonl_parse (struct aid_span text, char wrong[200]);

struct aid_jsonl_out;
/* A file that has its name when all is written: until then it is FILE.tmp, and is removed when it is not kept.  One that was
   left there by a process which was killed is taken over.  Folders are made.  AID_E_STATE: another process writes it. */
enum aid_err aid_jsonl_create (const char *file, struct aid_jsonl_out **out, struct aid_error *e);
/* Adds ROW as a line, its members in the order that they were set.  An error stays one until the end. */
void aid_jsonl_add (struct aid_jsonl_out *o, const json_t *row);
void aid_jsonl_add_text (struct aid_jsonl_out *o, struct aid_span line);
size_t aid_jsonl_lines (const struct aid_jsonl_out *o);
/* Ends it: synced and renamed if KEEP, else removed.  HASH (may be NULL) gets the SHA-256 of what was written, 65 bytes.
   Frees O; NULL is fine. */
enum aid_err aid_jsonl_close (struct aid_jsonl_out *o, int keep, char *hash, struct aid_error *e);

#endif
