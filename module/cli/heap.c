/* Memory for a command that is over in a moment.  malloc asks the system for it in small pieces and gives them back as soon as
   they are free, and the system hands it out page by page, each at the price of a trap: for some hundred files that is more time
   than reading and placing their hunks takes, and several times more on a virtual machine.  So the heap is made large once, of
   huge pages where the system has them, and is not given back before the end.  What is not touched is not there, and where any
   of this is not to be had the heap is as usual. */
#include "cli/cli.h"

#ifdef __GLIBC__
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEAP = 16 << 20, LARGEST = 4 << 20 /* what is larger comes from the system alone */, HUGE_PAGE = 2 << 20 };

void
aid_cli_heap (void)
{
  /* One heap: the threads of a command ask for next to nothing, and a heap of its own costs each of them more. */
  if (!mallopt (M_ARENA_MAX, 1) || !mallopt (M_MMAP_THRESHOLD, 2 * HEAP) || !mallopt (M_TRIM_THRESHOLD, 4 * HEAP))
    return;
  char *heap = malloc (HEAP);
  uintptr_t from = ((uintptr_t) heap + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  int huge = heap && madvise ((void *) from, HEAP - HUGE_PAGE, MADV_HUGEPAGE) == 0;
  free (heap);
  /* What lies before the first huge page is not used: its pages would be small ones. */
  static void *skipped;
  skipped = huge ? malloc (from - (uintptr_t) heap) : NULL;
  (void) skipped;
  mallopt (M_MMAP_THRESHOLD, LARGEST);
}

#else

void
aid_cli_heap (void)
{
}

#endif
