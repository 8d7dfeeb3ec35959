/* A connection, shared by httpd.c (accepting), httpd_conn.c (reading, replying). */
#ifndef AID_CLI_HTTPD_INTERNAL_H
#define AID_CLI_HTTPD_INTERNAL_H

#include "cli/httpd.h"
#include <stdatomic.h>

struct aid_httpd_conn
{
  int fd;
  atomic_int *stopping;      /* the server's */
  struct aid_str in;         /* received, of which POS bytes are used up */
  size_t pos;
  struct aid_str out;        /* to be sent */
  int chunked;               /* the reply being made is sent in chunks */
  int replying;              /* its head is made, its end is not */
  enum aid_httpd_split split;
  int escape;                /* bytes of a JSON escape that are still to come */
  int keep;                  /* the connection outlives this reply */
  int broken;                /* sending or receiving has failed, or the connection was dropped */
  int reset;                 /* end it by a TCP reset */
};

/* Serves the socket FD until either side ends.  The socket is left open, for the caller to close. */
void aid_httpd_serve (int fd, atomic_int *stopping, aid_httpd_handler *handler, void *user);

#endif
