/* Whether a row that is there, whoever made it, is what it says: its answer makes of its base just the tree after it. */
#include "base/json.h"
#include "learn/completion.h"
#include "learn/row.h"

enum aid_err
aid_row_check (const json_t *row, const json_t *repositories, struct aid_error *e)
{
  const char *completion = aid_json_str (row, "completion"), *after = aid_json_str (row, "after");
  const char *base = aid_json_str (row, "base"), *name = aid_json_str (json_object_get (row, "task"), "repository");
  const char *path = name ? aid_json_str (json_object_get (repositories, name), "path") : NULL;
  struct aid_vault *vault = NULL;
  if (!completion || !after || !base || !name)
    return aid_error_set (e, AID_E_NOTFOUND, "it has no answer, or no tree after it");
  if (!aid_vault_is_id (base) || !aid_vault_is_id (after))
    return aid_error_set (e, AID_E_INVALID, "its base and what comes after it are no trees");
  if (aid_vault_at (path ? path : name, &vault, e))
    return AID_E_NOTFOUND;
  const char *const both[] = { base, after };
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < 2 && !err; i++)
    {
      const char *const look[] = { "cat-file", "-e", both[i], NULL };
      if (aid_vault_git (vault, &(struct aid_vault_run){ .args = look }, NULL))
        err = aid_error_set (e, AID_E_NOTFOUND, "its tree %.12s is not in %s", both[i], name);
    }
  if (!err)
    err = aid_completion_check (aid_json_span (row, "completion"), NULL, vault, base, after, e);
  aid_vault_free (vault);
  return err;
}
