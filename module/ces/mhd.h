/* libmicrohttpd when it is wanted: by who serves, and by nobody else, so nothing is linked with it. */
#ifndef AID_CES_MHD_H
#define AID_CES_MHD_H

#include "base/err.h"

#include <microhttpd.h>

#define AID_MHD_FUNCTIONS(X)                                                                                                \
  X (MHD_add_response_header)                                                                                               \
  X (MHD_create_response_for_upgrade)                                                                                       \
  X (MHD_create_response_from_buffer)                                                                                       \
  X (MHD_destroy_response)                                                                                                  \
  X (MHD_get_connection_info)                                                                                               \
  X (MHD_get_connection_values)                                                                                             \
  X (MHD_lookup_connection_value)                                                                                           \
  X (MHD_queue_response)                                                                                                    \
  X (MHD_quiesce_daemon)                                                                                                    \
  X (MHD_resume_connection)                                                                                                 \
  X (MHD_start_daemon)                                                                                                      \
  X (MHD_stop_daemon)                                                                                                       \
  X (MHD_suspend_connection)                                                                                                \
  X (MHD_upgrade_action)

struct aid_mhd
{
#define AID_MHD_MEMBER(name) __typeof__ (&(name)) name;
  AID_MHD_FUNCTIONS (AID_MHD_MEMBER)
#undef AID_MHD_MEMBER
};

/* Loads it, once a process.  NULL: AID_E_NOTFOUND, and *E says what to install. */
const struct aid_mhd *aid_mhd_load (struct aid_error *e);

#endif
