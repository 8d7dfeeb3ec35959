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

const char *const aid_calm_git_alone_env[] = { "GIT_CONFIG_GLOBAL=/dev/null",
                                               "GIT_CONFIG_SYSTEM=/dev/null",
                                               "GIT_CONFIG_NOSYSTEM=1",
                                               "GIT_CONFIG_COUNT",
                                               "GIT_CONFIG_PARAMETERS",
                                               "GIT_CONFIG",
                                               "GIT_LITERAL_PATHSPECS=1",
                                               "GIT_GLOB_PATHSPECS",
                                               "GIT_NOGLOB_PATHSPECS",
                                               "GIT_ICASE_PATHSPECS",
                                               "GIT_NO_REPLACE_OBJECTS=1",
                                               "GIT_SHALLOW_FILE",
                                               "GIT_DEFAULT_HASH",
                                               "GIT_TRACE2",
                                               "GIT_TRACE2_EVENT",
                                               "GIT_TRACE2_PERF",
                                               "GIT_EXTERNAL_DIFF",
                                               "GIT_DIFF_OPTS",
                                               "GIT_ATTR_SOURCE",
                                               NULL };
