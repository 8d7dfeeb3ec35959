/* "aid:changes/HASH/FILE#L3-L9": what changed in the file since its bytes HASH were sent.  They stay where they stand in the
   conversation, so that what a server has cached stays true, and only this comes behind it. */
#include "base/utf8.h"
#include "context/changes.h"
#include "context/kinds_internal.h"
#include "store/blob.h"

/* Splits NAME into the name of the stored bytes and the file. */
static enum aid_err
take_apart (struct aid_span name, char hash[AID_BLOB_ID], struct aid_span *file, struct aid_error *e)
{
  size_t n = AID_BLOB_ID - 1;
  if (name.len <= n + 1 || name.ptr[n] != '/')
    return aid_error_set (e, AID_E_INVALID, "\"%.*s\" names no text that was sent, and no file.",
                          (int)(name.len < 100 ? name.len : 100), name.ptr);
  memcpy (hash, name.ptr, n);
  hash[n] = '\0';
  *file = aid_span_cut (name, n + 1, name.len);
  return AID_OK;
}

/* The diff, or, when that is no shorter, the text as it is now. */
static enum aid_err
tell (struct aid_span old_text, struct aid_span new_text, struct aid_span file, struct aid_str *out, struct aid_error *e)
{
  struct aid_str diff = AID_STR_INIT (AID_ITEM_MAX);
  enum aid_err err = aid_changes_diff (old_text, new_text, &diff);
  if (!err && !diff.len)
    aid_str_addz (out, "Nothing has changed.\n");
  else if (!err && diff.len < new_text.len)
    {
      aid_str_addf (out, "--- a/%.*s\n+++ b/%.*s\n", (int)file.len, file.ptr, (int)file.len, file.ptr);
      aid_str_addspan (out, aid_str_span (&diff));
    }
  else
    {
      aid_str_addz (out, "Most of it is new.  Now it is:\n\n");
      aid_str_addspan (out, new_text);
    }
  aid_str_free (&diff);
  err = out->err;
  return err ? aid_error_set (e, err, "What changed in %.*s is too large.", (int)(file.len < 150 ? file.len : 150), file.ptr)
             : AID_OK;
}

enum aid_err
aid_kind_changes (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (16384), now = AID_STR_INIT (AID_ITEM_MAX), old = AID_STR_INIT (AID_BLOB_MAX);
  char hash[AID_BLOB_ID];
  struct aid_span file = { "", 0 };
  int64_t first, last;
  enum aid_err err = take_apart (name, hash, &file, e);
  if (!err)
    err = aid_kind_place (how, file, &path, &first, &last, e);
  if (!err && aid_blob_get (hash, &old, NULL))
    err = aid_error_set (e, AID_E_NOTFOUND, "What was sent of %.150s is not stored any more: append the file.",
                         aid_str_z (&path));
  if (!err)
    err = aid_item_lines (aid_resolve_root (how), aid_str_z (&path), first, last, &now, e);
  if (!err)
    err = tell (aid_str_span (&old), aid_str_span (&now), aid_str_span (&path), out, e);
  aid_str_free (&path);
  aid_str_free (&now);
  aid_str_free (&old);
  return err;
}
