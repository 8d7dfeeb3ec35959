/* The reader: bytes to lines, lines to forms, drafts to diagnostics. */
#include "build/diag_internal.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "base/val.h"

#include <stdlib.h>
#include <sys/stat.h>

#define PATH_LIMIT ((size_t)4096)
#define DIRS_MAX 64

const char *
aid_severity_name (enum aid_severity s)
{
  return s == AID_SEVERITY_ERROR ? "error" : s == AID_SEVERITY_WARNING ? "warning" : "note";
}

/* --- the life of a reader --- */

struct aid_diag_reader *
aid_diag_reader_new (const char *root, const char *dir, struct aid_error *e)
{
  struct aid_diag_reader *r = calloc (1, sizeof *r);
  if (!r || !(r->root = strdup (root)) || !(r->dir = strdup (dir)))
    {
      aid_diag_reader_free (r);
      return aid_error_set (e, AID_E_NOMEM, "No memory to read diagnostics"), NULL;
    }
  r->dirs = AID_VEC_INIT (char *, DIRS_MAX);
  r->line = AID_STR_INIT (AID_DIAG_LINE_MAX);
  r->plain = AID_STR_INIT (AID_DIAG_LINE_MAX);
  r->draft.path = AID_STR_INIT (PATH_LIMIT);
  r->draft.message = AID_STR_INIT (AID_DIAG_MESSAGE_MAX);
  r->draft.text = AID_STR_INIT (AID_DIAG_TEXT_MAX);
  r->prelude = AID_STR_INIT (2048);
  r->remembered = AID_STR_INIT (AID_DIAG_MESSAGE_MAX);
  r->thrown = AID_STR_INIT (4 * AID_DIAG_MESSAGE_MAX);
  r->thrown_at = AID_STR_INIT (PATH_LIMIT);
  r->found.items = AID_VEC_INIT (struct aid_diag, AID_DIAGS_MAX);
  return r;
}

static void
leave_all (struct aid_diag_reader *r)
{
  for (size_t i = 0; i < r->dirs.len; i++)
    free (AID_VEC_AT (char *, &r->dirs, i));
  r->dirs.len = 0;
}

void
aid_diag_reader_free (struct aid_diag_reader *r)
{
  if (!r)
    return;
  aid_str_free (&r->line);
  aid_str_free (&r->plain);
  aid_str_free (&r->draft.path);
  aid_str_free (&r->draft.message);
  aid_str_free (&r->draft.text);
  aid_str_free (&r->prelude);
  aid_str_free (&r->remembered);
  aid_str_free (&r->thrown);
  aid_str_free (&r->thrown_at);
  leave_all (r);
  aid_vec_free (&r->dirs);
  aid_diags_free (&r->found);
  aid_xml_free (r->xml);
  free (r->root);
  free (r->dir);
  free (r);
}

void
aid_diags_free (struct aid_diags *d)
{
  for (size_t i = 0; i < d->items.len; i++)
    {
      struct aid_diag *one = &AID_VEC_AT (struct aid_diag, &d->items, i);
      free (one->path);
      free (one->message);
      free (one->text);
    }
  aid_vec_free (&d->items);
  d->errors = d->warnings = 0;
}

/* --- lines as they are seen --- */

/* The bytes of the escape sequence that V begins with. */
static size_t
escape_length (struct aid_span v)
{
  if (v.len < 2)
    return v.len;
  size_t i = 2;
  if (v.ptr[1] == '[')
    {
      while (i < v.len && !(v.ptr[i] >= '@' && v.ptr[i] <= '~'))
        i++;
      return i < v.len ? i + 1 : v.len;
    }
  if (v.ptr[1] != ']')
    return 2;
  while (i < v.len && v.ptr[i] != '\a' && !(v.ptr[i] == 033 && i + 1 < v.len && v.ptr[i + 1] == '\\'))
    i++;
  return i >= v.len ? v.len : v.ptr[i] == '\a' ? i + 1 : i + 2;
}

static void
plain_line (struct aid_span line, struct aid_str *out)
{
  size_t begun = out->len;
  while (line.len && line.ptr[line.len - 1] == '\r')
    line.len--;
  for (size_t i = 0; i < line.len;)
    if (line.ptr[i] == 033)
      i += escape_length (aid_span_cut (line, i, line.len));
    else
      {
        if (line.ptr[i] == '\r')
          aid_str_remove (out, begun, out->len - begun);
        else if (line.ptr[i] != '\b' && line.ptr[i] != 0)
          aid_str_addc (out, line.ptr[i]);
        i++;
      }
}

void
aid_diag_plain (struct aid_span text, struct aid_str *out)
{
  struct aid_span line;
  while (text.len)
    {
      int ended = memchr (text.ptr, '\n', text.len) != NULL;
      aid_span_line (&text, &line);
      plain_line (line, out);
      if (ended)
        aid_str_addc (out, '\n');
    }
}

/* --- folders --- */

static const char *
here (const struct aid_diag_reader *r)
{
  return r->dirs.len ? AID_VEC_AT (char *, &r->dirs, r->dirs.len - 1) : r->dir;
}

/* "make[1]: Entering directory '/a/b'" */
static int
moves (struct aid_diag_reader *r, struct aid_span line)
{
  ptrdiff_t at = aid_span_find (line, AID_SPAN ("Entering directory "));
  int enters = at >= 0;
  if (!enters)
    at = aid_span_find (line, AID_SPAN ("Leaving directory "));
  struct aid_span rest = aid_span_cut (line, at < 0 ? 0 : (size_t)at + (enters ? 19 : 18), line.len);
  if (at < 0 || at > 64 || rest.len < 3 || !strchr ("'`\"", rest.ptr[0]))
    return 0;
  struct aid_span name = aid_span_cut (rest, 1, rest.len - (strchr ("'\"", rest.ptr[rest.len - 1]) != NULL));
  if (!enters && r->dirs.len)
    free (AID_VEC_AT (char *, &r->dirs, --r->dirs.len));
  else if (enters)
    {
      struct aid_str full = AID_STR_INIT (PATH_LIMIT);
      char *z = aid_span_dup (name), **slot = NULL;
      if (z && !aid_fs_join (&full, here (r), z) && (slot = aid_vec_push (&r->dirs)))
        *slot = aid_str_steal (&full);
      free (z);
      aid_str_free (&full);
    }
  return 1;
}

/* What PATH is from the root, or absolute; NULL when it is no path. */
static char *
from_root (const struct aid_diag_reader *r, struct aid_span path)
{
  struct aid_str full = AID_STR_INIT (PATH_LIMIT), clean = AID_STR_INIT (3 * PATH_LIMIT);
  char *z = aid_span_dup (path), *out = NULL;
  size_t n = strlen (r->root);
  if (z && *z && !aid_fs_join (&full, here (r), z))
    {
      const char *from = aid_str_z (&full);
      if (!strncmp (from, r->root, n) && from[n] == '/')
        from += n + 1;
      if (!strncmp (from, "_build/default/", 15)) /* dune's copies of sources */
        from += 15;
      aid_utf8_clean (aid_span_z (from), &clean);
      out = aid_str_steal (&clean);
    }
  free (z);
  aid_str_free (&full);
  aid_str_free (&clean);
  return out;
}

int
aid_diag_ours (const struct aid_diag_reader *r, struct aid_span path)
{
  struct aid_str full = AID_STR_INIT (PATH_LIMIT);
  struct stat st;
  char *z = from_root (r, path);
  int ours
    = z && z[0] != '/' && !aid_fs_join (&full, r->root, z) && stat (aid_str_z (&full), &st) == 0 && S_ISREG (st.st_mode);
  free (z);
  aid_str_free (&full);
  return ours;
}

/* --- drafts --- */

struct aid_draft *
aid_diag_open (struct aid_diag_reader *r, enum aid_severity s)
{
  struct aid_draft *d = &r->draft;
  aid_diag_close (r);
  aid_str_clear (&d->path);
  aid_str_clear (&d->message);
  aid_str_clear (&d->text);
  d->open = 1;
  d->form = r->form;
  d->line = d->col = d->end_line = d->end_col = d->needs_path = d->state = 0;
  d->severity = s;
  return d;
}

struct aid_draft *
aid_diag_mine (struct aid_diag_reader *r)
{
  return r->draft.open && r->draft.form == r->form ? &r->draft : NULL;
}

void
aid_diag_at (struct aid_draft *d, struct aid_span path, int line, int col)
{
  aid_str_clear (&d->path);
  aid_str_addspan (&d->path, path);
  d->line = line > 0 ? line : 0;
  d->col = col > 0 ? col : 0;
}

static void
add_cut (struct aid_str *s, struct aid_span v)
{
  size_t room = s->max - s->len;
  aid_str_addspan (s, aid_span_cut (v, 0, v.len < room ? v.len : room));
}

void
aid_diag_say (struct aid_draft *d, struct aid_span message)
{
  if (!d->message.len)
    add_cut (&d->message, aid_span_trim (message));
}

void
aid_diag_text (struct aid_draft *d, struct aid_span line)
{
  add_cut (&d->text, line);
  add_cut (&d->text, AID_SPAN ("\n"));
}

static char *
clean_copy (struct aid_span v)
{
  struct aid_str out = AID_STR_INIT (3 * AID_DIAG_TEXT_MAX);
  v.len -= aid_utf8_tail (v);
  aid_utf8_clean (v, &out);
  return aid_str_steal (&out);
}

static int
same (const char *a, const char *b)
{
  return a == b || (a && b && !strcmp (a, b));
}

static int
known (const struct aid_diags *found, const struct aid_diag *new)
{
  for (size_t i = found->items.len; i-- > 0;)
    {
      const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &found->items, i);
      if (d->line == new->line && d->col == new->col && d->severity == new->severity &&same (d->path, new->path)
          && same (d->message, new->message))
        return 1;
    }
  return 0;
}

static void
keep (struct aid_diag_reader *r, struct aid_diag d)
{
  struct aid_diag *slot = NULL;
  if (d.message && d.text && !known (&r->found, &d))
    {
      r->found.errors += d.severity == AID_SEVERITY_ERROR;
      r->found.warnings += d.severity == AID_SEVERITY_WARNING;
      slot = aid_vec_push (&r->found.items);
    }
  if (slot)
    *slot = d;
  else
    {
      free (d.path);
      free (d.message);
      free (d.text);
    }
}

void
aid_diag_close (struct aid_diag_reader *r)
{
  struct aid_draft *d = &r->draft;
  if (!d->open)
    return;
  d->open = 0;
  while (d->text.len && strchr (" \t\n", d->text.ptr[d->text.len - 1]))
    d->text.ptr[--d->text.len] = 0;
  if ((d->needs_path && !d->path.len) || !d->message.len || d->path.err)
    return;
  struct aid_diag out = { d->path.len ? from_root (r, aid_str_span (&d->path)) : NULL,
                          d->line,
                          d->col,
                          d->end_line,
                          d->end_col,
                          d->severity,
                          clean_copy (aid_str_span (&d->message)),
                          clean_copy (aid_str_span (&d->text)),
                          d->form->name };
  keep (r, out);
}

/* --- reading --- */

/* Asks FORM for LINE; 1 when it is its. */
static int
ask (struct aid_diag_reader *r, const struct aid_diag_form *form, struct aid_span line)
{
  r->form = form;
  enum aid_line said = form->take (r, line);
  if (said == AID_LINE_NOT)
    return 0;
  if (said != AID_LINE_TAKEN && aid_diag_mine (r))
    aid_diag_text (&r->draft, line);
  if (said == AID_LINE_LAST)
    aid_diag_close (r);
  return 1;
}

static void
take_line (struct aid_diag_reader *r)
{
  aid_str_clear (&r->plain);
  plain_line (aid_str_span (&r->line), &r->plain);
  aid_str_clear (&r->line);
  r->cut = 0;
  struct aid_span line = aid_str_span (&r->plain);
  if (!r->only && moves (r, line))
    {
      aid_diag_close (r);
      return;
    }
  if (r->draft.open && ask (r, r->draft.form, line))
    return;
  aid_diag_close (r);
  for (const struct aid_diag_form *f = aid_diag_forms; f->name; f++)
    if ((!r->only || f == r->only) && ask (r, f, line))
      return;
}

void
aid_diag_read_as (struct aid_diag_reader *r, const char *name)
{
  for (const struct aid_diag_form *f = aid_diag_forms; f->name; f++)
    if (!strcmp (f->name, name))
      r->only = f;
}

enum aid_err
aid_diag_feed (struct aid_diag_reader *r, struct aid_span part)
{
  while (part.len)
    {
      const char *end = memchr (part.ptr, '\n', part.len);
      struct aid_span piece = aid_span_cut (part, 0, end ? (size_t)(end - part.ptr) : part.len);
      part = aid_span_cut (part, piece.len + (end != NULL), part.len);
      if (!r->cut)
        add_cut (&r->line, piece);
      r->cut |= r->line.len == r->line.max;
      if (r->line.err == AID_E_NOMEM)
        return AID_E_NOMEM;
      if (end)
        take_line (r);
    }
  return AID_OK;
}

const struct aid_diags *
aid_diag_so_far (const struct aid_diag_reader *r)
{
  return &r->found;
}

void
aid_diag_end (struct aid_diag_reader *r, struct aid_diags *out)
{
  if (r->line.len)
    take_line (r);
  aid_diag_close (r);
  leave_all (r);
  aid_str_clear (&r->prelude);
  aid_str_clear (&r->remembered);
  aid_str_clear (&r->thrown);
  r->thrown_soon = 0;
  aid_junit_end (r);
  r->unplaced = 0;
  *out = r->found;
  r->found = (struct aid_diags){ AID_VEC_INIT (struct aid_diag, AID_DIAGS_MAX), 0, 0 };
}

/* --- telling --- */

void
aid_diags_val (const struct aid_diags *d, size_t max, int with_text, struct aid_str *out)
{
  size_t n = d->items.len < max ? d->items.len : max, list = aid_val_list (out);
  for (size_t i = 0; i < n; i++)
    {
      const struct aid_diag *one = &AID_VEC_AT (struct aid_diag, &d->items, i);
      size_t o = aid_val_object (out);
      aid_val_kstrz (out, "path", one->path);
      aid_val_kint (out, "line", one->line);
      aid_val_kint (out, "col", one->col);
      aid_val_kint (out, "end_line", one->end_line);
      aid_val_kint (out, "end_col", one->end_col);
      aid_val_kstrz (out, "severity", aid_severity_name (one->severity));
      aid_val_kstrz (out, "message", one->message);
      aid_val_kstrz (out, "form", one->form);
      if (with_text)
        aid_val_kstrz (out, "text", one->text);
      aid_val_end (out, o, with_text ? 9 : 8);
    }
  aid_val_end (out, list, (uint32_t)n);
}
