#ifndef PATH_H
#define PATH_H
/* A and B with one slash between them, from malloc. */
char *path_join (const char *a, const char *b);
#endif
