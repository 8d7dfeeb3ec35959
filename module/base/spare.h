/* Large blocks of memory that are wanted again soon.  What is given back is kept for whoever takes next, since the kernel clears
   and maps every page of a new block, which can cost more than what is done in it. */
#ifndef AID_BASE_SPARE_H
#define AID_BASE_SPARE_H

#include <stddef.h>

/* SIZE bytes or more, aligned for anything and not cleared; NULL when there is no memory.  Give it back with aid_spare_give.  Any
   thread, without waiting. */
void *aid_spare_take (size_t size);
/* BLOCK is not used any more.  A few blocks of up to 2 MB each are kept, others freed.  NULL is fine. */
void aid_spare_give (void *block);
/* Frees what is kept. */
void aid_spare_drop (void);

#endif
