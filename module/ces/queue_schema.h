/* What queue_schema.c has for the engine. */
#ifndef AID_CES_QUEUE_SCHEMA_H
#define AID_CES_QUEUE_SCHEMA_H

#include "team/pg.h"

/* Whether the queue was set up, and is one that this AID knows. */
enum aid_err aid_queue_schema_check (struct aid_pg *pg, const char *name, struct aid_error *e);

#endif
