/* Calls of tools, put together from deltas.  The API says: calls are told apart by "index", id and name come in the first
   delta of each, arguments are pieces of a string.  Servers leave out the index, repeat id and name in every delta, make up
   a new id for each delta, give all calls index 0, send arguments whole or as an object, and give no id at all.

   Which call a delta belongs to:
   - with an index: the call of that index; but a new call when the delta names a tool under another id and the call so far
     has complete arguments (or none);
   - without: the call of the same id; else, when the delta names a tool and the last call is of another tool, complete or of
     the same list, or both have ids and the delta's arguments are a beginning, a new one; else the last. */
#include "model/wire_internal.h"
#include "base/json.h"

#define ID_MAX 1024
#define NAME_MAX 256
#define ARGS_MAX AID_WIRE_KEEP_MAX

struct slot
{
  int64_t index;           /* the server's, or -1 */
  struct aid_str id, name;
  int begun, depth, quoted, escaped;   /* of the arguments' JSON so far: complete when begun and depth is 0 */
};

void
aid_calls_init (struct aid_calls *c)
{
  c->slots = AID_VEC_INIT (struct slot, AID_CALLS_MAX);
}

static struct slot *
slot_at (const struct aid_calls *c, size_t i)
{
  return &AID_VEC_AT (struct slot, &c->slots, i);
}

void
aid_calls_list (struct aid_calls *c)
{
  c->before = c->slots.len;
}

void
aid_calls_free (struct aid_calls *c)
{
  for (size_t i = 0; i < c->slots.len; i++)
    {
      aid_str_free (&slot_at (c, i)->id);
      aid_str_free (&slot_at (c, i)->name);
    }
  aid_vec_free (&c->slots);
}

/* Follows the brackets of the arguments' JSON. */
static void
follow (struct slot *s, struct aid_span args)
{
  for (size_t i = 0; i < args.len; i++)
    {
      char c = args.ptr[i];
      if (s->escaped)
        s->escaped = 0;
      else if (s->quoted)
        {
          s->escaped = c == '\\';
          s->quoted = c != '"';
        }
      else if (c == '"')
        s->quoted = 1;
      else if (c == '{' || c == '[')
        s->begun = 1, s->depth++;
      else if ((c == '}' || c == ']') && s->depth > 0)
        s->depth--;
    }
}

static int
may_be_over (const struct slot *s)
{
  return s->depth == 0;
}

static int
is_complete (const struct slot *s)
{
  return s->begun && s->depth == 0;
}

/* The place of the call that a delta belongs to, or the number of calls when it begins one. */
static size_t
find (const struct aid_calls *c, int64_t index, struct aid_span id, struct aid_span name, struct aid_span args)
{
  size_t n = c->slots.len;
  for (size_t i = n; i-- > 0;)
    {
      const struct slot *s = slot_at (c, i);
      int same_id = id.len && aid_span_eq (id, aid_str_span (&s->id));
      if (index < 0 && same_id)
        return i;
      if (index < 0 || s->index != index)
        continue;
      int another = id.len && s->id.len && !same_id && name.len && may_be_over (s);
      return another ? n : i;
    }
  if (index >= 0 || n == 0)
    return n;
  const struct slot *last = slot_at (c, n - 1);
  if (name.len && (n > c->before || is_complete (last) || (last->name.len && !aid_span_eq (name, aid_str_span (&last->name)))))
    return n;
  return id.len && last->id.len && name.len && (may_be_over (last) || aid_span_starts (args, "{")) ? n : n - 1;
}

static enum aid_err
tell (struct aid_calls *c, struct aid_decoder *d, size_t at, struct aid_span id, struct aid_span name, struct aid_span args)
{
  struct slot *s = slot_at (c, at);
  struct aid_span new_id = { "", 0 }, new_name = { "", 0 };
  if (name.len && !s->name.len)
    {
      aid_str_addspan (&s->name, name);
      new_name = aid_str_span (&s->name);
    }
  if (!s->id.len)
    {
      if (id.len)
        aid_str_addspan (&s->id, id);
      else if (s->name.len)
        aid_call_id_make (at, &s->id);
      new_id = aid_str_span (&s->id);
    }
  if (s->id.err || s->name.err)
    return AID_E_LIMIT;
  follow (s, args);
  aid_decoder_tool (d, (int) at, new_id, new_name, args);
  return AID_OK;
}

enum aid_err
aid_calls_delta (struct aid_calls *c, struct aid_decoder *d, const json_t *call, struct aid_error *e)
{
  const json_t *f = json_object_get (call, "function");
  const char *member = "arguments";
  if (!f && (f = json_object_get (call, "custom")))
    member = "input";
  const json_t *value = json_object_get (f, member);
  struct aid_span id = aid_json_span (call, "id"), name = aid_json_span (f, "name"), args = aid_json_span (f, member);
  struct aid_str dumped = AID_STR_INIT (ARGS_MAX);
  if (json_is_object (value) || json_is_array (value))
    {
      aid_json_dump (value, &dumped);
      args = aid_str_span (&dumped);
    }
  enum aid_err err = AID_OK;
  if (id.len || name.len || args.len)
    {
      int64_t index = aid_json_int (call, "index", -1);
      size_t at = find (c, index, id, name, args);
      struct slot *fresh = at == c->slots.len ? aid_vec_push (&c->slots) : NULL;
      if (fresh)
        *fresh = (struct slot){ .index = index, .id = AID_STR_INIT (ID_MAX), .name = AID_STR_INIT (NAME_MAX) };
      err = at < c->slots.len ? tell (c, d, at, id, name, args) : AID_E_LIMIT;
    }
  aid_str_free (&dumped);
  if (err)
    aid_error_set (e, err, "The model calls more than %d tools at once, or one with an absurd name.", AID_CALLS_MAX);
  return err;
}
