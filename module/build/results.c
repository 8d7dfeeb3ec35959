/* Files of results are looked for after a run, for nearly no runner prints them.  The search is bounded in folders, files and
   bytes, and only files that the run has written are opened. */
#include "build/results.h"
#include "base/clock.h"
#include "base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODULE_DEPTH 2   /* of a project's parts below its folder */
#define RESULT_DEPTH 3   /* of files in a folder of results */
#define FOLDERS_MAX 2000 /* that are looked into */
#define NAMES_MAX 200000 /* that are looked at */
#define FILES_MAX 2000   /* that are read */
#define FILE_MAX ((size_t)8 << 20)
#define ALL_MAX ((size_t)64 << 20)
#define LINE_BREAK 65536 /* in a longer line it is broken behind a tag */
#define PATH_LIMIT 16384
#define COARSE_MS 20 /* files are stamped by a clock that lags so much at most */

struct search
{
  const char *root;
  const char *module; /* paths in results are from here, or from further up */
  int64_t since_ms;
  struct aid_diags *out;
  size_t folders, names, files, bytes;
};

int64_t
aid_build_results_now (void)
{
  return aid_clock_wall_ms () - COARSE_MS;
}

/* --- one file --- */

/* Appends TEXT with lines that the reader of diagnostics does not cut. */
static void
add_broken (struct aid_span text, struct aid_str *out)
{
  size_t begun = 0;
  for (size_t i = 0; i < text.len; i++)
    {
      if (text.ptr[i] == '\n')
        begun = i + 1;
      else if (text.ptr[i] == '>' && i - begun > LINE_BREAK)
        {
          aid_str_addspan (out, aid_span_cut (text, 0, i + 1));
          aid_str_addc (out, '\n');
          text = aid_span_cut (text, i + 1, text.len);
          begun = i = 0;
        }
    }
  aid_str_addspan (out, text);
  aid_str_addc (out, '\n');
}

static void
read_file (struct search *s, const char *path, const char *form)
{
  struct aid_str text = AID_STR_INIT (FILE_MAX), lines = AID_STR_INIT (2 * FILE_MAX);
  struct aid_diag_reader *r = NULL;
  struct aid_diags found;
  if (!aid_fs_read (path, &text, NULL) && (r = aid_diag_reader_new (s->root, s->module, NULL)))
    {
      s->bytes += text.len;
      add_broken (aid_str_span (&text), &lines);
      aid_diag_read_as (r, form);
      aid_diag_feed (r, aid_str_span (&lines));
      aid_diag_end (r, &found);
      aid_diags_join (s->out, &found);
    }
  aid_diag_reader_free (r);
  aid_str_free (&lines);
  aid_str_free (&text);
}

static const char *
form_of (const char *name)
{
  struct aid_span v = aid_span_z (name);
  return aid_span_ends (v, ".xml") ? "junit" : aid_span_ends (v, ".tap") ? "tap" : NULL;
}

/* Whether the run has written it.  Some file systems tell whole seconds only. */
static int
is_fresh (const struct search *s, const struct stat *st)
{
  int64_t ms = (int64_t)st->st_mtim.tv_sec * 1000 + (st->st_mtim.tv_nsec ? st->st_mtim.tv_nsec / 1000000 : 999);
  return ms >= s->since_ms;
}

/* --- folders --- */

static int
full (const struct search *s)
{
  return s->folders >= FOLDERS_MAX || s->names >= NAMES_MAX || s->files >= FILES_MAX || s->bytes >= ALL_MAX;
}

/* Reads the fresh results in the folder PATH, and DEPTH levels below it. */
static void
read_folder (struct search *s, const char *path, int depth)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *d = fd >= 0 ? fdopendir (fd) : NULL;
  struct aid_str full_name = AID_STR_INIT (PATH_LIMIT);
  struct stat st;
  s->folders++;
  if (!d && fd >= 0)
    close (fd);
  for (struct dirent *one; d && !full (s) && (one = readdir (d)); s->names++)
    {
      const char *form = form_of (one->d_name);
      if (one->d_name[0] == '.' || (!form && depth == 0) || fstatat (fd, one->d_name, &st, AT_SYMLINK_NOFOLLOW))
        continue;
      aid_str_clear (&full_name);
      if (aid_fs_join (&full_name, path, one->d_name))
        continue;
      if (S_ISDIR (st.st_mode) && depth > 0)
        read_folder (s, aid_str_z (&full_name), depth - 1);
      else if (form && S_ISREG (st.st_mode) && is_fresh (s, &st) && st.st_size <= (off_t)FILE_MAX)
        {
          s->files++;
          read_file (s, aid_str_z (&full_name), form);
        }
    }
  if (d)
    closedir (d);
  aid_str_free (&full_name);
}

/* Reads the usual folders of results of the part of a project in PATH. */
static void
read_usual (struct search *s, const char *path)
{
  static const char *const usual[] = { "build/test-results",
                                       "target/surefire-reports",
                                       "target/failsafe-reports",
                                       "build/meson-logs",
                                       "test-results",
                                       "test-reports",
                                       "reports" };
  s->module = path;
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    {
      struct aid_str name = AID_STR_INIT (PATH_LIMIT);
      struct stat st;
      if (!aid_fs_join (&name, path, usual[i]) && lstat (aid_str_z (&name), &st) == 0 && S_ISDIR (st.st_mode) && !full (s))
        read_folder (s, aid_str_z (&name), RESULT_DEPTH);
      aid_str_free (&name);
    }
}

static int
may_be_module (const char *name)
{
  static const char *const others[] = { "node_modules", "build", "target", "_build", "src", "test-results", "reports" };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (!strcmp (name, others[i]))
      return 0;
  return name[0] != '.';
}

static void
read_modules (struct search *s, const char *path, int depth)
{
  DIR *d = depth > 0 ? opendir (path) : NULL;
  struct aid_str name = AID_STR_INIT (PATH_LIMIT);
  struct stat st;
  read_usual (s, path);
  for (struct dirent *one; d && !full (s) && (one = readdir (d)); s->names++)
    {
      aid_str_clear (&name);
      if (!may_be_module (one->d_name) || fstatat (dirfd (d), one->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR (st.st_mode)
          || aid_fs_join (&name, path, one->d_name))
        continue;
      s->folders++;
      read_modules (s, aid_str_z (&name), depth - 1);
    }
  if (d)
    closedir (d);
  aid_str_free (&name);
}

void
aid_build_results_add (const char *root, const char *dir, int64_t since_ms, struct aid_diags *out)
{
  struct search s = { .root = root, .module = dir, .since_ms = since_ms, .out = out };
  struct aid_str build = AID_STR_INIT (PATH_LIMIT);
  char *real = realpath (dir, NULL); /* which alone may be a link */
  read_folder (&s, real ? real : dir, 0);
  free (real);
  if (!aid_fs_join (&build, dir, "build"))
    read_folder (&s, aid_str_z (&build), 0);
  aid_str_free (&build);
  read_modules (&s, dir, MODULE_DEPTH);
}
