/* Libraries that are loaded when they are wanted, for they come with many of their own and most runs of a program want
   none of them. */
#ifndef AID_BASE_LATE_H
#define AID_BASE_LATE_H

#include <stddef.h>

#define AID_LATE_WHY 160

/* A function of a library, and where its pointer goes in a table. */
struct aid_late
{
  const char *name;
  size_t at; /* bytes from the table's beginning */
};

/* Loads LIBRARY, which is never unloaded, and puts its N functions into TABLE.  0; else WHY says which is missing.  Not two of
   the same table at once. */
int aid_late_load (const char *library, const struct aid_late *functions, size_t n, void *table, char why[AID_LATE_WHY]);

#endif
