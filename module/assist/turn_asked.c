/* What was asked, copied from the front end: a request outlives the call that made it. */
#include "assist/turn_internal.h"
#include "config/secret.h"
#include <stdlib.h>

static char *
copy_z (const char *z, int *failed)
{
  char *copy = z ? strdup (z) : NULL;
  *failed |= z && !copy;
  return copy;
}

static int
copy_items (struct aid_turn_state *t, const struct aid_ask *ask)
{
  if (ask->nitems == 0)
    return 0;
  t->items = calloc (ask->nitems, sizeof *t->items);
  if (!t->items)
    return -1;
  for (size_t i = 0; i < ask->nitems; i++)
    {
      t->items[i].target.ptr = aid_span_dup (ask->items[i].target);
      t->items[i].target.len = ask->items[i].target.len;
      t->items[i].text.ptr = aid_span_dup (ask->items[i].text);
      t->items[i].text.len = ask->items[i].text.len;
      t->nitems = i + 1;
      if (!t->items[i].target.ptr || !t->items[i].text.ptr)
        return -1;
    }
  return 0;
}

int
aid_turn_copy_asked (struct aid_turn_state *t, const struct aid_ask *ask)
{
  int failed = 0;
  t->id = ask->id;
  t->turn = ask->turn;
  t->plain = ask->plain;
  t->apart = ask->apart;
  t->quick = ask->quick;
  t->summarise = ask->summarise;
  t->over_budget = ask->over_budget;
  t->exact = ask->exact;
  t->chat = AID_STR_INIT (AID_PROMPT_MAX);
  t->body = AID_STR_INIT (AID_PROMPT_MAX);
  aid_str_addspan (&t->chat, ask->chat);
  aid_str_addspan (&t->body, ask->body);
  t->schema = AID_STR_INIT (ask->schema.len);
  failed |= aid_str_addspan (&t->schema, ask->schema) != AID_OK;
  t->schema_file = copy_z (ask->schema.len ? ask->schema_file : NULL, &failed);
  t->chat_path = copy_z (ask->chat_path, &failed);
  t->root = copy_z (ask->root, &failed);
  t->model_id = copy_z (ask->model, &failed);
  t->strategy = copy_z (ask->strategy, &failed);
  t->secret = copy_z (ask->secret, &failed);
  t->allow_secrets = copy_z (ask->allow_secrets, &failed);
  t->remove_secrets = copy_z (ask->remove_secrets, &failed);
  t->request = copy_z (ask->request ? ask->request : "r0", &failed);
  return copy_items (t, ask) || failed ? -1 : 0;
}

void
aid_turn_free_asked (struct aid_turn_state *t)
{
  for (size_t i = 0; t->items && i < t->nitems; i++)
    {
      free ((void *) (uintptr_t) t->items[i].target.ptr);
      free ((void *) (uintptr_t) t->items[i].text.ptr);
    }
  free (t->items);
  aid_str_free (&t->chat);
  aid_str_free (&t->body);
  aid_str_free (&t->schema);
  free (t->schema_file);
  free (t->chat_path);
  free (t->root);
  free (t->model_id);
  free (t->strategy);
  free (t->used);
  free (t->request);
  free (t->allow_secrets);
  free (t->remove_secrets);
  aid_str_free (&t->held);
  aid_secret_free (t->secret);
  aid_secret_free (t->sent_key);
  aid_net_unreserve (t->way);
  aid_cancel_free (t->cancel);
}
