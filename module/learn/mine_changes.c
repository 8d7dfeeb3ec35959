/* What a change is made of: its files, and its diff, as git tells them. */
#include "learn/mine_internal.h"

#include <stdlib.h>

#define LIST_MAX ((size_t)8 << 20)

void
aid_mine_files_free (struct aid_vec *files)
{
  for (size_t i = 0; i < files->len; i++)
    {
      free (AID_VEC_AT (struct aid_mine_file, files, i).path);
      free (AID_VEC_AT (struct aid_mine_file, files, i).old_path);
    }
  aid_vec_free (files);
}

/* Takes what goes up to the next NUL off *REST; -1 when there is none. */
static int
take_field (struct aid_span *rest, struct aid_span *field)
{
  const char *nul = rest->len ? memchr (rest->ptr, 0, rest->len) : NULL;
  if (!nul)
    return -1;
  *field = aid_span_cut (*rest, 0, (size_t)(nul - rest->ptr));
  *rest = aid_span_cut (*rest, field->len + 1, rest->len);
  return 0;
}

/* Takes a word that ends with a blank or the end off *REST, into OUT. */
static void
take_word (struct aid_span *rest, char *out, size_t size)
{
  const char *blank = rest->len ? memchr (rest->ptr, ' ', rest->len) : NULL;
  size_t n = blank ? (size_t)(blank - rest->ptr) : rest->len, kept = n < size - 1 ? n : size - 1;
  if (kept)
    memcpy (out, rest->ptr, kept);
  out[kept] = '\0';
  *rest = aid_span_cut (*rest, blank ? n + 1 : n, rest->len);
}

/* ":100644 100755 BLOB BLOB M" and one path, or two behind "R100". */
static int
read_raw (struct aid_span head, struct aid_span *rest, struct aid_vec *files)
{
  struct aid_mine_file *f = aid_vec_push (files);
  struct aid_span path, old = { "", 0 };
  char mode[8], letter[8];
  if (!f)
    return -1;
  head = aid_span_cut (head, 1, head.len);
  take_word (&head, mode, sizeof mode);
  f->old_mode = (unsigned)strtoul (mode, NULL, 8);
  take_word (&head, mode, sizeof mode);
  take_word (&head, f->old_blob, sizeof f->old_blob);
  take_word (&head, f->blob, sizeof f->blob);
  take_word (&head, letter, sizeof letter);
  f->mode = (unsigned)strtoul (mode, NULL, 8);
  f->change = letter[0];
  f->added = f->removed = -1;
  int renamed = f->change == 'R' || f->change == 'C';
  if (!strchr ("ADMTRC", f->change) || !f->change || (renamed && take_field (rest, &old)) || take_field (rest, &path)
      || !path.len)
    return -1;
  f->path = aid_span_dup (path);
  f->old_path = renamed ? aid_span_dup (old) : NULL;
  return f->path && (!renamed || f->old_path) ? 0 : -1;
}

/* "3\t1\tPATH", "-\t-\tPATH" of what is no text, "3\t1\t" and two paths of what was renamed. */
static int
read_numbers (struct aid_span field, struct aid_span *rest, struct aid_mine_file *f)
{
  const char *tab = memchr (field.ptr, '\t', field.len);
  struct aid_span first = aid_span_cut (field, 0, tab ? (size_t)(tab - field.ptr) : 0), two, skipped;
  uint64_t added, removed;
  if (!tab)
    return -1;
  two = aid_span_cut (field, first.len + 1, field.len);
  tab = two.len ? memchr (two.ptr, '\t', two.len) : NULL;
  if (!tab)
    return -1;
  int no_path = two.len == (size_t)(tab - two.ptr) + 1;
  two = aid_span_cut (two, 0, (size_t)(tab - two.ptr));
  if (no_path && (take_field (rest, &skipped) || take_field (rest, &skipped)))
    return -1;
  if (aid_span_number (first, INT32_MAX, &added) || aid_span_number (two, INT32_MAX, &removed))
    return aid_span_eqz (first, "-") ? 0 : -1;
  f->added = (int64_t)added;
  f->removed = (int64_t)removed;
  return 0;
}

int
aid_mine_files_read (struct aid_span text, struct aid_vec *files)
{
  size_t numbered = files->len;
  struct aid_span field;
  while (text.len)
    {
      if (take_field (&text, &field) || !field.len)
        return -1;
      if (field.ptr[0] == ':'
            ? read_raw (field, &text, files)
            : numbered >= files->len || read_numbers (field, &text, &AID_VEC_AT (struct aid_mine_file, files, numbered++)))
        return -1;
    }
  return 0;
}

enum aid_err
aid_mine_files_of (const struct aid_vault *v, const char *base, const char *after, struct aid_vec *files,
                   struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (LIST_MAX);
  const char *const args[] = { "diff-tree",     "-r", "-z",  "-M", "--raw", "--no-abbrev", "--numstat", "--no-ext-diff",
                               "--no-textconv", base, after, NULL };
  enum aid_err err = aid_vault_git (v, &(struct aid_vault_run){ .args = args, .out = &text }, e);
  if (!err && aid_mine_files_read (aid_str_span (&text), files))
    err = aid_error_set (e, AID_E_LIMIT, "More than %d files", AID_MINE_FILES_MAX);
  aid_str_free (&text);
  return err;
}

enum aid_err
aid_mine_diff (const struct aid_vault *v, const char *base, const char *after, struct aid_str *out, struct aid_error *e)
{
  const char *const args[]
    = { "-c",           "core.quotePath=false", "diff-tree",     "-r", "-p",  "-M", "--full-index", "--no-color",
        "--no-ext-diff", "--no-textconv",        base,           after, NULL };
  return aid_vault_git (v, &(struct aid_vault_run){ .args = args, .out = out }, e);
}

int64_t
aid_mine_lines (const struct aid_vec *files)
{
  int64_t n = 0;
  for (size_t i = 0; i < files->len; i++)
    {
      const struct aid_mine_file *f = &AID_VEC_AT (struct aid_mine_file, files, i);
      n += (f->added > 0 ? f->added : 0) + (f->removed > 0 ? f->removed : 0);
    }
  return n;
}
