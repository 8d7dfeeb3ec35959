/* Parts of a conversation as the requests of several wire formats need them, and what a cache of prompts needs to know. */
#include "model/wire_internal.h"
#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"

#define TEXT_MAX (64u << 20)
#define MARKS_MAX 4
#define MADE "call"

static const struct aid_part *
part_at (const struct aid_message *m, size_t i)
{
  return &AID_VEC_AT (struct aid_part, &m->parts, i);
}

static struct aid_message *
message_at (const struct aid_conversation *c, size_t i)
{
  return &AID_VEC_AT (struct aid_message, &c->messages, i);
}

/* As json_pack would make it, which reads its format each time. */
json_t *
aid_json_two (const char *key, const char *word, const char *member, json_t *value)
{
  json_t *two = value ? json_object () : NULL;
  if (two && !json_object_set_new_nocheck (two, key, json_string_nocheck (word))
      && !json_object_set_new_nocheck (two, member, json_incref (value)))
    json_decref (value);
  else
    {
      json_decref (value);
      json_decref (two);
      two = NULL;
    }
  return two;
}

/* What a part's text is made of was made valid UTF-8 when the part was; it is not looked through again. */
json_t *
aid_part_string (const struct aid_part *p)
{
  return json_stringn_nocheck (p->text, p->len);
}

json_t *
aid_message_text (const struct aid_message *m)
{
  struct aid_str all = AID_STR_INIT (TEXT_MAX);
  const struct aid_part *only = NULL;
  size_t n = 0;
  for (size_t i = 0; i < m->parts.len; i++)
    if (part_at (m, i)->kind == AID_PART_TEXT)
      {
        only = part_at (m, i);
        n++;
      }
  if (n == 1)
    return only->len ? aid_part_string (only) : NULL;
  for (size_t i = 0; i < m->parts.len; i++)
    if (part_at (m, i)->kind == AID_PART_TEXT)
      {
        aid_str_addz (&all, all.len ? "\n\n" : "");
        aid_str_add (&all, part_at (m, i)->text, part_at (m, i)->len);
      }
  json_t *text = all.len && !all.err ? json_stringn_nocheck (all.ptr, all.len) : NULL;
  aid_str_free (&all);
  return text;
}

/* --- calls of tools ------------------------------------------------------------------------------------------------- */

json_t *
aid_call_arguments (const struct aid_part *p)
{
  json_t *args = p->len ? aid_json_object_of (p->text) : json_object ();
  if (!args)
    args = json_pack ("{s:o}", "arguments", aid_part_string (p));
  return args;
}

json_t *
aid_result_text (const struct aid_part *p)
{
  struct aid_str text = AID_STR_INIT (p->len + 16);
  aid_str_addz (&text, p->is_error ? "Error: " : "");
  aid_str_add (&text, p->text, p->len);
  json_t *string = aid_json_of_span (aid_str_span (&text));
  aid_str_free (&text);
  return string;
}

void
aid_call_id_make (size_t number, struct aid_str *out)
{
  aid_str_addf (out, MADE "%05zu", number);
}

int
aid_call_id_is_ours (const char *id)
{
  size_t n = strlen (MADE);
  return !id || (!strncmp (id, MADE, n) && strlen (id) == n + 5 && strspn (id + n, "0123456789") == 5);
}

json_t *
aid_call_id (const struct aid_part *p, size_t most, int nine)
{
  static const char legal[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
  const char *id = p->id ? p->id : "";
  size_t n = strlen (id), good = strspn (id, legal);
  int ok = n > 0 && good == n && n <= most && (!nine || (n == 9 && !strpbrk (id, "_-")));
  char hash[17];
  if (ok)
    return aid_json_z (id);
  aid_hash_hex ((struct aid_span){ id, n }, nine ? 9 : 16, hash);
  return aid_json_z (hash);
}

/* --- images and PDFs ------------------------------------------------------------------------------------------------ */

/* PREFIX and the bytes in base 64; all of it is ASCII. */
static json_t *
encoded (const struct aid_part *p, const char *before, const char *media)
{
  struct aid_str text = AID_STR_INIT (2 * (size_t) AID_MEDIA_MAX);
  if (media)
    aid_str_addf (&text, "%s%s;base64,", before, media);
  aid_base64_add (&text, p->bytes, p->nbytes);
  json_t *v = text.err ? NULL : json_stringn_nocheck (aid_str_z (&text), text.len);
  aid_str_free (&text);
  return v;
}

json_t *
aid_media_base64 (const struct aid_part *p)
{
  return encoded (p, "", NULL);
}

json_t *
aid_media_address (const struct aid_part *p)
{
  return p->bytes ? encoded (p, "data:", p->media) : aid_json_z (p->url);
}

json_t *
aid_media_excuse (const struct aid_part *p)
{
  struct aid_str words = AID_STR_INIT (AID_MEDIA_URL_MAX + 256);
  aid_str_addf (&words, "(%s %s is not sent: this server takes none in this way.)",
                p->kind == AID_PART_PDF ? "The PDF" : "The image", p->name ? p->name : p->url ? p->url : p->media);
  json_t *v = aid_json_of_span (aid_str_span (&words));
  aid_str_free (&words);
  return v;
}

/* --- caches --------------------------------------------------------------------------------------------------------- */

/* Marks the end of message I: results are written first, wherever they stand. */
static void
mark (struct aid_conversation *c, size_t i)
{
  struct aid_message *m = message_at (c, i);
  size_t last = m->parts.len;
  while (last && part_at (m, last - 1)->kind == AID_PART_TOOL_RESULT)
    last--;
  if (!last)
    last = m->parts.len;
  if (last)
    AID_VEC_AT (struct aid_part, &m->parts, last - 1).stable = 1;
}

/* Counts the marked parts.  When TOTAL of them are more than KEEP, only the first and the last KEEP - 1 stay marked. */
static size_t
marks (struct aid_conversation *c, size_t total, size_t keep)
{
  size_t n = 0;
  for (size_t i = 0; i < c->messages.len; i++)
    for (size_t k = 0; k < message_at (c, i)->parts.len; k++)
      {
        struct aid_part *p = &AID_VEC_AT (struct aid_part, &message_at (c, i)->parts, k);
        if (p->stable && n++ > 0 && n + keep <= total + 1)
          p->stable = 0;
      }
  return n;
}

void
aid_conversation_mark (struct aid_conversation *c)
{
  size_t n = marks (c, 0, 0), questions = 0;
  if (n > MARKS_MAX)
    marks (c, n, MARKS_MAX);
  if (n || !c->messages.len)
    return;
  if (message_at (c, 0)->role == AID_ROLE_SYSTEM)
    mark (c, 0);
  for (size_t i = c->messages.len; i-- > 0;)
    if (message_at (c, i)->role == AID_ROLE_USER && ++questions == 2)
      mark (c, i);
  mark (c, c->messages.len - 1);
}

void
aid_conversation_prefix (const struct aid_conversation *c, char out[17])
{
  uint64_t hash = 0;
  for (size_t i = 0; i < c->messages.len && i < 2; i++)
    for (size_t k = 0; k < message_at (c, i)->parts.len; k++)
      {
        const struct aid_part *p = part_at (message_at (c, i), k);
        hash = aid_hash64_seeded ((struct aid_span){ p->text, p->len }, hash);
      }
  aid_hash_hex ((struct aid_span){ (const char *) &hash, sizeof hash }, 16, out);
}
