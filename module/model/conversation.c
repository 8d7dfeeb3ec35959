/* The neutral conversation: plain ownership.  A message owns its parts, a part its strings. */
#include "model/conversation.h"
#include "base/utf8.h"
#include <stdlib.h>

#define MESSAGES_MAX 100000u
#define PARTS_MAX 100000u
#define PART_BYTES_MAX (64u << 20)
#define TOOL_NAME_MAX 64

void
aid_conversation_init (struct aid_conversation *c)
{
  *c = (struct aid_conversation){ .messages = AID_VEC_INIT (struct aid_message, MESSAGES_MAX),
                                  .tools = AID_VEC_INIT (struct aid_tool, AID_TOOLS_MAX),
                                  .made = AID_VEC_INIT (char *, (size_t) MESSAGES_MAX * PARTS_MAX) };
}

static void
part_free (struct aid_part *p)
{
  free (p->text);
  free (p->id);
  free (p->name);
  free (p->opaque);
  free (p->media);
  free (p->bytes);
  free (p->url);
}

void
aid_conversation_free (struct aid_conversation *c)
{
  for (size_t i = 0; i < c->messages.len; i++)
    {
      struct aid_vec *parts = &AID_VEC_AT (struct aid_message, &c->messages, i).parts;
      for (size_t k = 0; k < parts->len && !c->borrows; k++)
        part_free (&AID_VEC_AT (struct aid_part, parts, k));
      aid_vec_free (parts);
    }
  for (size_t i = 0; i < c->made.len; i++)
    free (AID_VEC_AT (char *, &c->made, i));
  aid_vec_free (&c->made);
  for (size_t i = 0; i < c->tools.len; i++)
    {
      struct aid_tool *t = &AID_VEC_AT (struct aid_tool, &c->tools, i);
      free (t->name);
      free (t->description);
      json_decref (t->schema);
    }
  aid_vec_free (&c->messages);
  aid_vec_free (&c->tools);
  free (c->tool_chosen);
  free (c->output_name);
  json_decref (c->output_schema);
  c->tool_chosen = c->output_name = NULL;
  c->output_schema = NULL;
}

struct aid_message *
aid_conversation_add (struct aid_conversation *c, enum aid_role role)
{
  struct aid_message *m = aid_vec_push (&c->messages);
  if (!m)
    return NULL;
  m->role = role;
  m->parts = AID_VEC_INIT (struct aid_part, PARTS_MAX);
  return m;
}

struct aid_part *
aid_message_add (struct aid_message *m, enum aid_part_kind kind, struct aid_span text)
{
  struct aid_str clean = AID_STR_INIT (PART_BYTES_MAX);
  struct aid_part *p = NULL;
  aid_str_reserve (&clean, text.len);
  aid_utf8_clean (text, &clean);
  size_t len = clean.len;
  char *bytes = aid_str_steal (&clean);
  if (bytes)
    p = aid_vec_push (&m->parts);
  if (!p)
    {
      aid_str_free (&clean);
      free (bytes);
      return NULL;
    }
  p->kind = kind;
  p->text = bytes;
  p->len = len;
  return p;
}

/* --- images and PDFs ------------------------------------------------------------------------------------------------ */

static const char pdf[] = "application/pdf";

/* The types that servers take, by the bytes that their files begin with. */
static const struct
{
  const char *media;
  struct aid_span begins;
} types[] = {
  { "image/png", { "\x89PNG\r\n\x1a\n", 8 } }, { "image/jpeg", { "\xff\xd8\xff", 3 } }, { "image/gif", { "GIF87a", 6 } },
  { "image/gif", { "GIF89a", 6 } },            { "image/webp", { "RIFF", 4 } },         { pdf, { "%PDF-", 5 } },
};
#define TYPES (sizeof types / sizeof *types)

const char *
aid_media_type (struct aid_span bytes)
{
  for (size_t i = 0; i < TYPES; i++)
    if (aid_span_eq (aid_span_cut (bytes, 0, types[i].begins.len), types[i].begins))
      {
        int riff = types[i].begins.len == 4;
        return riff && !aid_span_eqz (aid_span_cut (bytes, 8, 12), "WEBP") ? NULL : types[i].media;
      }
  return NULL;
}

static struct aid_part *
add_media (struct aid_message *m, const char *media)
{
  struct aid_part *p = aid_message_add (m, strcmp (media, pdf) ? AID_PART_IMAGE : AID_PART_PDF, AID_SPAN (""));
  if (p)
    p->media = strdup (media);
  return p && p->media ? p : NULL;
}

enum aid_err
aid_message_add_media (struct aid_message *m, struct aid_span bytes, const char *name, struct aid_error *e)
{
  const char *media = aid_media_type (bytes);
  if (!media)
    return aid_error_set (e, AID_E_INVALID, "%.100s is neither an image (PNG, JPEG, GIF, WebP) nor a PDF.",
                          name ? name : "This");
  if (bytes.len > AID_MEDIA_MAX)
    return aid_error_set (e, AID_E_LIMIT, "%.100s is larger than the %u MB that an image or PDF may have.",
                          name ? name : "This", AID_MEDIA_MAX >> 20);
  struct aid_part *p = add_media (m, media);
  if (!p || !(p->bytes = malloc (bytes.len)) || (name && !(p->name = strdup (name))))
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for the request.");
  memcpy (p->bytes, bytes.ptr, bytes.len);
  p->nbytes = bytes.len;
  return AID_OK;
}

/* Whether URL is an https address of plain visible characters. */
static int
url_ok (struct aid_span url)
{
  for (size_t i = 0; i < url.len; i++)
    if ((unsigned char) url.ptr[i] <= ' ' || (unsigned char) url.ptr[i] >= 127)
      return 0;
  return aid_span_starts (url, "https://") && url.len > strlen ("https://") && url.len <= AID_MEDIA_URL_MAX;
}

enum aid_err
aid_message_add_media_url (struct aid_message *m, const char *media, const char *url, struct aid_error *e)
{
  size_t known = 0;
  while (known < TYPES && strcmp (types[known].media, media) != 0)
    known++;
  if (known == TYPES)
    return aid_error_set (e, AID_E_INVALID, "Servers take images (PNG, JPEG, GIF, WebP) and PDFs, but no %.60s.", media);
  if (!url_ok (aid_span_z (url)))
    return aid_error_set (e, AID_E_INVALID, "The address of an image or PDF must begin with https:// and have no blanks.");
  struct aid_part *p = add_media (m, types[known].media);
  return p && (p->url = strdup (url)) ? AID_OK : aid_error_set (e, AID_E_NOMEM, "There is no memory for the request.");
}

/* --- tools and structured output ------------------------------------------------------------------------------------ */

/* What every server takes as a name. */
static int
name_ok (const char *name)
{
  size_t n = strlen (name);
  return n > 0 && n <= TOOL_NAME_MAX
         && strspn (name, "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == n;
}

static int
has_tool (const struct aid_conversation *c, const char *name)
{
  for (size_t i = 0; i < c->tools.len; i++)
    if (!strcmp (AID_VEC_AT (struct aid_tool, &c->tools, i).name, name))
      return 1;
  return 0;
}

enum aid_err
aid_conversation_add_tool (struct aid_conversation *c, const char *name, const char *description, json_t *schema,
                           struct aid_error *e)
{
  if (!name_ok (name) || has_tool (c, name))
    return aid_error_set (e, AID_E_INVALID, "A tool cannot be called \"%.70s\"%s.", name,
                          name_ok (name) ? ": there is one of this name" : " (letters, digits, _ and -, at most 64)");
  if (!json_is_object (schema))
    return aid_error_set (e, AID_E_INVALID, "The schema of the tool %s is no JSON object.", name);
  if (c->tools.len == AID_TOOLS_MAX)
    return aid_error_set (e, AID_E_LIMIT, "There are more than %d tools.", AID_TOOLS_MAX);
  struct aid_tool tool = { strdup (name), strdup (description ? description : ""), NULL };
  struct aid_tool *to = tool.name && tool.description ? aid_vec_push (&c->tools) : NULL;
  if (!to)
    {
      free (tool.name);
      free (tool.description);
      return aid_error_set (e, AID_E_NOMEM, "There is no memory for the request.");
    }
  tool.schema = json_incref (schema);
  *to = tool;
  return AID_OK;
}

enum aid_err
aid_conversation_choose_tool (struct aid_conversation *c, enum aid_tool_choice choice, const char *chosen,
                              struct aid_error *e)
{
  char *copy = NULL;
  if ((choice == AID_TOOLS_ONE) != (chosen != NULL) || (chosen && !has_tool (c, chosen)))
    return aid_error_set (e, AID_E_INVALID, "There is no tool \"%.70s\" to choose.", chosen ? chosen : "");
  if (chosen && !(copy = strdup (chosen)))
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for the request.");
  free (c->tool_chosen);
  c->tool_chosen = copy;
  c->tool_choice = choice;
  return AID_OK;
}

enum aid_err
aid_conversation_want_json (struct aid_conversation *c, const char *name, json_t *schema, struct aid_error *e)
{
  if (!name_ok (name) || !json_is_object (schema))
    return aid_error_set (e, AID_E_INVALID, "The wanted answer needs a name (letters, digits, _ and -, at most 64) and a "
                                            "JSON object as its schema.");
  char *copy = strdup (name);
  if (!copy)
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for the request.");
  free (c->output_name);
  json_decref (c->output_schema);
  c->output_name = copy;
  c->output_schema = json_incref (schema);
  return AID_OK;
}
