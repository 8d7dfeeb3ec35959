/* Which server a model's name means: the user's config over built-in presets (Anthropic, OpenAI, OpenRouter, DeepSeek,
   Mistral and the local servers Ollama, llama.cpp, LM Studio, vLLM). */
#ifndef AID_MODEL_PROVIDER_H
#define AID_MODEL_PROVIDER_H

#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "model/price.h"
#include "model/wire.h"
#include "net/http.h"

/* What a model can do, as a set.  That a bit is missing means "no" only when AID_CAN_TOLD is there. */
enum aid_ability
{
  AID_CAN_TOLD = 1,         /* the settings, the presets or the server say what the model can do */
  AID_CAN_TEXT = 2,
  AID_CAN_IMAGE = 4,        /* reads images */
  AID_CAN_PDF = 8,          /* reads PDF files */
  AID_CAN_TOOLS = 16,
  AID_CAN_REASON = 32,
  AID_CAN_CACHE = 64,       /* the server keeps a prompt's beginning at a lower price */
  AID_CAN_JSON = 128        /* answers by a JSON schema */
};
/* The set's words, as the settings have them: "text", "image", "pdf", "tools", "reasoning", "cache", "json". */
unsigned aid_ability_of (const char *word);            /* 0: no such word */
const char *aid_ability_word (unsigned ability);       /* of one bit; NULL for AID_CAN_TOLD and others */

/* A model resolved to everything that a request needs.  Owned strings. */
struct aid_model
{
  char *id;                 /* the name people use: "claude" */
  char *provider, *name;    /* the provider's key, the server's name of the model */
  char *wire, *url, *version;
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
  struct aid_sampling sampling;  /* its effort is owned here */
  struct aid_http_request net;   /* only its times, retries, proxy and certificates are set; strings owned here */
};
void aid_model_free (struct aid_model *m);

/* Resolves ID: a key of "models"; or PROVIDER/NAME; or NULL for the configured default, else the first model of
   aid_model_list.  AID_E_NOTFOUND says what is configured and where to write more. */
enum aid_err aid_model_resolve (const struct aid_config *c, const char *id, struct aid_model *out, struct aid_error *e);
/* What the core alone knows of M's key: "set" (the environment or a command has it), "missing" (a front end may still find
   it) or "none" (no key is needed). */
const char *aid_model_key_state (const struct aid_model *m);
/* A val list of objects {id, provider, name, host, local, context, needs_key, key (as above), default}: the
   configured models, then the presets whose key is in the environment.  A default that is neither stands first; a model that
   cannot be asked has a member "error" that says why. */
void aid_model_list (const struct aid_config *c, struct aid_str *out);
/* Endpoint of M with KEY (may be NULL), borrowing from both. */
struct aid_endpoint aid_model_endpoint (const struct aid_model *m, const char *key);

#endif
