/* Sending one body to a receiver, and waiting for what it says. */
#ifndef AID_EXPORT_POST_H
#define AID_EXPORT_POST_H

#include "export/answer.h"
#include "export/settings.h"
#include "net/http.h"

struct aid_stop;

struct aid_post_answer
{
  struct aid_answer_told told;
  int64_t wait_ms; /* that the receiver asks for before it is sent anything again; -1: it does not say */
};

/* Posts BODY (JSON) by SIGNAL's settings, once: what is to be sent again is the caller's business.  Returns as soon as STOP is
   set, with AID_E_CANCELLED.  Other errors: it could not be tried. */
enum aid_err aid_post (struct aid_net *net, const struct aid_export_signal *signal, struct aid_span body,
                       const struct aid_stop *stop, struct aid_post_answer *out, struct aid_error *e);

#endif
