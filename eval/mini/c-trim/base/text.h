#ifndef TEXT_H
#define TEXT_H
/* Removes white space from both ends of TEXT, in place; gives TEXT. */
char *trim (char *text);
#endif
