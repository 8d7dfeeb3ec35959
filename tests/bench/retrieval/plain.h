/* What AID is compared with: FTS5 as it is, its default tokenizer and bm25, over whole files, and over definitions. */
#ifndef AID_BENCH_PLAIN_H
#define AID_BENCH_PLAIN_H

#include "index/index.h"

struct plain;

struct plain *plain_open (void);
void plain_close (struct plain *p);
/* Brings it to the text files of PROJECT as they are now; how many there are. */
size_t plain_update (struct plain *p, struct aid_project *project, struct aid_index *x);
int plain_has (struct plain *p, const char *path);
/* The best MAX for QUESTION, any of its words: paths, and "PATH NAME"; to be freed. */
size_t plain_files (struct plain *p, struct aid_span question, char **out, size_t max);
size_t plain_defs (struct plain *p, struct aid_span question, char **out, size_t max);

struct aid_span aid_path_base (struct aid_span path);

#endif
