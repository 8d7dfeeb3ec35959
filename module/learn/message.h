/* What a snapshot says of itself, in its commit's message: a line for people, a blank, and one JSON object

     { "version": 1, "time": ms since 1970,
       "noticed": when it was first seen that files had changed since the snapshot before, ms or null,
       "changed": files since the snapshot before, or null when all were looked through,
       "vc": "git", "revision": "hex", or both null,
       "build": { "what": "build", "test" or "watch", "command": what was run, or null, "status": "green",
                  "red" or "unknown", "code": 0, "started": ms or null, "ended": ms,
                  "exact": whether no file has changed since it started, "errors": 1, "warnings": 0,
                  "diagnostics": [{ "path", "line", "col", "end_line", "end_col", "severity", "message" }] }, or null,
       "tests": the same of the last run of the tests, when something else was built since, or null,
       "left_out": { "large": 1, "secret": 2, ... }, "unsaved": ["path", ...] }

   Secrets in diagnostics are taken out.  Where all of that would be too long, the lists have only their first members. */
#ifndef AID_LEARN_MESSAGE_H
#define AID_LEARN_MESSAGE_H

#include "build/last.h"
#include "learn/leave.h"
#include "project/project.h"
#include <jansson.h>

struct aid_moment
{
  int64_t time_ms;
  int64_t noticed_ms; /* when it was first seen that files have changed; 0: nobody has looked, or it was something else */
  int64_t newest_ms;  /* when a file was changed last, as far as can be told */
  struct aid_project_vc vc;
  int whole; /* all files were looked through */
  size_t changed;
  size_t left[AID_LEAVES];
  json_t *unsaved;      /* borrowed: an array of paths, or NULL */
  const json_t *before; /* borrowed: the object of the last snapshot's message, or NULL */
};

/* Appends the message of a snapshot of the project at ROOT, within the limit of OUT.  AID_E_LIMIT: it does not fit without its
   lists either. */
enum aid_err aid_message_write (const struct aid_moment *m, const char *root, struct aid_str *out, struct aid_error *e);
/* The JSON object of MESSAGE, a new reference; NULL when it is none of ours. */
json_t *aid_message_read (struct aid_span message);
/* Whether the builds in A and B, messages' objects, are the same runs. */
int aid_message_same_build (const json_t *a, const json_t *b);

#endif
