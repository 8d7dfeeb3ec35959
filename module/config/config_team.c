/* The layer below the person's own settings: what is stored of their team's (team.h).  Whatever is wrong with it is a
   warning, for a team must not stop a question. */
#include "base/clock.h"
#include "config/config_internal.h"
#include "config/team.h"
#include "config/trust_internal.h"

static void
warn (struct aid_config *c, const char *words)
{
  if (c->warnings.len + 4096 <= c->warnings.max)
    aid_str_addf (&c->warnings, "The team's settings: %s\n", words);
}

static void
leave_out (void *ctx, const char *const *path, size_t npath, const char *does)
{
  struct aid_config *c = ctx;
  struct aid_str words = AID_STR_INIT (4096);
  if (does && does != aid_trust_never)
    {
      aid_str_addz (&c->team_waiting, c->nteam_waiting++ ? ", " : "");
      for (size_t i = 0; i < npath; i++)
        aid_str_addf (&c->team_waiting, "%s%s", i ? "." : "", path[i]);
    }
  aid_str_addc (&words, '"');
  for (size_t i = 0; i < npath; i++)
    aid_str_addf (&words, "%s%s", i ? "." : "", path[i]);
  if (!does)
    aid_str_addz (&words, "\" is not a setting");
  else if (does == aid_trust_never)
    aid_str_addf (&words, "\" is left out: it %s", does);
  else
    aid_str_addf (&words, "\" is left out until you trust it (aid team trust): it %s", does);
  warn (c, aid_str_z (&words));
  aid_str_free (&words);
}

/* Why STORED does not apply, or NULL. */
static const char *
why_not (const struct aid_team_stored *stored)
{
  if (!stored->same_source || !stored->same_keys)
    return "none were fetched yet from where your settings say, signed with their key (aid team fetch)";
  if (stored->file.ends <= aid_clock_wall_ms ())
    return "they have expired; newer ones are to be had (aid team fetch)";
  return NULL;
}

void
aid_config_add_team (struct aid_config *c)
{
  const json_t *setting = json_object_get (c->root, "team");
  struct aid_team_source source;
  struct aid_team_stored stored = { .same_source = 0 };
  struct aid_error e = { AID_OK, "" };
  if (!json_is_object (setting))
    return;
  c->own = json_deep_copy (c->root);
  if (aid_team_source_read (setting, &source, &e) || aid_team_stored_read (&source, &stored, &e))
    warn (c, e.msg);
  else if (why_not (&stored))
    warn (c, why_not (&stored));
  else
    {
      json_t *team = json_deep_copy (stored.file.settings);
      aid_team_walk (team, c->root, aid_team_is_trusted (stored.file.settings, c->root), 1, leave_out, c);
      if (aid_config_check (c, team, aid_team_source_name (&source), AID_SPAN (""), &e))
        {
          warn (c, e.msg);
          json_decref (team);
        }
      else if (aid_config_over_team (c, team, &e))
        warn (c, e.msg);
    }
  aid_team_stored_free (&stored);
}

enum aid_err
aid_team_check (const struct aid_team_file *f, const char *what, struct aid_error *e)
{
  struct aid_config *c = aid_config_parse (AID_SPAN (""), AID_SPAN (""), e);
  json_t *copy = json_deep_copy (f->settings);
  enum aid_err err = c && copy ? aid_config_check (c, copy, what, AID_SPAN (""), e) : AID_E_NOMEM;
  json_decref (copy);
  aid_config_free (c);
  return err;
}
