/* The setting "ces": {"queue": ...}. */
#include "ces/queue.h"
#include "base/json.h"

enum aid_err
aid_queue_place_read (const struct aid_config *c, struct aid_queue_place *out, struct aid_error *e)
{
  const json_t *v = json_object_get (aid_config_get (c, "ces"), "queue");
  *out = (struct aid_queue_place){ .days = AID_QUEUE_DAYS };
  if (json_is_object (v))
    {
      out->days = aid_json_int (v, "days", AID_QUEUE_DAYS);
      if (!json_object_get (v, "url")) /* the file of this machine, but for how long */
        v = NULL;
    }
  enum aid_err err = aid_team_place_of (v, "ces.queue", &out->server, e);
  out->server.what = "The queue";
  return err;
}

int
aid_queue_is_shared (const struct aid_queue_place *place)
{
  return place->server.url != NULL;
}
