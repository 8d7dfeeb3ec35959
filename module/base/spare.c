/* The kept blocks stand in slots; who takes one empties the slot, so that nobody shares and nobody waits. */
#include "base/spare.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* ASan is to see it when a block is used after it was given back: then none is kept. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ /* which gcc defines itself */
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
enum { KEEPS = 0 };
#else
enum { KEEPS = 1 };
#endif

enum { SLOTS = 4, WORTH_KEEPING = 64 << 10, TOO_LARGE = 2 << 20 /* bytes */ };

/* Before each block: how large it is. */
union head
{
  size_t room;
  max_align_t align;
};

static _Atomic (union head *) kept[SLOTS];

/* Puts HEAD into an empty slot, or frees it. */
static void
keep (union head *head)
{
  for (size_t i = 0; i < SLOTS; i++)
    {
      union head *empty = NULL;
      if (atomic_compare_exchange_strong (&kept[i], &empty, head))
        return;
    }
  free (head);
}

void *
aid_spare_take (size_t size)
{
  for (size_t i = 0; i < SLOTS && size >= WORTH_KEEPING; i++)
    {
      union head *head = atomic_exchange (&kept[i], NULL);
      if (head && head->room >= size)
        return head + 1;
      free (head); /* others will be of the larger size, too */
    }
  union head *head = size < SIZE_MAX - sizeof *head ? malloc (sizeof *head + size) : NULL;
  if (!head)
    return NULL;
  head->room = size;
  return head + 1;
}

void
aid_spare_give (void *block)
{
  union head *head = block ? (union head *) block - 1 : NULL;
  if (KEEPS && head && head->room >= WORTH_KEEPING && head->room <= TOO_LARGE)
    keep (head);
  else
    free (head);
}

void
aid_spare_drop (void)
{
  for (size_t i = 0; i < SLOTS; i++)
    free (atomic_exchange (&kept[i], NULL));
}
