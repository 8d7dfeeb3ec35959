/* One small file from an address, or from the disk. */
#ifndef AID_ROLLOUT_GET_H
#define AID_ROLLOUT_GET_H

#include "base/err.h"
#include "base/str.h"
#include "net/http.h"

/* What is known of the file from before, and then of this one; all "" when nothing is. */
struct aid_got
{
  char etag[256], modified[64]; /* headers of an answer */
  int same;                     /* the server says that it has not changed: nothing was appended */
};

/* Appends what is at URL to OUT, whose limit holds.  https only, but for this machine.  Blocks, 30 seconds at most. */
enum aid_err aid_get_url (struct aid_net *net, const char *url, const char *ca_file, struct aid_got *got,
                          struct aid_str *out, struct aid_error *e);

#endif
