/* Mercurial's command server: a hg that runs on and lists again without its start, which takes longer than most lists. */
#ifndef AID_PROJECT_HG_SERVER_H
#define AID_PROJECT_HG_SERVER_H

#include "base/stop.h"
#include "base/str.h"

struct aid_hg_server;

/* Starts one in the folder DIR with the environment ENV, for lists alone. */
enum aid_err aid_hg_server_start (const char *dir, const char *const *env, const struct aid_stop *stop,
                                  struct aid_hg_server **out, struct aid_error *e);
/* Runs ARGV (NULL at its end, without "hg") and calls TAKE with parts of what it prints.  *CODE is its exit status.
   After an error the server is of no use. */
enum aid_err aid_hg_server_run (struct aid_hg_server *s, const char *const *argv, const struct aid_stop *stop,
                                void (*take) (void *ctx, struct aid_span part), void *ctx, int *code, struct aid_error *e);
/* Ends it.  NULL is fine. */
void aid_hg_server_end (struct aid_hg_server *s);

#endif
