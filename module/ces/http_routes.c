/* Who answers where: a row for each method and path. */
#include "ces/http_internal.h"

#include <ctype.h>

#define PLAIN aid_ces_http_refuse_plain, 503, 0
#define APART aid_ces_http_refuse_plain, 503, 1
#define FASTAPI aid_ces_http_refuse_detail, 503, 0
#define SANDBOX aid_ces_http_refuse_detail, 504, 0 /* the one status on which verl's client tries again */

const struct aid_route aid_routes[] = {
  { "GET", "/", aid_ces_http_index, NULL, PLAIN },
  { "POST", "/v1/evaluate", aid_ces_http_evaluate_begin, aid_ces_http_evaluate_finish, PLAIN },
  { "GET", "/v1/status", aid_ces_http_status, NULL, APART },
  { "GET", "/v1/ping", aid_ces_http_ping, NULL, PLAIN },
  { "GET", "/metrics", aid_ces_http_metrics, NULL, PLAIN },
  /* OpenRLHF */
  { "POST", "/get_reward", aid_ces_http_openrlhf_begin, aid_ces_http_openrlhf_finish, PLAIN },
  /* NeMo Gym */
  { "POST", "/seed_session", aid_ces_http_gym_seed, NULL, FASTAPI },
  { "POST", "/close_session", aid_ces_http_gym_close, NULL, FASTAPI },
  { "POST", "/verify", aid_ces_http_gym_verify_begin, aid_ces_http_gym_verify_finish, FASTAPI },
  { "POST", "/aggregate_metrics", aid_ces_http_gym_aggregate, NULL, FASTAPI },
  { "GET", "/reverify_mode", aid_ces_http_gym_mode, NULL, FASTAPI },
  /* OpenEnv */
  { "POST", "/reset", aid_ces_http_env_reset, NULL, FASTAPI },
  { "POST", "/step", aid_ces_http_env_step_begin, aid_ces_http_env_step_finish, FASTAPI },
  { "GET", "/state", aid_ces_http_env_state, NULL, FASTAPI },
  { "GET", "/health", aid_ces_http_env_health, NULL, FASTAPI },
  { "GET", "/schema", aid_ces_http_env_schema, NULL, FASTAPI },
  { "GET", "/metadata", aid_ces_http_env_metadata, NULL, FASTAPI },
  { "GET", "/ws", aid_ces_http_env_socket, NULL, FASTAPI },
  /* SandboxFusion */
  { "POST", "/run_code", aid_ces_http_run_code_begin, aid_ces_http_run_code_finish, SANDBOX },
};
const size_t aid_nroutes = sizeof aid_routes / sizeof *aid_routes;

/* NeMo Gym, where it observes rollouts, sets "/ng-rollout/ID" before each path; its own servers cut it off, and so do we. */
static const char *
without_rollout (const char *path)
{
  static const char before[] = "/ng-rollout/";
  if (strncmp (path, before, sizeof before - 1) != 0)
    return path;
  const char *id = path + sizeof before - 1, *rest = id;
  while (isalnum ((unsigned char)*rest) || (rest > id && *rest && strchr ("._-", *rest)))
    rest++;
  return rest > id && *rest == '/' ? rest : path;
}

/* HEAD is answered as GET is: without the body, which libmicrohttpd sees to. */
const struct aid_route *
aid_route_find (const char *method, const char *path, int *status, const char **allow)
{
  *status = 404;
  path = without_rollout (path);
  if (!strcmp (method, "HEAD"))
    method = "GET";
  for (size_t i = 0; i < aid_nroutes; i++)
    if (!strcmp (aid_routes[i].path, path))
      {
        if (!strcmp (aid_routes[i].method, method))
          return &aid_routes[i];
        *status = 405;
        *allow = aid_routes[i].method;
      }
  return NULL;
}

/* What there is, for who looks. */
void
aid_ces_http_index (struct aid_ces_request *x)
{
  json_t *list = json_array ();
  for (size_t i = 0; i < aid_nroutes; i++)
    json_array_append_new (list, json_sprintf ("%s %s", aid_routes[i].method, aid_routes[i].path));
  aid_ces_request_answer (x, 200,
                          json_pack ("{s:s, s:s, s:o}", "service", "aid ces", "version", AID_VERSION, "paths", list));
}

void
aid_ces_http_ping (struct aid_ces_request *x)
{
  aid_ces_request_answer (x, 200, json_string ("pong"));
}
