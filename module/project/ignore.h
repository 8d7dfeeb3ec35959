/* What a project says is not its own: .gitignore, .ignore and .hgignore, with their whole syntax.

   Of Git's: the last pattern of a file that fits decides, deeper files before those above, $GIT_DIR/info/exclude and
   the user's file after them; what lies in an ignored folder is ignored whatever else is said.  Not locked: one thread
   at a time. */
#ifndef AID_PROJECT_IGNORE_H
#define AID_PROJECT_IGNORE_H

#include "base/vec.h"
#include "project/project.h"

#define AID_IGNORE_FILE_MAX ((size_t)1 << 20) /* bytes of one file; of a longer one nothing is taken */
#define AID_IGNORE_RULES ((size_t)50000)      /* patterns of one file */

/* --- one file of Git's kind --------------------------------------------------------------------------------------------- */

struct aid_rules;

/* Reads TEXT, copied; FILE, copied, is its name for people.  NULL without memory. */
struct aid_rules *aid_rules_read (struct aid_span text, const char *file);
void aid_rules_free (struct aid_rules *r);
/* Drops the rules that ignore all there is, be it with a slash before their star or without.  They are for a repository to
   which what is tracked was added all the same, as packages of sources have them; without the repository, nobody knows what
   that was. */
void aid_rules_drop_all (struct aid_rules *r);

struct aid_ignored
{
  const char *file; /* borrowed of the rules; "" when nothing fits */
  int line;
  struct aid_span pattern; /* as it is written, without "!" and its last "/" */
  int negated;
};
/* The last rule that fits PATH, relative to the file's folder: 1 ignored, 0 not, -1 none fits.  WHY may be NULL. */
int aid_rules_match (const struct aid_rules *r, struct aid_span path, int is_folder, struct aid_ignored *why);

/* --- Mercurial's file --------------------------------------------------------------------------------------------------- */

struct aid_hgignore;

/* Reads ".hgignore" of the folder ROOT with what it includes.  NULL when there is none, or without memory. */
struct aid_hgignore *aid_hgignore_read (int root);
/* The same of a text that includes nothing; for tests. */
struct aid_hgignore *aid_hgignore_of_text (struct aid_span text);
void aid_hgignore_free (struct aid_hgignore *h);
/* Patterns that were not understood. */
size_t aid_hgignore_bad (const struct aid_hgignore *h);
/* 1 ignored, -1 not; folders above PATH are the caller's to look at. */
int aid_hgignore_match (struct aid_hgignore *h, struct aid_span path, struct aid_ignored *why);

/* --- a tree ------------------------------------------------------------------------------------------------------------- */

struct aid_ignores;
struct aid_ignore_level; /* what holds in a folder */

/* For the tree in the folder ROOT (borrowed, open).  GIT_DIR (or NULL) holds info/exclude; EXCLUDES (or NULL) is the
   user's own file.  NULL without memory. */
struct aid_ignores *aid_ignores_new (int root, enum aid_vc_kind kind, const char *git_dir, const char *excludes);
void aid_ignores_free (struct aid_ignores *g);

/* The level of the folder PATH ("" the root), open as FD, below UP (NULL for the root).  Lives as long as G.  UP itself
   when the folder says nothing. */
const struct aid_ignore_level *
aid_ignores_enter (struct aid_ignores *g, const struct aid_ignore_level *up, struct aid_span path, int fd);
/* Whether PATH, in the folder of LEVEL which is not ignored, is ignored. */
int aid_ignores_entry (struct aid_ignores *g, const struct aid_ignore_level *level, struct aid_span path, int is_folder,
                       struct aid_ignored *why);
/* The same of any path in the tree, with the folders above it. */
int aid_ignores_path (struct aid_ignores *g, struct aid_span path, int is_folder, struct aid_ignored *why);
/* Whether NAME is of a file that says what is ignored, or a version control's own folder. */
int aid_ignores_is_rule_file (struct aid_span name);
int aid_vc_is_folder (struct aid_span name);

/* Appends the regular file NAME in the folder FD, if there is one that is no link and not longer than OUT takes; 0 or
   -1. */
int aid_read_small (int fd, const char *name, struct aid_str *out);
/* Opens the folder PATH ("" itself) below ROOT, never through a link; -1 with errno. */
int aid_open_folder (int root, struct aid_span path);

#endif
