/* The project: its files and what becomes of them.

   A project has one root.  Its thread lists the files once (by Git or Mercurial, else by a walk that honours the
   files that say what to ignore), and then notices changes: a query walks nothing.  Every function here may be
   called from any thread; those that say so wait.  Callbacks run on the caller's thread, with no lock held.

   Paths are bytes, relative to the root, with "/" between their parts: they may hold blanks, newlines and what is no
   UTF-8, but no NUL.  They never pass a symbolic link: links themselves are listed, and left out. */
#ifndef AID_PROJECT_PROJECT_H
#define AID_PROJECT_PROJECT_H

#include "base/err.h"
#include "base/str.h"

#define AID_PROJECT_PATH_MAX 4096             /* bytes of a relative path; longer ones are counted as skipped */
#define AID_PROJECT_FILES ((size_t)4 << 20)   /* files at most, unless the options say less */
#define AID_PROJECT_LARGE ((uint64_t)1 << 20) /* bytes beyond which a file is left out, unless the options say otherwise */

/* Why a file is read by the index, or is not. */
enum aid_file_class
{
  AID_FILE_TEXT, /* to be read */
  AID_FILE_BINARY,
  AID_FILE_GENERATED,
  AID_FILE_VENDORED, /* somebody else's, copied in */
  AID_FILE_MINIFIED,
  AID_FILE_LARGE,
  AID_FILE_SPECIAL, /* a symbolic link, a FIFO, a device, a socket */
  AID_FILE_CLASSES
};
/* A stable word: "text", "binary", "generated", "vendored", "minified", "large", "special". */
const char *aid_file_class_name (enum aid_file_class c);

struct aid_project_file
{
  struct aid_span path; /* borrowed for the callback; path.ptr[path.len] is NUL */
  uint64_t size;        /* bytes */
  int64_t mtime_ns;     /* since 1970 */
  uint64_t inode;
  enum aid_file_class class; /* by name, attributes and size alone until the file was read (aid_project_read) */
  int gone;                  /* aid_project_changes: it is there no longer; size, mtime and inode are 0 */
};

struct aid_project_options
{
  uint64_t large;     /* bytes beyond which a file is left out; 0: AID_PROJECT_LARGE */
  size_t max_files;   /* 0: AID_PROJECT_FILES */
  size_t max_watches; /* folders watched at most; 0: half of what the system grants the user */
  int watch;          /* notice changes; 0: the list is made once */
  int poll;           /* notice them by comparing stats, also where the system could tell; for tests */
  int no_tools;       /* run no git, hg or jj: walk */
};

struct aid_project;

/* Starts listing the project at ROOT (a folder; links in its name are resolved) on a thread of its own, and returns at
   once.  OPTIONS may be NULL.  AID_E_NOTFOUND: there is no such folder. */
enum aid_err aid_project_open (const char *root, const struct aid_project_options *options, struct aid_project **out,
                               struct aid_error *e);
/* Stops and joins the thread.  Nobody may be in another function of P. */
void aid_project_close (struct aid_project *p);
/* The root, absolute; lives as long as P. */
const char *aid_project_root (const struct aid_project *p);
/* Whether the root is the folder that P was opened with: not gone, nor another one of that name.  Any thread. */
int aid_project_is_there (const struct aid_project *p);

/* Generations: 0 until the files are listed, then 1, and one more each time that something changed.  Waits until the
   generation is greater than SINCE, for MS milliseconds at most (negative: without end), and gives it.  Returns at
   once, with what it is, when the project stops or was told to (aid_project_stop), or cannot be listed
   (aid_project_state). */
uint64_t aid_project_wait (struct aid_project *p, uint64_t since, int64_t ms);
/* The same, but it ends also when STOP was set and aid_project_wake called after that: for one who shares P and is to stop
   waiting. */
struct aid_stop;
uint64_t aid_project_wait_or (struct aid_project *p, uint64_t since, int64_t ms, const struct aid_stop *stop);
void aid_project_wake (struct aid_project *p);
/* Ends all waits, now and later: before the waiting threads are joined and P is closed. */
void aid_project_stop (struct aid_project *p);

/* Calls FN for each file there is, all classes, in no order; ends when it gives non-zero.  *GENERATION (may be NULL)
   gets the one to give to aid_project_changes later: what changes meanwhile is told then.  AID_E_STATE before the first
   list is done, or the error that it ended with. */
enum aid_err aid_project_files (struct aid_project *p, int (*fn) (void *ctx, const struct aid_project_file *file), void *ctx,
                                uint64_t *generation, struct aid_error *e);

/* Calls FN once for each path that changed, came or went after generation SINCE (as it is now); *GENERATION gets what
   to ask from the next time.  AID_E_LIMIT, with no call: too much has changed for a list, look through all files
   (aid_project_files).  A file whose bytes changed without its size, time and inode is not noticed. */
enum aid_err
aid_project_changes (struct aid_project *p, uint64_t since, int (*fn) (void *ctx, const struct aid_project_file *file),
                     void *ctx, uint64_t *generation, struct aid_error *e);

/* The file PATH as it is in the list; 0, or -1 when it is not there.  FILE->path is PATH. */
int aid_project_find (struct aid_project *p, struct aid_span path, struct aid_project_file *file);
/* Tells that PATH may have changed (an editor saved it): it is looked at on the project's thread at once. */
void aid_project_touch (struct aid_project *p, struct aid_span path);

/* Reads PATH, appending to OUT (whose limit holds): never through a link, never what is no regular file, and the same
   bytes that FILE's size, time and inode are of: a file that changes while it is read is read again, three times, then
   AID_E_STATE.  FILE->class is by its bytes as well, and the list knows it from then on; the bytes of a file that is
   not text are not wholly read (OUT holds some).  AID_E_NOTFOUND, AID_E_REFUSED, AID_E_LIMIT, AID_E_IO. */
enum aid_err aid_project_read (struct aid_project *p, struct aid_span path, struct aid_str *out,
                               struct aid_project_file *file, struct aid_error *e);
/* The same for who has LISTED from the list and reads many: a file that is still what LISTED says costs less, and one
   that is text is not told to the list.  FD: what aid_project_open_ahead gave for it, or -1; it is closed. */
enum aid_err aid_project_read_listed (struct aid_project *p, const struct aid_project_file *listed, int fd,
                                      struct aid_str *out, struct aid_project_file *file, struct aid_error *e);
/* Opens PATH through no link and has the system begin to read it, without waiting for that; -1: it is to be read as any other. */
int aid_project_open_ahead (struct aid_project *p, struct aid_span path);
/* How Git writes what a file is. */
enum
{
  AID_MODE_FILE = 0100644,
  AID_MODE_PROGRAM = 0100755,
  AID_MODE_LINK = 0120000
};
/* Appends PATH's bytes to OUT, whatever its class: those of a regular file, through no link and of one moment, or the text of a
   symbolic link.  *MODE is what it is.  AID_E_NOTFOUND; AID_E_REFUSED: it is neither; AID_E_LIMIT: it does not fit into OUT;
   AID_E_STATE: it is being written; AID_E_IO.  OUT may hold some of it then. */
enum aid_err aid_project_read_raw (struct aid_project *p, struct aid_span path, struct aid_str *out, unsigned *mode,
                                   struct aid_error *e);
/* Appends in words why PATH is what it is:  "vendored: in node_modules/", "not listed: .gitignore:3:  *.o".  Reads the
   file's head. */
enum aid_err aid_project_why (struct aid_project *p, struct aid_span path, struct aid_str *out, struct aid_error *e);

/* --- version control -------------------------------------------------------------------------------------------------- */

enum aid_vc_kind
{
  AID_VC_NONE,
  AID_VC_GIT,
  AID_VC_HG,
  AID_VC_JJ
};
/* "none", "git", "hg", "jj". */
const char *aid_vc_name (enum aid_vc_kind k);

struct aid_project_vc
{
  enum aid_vc_kind kind;
  char head[81]; /* id of the revision that is checked out, in hex; "" when there is none yet */
};
/* As it was when the files were last listed. */
void aid_project_vc (struct aid_project *p, struct aid_project_vc *out);
/* The parts of P that are projects of their own (submodules, repositories within), by their paths; files of them are
   files of P. */
enum aid_err aid_project_parts (struct aid_project *p, void (*fn) (void *ctx, struct aid_span path, enum aid_vc_kind kind),
                                void *ctx, struct aid_error *e);

/* --- how it is ---------------------------------------------------------------------------------------------------------- */

struct aid_project_state
{
  uint64_t generation;
  size_t files, folders;
  size_t skipped;         /* paths that were too long, or beyond max_files */
  size_t watched, polled; /* folders whose changes the system tells, and those that are looked at now and then */
  int64_t list_ms;        /* what the last listing took */
  enum aid_err failed;    /* what the first listing ended with */
  char how[32];           /* "git", "hg", "hg server", "walk" */
  char note[256];         /* in a sentence what people should know: Git refused, watches are used up, why it failed; "" */
};
void aid_project_state (struct aid_project *p, struct aid_project_state *out);

/* Appends the root of the project that DIR is in: the nearest folder upwards that has .git (a folder, or a file as
   linked worktrees and submodules have), .hg, .jj, .svn or .aid, else DIR itself; absolute, links resolved.  OUTERMOST:
   the submodules' project. */
enum aid_err aid_project_root_of (const char *dir, int outermost, struct aid_str *out, struct aid_error *e);

#endif
