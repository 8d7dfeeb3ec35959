/* How a project is built and tested: what the settings say, else what its files tell.  A new tool is a row in detect.c. */
#ifndef AID_BUILD_DETECT_H
#define AID_BUILD_DETECT_H

#include "base/err.h"
#include "base/str.h"

enum aid_build_what
{
  AID_BUILD_ALL,
  AID_BUILD_TEST,
  AID_BUILD_WATCH /* the tool goes on building by itself when files change */
};

#define AID_BUILD_ARGS 32

struct aid_build_command
{
  char *argv[AID_BUILD_ARGS + 1];
  char *dir;        /* where it runs */
  char *shown;      /* as people write it */
  const char *tool; /* "dune", "make", ...; "settings", or "given" */
  int ours;         /* it needs no leave: the person's settings, or the project's trusted ones, say so */
};

/* Finds how to do WHAT for the project at ROOT, as seen from the folder DIR in it (NULL: ROOT).  OUT is to be freed, whatever
   comes.  AID_E_NOTFOUND says what to do. */
enum aid_err aid_build_detect (const char *root, const char *dir, enum aid_build_what what, struct aid_build_command *out,
                               struct aid_error *e);
/* LINE, for the shell, in DIR. */
enum aid_err aid_build_given (const char *line, const char *dir, struct aid_build_command *out, struct aid_error *e);
void aid_build_command_free (struct aid_build_command *c);

/* Whether COMMAND may run in the project at ROOT without asking: it is asked about once.  A build runs what the project's files
   say. */
int aid_build_trusted (const char *root, const struct aid_build_command *c);
enum aid_err aid_build_trust (const char *root, const struct aid_build_command *c, struct aid_error *e);

/* A line of a tool that watches: 1 when a build begins with it, 2 when one ends well, 3 with errors, 0 otherwise. */
int aid_build_watch_line (struct aid_span line);

#endif
