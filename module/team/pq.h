/* libpq when it is wanted.  It comes with a dozen libraries of its own (TLS, Kerberos, LDAP), whose loading takes longer
   than opening a chat, and most people have no team's store: so nothing is linked with it, and it is loaded by who first
   talks to one. */
#ifndef AID_TEAM_PQ_H
#define AID_TEAM_PQ_H

#include "base/err.h"

#include <libpq-fe.h>

#define AID_PQ_FUNCTIONS(X)                                                                                                 \
  X (PQclear)                                                                                                               \
  X (PQcmdTuples)                                                                                                           \
  X (PQconnectPoll)                                                                                                         \
  X (PQconnectStartParams)                                                                                                  \
  X (PQconninfoFree)                                                                                                        \
  X (PQconninfoParse)                                                                                                       \
  X (PQconsumeInput)                                                                                                        \
  X (PQerrorMessage)                                                                                                        \
  X (PQfinish)                                                                                                              \
  X (PQflush)                                                                                                               \
  X (PQfreemem)                                                                                                             \
  X (PQgetResult)                                                                                                           \
  X (PQgetisnull)                                                                                                           \
  X (PQgetlength)                                                                                                           \
  X (PQgetvalue)                                                                                                            \
  X (PQisBusy)                                                                                                              \
  X (PQnotifies)                                                                                                            \
  X (PQntuples)                                                                                                             \
  X (PQresultErrorField)                                                                                                    \
  X (PQresultStatus)                                                                                                        \
  X (PQsendQuery)                                                                                                           \
  X (PQsendQueryParams)                                                                                                     \
  X (PQsetNoticeReceiver)                                                                                                   \
  X (PQsetnonblocking)                                                                                                      \
  X (PQsocket)                                                                                                              \
  X (PQstatus)

struct aid_pq
{
#define AID_PQ_MEMBER(name) __typeof__ (&(name)) name;
  AID_PQ_FUNCTIONS (AID_PQ_MEMBER)
#undef AID_PQ_MEMBER
};

/* Loads it, once a process.  NULL: AID_E_NOTFOUND, and *E says what to install. */
const struct aid_pq *aid_pq_load (struct aid_error *e);

#endif
