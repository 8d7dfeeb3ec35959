/* The last build of each project, kept in the cache's folder, so that every front end can show what failed: what a model is told
   of a red build. */
#ifndef AID_BUILD_LAST_H
#define AID_BUILD_LAST_H

#include "build/run.h"

#define AID_BUILD_KEPT 100                    /* diagnostics that are kept */
#define AID_BUILD_ITEM_MAX ((size_t)32 << 10) /* bytes of what a model is told */

struct aid_build_last
{
  enum aid_build_what what;
  enum aid_build_status status;
  int code;
  int64_t time_ms; /* when it ended, since 1970 */
  int64_t ms;      /* how long it ran; -1: not known */
  char *command;
  char *tail; /* the last of what was printed */
  struct aid_diags diags;
};

/* Keeps the result EV of COMMAND.  What cannot be kept (on a full disk) is forgotten, as is what was kept before. */
void aid_build_last_save (const char *root, enum aid_build_what what, enum aid_build_status status,
                          const struct aid_build_command *command, const struct aid_build_event *ev);
/* AID_E_NOTFOUND when nothing was built there. */
enum aid_err aid_build_last_read (const char *root, struct aid_build_last *out, struct aid_error *e);
/* The same of the last run of the tests, whatever was built since. */
enum aid_err aid_build_last_tests (const char *root, struct aid_build_last *out, struct aid_error *e);
/* Another number when another build of ROOT has ended since; 0: none has.  Opens no file. */
uint64_t aid_build_last_stamp (const char *root);
void aid_build_last_free (struct aid_build_last *l);
/* Appends the root of the project that DIR is in and that was built last, searched upwards.  AID_E_NOTFOUND. */
enum aid_err aid_build_last_root (const char *dir, struct aid_str *out, struct aid_error *e);

/* Appends what a model is told of it: the errors, first one first, each with the lines of the source around it. */
enum aid_err aid_build_tell (const char *root, const struct aid_build_last *l, struct aid_str *out, struct aid_error *e);

#endif
