/* The answer of a script as a real server would stream it, in the wire format that the request's path asks for. */
#ifndef AID_CLI_REPLAY_FRAMES_H
#define AID_CLI_REPLAY_FRAMES_H

#include "cli/replay_script.h"

struct aid_frames_wire;

/* The wire format spoken at PATH (.../chat/completions, .../responses, .../messages, ...:streamGenerateContent, .../api/chat),
   or NULL. */
const struct aid_frames_wire *aid_frames_wire (struct aid_span path);
/* The content type of its streams. */
const char *aid_frames_type (const struct aid_frames_wire *wire);
/* Whether REQUEST asks for a stream. */
int aid_frames_is_streamed (const struct aid_frames_wire *wire, const json_t *request);

/* Streams the answer of X (its head is already begun) to C up to X's fault or error, which stay the caller's business:
   a fault or an error comes before the frames that end an answer, unless X says after how many frames.  REQUEST is the
   request's body.  0, or -1 when the client has gone. */
int aid_frames_answer (struct aid_httpd_conn *c, const struct aid_frames_wire *wire, const struct aid_exchange *x,
                       const json_t *request);

/* {"type", "message", "code"} in the wire's own shape, for the body of a refused request.  A new reference. */
json_t *aid_frames_error (const struct aid_frames_wire *wire, const json_t *error);

#endif
