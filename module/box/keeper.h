/* aid-box, the keeper of one box: see ces/box.h for what a box is and ces/box_protocol.h for how it is asked.

   Two processes.  The one that is started makes the namespaces (user, mount, pid, network, ipc, uts, cgroup) and waits for the
   other, which is the first process of the new pid namespace and the box's keeper: when it ends, by itself, by SIGKILL or with
   its parent, the kernel ends all that runs in there, and with the last process the mounts go and what was written.  Nothing is
   put anywhere on the host, so that nothing has to be tidied up.

   In the keeper's mount namespace HOUSE is a tmpfs of a limited size, which holds all that the box writes:
     root/            what a command sees as its root, with all its mounts: the system's programs, a few files of /etc, devices
     root/tree        the tree: an overlay of upper/ on LOWER, a copy of LOWER, or LOWER itself
     upper/ work/     the overlay's
     tmp/ home/ shm/  a command's /tmp, its HOME and /dev/shm; beside the tree, all that can be written
   /proc there has the processes of the box, which bubblewrap wants to see and the watch counts.

   Each command is run by bubblewrap, in a user, mount and pid namespace of its own, without capabilities. */
#ifndef AID_BOX_KEEPER_H
#define AID_BOX_KEEPER_H

#include "ces/box.h"
#include "ces/box_protocol.h"

#include <sys/types.h>

#define HOUSE "/tmp" /* a folder that every system has; covered in our mount namespace alone */
#define ROOT "/tmp/root"

enum
{
  NICE_MOST = 19,
  SYSTEM_V = 3,      /* lists of its objects */
  DISK_SPARE_MB = 16 /* beyond the limit, so that passing it is seen before the disk is full */
};

struct keeper
{
  const char *lower;
  char bwrap[4096]; /* the program's path */
  enum aid_box_how how;
  struct aid_box_limits limits;
  int lower_fd, tree_fd, house_fd, proc_fd; /* O_PATH, but for the last two */
  int programs_fd[AID_BOX_PROGRAMS];        /* of limits.programs, in their order */
  int system_v[SYSTEM_V];                   /* system_v.c's */
  int has_session;                          /* of its own: no command can reach the terminal of who opened the box */
  int64_t copied;                           /* bytes of the house that are not the box's own doing */
  const char *by;                           /* what the tree is */
};

/* --- system.c --- */
enum
{
  MOUNT_READ_ONLY = 1, /* the kernel's MOUNT_ATTR_*: the header that has them is at war with another */
  MOUNT_NOSUID = 2,
  MOUNT_NODEV = 4
};
int bind_mount (const char *what, const char *where);
/* Adds attributes to a mount, and to those below it; 0, or -1 with errno. */
int set_mount (const char *where, uint64_t attributes, int with_those_below);
enum aid_err mount_system (const struct keeper *k, struct aid_error *e);
/* The next folder of *PROGRAMS (struct aid_box_limits), which moves on, in OUT; 0: there is none. */
int next_programs (const char **programs, char out[4096]);

/* --- mounts.c --- */
/* "the system does not let it WHAT: why", of errno. */
enum aid_err mount_failed (struct aid_error *e, const char *what);
/* Makes HOUSE and all in it. */
enum aid_err mount_house (struct keeper *k, struct aid_error *e);

/* --- copy.c --- */
/* Bytes of the files below the folder FD, as they lie on the disk, and how many there are; TOO_DEEP: there are folders
   deeper than is looked. */
#define TOO_DEEP ((int64_t)1 << 60)
void measure_tree (int fd, int64_t *bytes, int64_t *files);
/* Copies what is in the folder FROM into TO: files, folders and links, with their modes and times. */
enum aid_err copy_tree (int from, int to, struct aid_error *e);
/* One of them; what is not there is fine.  0, or -1 with errno. */
int copy_entry (int from, int to, const char *name);

/* --- watch.c --- */
struct usage
{
  int64_t tasks; /* processes and threads */
  int64_t cpu_ms;
  int64_t resident; /* bytes; pages that several share count for each of them */
  int64_t tables;   /* bytes that page tables have at most */
  int64_t files;    /* bytes of the kernel's that lie behind many descriptors */
};
struct watch
{
  const struct keeper *k;
  int64_t cpu_ms; /* as last seen: what is killed takes its own along */
  /* of a tree that is changed in place: its bytes, and the free ones of its disk as last seen */
  int64_t tree_before, free_before;
};
void watch_begin (struct watch *w, const struct keeper *k);
/* Whether a limit is passed, and which: AID_BOX_EXITED when none is. */
enum aid_box_end watch_look (struct watch *w);
/* The same for the disk alone, when all has ended: what it has filled stays. */
enum aid_box_end watch_end (struct watch *w);

/* --- forks.c --- */
/* From here on this process and its children go before all others on a processor, where that is allowed: it is once, before the
   namespaces are made.  The keeper then says that its own children do not, and makes them by forks_in_turn: fork, with its own
   niceness. */
void forks_go_first (void);
void forks_go_last (void);
pid_t forks_in_turn (void);
/* Bounds the processes of the whole pid namespace, once its /proc is mounted. */
void forks_bound (const struct keeper *k);
/* In a command's first process: bounds what it starts. */
void forks_bound_command (const struct keeper *k);

/* In the keeper: a session of its own, set back behind what the one who opened the box has to do where the kernel weighs sessions
   as a whole, whatever the niceness in them. */
void forks_set_session_back (struct keeper *k);
/* In a command's first process: the same of it and what it starts. */
void forks_set_back (const struct keeper *k);

/* --- system_v.c --- */
void system_v_open (struct keeper *k);
/* Bytes that System V's objects hold. */
int64_t system_v (const struct keeper *k);

/* --- output.c --- */
/* What was printed: the first half of what may be kept, and the last. */
struct output
{
  struct aid_str head;
  char *tail; /* a ring */
  size_t half, at, kept;
  int64_t total;
};
enum aid_err output_begin (struct output *o, int64_t bytes, struct aid_error *e);
void output_add (struct output *o, const char *bytes, size_t n);
/* Appends all that is kept; between the halves a line says what is not. */
void output_take (struct output *o, struct aid_str *out, int *cut);
void output_end (struct output *o);

/* --- command.c --- */
struct command
{
  pid_t pid;
  int output, status; /* what it prints; what bubblewrap says of it */
};
/* Starts LINE by sh in DIR ("": the tree's root). */
enum aid_err
command_start (const struct keeper *k, const char *line, const char *dir, struct command *c, struct aid_error *e);

/* --- filter.c --- */
/* Makes a file of the system calls that are refused, for bubblewrap, while there is room for it.  0, or -1 with errno. */
int filter_make (void);
/* Opens it.  -1 with errno 0: there is none for this kind of machine. */
int filter_open (void);

/* --- run.c --- */
/* Runs one command to its end; 0 when the input has ended meanwhile. */
int run_command (const struct keeper *k, const char *line, const char *dir, struct aid_box_answer *a, struct aid_str *text,
                 struct aid_error *e);

/* --- serve.c --- */
int answer_with (struct aid_box_answer *a, struct aid_span text);
int answer_error (enum aid_err err, const char *sentence);
/* Reads N bytes of the input; 0, or -1 when there are no more. */
int read_all (void *to, size_t n);
/* Answers requests until the input ends. */
void serve (const struct keeper *k);

#endif
