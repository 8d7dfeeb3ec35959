/* Talking to aid-trees: see trees.h.  What it says is held against the text, for it may be of another version or ill. */
#include "scan/trees.h"
#include "base/clock.h"
#include "base/vec.h"

#define START_MS 15000
#define FOLDERS 30

enum aid_err
aid_trees_start (const char *program, const char *const *folders, size_t n, struct aid_helper **out)
{
  const char *argv[FOLDERS + 2] = { program };
  struct aid_span line;
  for (size_t i = 0; i < n && i < FOLDERS; i++)
    argv[1 + i] = folders[i];
  enum aid_err err = aid_helper_start (argv, out, NULL);
  if (err)
    return err;
  err = aid_helper_line (*out, &line, aid_clock_ms () + START_MS);
  if (err == AID_E_IO || (!err && !aid_span_eqz (line, AID_TREES_HELLO)))
    err = AID_E_NOTFOUND;
  if (err)
    {
      aid_helper_end (*out);
      *out = NULL;
    }
  return err;
}

/* --- asking -------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_trees_has (struct aid_helper *h, const char *grammar, int64_t until, int *has)
{
  struct aid_str command = AID_STR_INIT (100);
  struct aid_span line;
  aid_str_addf (&command, "has %s\n", grammar);
  enum aid_err err = command.err ? command.err : aid_helper_put (h, aid_str_span (&command), until);
  err = err ? err : aid_helper_line (h, &line, until);
  *has = !err && aid_span_eqz (line, "yes");
  aid_str_free (&command);
  return err || *has || aid_span_eqz (line, "no") ? err : AID_E_PARSE;
}

/* Takes the next of the numbers of V, which is to be at most MAX. */
static int
take (struct aid_span *v, uint64_t max, uint32_t *out)
{
  size_t n = 0;
  uint64_t number;
  while (n < v->len && v->ptr[n] != ' ')
    n++;
  if (aid_span_number (aid_span_cut (*v, 0, n), max, &number))
    return 0;
  *out = (uint32_t)number;
  *v = aid_span_cut (*v, n < v->len ? n + 1 : n, v->len);
  return 1;
}

enum aid_err
aid_trees_read (struct aid_span line, struct aid_span text, struct aid_scanner *s)
{
  struct aid_scan *out = s->out;
  struct aid_range name, whole, signature;
  uint32_t kind, parent;
  struct aid_span v = aid_span_cut (line, 2, line.len);
  if (!aid_span_starts (line, "d ") || !take (&v, AID_DEF_KINDS - 1, &kind) || !take (&v, out->n_defs, &parent)
      || !take (&v, text.len, &name.from) || !take (&v, text.len, &name.to) || !take (&v, text.len, &whole.from)
      || !take (&v, text.len, &whole.to) || !take (&v, text.len, &signature.from) || !take (&v, text.len, &signature.to)
      || v.len)
    return AID_E_PARSE;
  if (whole.from > name.from || name.from >= name.to || name.to > whole.to || signature.from < whole.from
      || signature.from > signature.to || signature.to > whole.to
      || (out->n_defs > 0 && whole.from < out->defs[out->n_defs - 1].whole.from))
    return AID_E_PARSE;
  int32_t def = aid_scan_add (s, (enum aid_def_kind)kind, (int32_t)parent - 1, name, whole.from, signature.from);
  if (def >= 0)
    {
      out->defs[def].whole = whole;
      out->defs[def].signature = signature;
    }
  return AID_OK;
}

enum aid_err
aid_trees_ask (struct aid_helper *h, const char *grammar, struct aid_span text, struct aid_scan *out, int64_t until)
{
  struct aid_scanner s = { (const unsigned char *)text.ptr, (uint32_t)text.len, out, 0 };
  struct aid_str command = AID_STR_INIT (200);
  struct aid_span line;
  int more = 1;
  aid_str_addf (&command, "scan %s %zu\n", grammar, text.len);
  enum aid_err err = command.err ? command.err : aid_helper_put (h, aid_str_span (&command), until);
  err = err ? err : aid_helper_put (h, text, until);
  while (!err && more)
    {
      err = aid_helper_line (h, &line, until);
      more = !err && !aid_span_eqz (line, "done");
      if (more && aid_span_eqz (line, "none"))
        err = AID_E_NOTFOUND;
      else if (more)
        err = aid_trees_read (line, text, &s);
    }
  aid_str_free (&command);
  return err ? err : aid_scan_settle (&s);
}
