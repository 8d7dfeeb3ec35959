/* What the kinds share: their readers, for the table, and the running of programs. */
#ifndef AID_CONTEXT_KINDS_INTERNAL_H
#define AID_CONTEXT_KINDS_INTERNAL_H

#include "base/stop.h"
#include "context/kinds.h"
#include "project/project.h"

typedef enum aid_err aid_kind_read (const struct aid_resolve *how, struct aid_span name, struct aid_str *out,
                                    struct aid_error *e);
aid_kind_read aid_kind_diff, aid_kind_commit, aid_kind_history, aid_kind_blame, aid_kind_url, aid_kind_symbol,
  aid_kind_changes, aid_kind_test, aid_kind_failing_test, aid_kind_build, aid_kind_errors;

const char *aid_resolve_root (const struct aid_resolve *how);
const struct aid_stop *aid_resolver_stopper (const struct aid_resolver *r);
struct aid_net *aid_resolver_net (struct aid_resolver *r);
/* Whether the person has written an address of HOST: then it may be a private one. */
int aid_resolver_is_typed (struct aid_resolver *r, const char *host);
void aid_resolver_note_typed (struct aid_resolver *r, const char *host);
/* Keeps TEXT as what TARGET gave last. */
void aid_resolver_keep (const struct aid_resolve *how, struct aid_span target, struct aid_span text);

/* Appends what "PATH" or "PATH#L3-L9" names, split as a link to a file is, made whole by the project's root and inside it.
   *PATH is relative to it. */
enum aid_err aid_kind_place (const struct aid_resolve *how, struct aid_span name, struct aid_str *path, int64_t *first,
                             int64_t *last, struct aid_error *e);

/* --- vc.c: version control ---------------------------------------------------------------------------------------- */

/* What DIR is in: the nearest .git or .hg upwards; of both in one folder, Git.  AID_VC_NONE also for Jujutsu's alone. */
enum aid_vc_kind aid_vc_of (const char *dir);
/* What the file PATH, from the project's root, is in: a submodule or repository within the project, else what that is in.  *IN
   is HOW for that, and *WITHIN (part of PATH) the file's name from there.  DIR keeps the folder's name for *IN. */
enum aid_vc_kind aid_vc_around (const struct aid_resolve *how, const char *path, struct aid_str *dir, struct aid_resolve *in,
                                const char **within);
/* Runs git or hg with ARGV (NULL at the end, without the program's name and what makes it safe and quiet), in HOW's
   root.  Appends its output, cut at AID_KIND_TEXT_MAX with a line that says so, as valid UTF-8.  AID_E_NOTFOUND: it is not
   installed; AID_E_INVALID with the first line of what it says: it ended with a status of 1 or more; AID_E_TIMEOUT,
   AID_E_CANCELLED. */
enum aid_err aid_vc_run (const struct aid_resolve *how, enum aid_vc_kind vc, const char *const *argv, struct aid_str *out,
                         struct aid_error *e);
/* How a commit begins: as both write it, with names but no addresses of people. */
#define AID_GIT_HEAD "--format=commit %H%nAuthor: %an%nDate:   %ad%n%n%w(0,4,4)%B%w(0,0,0)"
#define AID_HG_HEAD "commit {node}\\nAuthor: {author|person}\\nDate:   {date|isodate}\\n\\n{indent(desc, \"    \")}\\n\\n"
/* AID_E_NOTFOUND, in words, that there is no version control. */
enum aid_err aid_vc_missing (const struct aid_resolve *how, struct aid_error *e);

#endif
