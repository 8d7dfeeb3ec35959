/* A box: a tree in which other people's code may run, and that is thrown away.  What runs in it sees the tree at AID_BOX_ROOT,
   the system's programs and libraries read-only, and nothing else of the host: no home, no network, no other process, and an
   environment of ours.  All of it ends with the box, however this process ends.  docs/boxes.md tells the whole.

   Where user namespaces and overlayfs with its attributes on a tmpfs are there (Linux 6.6), the tree is a view over LOWER, which
   stays as it is; else a copy of it, in memory like all that a box writes.  Without bubblewrap and user namespaces nothing is
   run.  LOWER is to belong to who runs this: what belongs to others can be read in the box as far as others may, not changed.

   Each box is a process of its own (aid-box, module/box), and may be used on any thread, by one at a time; several boxes at
   once.  Nothing of it is left when it is closed, or when this process or the other is gone. */
#ifndef AID_CES_BOX_H
#define AID_CES_BOX_H

#include "base/err.h"
#include "base/stop.h"
#include "base/str.h"

#define AID_BOX_ROOT "/tree"

struct aid_box_limits
{
  int64_t seconds;        /* of one command, by the clock */
  int64_t cpu_seconds;    /* of one command, of all its processes */
  int64_t megabytes;      /* of memory, of all processes */
  int64_t processes;      /* and threads, of one command, at once */
  int64_t disk_megabytes; /* that may be written, in memory but for AID_BOX_IN_PLACE; and 128 files for each */
  int64_t output_bytes;   /* kept; its beginning and its end */
  const char *programs;   /* folders, ':' between them, that it sees as well, read-only, and runs programs of; NULL: none */
  int64_t nice;           /* what commands have more of than who opens it: 0 to 19 */
};
#define AID_BOX_LIMITS ((struct aid_box_limits){ 120, 240, 2048, 256, 1024, 64 << 10, NULL, 0 })

enum aid_box_how
{
  AID_BOX_VIEW,     /* what is written goes with the box */
  AID_BOX_IN_PLACE, /* ... stays in LOWER: to make a warm tree */
  AID_BOX_COPY      /* as a view, which a system without overlays makes so */
};
enum aid_box_end
{
  AID_BOX_EXITED,
  AID_BOX_SIGNALLED,
  AID_BOX_TIME, /* one of the limits ended it, with all that it had started */
  AID_BOX_MEMORY,
  AID_BOX_PROCESSES,
  AID_BOX_DISK,  /* it stays full: the box is of no more use */
  AID_BOX_OUTPUT /* it printed without end */
};
/* "exited", "signalled", "time", "memory", "processes", "disk", "output" */
const char *aid_box_end_name (enum aid_box_end end);

struct aid_box_ran
{
  enum aid_box_end end;
  int code, signal; /* EXITED; SIGNALLED, also when a shell tells it as 128 and the signal's number, which CODE is then */
  int64_t ms, cpu_ms;
  struct aid_str output; /* both streams in order; free it */
  int cut;               /* some of it was dropped: a line between its beginning and its end says how much */
};

struct aid_box;

/* *WHY gets what is missing here, for people ("bubblewrap is not installed ..."), when boxes cannot run anything; else 1. */
int aid_box_available (char why[256]);

/* Opens a box over the folder LOWER; "": an empty one.  AID_E_NOTFOUND, AID_E_IO, AID_E_STATE (boxes cannot be had here: why). */
enum aid_err aid_box_open (const char *lower, enum aid_box_how how, const struct aid_box_limits *limits,
                           struct aid_box **out, struct aid_error *e);
/* What its tree is: "overlay", "copy" or "place". */
const char *aid_box_by (const struct aid_box *b);
/* PATH is relative to the tree, safe by aid_patch_path's rules; folders on the way are made; never through a symbolic link
   (AID_E_REFUSED).  AID_E_LIMIT: 64 MB are too much.  AID_E_IO also when the box is lost, after which nothing else is done. */
enum aid_err aid_box_write (struct aid_box *b, const char *path, struct aid_span text, int executable, struct aid_error *e);
enum aid_err aid_box_remove (struct aid_box *b, const char *path, struct aid_error *e); /* a file that is gone is fine */
enum aid_err aid_box_read (struct aid_box *b, const char *path, struct aid_str *out, struct aid_error *e);
/* The same; *EXECUTABLE gets whether it is so, 1 or 0. */
enum aid_err
aid_box_read_mode (struct aid_box *b, const char *path, struct aid_str *out, int *executable, struct aid_error *e);
/* Runs LINE by sh in DIR (relative to the tree; NULL: its root), which reads nothing.  What it came to, a limit too, is in
   RAN; an error only when it could not be run.  AID_E_CANCELLED; AID_E_LIMIT: LINE is longer than 100 KB; AID_E_NOTFOUND: there
   is no DIR.  Whatever it left running is ended with it.  RAN's output is to be freed, whatever is returned. */
enum aid_err aid_box_run (struct aid_box *b, const char *line, const char *dir, const struct aid_stop *stop,
                          struct aid_box_ran *ran, struct aid_error *e);
/* Ends all that runs in it and takes it away. */
void aid_box_close (struct aid_box *b);

#endif
