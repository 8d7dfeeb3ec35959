/* What config.c (the table of settings, and checking by it) and config_load.c (files, and who stands over whom) share. */
#ifndef AID_CONFIG_INTERNAL_H
#define AID_CONFIG_INTERNAL_H

#include "config/config.h"

struct aid_config
{
  json_t *root;
  struct aid_str warnings;
  struct aid_str path;    /* of the user's file */
  struct aid_str waiting; /* what waits for trust: "providers.x.url, ..." */
  int nwaiting;
};

/* A file as it is read; borrowed. */
struct aid_config_source
{
  struct aid_span text;
  const char *name;
  const json_t *user; /* for a project's file that is not trusted: the person's own settings */
};

/* The file as a checked object; an empty one for empty text.  NULL and *E otherwise. */
json_t *aid_config_read (struct aid_config *c, const struct aid_config_source *s, struct aid_error *e);

#endif
