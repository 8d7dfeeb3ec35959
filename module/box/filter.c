/* System calls that are refused in a box, as a program of the kernel's packet filter.  Bubblewrap takes capabilities and names
   away; these take away what a process may do without either: namespaces of its own and the kernel's younger interfaces, in
   which most holes are found, keys, and memory that is nobody's: a memfd that is not mapped shows in no count, nor does what
   vmsplice leaves in a pipe (a page of it holds the two megabytes that it is a part of).

   They fail as on a kernel that does not have them, so that programs do without. */
#include "box/keeper.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_NAME HOUSE "/filter"

#if defined __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#define OTHER_ABI 0x40000000 /* numbers from here on are those of x32 */
#elif defined __aarch64__
#define MACHINE AUDIT_ARCH_AARCH64
#define OTHER_ABI 0
#endif

#ifdef MACHINE
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_clone3
#define SYS_clone3 435 /* whose flags are in memory, where no filter looks: libraries take clone instead */
#endif

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

#define LOAD(field) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof (struct seccomp_data, field))
#define FAIL(no) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (no))
#define LACKS(call) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), FAIL (ENOSYS)
/* CALL fails when its first argument has the flag for a user namespace. */
#define NO_USER_NAMESPACE(call)                                                                                             \
  BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), LOAD (args[0]),                                                   \
    BPF_JUMP (BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 0, 1), FAIL (EPERM), LOAD (nr)

static const struct sock_filter program[] = {
  LOAD (arch),
  BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
  FAIL (ENOSYS),
  LOAD (nr),
#if OTHER_ABI
  BPF_JUMP (BPF_JMP | BPF_JGE | BPF_K, OTHER_ABI, 0, 1),
  FAIL (ENOSYS),
#endif
  NO_USER_NAMESPACE (clone),
  NO_USER_NAMESPACE (unshare),
  LACKS (clone3),
  LACKS (memfd_create),
  LACKS (memfd_secret),
  LACKS (vmsplice),
  LACKS (add_key),
  LACKS (request_key),
  LACKS (keyctl),
  LACKS (bpf),
  LACKS (perf_event_open),
  LACKS (userfaultfd),
  LACKS (io_uring_setup),
  BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

int
filter_make (void)
{
  int fd = open (FILE_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
  int bad = fd < 0 || aid_fs_write_all (fd, (struct aid_span){ (const char *)program, sizeof program });
  if (fd >= 0)
    close (fd);
  return bad ? -1 : 0;
}

int
filter_open (void)
{
  return open (FILE_NAME, O_RDONLY | O_CLOEXEC);
}
#else
int
filter_make (void)
{
  return 0;
}

int
filter_open (void)
{
  errno = 0;
  return -1;
}
#endif
