/* The installed cores as Lisp sees them (module/versions).  Lisp thread only. */
#ifndef AID_LOADER_VERSIONS_H
#define AID_LOADER_VERSIONS_H

#include "loader/host.h"

/* The core of FOLDER that is to start (versions/choose.h), with EXCEPT as there: (:file :version :hash :by :name :want
   :missing :crashed), or nil when there is none.  :crashed is the core that is not started any more: (:version :hash
   :crashes :signal :told). */
emacs_value aid_versions_choose (emacs_env *env, const char *folder, const char *except);
/* All of them: (:file :version :hash :built :newest :loads :crashes :running). */
emacs_value aid_versions_list (emacs_env *env, const char *folder);

#endif
