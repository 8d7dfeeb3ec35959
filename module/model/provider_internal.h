/* What provider.c (names and resolving) and provider_list.c (listing) share. */
#ifndef AID_MODEL_PROVIDER_INTERNAL_H
#define AID_MODEL_PROVIDER_INTERNAL_H

#include "model/provider.h"

/* The settings and the presets under them. */
struct aid_catalogue
{
  const struct aid_config *config;   /* borrowed */
  json_t *presets;
};
struct aid_catalogue aid_catalogue_open (const struct aid_config *c);
void aid_catalogue_close (struct aid_catalogue *cat);
/* A new reference to the provider KEY: the settings' members over the preset's; NULL when neither knows it. */
json_t *aid_catalogue_provider (const struct aid_catalogue *cat, const char *key);
/* A new reference to an array of all providers' names. */
json_t *aid_catalogue_names (const struct aid_catalogue *cat);
/* As aid_model_resolve; ID is not NULL.  FOUND is what its server told of the model, over the presets and under the settings;
   NULL: what is kept of that (told.h). */
enum aid_err aid_catalogue_resolve (const struct aid_catalogue *cat, const char *id, const json_t *found, struct aid_model *out,
                                    struct aid_error *e);
/* The model that no name means, or NULL; to be freed. */
char *aid_catalogue_default (const struct aid_catalogue *cat);

#endif
