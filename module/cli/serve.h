/* What replay and record share: saying where they listen, stopping at a signal, and reading a request's meaning. */
#ifndef AID_CLI_SERVE_H
#define AID_CLI_SERVE_H

#include "base/json.h"
#include "cli/httpd.h"

/* Prints "listening on http://127.0.0.1:PORTBASE" and, unless READY_FILE is NULL, writes the port's digits into it; serves
   until SIGINT, SIGTERM or aid_httpd_stop.  The exit status. */
int aid_serve (struct aid_httpd *s, const char *base, const char *ready_file);

/* The text of the last user message in a request's JSON body, whichever wire format, appended. */
void aid_serve_question (const json_t *request, struct aid_str *out);

/* Whether the header's value is secret: keys, cookies. */
int aid_serve_is_secret (struct aid_span name);

/* {"error": {"message", "type"}} with STATUS. */
void aid_serve_refuse (struct aid_httpd_conn *c, int status, const char *type, const char *message);

#endif
