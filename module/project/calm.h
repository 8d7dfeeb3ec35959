/* Git and Mercurial as they are run in somebody's repository, which may be hostile: nothing of its settings that names a
   program is run (fsmonitor, hooks, extensions, transports), nothing is fetched, nothing is asked, nothing is written. */
#ifndef AID_PROJECT_CALM_H
#define AID_PROJECT_CALM_H

/* The first words of a git command.  One that shows differences also needs --no-ext-diff --no-textconv. */
#define AID_CALM_GIT                                                                                                        \
  "git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "-c",  \
    "log.showSignature=false"

/* For aid_proc.env. */
extern const char *const aid_calm_git_env[];
extern const char *const aid_calm_hg_env[];
/* What --config takes so that hg status leaves .hg/dirstate as it is (hg_still.c), free with free; NULL: no memory.  Where the
   cache cannot be written it is one that does nothing. */
char *aid_calm_hg_config (void);
#define AID_CALM_PATH ((size_t)8192)
/* Besides, of a repository of our own: nothing of the person's or the system's settings counts either. */
extern const char *const aid_calm_git_alone_env[];

#endif
