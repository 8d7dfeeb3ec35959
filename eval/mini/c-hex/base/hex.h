#ifndef HEX_H
#define HEX_H
#include <stddef.h>
/* Writes the LEN BYTES as hex into OUT of SIZE bytes, with a NUL; gives the number of digits. */
size_t hex (const char *bytes, size_t len, char *out, size_t size);
#endif
