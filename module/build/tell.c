/* What a model is told of a build: its sum, and the errors, first one first, for later ones are often its consequences.  Each
   with all that was printed of it, and the definition that its place is in, with its interface. */
#include "build/last.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "scan/scan.h"

#include <sys/stat.h>

#define PLACES_MAX 8 /* windows of source */
#define ERRORS_MAX 20
#define AROUND 10 /* lines before and behind the place, where it stands in no definition, or in a long one */
#define LONG 60u  /* lines of a definition that is not shown whole */
#define SOURCE_BYTES ((size_t)1 << 20)    /* of a file that is larger only the message is shown */
#define SCANNED_BYTES ((size_t)256 << 10) /* of all files; beyond them no definitions are looked for: somebody waits */

struct telling
{
  const char *root;
  const struct aid_build_last *l;
  struct aid_str *out;
  struct shown
  {
    const char *path;
    int first, last;
  } shown[PLACES_MAX];
  size_t nshown, scanned;
};

/* Whether the place of D was shown with an earlier error. */
static int
was_shown (const struct telling *t, const struct aid_diag *d)
{
  for (size_t i = 0; i < t->nshown; i++)
    if (!strcmp (t->shown[i].path, d->path) && t->shown[i].first <= d->line && d->line <= t->shown[i].last)
      return 1;
  return 0;
}

/* Appends lines FIRST to LAST of TEXT with their numbers, MARK among them marked (0: none). */
static void
add_lines (struct telling *t, struct aid_span text, int first, int last, int mark)
{
  struct aid_span line;
  for (int n = 1; n <= last && aid_span_line (&text, &line); n++)
    if (n >= first)
      {
        struct aid_str clean = AID_STR_INIT (1024);
        aid_utf8_clean (aid_span_cut (line, 0, line.len < 300 ? line.len : 300), &clean);
        aid_str_addf (t->out, "%5d%c %s\n", n, n == mark ? '>' : ' ', aid_str_z (&clean));
        aid_str_free (&clean);
      }
}

static size_t
line_offset (struct aid_span text, int line)
{
  struct aid_span rest = text, one;
  for (int n = 1; n < line && aid_span_line (&rest, &one); n++)
    ;
  return text.len - rest.len;
}

static int
is_member (enum aid_def_kind kind)
{
  return kind == AID_DEF_FIELD || kind == AID_DEF_CONSTRUCTOR;
}

/* The definition in S that LINE of TEXT stands in, or NULL. */
static const struct aid_def *
definition_at (const struct aid_scan *s, struct aid_span text, int line)
{
  size_t at = line_offset (text, line);
  while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t'))
    at++;
  ptrdiff_t i = aid_scan_around (s, at);
  return i >= 0 && !is_member (s->defs[i].kind) ? &s->defs[i] : NULL;
}

static void
add_name (struct telling *t, struct aid_span text, const struct aid_def *def)
{
  struct aid_span name = aid_span_cut (text, def->name.from, def->name.to);
  if (name.len && name.len < 200)
    aid_str_addf (t->out, ", %.*s", (int)name.len, name.ptr);
}

/* The lines to show of DEF for D: all of it, or if it is long those around the place. */
static void
lines_of (const struct aid_def *def, const struct aid_diag *d, int *first, int *last)
{
  *first = d->line > AROUND ? d->line - AROUND : 1;
  *last = d->line + AROUND;
  if (def && def->last - def->first < LONG)
    {
      *first = (int)def->first;
      *last = (int)def->last;
    }
}

/* A file of the project, scanned. */
struct source
{
  struct aid_str path, text;
  struct aid_scan scan;
};

static int
source_read (struct telling *t, const char *path, struct source *s)
{
  *s = (struct source){ AID_STR_INIT (4096), AID_STR_INIT (SOURCE_BYTES), AID_SCAN_INIT };
  if (aid_fs_join (&s->path, t->root, path) || aid_fs_read (aid_str_z (&s->path), &s->text, NULL)
      || memchr (aid_str_z (&s->text), 0, s->text.len))
    return 0;
  struct aid_span text = aid_str_span (&s->text);
  enum aid_language language = aid_language_of (aid_span_z (path), aid_span_cut (text, 0, text.len < 512 ? text.len : 512));
  t->scanned += text.len;
  return aid_scan_text (t->scanned > SCANNED_BYTES ? AID_LANG_NONE : language, text, &s->scan) == AID_OK;
}

static void
source_free (struct source *s)
{
  aid_scan_free (&s->scan);
  aid_str_free (&s->path);
  aid_str_free (&s->text);
}

/* What the interface at PATH says of NAME. */
static void
add_interface_at (struct telling *t, const char *path, struct aid_span name)
{
  struct source s;
  if (source_read (t, path, &s))
    for (size_t i = 0; i < s.scan.n_defs; i++)
      {
        const struct aid_def *def = &s.scan.defs[i];
        struct aid_span text = aid_str_span (&s.text);
        if (!is_member (def->kind) && def->last - def->first < LONG
            && aid_span_eq (aid_span_cut (text, def->name.from, def->name.to), name))
          {
            aid_str_addf (t->out, "\nIts interface, %s, lines %u to %u:\n", path, def->first, def->last);
            add_lines (t, text, (int)def->first, (int)def->last, 0);
            break;
          }
      }
  source_free (&s);
}

/* What the interface beside PATH says of NAME, which PATH defines. */
static void
add_interface (struct telling *t, const char *path, struct aid_span name)
{
  static const char *const pairs[][2]
    = { { ".ml", ".mli" }, { ".c", ".h" }, { ".cc", ".h" }, { ".cc", ".hh" }, { ".cpp", ".h" }, { ".cpp", ".hpp" } };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (name.len && aid_span_ends (aid_span_z (path), pairs[i][0]))
      {
        struct aid_str other = AID_STR_INIT (4096);
        aid_str_addspan (&other, aid_span_cut (aid_span_z (path), 0, strlen (path) - strlen (pairs[i][0])));
        aid_str_addz (&other, pairs[i][1]);
        add_interface_at (t, aid_str_z (&other), name);
        aid_str_free (&other);
      }
}

/* Whether the file was changed since the build. */
static int
is_newer (const struct telling *t, const char *path)
{
  struct stat st;
  return stat (path, &st) == 0 && (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 > t->l->time_ms;
}

/* The definition that D stands in, or the lines around, if it is in a file of the project; and what the interface says of it. */
static void
add_source (struct telling *t, const struct aid_diag *d)
{
  struct source s;
  int first, last;
  if (!d->path || d->path[0] == '/' || d->line < 1 || t->nshown == PLACES_MAX || was_shown (t, d))
    return;
  if (source_read (t, d->path, &s))
    {
      struct aid_span text = aid_str_span (&s.text);
      const struct aid_def *def = definition_at (&s.scan, text, d->line);
      lines_of (def, d, &first, &last);
      aid_str_addf (t->out, "\n%s", d->path);
      if (def)
        add_name (t, text, def);
      aid_str_addf (t->out, ", around line %d%s:\n", d->line,
                    is_newer (t, aid_str_z (&s.path)) ? " (changed since the build)" : "");
      add_lines (t, text, first, last, d->line);
      if (def)
        add_interface (t, d->path, aid_span_cut (text, def->name.from, def->name.to));
      t->shown[t->nshown++] = (struct shown){ d->path, first, last };
    }
  source_free (&s);
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

/* Appends D, by its number; a note (0) has none. */
static void
add_one (struct telling *t, const struct aid_diag *d, size_t number)
{
  aid_str_addz (t->out, "\n");
  if (number)
    aid_str_addf (t->out, "%zu. ", number);
  aid_str_addf (t->out, "%s\n", d->text);
  add_source (t, d);
}

enum aid_err
aid_build_tell (const char *root, const struct aid_build_last *l, struct aid_str *out, struct aid_error *e)
{
  struct aid_str mine = AID_STR_INIT (4 * AID_BUILD_ITEM_MAX);
  struct telling t = { .root = root, .l = l, .out = &mine };
  size_t n = 0, left = 0, notes = 0;
  int told = 0;
  add_sum (&t);
  for (size_t i = 0; i < l->diags.items.len; i++)
    {
      const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &l->diags.items, i);
      /* A note goes with what it stands behind; warnings are told when nothing is worse. */
      int note = d->severity == AID_SEVERITY_NOTE, room = n + notes < ERRORS_MAX && mine.len < AID_BUILD_ITEM_MAX;
      if (!note)
        told = room && (d->severity == AID_SEVERITY_ERROR || l->diags.errors == 0);
      if (told && room)
        add_one (&t, d, note ? 0 : ++n);
      notes += told && note;
      left += !told && d->severity == AID_SEVERITY_ERROR;
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
