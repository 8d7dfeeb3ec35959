/* What the rooms of strategies share: strategy.c (settings, templates), strategy_files.c (where they are), strategy_list.c
   (all of them, variants), scene.c (what a prompt may name). */
#ifndef AID_ASSIST_STRATEGY_INTERNAL_H
#define AID_ASSIST_STRATEGY_INTERNAL_H

#include "assist/front.h"
#include "assist/strategy.h"

struct aid_shipped
{
  const char *name, *text; /* "ask.md" */
};
/* Made by the build out of strategies/; the last has no name. */
extern const struct aid_shipped aid_shipped_strategies[];

struct aid_strategy_file
{
  enum aid_origin origin;
  struct aid_str text, path;
};

/* One file of a chain: first the strategy itself, then what it extends, and so on. */
struct aid_strategy_level
{
  char *name;
  struct aid_strategy_file file;
  struct aid_front front;
};

struct aid_strategy_loader
{
  const char *root;
  const char *beside; /* a folder where parts are looked for first, or NULL */
  struct aid_strategy *s;
  struct aid_vec levels; /* struct aid_strategy_level */
  struct aid_error *e;
  int in_format; /* what is read says how the format is asked for */
};

#define AID_STRATEGY_VARS 100 /* variables of one strategy */

/* An error at V of the file FROM: WHAT is wrong; or KEY must be WHAT. */
enum aid_err aid_strategy_complain (struct aid_strategy_loader *l, const struct aid_strategy_level *from,
                                    const struct aid_front_value *v, const char *what);
enum aid_err aid_strategy_complain_type (struct aid_strategy_loader *l, const struct aid_strategy_level *from,
                                         const struct aid_front_value *v, const char *key, const char *what);
/* Takes the setting V of FROM as the shape of the answer. */
enum aid_err aid_strategy_take_schema (struct aid_strategy_loader *l, const struct aid_strategy_level *from,
                                       const struct aid_front_value *v);
/* Takes the settings of one file of the chain; OWN: it is the strategy itself, not what it extends. */
enum aid_err aid_strategy_take_settings (struct aid_strategy_loader *l, const struct aid_strategy_level *from, int own);

/* Whether NAME may name a strategy or a part: a letter or digit, then those and "-", in lower case, 64 at most. */
int aid_strategy_is_name (struct aid_span name);
/* Finds the file NAME (with its ending) from ORIGIN on, and reads it.  AID_E_NOTFOUND; AID_E_REFUSED: a project's file that
   leads elsewhere; AID_E_LIMIT, AID_E_IO. */
enum aid_err aid_strategy_file_find (const char *root, enum aid_origin origin, const char *name,
                                     struct aid_strategy_file *out, struct aid_error *e);
void aid_strategy_file_free (struct aid_strategy_file *f);
/* Adds the names, without ".md", of the strategies in one place to NAMES (char *), by name. */
void aid_strategy_names (const char *root, enum aid_origin origin, struct aid_vec *names);
/* Whether PATH, links followed, is inside of ROOT. */
int aid_strategy_inside (const char *root, const char *path);

#endif
