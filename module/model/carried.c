/* What a server wants back of its answer, at the place where it stood.

   Signed thinking, encrypted reasoning and signatures of calls go back unmodified, or the API refuses the next request.
   They are kept as a JSON array of the wire format's own items.  The answer's text and calls are not kept, for the chat has
   them; where one of them stood before a kept item, a place does: {"then": "text"} or {"then": "call", "id": ID}, which may have
   further members that the format wants to find again.  Places at the end say nothing and are left away. */
#include "model/wire_internal.h"
#include "base/json.h"

#define ITEMS_MAX 10000

/* --- keeping -------------------------------------------------------------------------------------------------------- */

void
aid_carried_free (struct aid_carried *k)
{
  json_decref (k->items);
  json_decref (k->places);
  *k = (struct aid_carried){ 0 };
}

static void
append (struct aid_carried *k, json_t **to, json_t *item, size_t bytes)
{
  k->bytes += bytes;
  if (!*to)
    *to = json_array ();
  k->lost |= k->bytes > AID_WIRE_KEEP_MAX || json_array_size (k->items) + json_array_size (k->places) >= ITEMS_MAX;
  if (k->lost || json_array_append (*to, item))
    k->lost = 1;
  json_decref (item);
}

/* The last place, if it is one of text: runs of text are one. */
static json_t *
open_text (const struct aid_carried *k)
{
  size_t n = json_array_size (k->places);
  json_t *last = n ? json_array_get (k->places, n - 1) : NULL;
  return aid_span_eqz (aid_json_span (last, "then"), "text") ? last : NULL;
}

/* An item that is a place of text takes the place of the one before it. */
void
aid_carried_item (struct aid_carried *k, json_t *item, size_t bytes)
{
  if (aid_span_eqz (aid_json_span (item, "then"), "text") && open_text (k))
    json_array_remove (k->places, json_array_size (k->places) - 1);
  if (!k->items)
    k->items = json_array ();
  if (k->places)
    k->lost |= json_array_extend (k->items, k->places) != 0;
  json_array_clear (k->places);
  append (k, &k->items, item, bytes);
}

void
aid_carried_text (struct aid_carried *k)
{
  if (!k->lost && !open_text (k))
    append (k, &k->places, json_pack ("{s:s}", "then", "text"), 0);
}

void
aid_carried_call (struct aid_carried *k, struct aid_span id)
{
  if (!k->lost)
    append (k, &k->places, json_pack ("{s:s, s:o}", "then", "call", "id", aid_json_of_span (id)), id.len);
}

void
aid_carried_tell (struct aid_carried *k, struct aid_decoder *d)
{
  struct aid_str text = AID_STR_INIT ((size_t) 2 * AID_WIRE_KEEP_MAX);
  if (!k->lost && json_array_size (k->items) && !aid_json_dump (k->items, &text))
    aid_decoder_delta (d, AID_MODEL_REASONING_OPAQUE, aid_str_span (&text));
  aid_str_free (&text);
}

/* --- placing -------------------------------------------------------------------------------------------------------- */

/* The walk over one message. */
struct walk
{
  const struct aid_message *m;
  size_t at, end;              /* the parts that are not given out yet, up to the next reasoning that has items */
  const struct aid_placer *to;
  void *ctx;
  int bad;
};

static const struct aid_part *
part_of (const struct walk *w, size_t i)
{
  return &AID_VEC_AT (struct aid_part, &w->m->parts, i);
}

static void
give_part (struct walk *w, const json_t *place)
{
  const struct aid_part *p = part_of (w, w->at++);
  if (p->kind != AID_PART_REASONING)
    w->bad |= !w->to->part (w->ctx, p, place);
}

/* Gives out the text that comes next, when text is what comes next. */
static void
give_text (struct walk *w, const json_t *place)
{
  while (w->at < w->end && part_of (w, w->at)->kind == AID_PART_REASONING)
    w->at++;
  while (w->at < w->end && part_of (w, w->at)->kind == AID_PART_TEXT)
    give_part (w, place);
}

/* Gives out everything up to the call ID, when it is still to come. */
static void
give_call (struct walk *w, const char *id, const json_t *place)
{
  size_t call = w->at;
  while (call < w->end
         && !(part_of (w, call)->kind == AID_PART_TOOL_CALL && part_of (w, call)->id && !strcmp (part_of (w, call)->id, id)))
    call++;
  while (call < w->end && w->at < call)
    give_part (w, NULL);
  if (call < w->end)
    give_part (w, place);
}

static void
give_items (struct walk *w, const json_t *items)
{
  json_t *item;
  size_t i;
  json_array_foreach (items, i, item)
    {
      struct aid_span then = aid_json_span (item, "then");
      if (aid_span_eqz (then, "text"))
        give_text (w, item);
      else if (aid_span_eqz (then, "call"))
        give_call (w, aid_json_str (item, "id") ? aid_json_str (item, "id") : "", item);
      else if (w->to->is_ours (item))
        w->bad |= !w->to->item (w->ctx, item);
    }
}

/* Whether P brings items with it. */
static int
has_items (const struct aid_part *p)
{
  return p->kind == AID_PART_REASONING && p->opaque && *p->opaque == '[';
}

int
aid_carried_place (const struct aid_message *m, const struct aid_placer *to, void *ctx)
{
  struct walk w = { .m = m, .to = to, .ctx = ctx };
  while (w.at < m->parts.len)
    {
      const struct aid_part *first = part_of (&w, w.at);
      json_t *items = has_items (first) ? aid_json_load (aid_span_z (first->opaque)) : NULL;
      w.end = w.at + 1;
      while (w.end < m->parts.len && !has_items (part_of (&w, w.end)))
        w.end++;
      give_items (&w, items);
      while (w.at < w.end)
        give_part (&w, NULL);
      json_decref (items);
    }
  return !w.bad;
}
