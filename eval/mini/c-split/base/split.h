#ifndef SPLIT_H
#define SPLIT_H
#include <stddef.h>
/* Cuts TEXT at each SEPARATOR into at most MAX (1 or more) FIELDS; gives their number. */
size_t split (char *text, char separator, char **fields, size_t max);
#endif
