/* What a model is told of a build: its sum, and the errors, first one first, for later ones are often its consequences.  Each
   with all that was printed of it, and the source around its place. */
#include "build/last.h"
#include "base/fs.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <sys/stat.h>

#define PLACES_MAX 8 /* windows of source */
#define ERRORS_MAX 20
#define AROUND 10 /* lines before and behind the place */
#define SOURCE_BYTES ((size_t)16 << 20)

struct telling
{
  const char *root;
  const struct aid_build_last *l;
  struct aid_str *out;
  const struct aid_diag *shown[PLACES_MAX];
  size_t nshown;
};

/* Whether the lines around D were shown with an earlier error. */
static int
was_shown (const struct telling *t, const struct aid_diag *d)
{
  for (size_t i = 0; i < t->nshown; i++)
    if (!strcmp (t->shown[i]->path, d->path) && abs (t->shown[i]->line - d->line) <= AROUND / 2)
      return 1;
  return 0;
}

static void
add_lines (struct telling *t, struct aid_span text, const struct aid_diag *d)
{
  struct aid_span line;
  int first = d->line > AROUND ? d->line - AROUND : 1, last = d->line + AROUND;
  for (int n = 1; n <= last && aid_span_line (&text, &line); n++)
    if (n >= first)
      {
        struct aid_str clean = AID_STR_INIT (1024);
        aid_utf8_clean (aid_span_cut (line, 0, line.len < 300 ? line.len : 300), &clean);
        aid_str_addf (t->out, "%5d%c %s\n", n, n == d->line ? '>' : ' ', aid_str_z (&clean));
        aid_str_free (&clean);
      }
}

/* The window of the source around D, if it is a file of the project. */
static void
add_source (struct telling *t, const struct aid_diag *d)
{
  struct aid_str path = AID_STR_INIT (4096), text = AID_STR_INIT (SOURCE_BYTES);
  struct stat st;
  if (!d->path || d->path[0] == '/' || d->line < 1 || t->nshown == PLACES_MAX || was_shown (t, d))
    return;
  if (!aid_fs_join (&path, t->root, d->path) && !aid_fs_read (aid_str_z (&path), &text, NULL)
      && !memchr (aid_str_z (&text), 0, text.len))
    {
      int changed = stat (aid_str_z (&path), &st) == 0
                    && (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 > t->l->time_ms;
      aid_str_addf (t->out, "\n%s, around line %d%s:\n", d->path, d->line, changed ? " (changed since the build)" : "");
      add_lines (t, aid_str_span (&text), d);
      t->shown[t->nshown++] = d;
    }
  aid_str_free (&path);
  aid_str_free (&text);
}

static void
add_sum (struct telling *t)
{
  static const char *const words[] = { "could not be built", "is being built", "builds", "does not build" };
  const struct aid_build_last *l = t->l;
  if (l->what == AID_BUILD_TEST && l->status >= AID_BUILD_GREEN)
    aid_str_addf (t->out, "The tests %s", l->status == AID_BUILD_GREEN ? "pass" : "fail");
  else
    aid_str_addf (t->out, "The project %s", words[l->status]);
  aid_str_addf (t->out, " (%s", l->command ? l->command : "?");
  if (l->status == AID_BUILD_RED && l->code)
    aid_str_addf (t->out, ", exit status %d", l->code);
  aid_str_addf (t->out, "): %zu error%s, %zu warning%s.\n", l->diags.errors, l->diags.errors == 1 ? "" : "s",
                l->diags.warnings, l->diags.warnings == 1 ? "" : "s");
}

static void
add_one (struct telling *t, const struct aid_diag *d, size_t number)
{
  aid_str_addf (t->out, "\n%zu. %s\n", number, d->text);
  add_source (t, d);
}

enum aid_err
aid_build_tell (const char *root, const struct aid_build_last *l, struct aid_str *out, struct aid_error *e)
{
  struct aid_str mine = AID_STR_INIT (4 * AID_BUILD_ITEM_MAX);
  struct telling t = { .root = root, .l = l, .out = &mine };
  size_t n = 0, left = 0;
  add_sum (&t);
  for (size_t i = 0; i < l->diags.items.len; i++)
    {
      const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &l->diags.items, i);
      /* A note goes with the error before it; warnings are told when nothing is worse. */
      int wanted = d->severity == AID_SEVERITY_ERROR || l->diags.errors == 0 || (d->severity == AID_SEVERITY_NOTE && n > 0);
      if (wanted && n < ERRORS_MAX && mine.len < AID_BUILD_ITEM_MAX)
        add_one (&t, d, ++n);
      else
        left += d->severity == AID_SEVERITY_ERROR;
    }
  if (l->diags.errors == 0 && l->status != AID_BUILD_GREEN && l->tail && l->tail[0])
    aid_str_addf (&mine, "\nThe last that it printed:\n%s\n", l->tail);
  if (left)
    aid_str_addf (&mine, "\n%zu more error%s, not shown.\n", left, left == 1 ? "" : "s");
  aid_str_addspan (out, aid_str_span (&mine));
  enum aid_err err = mine.err ? mine.err : out->err;
  aid_str_free (&mine);
  return err ? aid_error_set (e, err, "What failed in the build does not fit into memory") : AID_OK;
}
