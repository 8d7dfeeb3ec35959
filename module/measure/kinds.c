/* The tables, and the one place where an event's fields become JSON. */
#include "measure/kinds.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/val.h"

#define NUMBER(name)                                                                                                        \
  {                                                                                                                         \
    name, AID_FIELD_NUMBER                                                                                                  \
  }
#define REAL(name)                                                                                                          \
  {                                                                                                                         \
    name, AID_FIELD_REAL                                                                                                    \
  }
#define WORD(name)                                                                                                          \
  {                                                                                                                         \
    name, AID_FIELD_WORD                                                                                                    \
  }
#define WORDS(name)                                                                                                         \
  {                                                                                                                         \
    name, AID_FIELD_WORDS                                                                                                   \
  }
#define FLAG(name)                                                                                                          \
  {                                                                                                                         \
    name, AID_FIELD_FLAG                                                                                                    \
  }
#define END                                                                                                                 \
  {                                                                                                                         \
    NULL, AID_FIELD_FLAG                                                                                                    \
  }

static const struct aid_field request_fields[] = { WORD ("model"),
                                                   WORD ("name"),
                                                   WORD ("provider"),
                                                   WORD ("strategy"),
                                                   WORDS ("variant"),
                                                   WORD ("core"),
                                                   NUMBER ("in"),
                                                   NUMBER ("cached"),
                                                   NUMBER ("out"),
                                                   NUMBER ("reasoning"),
                                                   REAL ("cost"),
                                                   NUMBER ("ms"),
                                                   NUMBER ("first_ms"),
                                                   NUMBER ("retries"),
                                                   WORD ("outcome"),
                                                   WORD ("error"),
                                                   WORD ("stop"),
                                                   NUMBER ("counted"),
                                                   NUMBER ("chars"),
                                                   FLAG ("edited"),
                                                   WORD ("front"),
                                                   FLAG ("summary"),
                                                   WORD ("trace"),
                                                   END };

static const struct aid_field context_fields[] = { WORD ("item"), WORD ("by"), NUMBER ("items"), NUMBER ("tokens"), END };

static const struct aid_field patch_fields[] = { WORD ("format"),
                                                 NUMBER ("blocks"),
                                                 NUMBER ("files"),
                                                 NUMBER ("hunks"),
                                                 NUMBER ("exact"),
                                                 NUMBER ("shifted"),
                                                 NUMBER ("whitespace"),
                                                 NUMBER ("adjusted"),
                                                 NUMBER ("already"),
                                                 NUMBER ("refused"),
                                                 NUMBER ("refused_ambiguous"),
                                                 NUMBER ("refused_cut"),
                                                 NUMBER ("refused_file"),
                                                 NUMBER ("refused_place"),
                                                 NUMBER ("unread"),
                                                 NUMBER ("ms"),
                                                 END };

static const struct aid_field decision_fields[] = { WORD ("decision"),
                                                    WORD ("hunk"),
                                                    WORD ("op"),
                                                    WORD ("method"),
                                                    NUMBER ("shift"),
                                                    REAL ("similarity"),
                                                    NUMBER ("inserted"),
                                                    NUMBER ("deleted"),
                                                    REAL ("edited"),
                                                    WORD ("was"),
                                                    END };

static const struct aid_field build_fields[] = { WORD ("what"),     WORD ("status"),     WORD ("before"),
                                                 NUMBER ("errors"), NUMBER ("warnings"), NUMBER ("code"),
                                                 NUMBER ("ms"),     WORD ("front"),      END };

static const struct aid_field stayed_fields[]
  = { WORD ("hunk"), WORD ("when"), NUMBER ("after_s"), NUMBER ("chars"), NUMBER ("kept"), WORD ("how"), END };

static const struct aid_field typed_fields[] = { NUMBER ("chars"), NUMBER ("seconds"), END };

static const struct aid_field exposure_fields[]
  = { WORD ("experiment"), WORD ("variant"), WORD ("reason"), WORD ("unit"), WORD ("version"), END };

static const struct
{
  const char *name;
  const struct aid_field *fields;
} kinds[AID_MEASURED_KINDS] = {
  [AID_MEASURED_REQUEST] = { "request", request_fields }, [AID_MEASURED_CONTEXT] = { "context", context_fields },
  [AID_MEASURED_PATCH] = { "patch", patch_fields },       [AID_MEASURED_DECISION] = { "decision", decision_fields },
  [AID_MEASURED_BUILD] = { "build", build_fields },       [AID_MEASURED_STAYED] = { "stayed", stayed_fields },
  [AID_MEASURED_TYPED] = { "typed", typed_fields },       [AID_MEASURED_EXPOSURE] = { "exposure", exposure_fields },
};

const char *
aid_measured_name (enum aid_measured kind)
{
  return kinds[kind].name;
}

int
aid_measured_named (struct aid_span name, enum aid_measured *kind)
{
  for (int i = 0; i < AID_MEASURED_KINDS; i++)
    if (aid_span_eqz (name, kinds[i].name))
      {
        *kind = (enum aid_measured)i;
        return 1;
      }
  return 0;
}

const struct aid_field *
aid_measured_fields (enum aid_measured kind)
{
  return kinds[kind].fields;
}

/* --- as JSON ---------------------------------------------------------------------------------------------------------- */

/* What an event has of the word V: at most AID_EVENT_WORD_MAX bytes, cut at a character. */
static struct aid_span
word_of (struct aid_span v)
{
  size_t n = v.len > AID_EVENT_WORD_MAX ? AID_EVENT_WORD_MAX : v.len;
  while (n < v.len && n > 0 && ((unsigned char)v.ptr[n] & 0xC0) == 0x80)
    n--;
  return aid_span_cut (v, 0, n);
}

/* Those of the words in V, with commas between them, that fit. */
static struct aid_span
short_words (struct aid_span v)
{
  size_t n = v.len > AID_EVENT_WORDS_MAX ? AID_EVENT_WORDS_MAX : v.len;
  while (n < v.len && n > 0 && v.ptr[n] != ',')
    n--;
  return aid_span_cut (v, 0, n);
}

/* The value V of a field of TYPE, a new reference; NULL: it is none. */
static json_t *
value_of (enum aid_field_type type, const struct aid_val_item *v)
{
  switch (type)
    {
    case AID_FIELD_NUMBER:
      return v->tag == 'i' ? json_integer (v->i) : v->tag == 'd' ? json_integer ((json_int_t)v->d) : NULL;
    case AID_FIELD_REAL:
      return v->tag == 'd' ? json_real (v->d) : v->tag == 'i' ? json_real ((double)v->i) : NULL;
    case AID_FIELD_WORD:
      return v->tag == 's' || v->tag == 'y' ? aid_json_of_span (word_of (v->s)) : NULL;
    case AID_FIELD_WORDS:
      return v->tag == 's' ? aid_json_of_span (short_words (v->s)) : NULL;
    default:
      return v->tag == 't' || v->tag == 'f' ? json_boolean (v->tag == 't') : NULL;
    }
}

static const struct aid_field *
field_named (const struct aid_field *f, struct aid_span name)
{
  for (; f->name; f++)
    if (aid_span_eqz (name, f->name))
      return f;
  return NULL;
}

json_t *
aid_measured_json (enum aid_measured kind, struct aid_span fields)
{
  json_t *all = json_object ();
  struct aid_val_item head = aid_val_next (&fields);
  for (uint32_t i = 0; head.tag == 'o' && i < head.count; i++)
    {
      struct aid_span key = aid_val_next_key (&fields);
      struct aid_val_item v = aid_val_next (&fields);
      const struct aid_field *f = field_named (kinds[kind].fields, key);
      json_t *json = f ? value_of (f->type, &v) : NULL;
      if (v.tag == 'l' || v.tag == 'o' || !v.tag)
        break; /* no event has any: what follows is not its field */
      if (json)
        json_object_set_new (all, f->name, json);
    }
  return all;
}
