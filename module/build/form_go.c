/* Go's tests; its compiler's form is GNU's.

     --- FAIL: TestAdd (0.00s)
         add_test.go:12: got 3                       a file of the package that is named at the end
     panic: runtime error: ...
             /home/me/p/add.go:12 +0x1d              the first place that is ours counts
     FAIL	example.com/p/calc	0.01s */
#include "base/fs.h"
#include "build/forms.h"

#include <stdlib.h>

enum
{
  TEST = 1,
  LOGGED,
  PANIC
};

#define MOD_MAX 65536

/* "    add_test.go:12: message" */
static int
logged (struct aid_span v, struct aid_span *path, int *line, struct aid_span *message)
{
  size_t blanks = aid_scan_blanks (&v);
  if (blanks < 4 || !aid_scan_until (&v, ':', path) || !aid_span_ends (*path, ".go") || (*line = aid_scan_number (&v)) < 1
      || !aid_scan_word (&v, ": "))
    return 0;
  *message = v;
  return 1;
}

static enum aid_line
log_line (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span path, message;
  int n;
  if (!logged (line, &path, &n, &message))
    return AID_LINE_NOT;
  struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
  aid_diag_at (d, path, n, 0);
  aid_diag_say (d, message);
  d->state = LOGGED;
  return AID_LINE_MORE;
}

static enum aid_line
begins (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_span v = line, package;
  if (aid_scan_word (&v, "panic: ") || aid_scan_word (&v, "fatal error: all goroutines"))
    {
      struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
      d->state = PANIC;
      d->needs_path = 1;
      aid_diag_say (d, line);
      return AID_LINE_MORE;
    }
  if ((aid_scan_word (&v, "FAIL\t") || aid_scan_word (&v, "ok  \t")) && v.len)
    {
      if (!aid_scan_until (&v, '\t', &package))
        package = v;
      aid_diag_place_go (r, package);
      return AID_LINE_TAKEN;
    }
  aid_scan_blanks (&v);
  if (!aid_span_starts (v, "--- FAIL: "))
    return AID_LINE_NOT;
  struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
  d->state = TEST;
  d->needs_path = 1;
  aid_diag_say (d, line);
  return AID_LINE_MORE;
}

/* A frame of a stack: a tab and PATH:LINE. */
static enum aid_line
in_panic (struct aid_diag_reader *r, struct aid_draft *d, struct aid_span line)
{
  struct aid_span v = line, path;
  int n, col;
  if (aid_span_starts (line, "FAIL") || aid_span_starts (line, "exit status"))
    return AID_LINE_NOT;
  if (!d->path.len && aid_scan_word (&v, "\t") && aid_diag_find_place (v, &path, &n, &col) && aid_diag_ours (r, path))
    aid_diag_at (d, path, n, 0);
  return AID_LINE_MORE;
}

enum aid_line
aid_form_go (struct aid_diag_reader *r, struct aid_span line)
{
  struct aid_draft *d = aid_diag_mine (r);
  if (!d)
    return begins (r, line);
  if (d->state == PANIC)
    return in_panic (r, d, line);
  enum aid_line said = log_line (r, line);
  if (said != AID_LINE_NOT)
    return said;
  return line.len > 4 && aid_span_starts (line, "    ") && !aid_span_starts (line, "    ---") ? AID_LINE_MORE : AID_LINE_NOT;
}

/* --- packages --- */

/* What go.mod calls the module at the root; empty when there is none. */
static void
module_name (const struct aid_diag_reader *r, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (4096), text = AID_STR_INIT (MOD_MAX);
  struct aid_span rest, line;
  if (!aid_fs_join (&path, r->dir, "go.mod") && !aid_fs_read (aid_str_z (&path), &text, NULL))
    for (rest = aid_str_span (&text); !out->len && aid_span_line (&rest, &line);)
      if (aid_scan_word (&line, "module "))
        aid_str_addspan (out, aid_span_trim (line));
  aid_str_free (&path);
  aid_str_free (&text);
}

void
aid_diag_place_go (struct aid_diag_reader *r, struct aid_span package)
{
  struct aid_str module = AID_STR_INIT (4096);
  aid_diag_close (r);
  module_name (r, &module);
  int below = module.len && aid_span_starts (package, aid_str_z (&module)) && package.len > module.len;
  struct aid_span folder = aid_span_cut (package, below ? module.len + 1 : package.len, package.len);
  for (size_t i = r->unplaced; i < r->found.items.len; i++)
    {
      struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &r->found.items, i);
      struct aid_str path = AID_STR_INIT (8192);
      if (!folder.len || !d->path || strcmp (d->form, "go") != 0 || strchr (d->path, '/'))
        continue;
      aid_str_addspan (&path, folder);
      aid_str_addf (&path, "/%s", d->path);
      char *z = aid_str_steal (&path);
      if (z)
        {
          free (d->path);
          d->path = z;
        }
    }
  r->unplaced = r->found.items.len;
  aid_str_free (&module);
}
