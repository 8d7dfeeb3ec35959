/* One request passed on to a real server, its reply taken as it comes: the bridge between a connection's thread, which may
   block, and the I/O thread of net/, which may not. */
#ifndef AID_CLI_RELAY_H
#define AID_CLI_RELAY_H

#include "base/json.h"
#include "base/vec.h"
#include "cli/httpd.h"
#include "net/http.h"

struct aid_relay_piece
{
  size_t end;                /* of the bytes so far */
  int64_t wait_ms;           /* after the piece before it, or after the request */
};

/* What came back. */
struct aid_relay_result
{
  int status;                /* 0: nothing came */
  json_t *headers;           /* the safe ones, by name */
  struct aid_str bytes;      /* the body */
  struct aid_vec pieces;     /* struct aid_relay_piece */
  int left;                  /* the client went away before the end */
  struct aid_error error;    /* the transport's; an answer with status >= 400 is none */
};

/* Sends R to URL without what belongs to one connection only, and streams the reply to C.  Returns when both sides are
   done; OUT is to be freed in any case. */
void aid_relay (struct aid_net *net, const char *url, const struct aid_httpd_request *r, struct aid_httpd_conn *c,
                struct aid_relay_result *out);
void aid_relay_result_free (struct aid_relay_result *out);

#endif
