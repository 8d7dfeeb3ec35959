/* libwslay, which makes and reads the frames of websockets, when it is wanted; nothing is linked with it. */
#ifndef AID_CES_WSLAY_H
#define AID_CES_WSLAY_H

#include "base/err.h"

#include <wslay/wslay.h>

#define AID_WSLAY_FUNCTIONS(X)                                                                                              \
  X (wslay_event_config_set_max_recv_msg_length)                                                                            \
  X (wslay_event_context_free)                                                                                              \
  X (wslay_event_context_server_init)                                                                                       \
  X (wslay_event_get_queued_msg_count)                                                                                      \
  X (wslay_event_queue_close)                                                                                               \
  X (wslay_event_queue_msg)                                                                                                 \
  X (wslay_event_recv)                                                                                                      \
  X (wslay_event_send)                                                                                                      \
  X (wslay_event_set_error)                                                                                                 \
  X (wslay_event_want_read)                                                                                                 \
  X (wslay_event_want_write)

struct aid_wslay
{
#define AID_WSLAY_MEMBER(name) __typeof__ (&(name)) name;
  AID_WSLAY_FUNCTIONS (AID_WSLAY_MEMBER)
#undef AID_WSLAY_MEMBER
};

/* Loads it, once a process.  NULL: AID_E_NOTFOUND, and *E says what to install. */
const struct aid_wslay *aid_wslay_load (struct aid_error *e);

#endif
