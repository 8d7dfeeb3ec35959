/* HTML entities: some answers come through a page that wrote "&lt;" for "<".  A patch can be read as if that was undone. */
#include "patch/plan_internal.h"

#include <stdlib.h>

struct entity
{
  const char *name, *sign;
};

static const struct entity entities[] = { { "&lt;", "<" },   { "&gt;", ">" },  { "&amp;", "&" },  { "&quot;", "\"" },
                                          { "&#34;", "\"" }, { "&#39;", "'" }, { "&#x27;", "'" }, { "&apos;", "'" } };
enum { HIDING = 3 /* the first ones: a page must write these */, ENTITIES = sizeof entities / sizeof *entities };

static const struct entity *
entity_at (struct aid_span v, size_t i, size_t n)
{
  struct aid_span rest = aid_span_cut (v, i, v.len);
  for (size_t k = 0; k < n; k++)
    if (aid_span_starts (rest, entities[k].name))
      return &entities[k];
  return NULL;
}

/* The next of the first N entities in V at or behind *AT, which is moved behind its sign; NULL: there is none. */
static const struct entity *
next_entity (struct aid_span v, size_t *at, size_t n)
{
  const char *amp;
  while (*at < v.len && (amp = memchr (v.ptr + *at, '&', v.len - *at)))
    {
      *at = (size_t) (amp - v.ptr) + 1;
      const struct entity *e = entity_at (v, *at - 1, n);
      if (e)
        return e;
    }
  return NULL;
}

int
aid_has_entity (struct aid_span v)
{
  size_t at = 0;
  return next_entity (v, &at, ENTITIES) != NULL;
}

/* Whether V has a sign that a page would have written as an entity. */
static int
has_raw (struct aid_span v)
{
  if (v.len == 0)
    return 0;
  if (memchr (v.ptr, '<', v.len) || memchr (v.ptr, '>', v.len))
    return 1;
  const char *at = v.ptr, *end = v.ptr + v.len;
  while (at < end && (at = memchr (at, '&', (size_t) (end - at))))
    {
      if (!entity_at (v, (size_t) (at - v.ptr), ENTITIES))
        return 1;
      at++;
    }
  return 0;
}

/* Whether SIGN is written only as an entity in the lines of P, and is so at least once. */
static int
is_only_escaped (const struct aid_patch *p, char sign)
{
  int escaped = 0;
  for (size_t i = 0; i < p->lines.len; i++)
    {
      struct aid_span v = AID_VEC_AT (struct aid_patch_line, &p->lines, i).text;
      size_t at = 0;
      if (v.len > 0 && memchr (v.ptr, sign, v.len))
        return 0;
      for (const struct entity *e; !escaped && (e = next_entity (v, &at, ENTITIES));)
        escaped = *e->sign == sign;
    }
  return escaped;
}

enum aid_entities
aid_entities_of (const struct aid_patch *p)
{
  int some = 0, raw = 0;
  for (size_t i = 0; i < p->lines.len && !(some && raw); i++)
    {
      struct aid_span text = AID_VEC_AT (struct aid_patch_line, &p->lines, i).text;
      size_t at = 0;
      some = some || next_entity (text, &at, HIDING);
      raw = raw || has_raw (text);
    }
  if (some || raw)
    return !some ? AID_ENTITIES_NONE : raw ? AID_ENTITIES_SOME : AID_ENTITIES_ALL;
  return is_only_escaped (p, '"') || is_only_escaped (p, '\'') ? AID_ENTITIES_ALL : AID_ENTITIES_NONE;
}

static void
add_unescaped (struct aid_str *out, struct aid_span v)
{
  for (size_t i = 0; i < v.len;)
    {
      const char *amp = memchr (v.ptr + i, '&', v.len - i);
      size_t to = amp ? (size_t) (amp - v.ptr) : v.len;
      aid_str_add (out, v.ptr + i, to - i);
      i = to;
      if (i == v.len)
        break;
      const struct entity *e = entity_at (v, i, ENTITIES);
      aid_str_addz (out, e ? e->sign : "&");
      i += e ? strlen (e->name) : 1;
    }
}

struct aid_patch *
aid_unescape (const struct aid_patch *p)
{
  struct aid_patch *copy = malloc (sizeof *copy);
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX * 2);
  size_t n = p->lines.len;
  struct aid_patch_line *lines = malloc ((n + 1) * sizeof *lines);
  for (size_t i = 0; copy && lines && i < n; i++)
    {
      lines[i] = AID_VEC_AT (struct aid_patch_line, &p->lines, i);
      size_t prefix = lines[i].raw.len - lines[i].text.len, beg = text.len;
      add_unescaped (&text, lines[i].raw);
      lines[i].raw = (struct aid_span){ NULL, text.len - beg };
      lines[i].text = (struct aid_span){ NULL, text.len - beg - prefix };
    }
  size_t len = text.len;
  char *owned = copy && lines ? aid_str_steal (&text) : NULL;
  aid_str_free (&text);
  if (!owned)
    {
      free (lines);
      free (copy);
      return NULL;
    }
  size_t at = 0;
  for (size_t i = 0; i < n; i++)
    {
      lines[i].raw.ptr = owned + at;
      lines[i].text.ptr = owned + at + (lines[i].raw.len - lines[i].text.len);
      at += lines[i].raw.len;
    }
  *copy = *p;
  copy->text = owned;
  copy->len = len;
  copy->lines = (struct aid_vec){ lines, n, n, sizeof *lines, n };
  return copy;
}

void
aid_unescape_free (struct aid_patch *copy)
{
  if (!copy)
    return;
  free (copy->text);
  free (copy->lines.data);
  free (copy);
}
