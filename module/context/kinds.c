/* The table of kinds, and what is done by it: targets are read, written and named. */
#include "context/kinds.h"
#include "base/utf8.h"
#include "context/kinds_internal.h"
#include "net/http.h"
#include <stdlib.h>

#define NAME_MAX_BYTES 8192
#define NAME_BUFFER ((size_t) 2 * NAME_MAX_BYTES)
#define PAGE_FRESH_MS 600000

/* clang-format off */
static const struct aid_kind kinds[] = {
  { "symbol", "a definition, by its name", "NAME", "@%s", 1, 0, aid_kind_symbol },
  { "diff", "the uncommitted changes", NULL, "uncommitted changes", 1, 0, aid_kind_diff },
  { "commit", "a commit, or a range of commits", "COMMIT", "commit %s", 1, 0, aid_kind_commit },
  { "history", "the commits that changed a file, or lines of it", "FILE", "history of %s", 1, 0, aid_kind_history },
  { "blame", "who wrote each line of a file, when and why", "FILE", "blame of %s", 1, 0, aid_kind_blame },
  { "changes", "what changed in a file since it was sent", "FILE", "changes in %s", 0, 0, aid_kind_changes },
  { "test", "a test, by its name, and what its last run said", "NAME", "test %s", 1, 0, aid_kind_test },
  { "failing-test", "the first test that fails", NULL, "the failing test", 0, 0, aid_kind_failing_test },
  { "build", "what failed in the last build", NULL, "last build", 0, 1, aid_kind_build },
  { "errors", "the errors that are known", "[FILE]", "errors in %s", 0, 1, aid_kind_errors },
  { "url", "a page of the web, as text", "ADDRESS", "%s", 1, 0, aid_kind_url },
  { "error", "an error", "[TEXT]", "error", 0, 1, NULL },
  { "buffer", "what is in a buffer", "BUFFER", "%s", 0, 1, NULL },
  { "text", "a piece of a buffer", "BUFFER", "%s", 0, 1, NULL },
  { "shell", "the last output of a shell", "BUFFER", "output in %s", 0, 1, NULL },
  { "info", "a node of a manual", "NODE", "%s", 0, 1, NULL },
  { "kill", "what was cut or copied", "[TEXT]", "pasted text", 0, 1, NULL },
};
/* clang-format on */
enum
{
  KINDS = sizeof kinds / sizeof *kinds
};

const struct aid_kind *
aid_kind_at (size_t i)
{
  return i < KINDS ? &kinds[i] : NULL;
}

static const struct aid_kind *
kind_of (struct aid_span word)
{
  for (size_t i = 0; i < KINDS; i++)
    if (aid_span_eqz (word, kinds[i].word))
      return &kinds[i];
  return NULL;
}

static int
is_address (struct aid_span v)
{
  return aid_span_starts (v, "http://") || aid_span_starts (v, "https://");
}

/* Splits a target into its kind and its decoded name, which is appended.  NULL: a link to a file; *UNKNOWN: no kind has this
   word. */
static const struct aid_kind *
take_apart (struct aid_span target, struct aid_str *name, int *unknown)
{
  *unknown = 0;
  if (is_address (target))
    {
      aid_str_addspan (name, target);
      return kind_of (AID_SPAN ("url"));
    }
  if (!aid_span_starts (target, "aid:"))
    return NULL;
  struct aid_span rest = aid_span_cut (target, 4, target.len);
  const char *slash = memchr (rest.ptr, '/', rest.len);
  size_t n = slash ? (size_t)(slash - rest.ptr) : rest.len;
  const struct aid_kind *kind = kind_of (aid_span_cut (rest, 0, n));
  *unknown = !kind;
  if (slash)
    aid_str_add_decoded (name, aid_span_cut (rest, n + 1, rest.len));
  return kind;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static int
has_controls (struct aid_span v)
{
  for (size_t i = 0; i < v.len; i++)
    if ((unsigned char)v.ptr[i] < ' ' || v.ptr[i] == 127)
      return 1;
  return 0;
}

static int
must_be_named (const struct aid_kind *k)
{
  return k->name && k->name[0] != '[';
}

static enum aid_err
check_name (const struct aid_kind *k, struct aid_span name, struct aid_error *e)
{
  if (name.len > NAME_MAX_BYTES || has_controls (name) || aid_utf8_valid_prefix (name) < name.len)
    return aid_error_set (e, AID_E_INVALID, "The name behind \"%s\" is too long, or is no text.", k->word);
  if (must_be_named (k) && !aid_span_trim (name).len)
    return aid_error_set (e, AID_E_INVALID, "\"%s\" wants a name: %s:%s.", k->word, k->word, k->name);
  return AID_OK;
}

/* OUT is empty. */
static enum aid_err
read_kind (const struct aid_resolve *how, const struct aid_kind *k, struct aid_span target, struct aid_span name,
           struct aid_str *out, struct aid_error *e)
{
  enum aid_err err = check_name (k, name, e);
  if (err)
    return err;
  if (!k->read)
    return aid_error_set (e, AID_E_STATE, "\"%.*s\" can only be read inside the editor that made it.",
                          (int)(target.len < 100 ? target.len : 100), target.ptr);
  int64_t age = 0;
  if (!strcmp (k->word, "url") && !how->typed && aid_context_recall (how, target, out, &age))
    {
      if (age < PAGE_FRESH_MS)
        return AID_OK;
      aid_str_clear (out);
    }
  err = k->read (how, name, out, e);
  if (!err && k->costs)
    aid_resolver_keep (how, target, aid_str_span (out));
  return err;
}

enum aid_err
aid_context_read (const struct aid_resolve *how, struct aid_span target, struct aid_str *out, struct aid_error *e)
{
  struct aid_str name = AID_STR_INIT (NAME_BUFFER), text = AID_STR_INIT (out->max - out->len);
  int unknown;
  const struct aid_kind *k = take_apart (target, &name, &unknown);
  enum aid_err err = name.err;
  if (err)
    aid_error_set (e, err, "The target \"%.60s...\" is too long.", target.ptr);
  else if (unknown)
    err = aid_error_set (e, AID_E_INVALID, "There is no kind of context \"%.*s\": see aid context --kinds.",
                         (int)(target.len < 100 ? target.len : 100), target.ptr);
  else if (!k)
    err = aid_item_read (how->dir, target, &text, e);
  else
    err = read_kind (how, k, target, aid_str_span (&name), &text, e);
  if (!err && (err = aid_str_addspan (out, aid_str_span (&text))))
    aid_error_set (e, err, "What the question shows is larger than %zu MB.", AID_ITEM_MAX >> 20);
  aid_str_free (&name);
  aid_str_free (&text);
  return err;
}

int
aid_context_costs (struct aid_span target)
{
  struct aid_str name = AID_STR_INIT (NAME_BUFFER);
  int unknown;
  const struct aid_kind *k = take_apart (target, &name, &unknown);
  aid_str_free (&name);
  return k && k->costs;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* NAME as a link holds it: what Markdown could take for more is encoded, and "#" when it does not name lines. */
static void
add_encoded (struct aid_span name, struct aid_str *out)
{
  for (size_t i = 0; i < name.len; i++)
    {
      unsigned char c = (unsigned char)name.ptr[i];
      if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c && strchr ("-_.~/:@^,=+", c)))
        aid_str_addc (out, (char)c);
      else
        aid_str_addf (out, "%%%02X", c);
    }
}

enum aid_err
aid_context_target (const char *kind, struct aid_span name, struct aid_str *target)
{
  if (!strcmp (kind, "url"))
    for (size_t i = 0; i < name.len; i++) /* an address is its own target; blanks and parentheses would end the link */
      if ((unsigned char)name.ptr[i] <= ' ' || (unsigned char)name.ptr[i] >= 127 || strchr ("()<>\\\"", name.ptr[i]))
        aid_str_addf (target, "%%%02X", (unsigned char)name.ptr[i]);
      else
        aid_str_addc (target, name.ptr[i]);
  else
    {
      aid_str_addf (target, "aid:%s%s", kind, name.len ? "/" : "");
      add_encoded (name, target);
    }
  return target->err;
}

enum aid_err
aid_context_label (struct aid_span target, struct aid_str *label)
{
  struct aid_str name = AID_STR_INIT (NAME_BUFFER);
  int unknown;
  const struct aid_kind *k = take_apart (target, &name, &unknown);
  const char *at = k ? strstr (k->label, "%s") : NULL;
  if (k && !strcmp (k->word, "changes") && memchr (name.ptr, '/', name.len))
    aid_str_remove (&name, 0, (size_t) ((char *) memchr (name.ptr, '/', name.len) - name.ptr) + 1);   /* its hash tells nobody */
  if (k && !name.len && !must_be_named (k) && at)
    aid_str_addz (label, "all errors");
  else if (k)
    {
      aid_str_add (label, k->label, at ? (size_t)(at - k->label) : strlen (k->label));
      for (size_t i = 0; at && i < name.len; i++)
        aid_str_addc (label, strchr ("[]<>\\`", name.ptr[i]) || (unsigned char)name.ptr[i] < ' ' ? ' ' : name.ptr[i]);
    }
  aid_str_free (&name);
  return k ? label->err : AID_E_INVALID;
}

/* The kind and the name that ITEM, as people write it, means; NULL: it is a file's. */
static const struct aid_kind *
kind_written (struct aid_span item, struct aid_span *name)
{
  const char *colon = memchr (item.ptr, ':', item.len);
  *name = item;
  if (is_address (item))
    return kind_of (AID_SPAN ("url"));
  if (item.len > 1 && item.ptr[0] == '@')
    {
      *name = aid_span_cut (item, 1, item.len);
      return kind_of (AID_SPAN ("symbol"));
    }
  if (!colon)
    return NULL;
  *name = aid_span_cut (item, (size_t)(colon - item.ptr) + 1, item.len);
  return kind_of (aid_span_cut (item, 0, (size_t)(colon - item.ptr)));
}

enum aid_err
aid_context_written (struct aid_span item, struct aid_str *target, struct aid_str *label, struct aid_error *e)
{
  struct aid_span name;
  const struct aid_kind *k = item.len ? kind_written (item, &name) : NULL;
  enum aid_err err = k ? check_name (k, name, e) : AID_E_NOTFOUND;
  if (!err && !strcmp (k->word, "url") && !is_address (name))
    err = aid_error_set (e, AID_E_INVALID, "An address begins with http:// or https://.");
  if (!err && !k->name && name.len)
    err = aid_error_set (e, AID_E_INVALID, "Nothing stands behind \"%s:\".", k->word);
  if (err)
    return err;
  err = aid_context_target (k->word, name, target);
  if (!err)
    err = aid_context_label (aid_str_span (target), label);
  return err ? aid_error_set (e, err, "The item \"%.60s...\" is too long.", item.ptr) : AID_OK;
}
