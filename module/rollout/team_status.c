/* What there is to say of a team's settings. */
#include "base/clock.h"
#include "base/json.h"
#include "base/val.h"
#include "config/trust_internal.h"
#include "rollout/team.h"
#include <stdlib.h>

struct waiting
{
  struct aid_str *out;
  uint32_t n;
};

static void
add_waiting (void *ctx, const char *const *path, size_t npath, const char *does)
{
  struct waiting *w = ctx;
  struct aid_str dotted = AID_STR_INIT (AID_TEAM_FILE_MAX);
  for (size_t i = 0; i < npath; i++)
    aid_str_addf (&dotted, "%s%s", i ? "." : "", path[i]);
  size_t o = aid_val_object (w->out);
  aid_val_kstr (w->out, "setting", aid_str_span (&dotted));
  aid_val_kstrz (w->out, "does", does ? does : "is not a setting that this version knows");
  aid_val_kbool (w->out, "never", !does || does == aid_trust_never);
  aid_val_end (w->out, o, 3);
  w->n++;
  aid_str_free (&dotted);
}

/* The members of what is stored. */
static uint32_t
add_stored (const struct aid_config *c, const struct aid_team_stored *stored, struct aid_str *out)
{
  const struct aid_team_file *f = &stored->file;
  int expired = f->ends <= aid_clock_wall_ms ();
  char *text = json_dumps (f->settings, JSON_INDENT (2));
  json_t *copy = json_deep_copy (f->settings);
  struct waiting w = { out, 0 };
  aid_val_kstrz (out, "name", f->name);
  aid_val_kint (out, "serial", f->serial);
  aid_val_kstrz (out, "expires", f->expires);
  aid_val_kbool (out, "expired", expired);
  aid_val_kbool (out, "applies", stored->same_source && stored->same_keys && !expired);
  aid_val_kstrz (out, "hash", stored->hash);
  aid_val_kbool (out, "trusted", aid_team_is_trusted (f->settings, aid_config_own (c)));
  aid_val_key (out, "waiting");
  size_t l = aid_val_list (out);
  aid_team_walk (copy, aid_config_own (c), 0, 0, add_waiting, &w);
  aid_val_end (out, l, w.n);
  aid_val_kstrz (out, "settings", text);
  free (text);
  json_decref (copy);
  return 9;
}

enum aid_err
aid_team_settings_status (const struct aid_config *c, struct aid_str *out, struct aid_error *e)
{
  const json_t *setting = aid_config_get (c, "team");
  struct aid_team_source s;
  struct aid_team_stored stored = { .same_source = 0 };
  if (!json_is_object (setting))
    {
      aid_val_nil (out);
      return AID_OK;
    }
  enum aid_err err = aid_team_source_read (setting, &s, e);
  if (err)
    return err;
  json_t *checked = aid_team_state_read ("/checked.json", 1u << 16, NULL);
  const char *source = aid_json_str (checked, "source"), *error = aid_json_str (checked, "error");
  int ours = source && !strcmp (source, aid_team_source_name (&s));
  size_t o = aid_val_object (out);
  aid_val_kstrz (out, "source", aid_team_source_name (&s));
  aid_val_kint (out, "keys", (int64_t)s.nkeys);
  aid_val_kint (out, "checked", ours ? aid_json_int (checked, "at", 0) : 0);
  aid_val_kstrz (out, "error", ours ? error : NULL);
  uint32_t n = 4;
  if (!aid_team_stored_read (&s, &stored, NULL))
    n += add_stored (c, &stored, out);
  aid_val_end (out, o, n);
  aid_team_stored_free (&stored);
  json_decref (checked);
  return out->err ? aid_error_set (e, out->err, "The team's settings are too large to be shown") : AID_OK;
}
