/* One object under one lock: address to name to entry. */
#include "model/told.h"
#include "base/json.h"
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static json_t *servers;              /* under the lock; lives as long as the core */

void
aid_told_keep (const char *url, const json_t *entries)
{
  json_t *names = json_object (), *entry;
  size_t i;
  json_array_foreach (entries, i, entry)
    {
      if (aid_json_str (entry, "name"))
        json_object_set_new (names, aid_json_str (entry, "name"), json_deep_copy (entry));
    }
  pthread_mutex_lock (&lock);
  if (!servers)
    servers = json_object ();
  if (json_object_get (servers, url) || json_object_size (servers) < AID_TOLD_MAX)
    json_object_set (servers, url, names);
  pthread_mutex_unlock (&lock);
  json_decref (names);
}

json_t *
aid_told_get (const char *url, const char *name)
{
  pthread_mutex_lock (&lock);
  json_t *entry = json_incref (json_object_get (json_object_get (servers, url), name));
  pthread_mutex_unlock (&lock);
  return entry;
}
