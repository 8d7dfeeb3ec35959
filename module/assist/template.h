/* Templates of system prompts: text with a few tags, all checked when the template is read.

     {{name}}                               a variable's value
     {{#if name}} .. {{else}} .. {{/if}}    the first part if the variable has a value that is not blank, else the second
     {{> name}}                             another file's text, its tags included
     {{parent}}                             the template that this one extends; once
     {{! words }}                           nothing
     \{{                                    two braces

   Any other text stays as it is.  A line that holds only {{#if}}, {{else}}, {{/if}} or a comment leaves nothing behind.
   A value is never read for tags. */
#ifndef AID_ASSIST_TEMPLATE_H
#define AID_ASSIST_TEMPLATE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_TEMPLATE_MAX (1u << 20) /* bytes of a template's source files together, and of what it renders to */
#define AID_TEMPLATE_NODES 10000    /* pieces of text and tags, partials included */
#define AID_TEMPLATE_FILES 200      /* files that are included, each as often as it is */
#define AID_TEMPLATE_DEPTH 8        /* files that include one another */
#define AID_TEMPLATE_NESTING 16     /* {{#if}} inside {{#if}} in one file */

struct aid_template;

struct aid_template_source
{
  const char *file; /* for errors */
  struct aid_span text;
  int line; /* the number of its first line */
};

/* What a template may name. */
struct aid_template_world
{
  int (*knows) (void *ctx, struct aid_span variable);
  /* Gives the file NAME: appends its text to TEXT and what errors call it to FILE.  AID_E_NOTFOUND: there is none; any
     other error is E's to say. */
  enum aid_err (*partial) (void *ctx, struct aid_span name, struct aid_str *text, struct aid_str *file, struct aid_error *e);
  void *ctx;
};

/* Reads and checks a template.  PARENT (borrowed, may be NULL) is what {{parent}} stands for.  An error begins with
   "FILE:LINE:COLUMN: ", columns in characters. */
enum aid_err aid_template_read (const struct aid_template_source *source, const struct aid_template_world *world,
                                const struct aid_template *parent, struct aid_template **out, struct aid_error *e);
void aid_template_free (struct aid_template *t);
/* Whether the template, or its parent where it stands in it, names VARIABLE. */
int aid_template_names (const struct aid_template *t, const char *variable);

/* The value of VARIABLE, empty when it has none; valid until rendering ends. */
typedef struct aid_span aid_template_value (void *ctx, struct aid_span variable);
/* Appends the text to OUT, whose limit holds. */
enum aid_err aid_template_render (const struct aid_template *t, aid_template_value *value, void *ctx, struct aid_str *out);

#endif
