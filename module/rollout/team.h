/* Following a team's settings (config/team.h): fetching them, judging them, keeping the last good ones.  Every call may
   block, for a pool or the command. */
#ifndef AID_ROLLOUT_TEAM_H
#define AID_ROLLOUT_TEAM_H

#include "config/config.h"
#include "config/team.h"
#include "net/http.h"

struct aid_team_news
{
  int asked;      /* the source was looked at; else it is not time yet */
  int changed;    /* other settings than before are stored */
  int64_t serial; /* of those, or 0 */
  char name[128];
};

/* Looks whether S has published something new: an address when S's time for that has come (after a failure sooner), a
   file always, by its times alone when they are as before; with FORCE at once.  What is good is stored and applies from
   the next time that settings are read.  On an error the last good ones stay: AID_E_REFUSED for a wrong signature, an
   older serial, one that has expired, or settings that are none; AID_E_STATE: another process does this now; AID_E_NET,
   AID_E_HTTP, AID_E_IO, ... */
enum aid_err aid_team_refresh (const struct aid_team_source *s, struct aid_net *net, int force, struct aid_team_news *out,
                               struct aid_error *e);
/* The same for who has settings: nothing, and AID_OK, when they name no team. */
enum aid_err aid_team_refresh_of (const struct aid_config *c, struct aid_net *net, int force, struct aid_team_news *out,
                                  struct aid_error *e);
/* Judges TEXT and SIGNATURE as if S had just published them. */
enum aid_err
aid_team_judge (const struct aid_team_source *s, struct aid_span text, struct aid_span signature, struct aid_error *e);
/* Reads what S publishes now, whatever it is worth. */
enum aid_err aid_team_get (const struct aid_team_source *s, struct aid_net *net, struct aid_str *text,
                           struct aid_str *signature, struct aid_error *e);

/* Appends a val object: {source, keys, name, serial, expires, expired, applies, hash, checked (ms since 1970, or nil),
   error, waiting: [{setting, does}], trusted, settings (JSON)}; nil when the settings name no team. */
enum aid_err aid_team_settings_status (const struct aid_config *c, struct aid_str *out, struct aid_error *e);

#endif
