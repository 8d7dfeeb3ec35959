/* What servers told of their models since this core was started: a model that is named later is known as it was when it was
   found.  Threads: any, at once. */
#ifndef AID_MODEL_TOLD_H
#define AID_MODEL_TOLD_H

#include <jansson.h>

#define AID_TOLD_MAX 64             /* servers; what the next would be is not kept */

/* Keeps ENTRIES (served.h; copied) as what the server at URL has; they replace what it told before. */
void aid_told_keep (const char *url, const json_t *entries);
/* A new reference to what the server at URL told of its model NAME, which is not to be changed; NULL when that is nothing. */
json_t *aid_told_get (const char *url, const char *name);

#endif
