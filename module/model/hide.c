/* What may be shown of a request.  The key itself is known and taken out wherever it is; credentials that a person has put
   into headers or an address by hand are known by the names that such things have. */
#include "model/hide.h"
#include <stdlib.h>
#include <strings.h>

/* Appends NAME as a shell's variable, in capitals if UP. */
static void
add_variable (const char *name, int up, struct aid_str *out)
{
  size_t start = out->len;
  for (; *name; name++)
    {
      unsigned char c = (unsigned char) *name;
      int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
      if (digit && out->len == start)
        aid_str_addc (out, '_');
      aid_str_addc (out, letter ? (char) (up ? c & ~32 : c) : digit ? (char) c : '_');
    }
}

void
aid_hide_variable (const struct aid_model *m, struct aid_str *out)
{
  if (m->key_env)
    {
      add_variable (m->key_env, 0, out);
      return;
    }
  add_variable (m->provider, 1, out);
  aid_str_addz (out, "_API_KEY");
}

static void
hide (struct aid_span text, struct aid_span secret, const char *variable, struct aid_str *out)
{
  for (ptrdiff_t at; secret.len && (at = aid_span_find (text, secret)) >= 0;)
    {
      aid_str_add (out, text.ptr, (size_t) at);
      aid_str_addf (out, "$%s", variable);
      text = aid_span_cut (text, (size_t) at + secret.len, text.len);
    }
  aid_str_addspan (out, text);
}

/* How many bytes at the end of TEXT begin SECRET, which was cut there; 0 when fewer than AID_HIDE_LEAST do. */
static size_t
begun_at_end (struct aid_span text, struct aid_span secret)
{
  for (size_t n = secret.len < text.len ? secret.len : text.len; n >= AID_HIDE_LEAST; n--)
    if (n < secret.len && !memcmp (text.ptr + text.len - n, secret.ptr, n))
      return n;
  return 0;
}

void
aid_hide_text (struct aid_span text, const char *secret, const char *variable, struct aid_str *out)
{
  struct aid_span s = aid_span_z (secret);
  if (s.len < AID_HIDE_LEAST)
    s.len = 0;
  size_t begun = begun_at_end (text, s);
  hide (aid_span_cut (text, 0, text.len - begun), s, variable, out);
  if (begun)
    aid_str_addf (out, "$%s", variable);
}

/* Whether what is called NAME lets people in. */
static int
is_credential (struct aid_span name)
{
  static const char *const words[] = { "auth", "key", "token", "secret", "cookie", "passw", "sig", "credential" };
  char lower[64];
  size_t n = name.len < sizeof lower ? name.len : sizeof lower;
  for (size_t i = 0; i < n; i++)
    lower[i] = (char) (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] | 32 : name.ptr[i]);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_find ((struct aid_span){ lower, n }, aid_span_z (words[i])) >= 0)
      return 1;
  return 0;
}

void
aid_hide_header (const char *name, const char *value, const char *secret, const char *variable, struct aid_str *out)
{
  struct aid_span v = aid_span_z (value), s = aid_span_z (secret);
  if (!is_credential (aid_span_z (name)) || (s.len && (aid_span_eq (v, s) || (aid_span_starts (v, "Bearer ")
                                             && aid_span_eq (aid_span_cut (v, 7, v.len), s)))))
    return hide (v, s, variable, out);
  if (!strncasecmp (value, "Bearer ", 7))
    aid_str_addz (out, "Bearer ");
  aid_str_addc (out, '$');
  add_variable (name, 1, out);
}

/* Appends QUERY, from its "?" on, with a variable for each value that is a credential. */
static void
hide_query (struct aid_span query, struct aid_str *out)
{
  while (query.len)
    {
      size_t end = 1;
      while (end < query.len && query.ptr[end] != '&' && query.ptr[end] != '#')
        end++;
      struct aid_span pair = aid_span_cut (query, 0, end);
      ptrdiff_t eq = aid_span_find (pair, AID_SPAN ("="));
      struct aid_span name = aid_span_cut (pair, 1, eq < 0 ? pair.len : (size_t) eq);
      if (eq > 0 && is_credential (name) && pair.ptr[eq + 1 < (ptrdiff_t) pair.len ? eq + 1 : eq] != '$')
        {
          char *z = aid_span_dup (name);
          aid_str_add (out, pair.ptr, (size_t) eq + 1);
          aid_str_addc (out, '$');
          add_variable (z ? z : "", 1, out);
          free (z);
        }
      else
        aid_str_addspan (out, pair);
      query = aid_span_cut (query, end, query.len);
    }
}

void
aid_hide_url (const char *url, const char *secret, const char *variable, struct aid_str *out)
{
  struct aid_str text = AID_STR_INIT (64u << 10);
  hide (aid_span_z (url), aid_span_z (secret), variable, &text);
  struct aid_span v = aid_str_span (&text);
  ptrdiff_t mark = aid_span_find (v, AID_SPAN ("?")), scheme = aid_span_find (v, AID_SPAN ("://"));
  struct aid_span head = aid_span_cut (v, 0, mark < 0 ? v.len : (size_t) mark);
  size_t host = scheme < 0 ? 0 : (size_t) scheme + 3, end = host;
  while (end < head.len && head.ptr[end] != '/')
    end++;
  const char *at = end > host ? memrchr (head.ptr + host, '@', end - host) : NULL;
  aid_str_add (out, head.ptr, host < head.len ? host : head.len);
  if (at)
    host = (size_t) (at - head.ptr) + 1;
  aid_str_addspan (out, aid_span_cut (head, host, head.len));
  if (mark >= 0)
    hide_query (aid_span_cut (v, (size_t) mark, v.len), out);
  aid_str_free (&text);
}

/* Words that were cut short end in "...". */
static const struct aid_span ellipsis = { "...", 3 };

void
aid_hide_in_error (const char *secret, const struct aid_model *m, struct aid_error *e)
{
  struct aid_str whole = AID_STR_INIT (64u << 10), words = AID_STR_INIT (64u << 10), variable = AID_STR_INIT (1024);
  if (e->code && secret)
    {
      aid_hide_variable (m, &variable);
      aid_hide_text (aid_span_z (e->msg), secret, aid_str_z (&variable), &whole);
      struct aid_span rest = aid_str_span (&whole);
      for (ptrdiff_t at; (at = aid_span_find (rest, ellipsis)) >= 0; rest = aid_span_cut (rest, (size_t) at + 3, rest.len))
        {
          aid_hide_text (aid_span_cut (rest, 0, (size_t) at), secret, aid_str_z (&variable), &words);
          aid_str_addspan (&words, ellipsis);
        }
      aid_str_addspan (&words, rest);
      aid_error_set (e, e->code, "%s", aid_str_z (&words));
    }
  aid_str_free (&whole);
  aid_str_free (&words);
  aid_str_free (&variable);
}
