/* Environments in which other programs do no harm. */
#include "project/calm.h"
#include <stddef.h>

const char *const aid_calm_git_env[] = { "GIT_OPTIONAL_LOCKS=0",
                                         "GIT_TERMINAL_PROMPT=0",
                                         "GIT_NO_LAZY_FETCH=1",
                                         "GIT_ALLOW_PROTOCOL=none",
                                         "GIT_PAGER=cat",
                                         "LC_ALL=C",
                                         "GIT_DIR",
                                         "GIT_WORK_TREE",
                                         "GIT_INDEX_FILE",
                                         "GIT_COMMON_DIR",
                                         "GIT_OBJECT_DIRECTORY",
                                         "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                         "GIT_NAMESPACE",
                                         "GIT_PREFIX",
                                         "GIT_LITERAL_PATHSPECS",
                                         "GIT_TRACE",
                                         NULL };

/* A repository's own hgrc, which may name extensions and hooks, is not read. */
const char *const aid_calm_hg_env[] = { "HGPLAIN=1", "HGRCSKIPREPO=1", "HGENCODING=UTF-8", "HG_PENDING", "LC_ALL=C", NULL };
