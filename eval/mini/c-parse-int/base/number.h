#ifndef NUMBER_H
#define NUMBER_H
/* 1 and *OUT when all of TEXT is a decimal int; else 0. */
int parse_int (const char *text, int *out);
#endif
