/* Which server a model's name means: the user's config over the presets (presets.json). */
#ifndef AID_MODEL_PROVIDER_H
#define AID_MODEL_PROVIDER_H

#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "model/facts.h"
#include "model/wire.h"
#include "net/http.h"

/* A model resolved to everything that a request needs.  Owned strings. */
struct aid_model
{
  char *id;                 /* the name people use: "claude" */
  char *provider, *name;    /* the provider's key, the server's name of the model */
  char *title;              /* the provider's name for people; its key when there is no other */
  char *kind;               /* of a local server, or NULL (presets.h) */
  char *wire, *url, *version, *dialect;   /* the last two may be NULL */
  char *host;               /* of url, without a port: what auth-source is asked for, unless "key_host" says otherwise */
  int local;                /* the server is this machine */
  int needs_key;            /* a preset or config names one */
  char *key_env;            /* or NULL */
  json_t *key_command;      /* array of strings, or NULL */
  json_t *headers, *extra;  /* or NULL */
  int64_t context;          /* tokens; 0: unknown */
  int64_t max_output;       /* tokens of one answer at most; 0: unknown */
  unsigned abilities;       /* AID_CAN_... */
  struct aid_price price;
  int thinks_first;         /* its answers begin inside of <think> (struct aid_wire) */
  struct aid_sampling sampling;  /* its effort is owned here */
  struct aid_http_request net;   /* only its times, retries, proxy and certificates are set; strings owned here */
};
void aid_model_free (struct aid_model *m);

/* Resolves ID: a key of "models"; or PROVIDER/NAME; or NULL for the configured default, else the first of "models", else the
   first preset's whose key is in the environment.  AID_E_NOTFOUND says what is configured and where to write more. */
enum aid_err aid_model_resolve (const struct aid_config *c, const char *id, struct aid_model *out, struct aid_error *e);
/* What the core alone knows of M's key: "set" (the environment or a command has it), "missing" (a front end may still find
   it) or "none" (no key is needed). */
const char *aid_model_key_state (const struct aid_model *m);
enum aid_list
{
  AID_LIST_READY,           /* the configured models, then those of the providers whose key is at hand */
  AID_LIST_ALL,             /* also those of providers whose key is missing */
  AID_LIST_FIRST            /* the configured ones, and the first of each provider: what a check looks at */
};
/* A val list of objects {id, provider, title, name, host, local, configured, needs_key, key (as above), key_env, default,
   and what aid_facts_val writes}.  A default that is none of the list's stands first; a model that cannot be asked has a
   member "error" that says why. */
void aid_model_list (const struct aid_config *c, enum aid_list which, struct aid_str *out);
/* A val list of such objects: the models of the provider KEY that its server told of, an array of entries (served.h). */
void aid_model_list_served (const struct aid_config *c, const char *key, const json_t *entries, struct aid_str *out);
/* A new reference to an array of the names of the providers there are: the settings', then the presets'. */
json_t *aid_providers (const struct aid_config *c);
/* The provider KEY resolved as a model with NAME ("" when none is meant) would be: who asks a server for its models.  As
   aid_model_resolve. */
enum aid_err aid_provider_resolve (const struct aid_config *c, const char *key, struct aid_model *out, struct aid_error *e);
/* Endpoint of M with KEY (may be NULL), borrowing from both. */
struct aid_endpoint aid_model_endpoint (const struct aid_model *m, const char *key);

#endif
