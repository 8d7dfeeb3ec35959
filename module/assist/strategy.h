/* Strategies: how a question is asked.  A strategy is a file NAME.md: settings at its head (front.h), then the system prompt as
   a template (template.h).  docs/strategies.md is the manual.

   NAME.md is looked for in the project's .aid/strategies, in the user's $XDG_CONFIG_HOME/aid/strategies, then among those
   that the core brings along; so is _NAME.md, a part that {{> NAME}} includes.  A project's file is another's text until it
   is trusted: what only the user may say is left out of it with a warning, and it is no link to elsewhere. */
#ifndef AID_ASSIST_STRATEGY_H
#define AID_ASSIST_STRATEGY_H

#include "assist/template.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "config/config.h"

#define AID_STRATEGY_FILE_MAX (256u << 10) /* bytes of one file */
#define AID_STRATEGY_CHAIN 8               /* strategies that extend one another */
#define AID_STRATEGIES_MAX ((size_t) 500)  /* files in one folder */
#define AID_STRATEGY_BUDGET 16000          /* tokens of context, when none are stated */

enum aid_origin
{
  AID_ORIGIN_PROJECT,
  AID_ORIGIN_USER,
  AID_ORIGIN_SHIPPED,
  AID_ORIGIN_COUNT
};
const char *aid_origin_name (enum aid_origin o); /* "project", "user", "shipped" */

enum aid_edit_format
{
  AID_EDIT_NONE,
  AID_EDIT_UNIFIED,
  AID_EDIT_SEARCH_REPLACE,
  AID_EDIT_APPLY_PATCH,
  AID_EDIT_WHOLE
};
const char *aid_edit_format_name (enum aid_edit_format f);

/* Where context comes from.  The first three and errors and diff are the front end's to find. */
enum aid_source
{
  AID_SOURCE_REGION,
  AID_SOURCE_DEFINITION,
  AID_SOURCE_BUFFER,
  AID_SOURCE_ERRORS,
  AID_SOURCE_DIFF,
  AID_SOURCE_BUILD, /* what fails in the last build, when it is red */
  AID_SOURCE_SIBLINGS,
  AID_SOURCE_INSTRUCTIONS,
  AID_SOURCE_SEARCH, /* what the project's index finds for the question */
  AID_SOURCE_COUNT
};
const char *aid_source_name (enum aid_source s);

struct aid_strategy_variable
{
  char *name, *value; /* {{vars.NAME}} */
};

struct aid_strategy
{
  char *name, *file; /* FILE: its path, or "strategies/NAME.md" of one that the core brings */
  enum aid_origin origin;
  char *description;          /* or NULL */
  char *extends, *variant_of; /* names of others, or NULL */
  struct aid_vec languages;   /* char *: of a variant, words of aid_item_language */
  enum aid_edit_format format;
  enum aid_source sources[AID_SOURCE_COUNT];
  size_t nsources;
  char *effort, *model, *tools;     /* or NULL */
  json_t *schema;                   /* of the answer, which is JSON then, or NULL; */
  char *schema_name;                /* what servers call it */
  double temperature, top_p;        /* negative: not set */
  int64_t max_tokens;               /* 0: not set */
  int64_t budget;                   /* tokens of context lines, those that a recipe adds included */
  struct aid_vec vars;              /* struct aid_strategy_variable */
  struct aid_str warnings;          /* "FILE:LINE: ..." a line */
  struct aid_vec templates;         /* struct aid_template *: of what is extended first, its own last */
  struct aid_template *format_text; /* how FORMAT is asked for, or NULL */
};

/* ROOT is the project's folder or NULL.  AID_E_NOTFOUND names those that there are; AID_E_PARSE says "FILE:LINE:COLUMN: ". */
enum aid_err aid_strategy_load (const char *root, const char *name, struct aid_strategy **out, struct aid_error *e);
/* The same of the file PATH, wherever it lies; what it includes is looked for beside it first.  Among the project's strategies
   it may say what those may. */
enum aid_err aid_strategy_load_file (const char *root, const char *path, struct aid_strategy **out, struct aid_error *e);
void aid_strategy_free (struct aid_strategy *s);
int aid_strategy_has (const struct aid_strategy *s, enum aid_source source);

/* What a prompt may name besides {{vars.NAME}}. */
enum aid_scene_word
{
  AID_SCENE_PROJECT,
  AID_SCENE_FILE,
  AID_SCENE_LANGUAGE,
  AID_SCENE_DATE,
  AID_SCENE_OS,
  AID_SCENE_VC,
  AID_SCENE_BUILD,
  AID_SCENE_MODEL,
  AID_SCENE_STRATEGY,
  AID_SCENE_CONTEXT,
  AID_SCENE_INSTRUCTIONS,
  AID_SCENE_COUNT
};
const char *aid_scene_name (enum aid_scene_word f);

struct aid_scene
{
  struct aid_str values[AID_SCENE_COUNT];
};
/* What is so now: CHAT is the chat file's text, TURN the asked turn (0: the last question).  MODEL and the strategy's name may
   be NULL.  AID_E_LIMIT: the user's instructions are too long. */
enum aid_err aid_scene_find (const char *root, struct aid_span chat, int64_t turn, const char *model, const char *strategy,
                             struct aid_scene *out, struct aid_error *e);
void aid_scene_free (struct aid_scene *f);

/* Appends the system prompt. */
enum aid_err
aid_strategy_render (const struct aid_strategy *s, const struct aid_scene *scene, struct aid_str *out, struct aid_error *e);

/* The same of what is so now: see aid_scene_find. */
enum aid_err aid_strategy_prompt (const struct aid_strategy *s, const char *root, struct aid_span chat, int64_t turn,
                                  const char *model, struct aid_str *out, struct aid_error *e);

/* The main language of a chat (the text of its file): of most of the files in its items, the first of those that are even;
   files of data count only where there is no code.  "" when there is none. */
const char *aid_chat_language (struct aid_span chat);
/* The name of the strategy to ask by: NAME, or when it is NULL the configured one; or, unless EXACT or the settings forbid it,
   its variant for the main language of CHAT.  To be freed; NULL without memory. */
char *
aid_strategy_in_force (const struct aid_config *config, const char *root, const char *name, int exact, struct aid_span chat);
/* The same for a chat of which LANGUAGE is known. */
char *aid_strategy_in_force_for (const struct aid_config *config, const char *root, const char *name, int exact,
                                 const char *language);
/* The name of the strategy that stands in for NAME in LANGUAGE; NULL when NAME itself is used.  To be freed. */
char *aid_strategy_variant (const char *root, const char *name, const char *language);

struct aid_strategy_listed
{
  char *name, *file;
  enum aid_origin origin;
  struct aid_strategy *strategy; /* NULL: it cannot be used */
  char *error;                   /* why, or NULL */
};
/* All that can be chosen, the project's first, by name in each place: of several of one name the first that is found. */
enum aid_err aid_strategy_list (const char *root, struct aid_vec *out, struct aid_error *e);
void aid_strategy_list_free (struct aid_vec *list);
/* Appends the text of strategy NAME's file, and to FILE what it is called. */
enum aid_err
aid_strategy_text (const char *root, const char *name, struct aid_str *text, struct aid_str *file, struct aid_error *e);
/* One listed strategy as a val object, as `aid strategies --json` prints it. */
void aid_strategy_to_val (const struct aid_strategy_listed *l, struct aid_str *out);
/* The strategy NAME likewise; one that cannot be used says why. */
void aid_strategy_info (const char *root, const char *name, struct aid_str *out);

#endif
