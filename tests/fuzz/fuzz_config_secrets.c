/* The scanner of secrets on any bytes: findings lie in the text, in order, apart; what is removed is gone from there;
   the same bytes give the same. */
#include "fuzz.h"
#include "config/secrets.h"

static int
all (void *ctx, const char *id)
{
  (void)ctx;
  return strlen (id) == AID_SECRET_ID - 1;
}

static struct aid_vec
scanned (struct aid_span text)
{
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
  enum aid_err err = aid_secrets_scan (text, &found);
  CHECK (err == AID_OK || (err == AID_E_LIMIT && found.len == AID_SECRETS_MAX));
  return found;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  struct aid_span text = { (const char *)bytes, len };
  struct aid_vec found = scanned (text), again = scanned (text);
  struct aid_str out = AID_STR_INIT (len * 40 + 100), mask = AID_STR_INIT (1u << 20);
  size_t at = 0, kept = 0;
  CHECK (found.len == again.len);
  for (size_t i = 0; i < found.len; i++)
    {
      const struct aid_secret *s = &AID_VEC_AT (struct aid_secret, &found, i);
      CHECK (s->beg >= at && s->beg < s->end && s->end <= len && s->shown < s->end - s->beg && s->kind);
      kept += s->beg - at + strlen ("[removed: ]") + strlen (s->kind);
      at = s->end;
      aid_secret_mask (text, s, &mask);
      CHECK (aid_span_find (aid_str_span (&mask), aid_span_cut (text, s->beg, s->end)) < 0 || s->end - s->beg < 8);
      aid_str_clear (&mask);
    }
  aid_secrets_replace (text, &found, all, NULL, &out);
  CHECK (!out.err && out.len == kept + len - at);
  aid_secrets_file (text);
  aid_vec_free (&found);
  aid_vec_free (&again);
  aid_str_free (&out);
  aid_str_free (&mask);
  return 0;
}
