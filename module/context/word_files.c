/* Git is asked where the word stands; elsewhere all of the project's files are listed, as `project/' knows them. */
#include "context/word_files.h"
#include "base/proc.h"
#include "context/kinds_internal.h"
#include "project/calm.h"
#include "project/list.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define NAMES_MAX ((size_t)16 << 20)

struct search
{
  const struct aid_resolve *how;
  struct aid_span word;
  struct aid_vec *files;
};

static void
add_file (struct search *s, struct aid_span path)
{
  char **slot = path.len ? aid_vec_push (s->files) : NULL;
  if (slot && !(*slot = aid_span_dup (path)))
    s->files->len--;
}

/* The paths in LIST, each ended by a NUL. */
static void
add_files (struct search *s, struct aid_span list)
{
  while (list.len)
    {
      const char *nul = memchr (list.ptr, 0, list.len);
      size_t n = nul ? (size_t)(nul - list.ptr) : list.len;
      add_file (s, aid_span_cut (list, 0, n));
      list = aid_span_cut (list, n + 1, list.len);
    }
}

/* Runs ARGV in the project's root for a list of files.  A status of 1 without words is grep's for nothing. */
static enum aid_err
ask_files (struct search *s, const char *const *argv, struct aid_error *e)
{
  struct aid_proc p = { .argv = argv,
                        .dir = aid_resolve_root (s->how),
                        .env = aid_calm_git_env,
                        .out_max = NAMES_MAX,
                        .err_max = 4096,
                        .timeout_ms = AID_CONTEXT_SECONDS * 1000,
                        .stop = aid_resolver_stopper (s->how->resolver) };
  struct aid_proc_result r;
  enum aid_err err = aid_proc_run (&p, &r, e);
  if (!err && (r.code > 1 || r.signal || (r.code == 1 && r.err.len)))
    err = aid_error_set (e, AID_E_INVALID, "%s could not list the project's files.", argv[0]);
  else if (!err)
    add_files (s, aid_str_span (&r.out));
  aid_proc_result_free (&r);
  return err;
}

/* The project's own files, where version control does not tell which of them hold a word. */
static enum aid_err
list_all (struct search *s, struct aid_error *e)
{
  char buf[AID_PROJECT_PATH_MAX + 1];
  const char *root = aid_resolve_root (s->how);
  struct aid_list_in in = { .root = root,
                            .root_fd = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                            .tools = 1,
                            .large = AID_WORD_FILE_MAX,
                            .max_files = AID_WORD_FILES_MAX,
                            .stop = aid_resolver_stopper (s->how->resolver) };
  struct aid_listing l = { .table = NULL };
  if (in.root_fd < 0)
    return aid_error_set (e, AID_E_NOTFOUND, "The folder %.150s cannot be opened.", root);
  enum aid_err err = aid_list (&in, &l, e);
  for (size_t i = 0; !err && i < l.table->entries.len; i++)
    {
      const struct aid_entry *entry = aid_table_at (l.table, (uint32_t)i);
      if (!(entry->flags & AID_ENTRY_GONE) && entry->class == AID_FILE_TEXT)
        add_file (s, aid_table_path (l.table, entry, buf));
    }
  aid_listing_free (&l);
  close (in.root_fd);
  return err;
}

/* The tracked files that hold the word, with SUBMODULES those of these, too. */
static enum aid_err
ask_tracked (struct search *s, int submodules, struct aid_error *e)
{
  struct aid_str word = AID_STR_INIT (16384);
  aid_str_addspan (&word, s->word);
  const char *const argv[] = { AID_CALM_GIT,
                               "--literal-pathspecs",
                               "grep",
                               "-lzIF",
                               "--no-textconv",
                               submodules ? "--recurse-submodules" : "--no-recurse-submodules",
                               "-e",
                               aid_str_z (&word),
                               "--",
                               ".",
                               NULL };
  enum aid_err err = ask_files (s, argv, e);
  aid_str_free (&word);
  return err;
}

/* Git tells which tracked files hold the word, and what is not tracked: it would read that whole, however large. */
enum aid_err
aid_word_files (const struct aid_resolve *how, struct aid_span word, struct aid_vec *files, struct aid_error *e)
{
  static const char *const others[] = { AID_CALM_GIT, "ls-files", "-z", "--others", "--exclude-standard", "--", ".", NULL };
  struct search s = { how, word, files };
  if (aid_vc_of (aid_resolve_root (how)) != AID_VC_GIT)
    return list_all (&s, e);
  /* A submodule that is not as it should be hides nothing else. */
  enum aid_err err = ask_tracked (&s, 1, NULL) ? ask_tracked (&s, 0, e) : AID_OK;
  return err ? err : ask_files (&s, others, e);
}
