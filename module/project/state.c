/* How a project is. */
#include "project/project_internal.h"
#include <stdio.h>

void
aid_project_vc (struct aid_project *p, struct aid_project_vc *out)
{
  pthread_mutex_lock (&p->lock);
  *out = p->listed ? p->listing.vc : (struct aid_project_vc){ AID_VC_NONE, "" };
  pthread_mutex_unlock (&p->lock);
}

enum aid_err
aid_project_parts (struct aid_project *p, void (*fn) (void *ctx, struct aid_span path, enum aid_vc_kind kind), void *ctx,
                   struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  /* The first is the root. */
  for (size_t i = 1;; i++)
    {
      enum aid_vc_kind kind = AID_VC_NONE;
      aid_str_clear (&path);
      pthread_mutex_lock (&p->lock);
      int there = p->listed && i < p->listing.parts.len;
      if (there)
        {
          const struct aid_part *part = AID_VEC_AT (struct aid_part *, &p->listing.parts, i);
          aid_str_addz (&path, part->path);
          kind = part->kind;
        }
      pthread_mutex_unlock (&p->lock);
      if (!there)
        break;
      fn (ctx, aid_str_span (&path), kind);
    }
  enum aid_err err = path.err;
  aid_str_free (&path);
  return err ? aid_error_set (e, err, "No memory for the parts of %s.", p->root) : AID_OK;
}

void
aid_project_state (struct aid_project *p, struct aid_project_state *out)
{
  pthread_mutex_lock (&p->lock);
  *out = (struct aid_project_state){
    .generation = p->generation, .watched = p->watched, .polled = p->polled, .list_ms = p->list_ms, .failed = p->failed
  };
  if (p->failed)
    snprintf (out->note, sizeof out->note, "%s", p->error.msg);
  if (p->listed)
    {
      out->files = p->listing.table->live;
      out->folders = p->listing.table->folders.len;
      out->skipped = p->listing.table->skipped;
      snprintf (out->how, sizeof out->how, "%s", p->listing.how);
      snprintf (out->note, sizeof out->note, "%s", p->listing.note[0] ? p->listing.note : p->watch_note);
    }
  pthread_mutex_unlock (&p->lock);
}
