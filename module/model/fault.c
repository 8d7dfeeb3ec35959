/* Errors of servers.  Each provider has a shape of its own, and proxies have none: whatever comes becomes one plain sentence
   that says who refused, why, and what helps. */
#include "model/wire_internal.h"
#include "base/json.h"
#include "base/utf8.h"

#define WORDS_MAX 300u         /* bytes of a server's own words that are looked at */
#define CLEAN_MAX 1200u        /* the same, made valid */

/* --- reading -------------------------------------------------------------------------------------------------------- */

static const char *
word (const json_t *obj, const char *key)
{
  const char *z = aid_json_str (obj, key);
  return z ? z : "";
}

/* The message in V: a string, or the first of a list of {msg} (validators), or an object with a message in it. */
static struct aid_span
message_in (const json_t *v)
{
  static const char *const names[] = { "message", "msg", "detail", "error", "title" };
  for (int depth = 0; depth < 6 && v; depth++)
    {
      if (json_is_string (v))
        return (struct aid_span){ json_string_value (v), json_string_length (v) };
      if (json_is_array (v))
        {
          v = json_array_get (v, 0);
          continue;
        }
      const json_t *next = NULL;
      for (size_t i = 0; i < sizeof names / sizeof *names && !next; i++)
        {
          next = json_object_get (v, names[i]);
          if (json_is_null (next) || json_is_number (next) || json_is_boolean (next))
            next = NULL;
        }
      v = next;
    }
  return (struct aid_span){ "", 0 };
}

static int
is_error_word (const json_t *doc, const char *key)
{
  const char *z = aid_json_str (doc, key);
  return z && !strcmp (z, "error");
}

/* The finer code in "details": Anthropic's "error_code", or the "reason" of the first of Google's that has one. */
static const char *
detail_in (const json_t *details)
{
  const json_t *one;
  size_t i;
  json_array_foreach (details, i, one)
    {
      if (*word (one, "reason"))
        return word (one, "reason");
    }
  return word (details, "error_code");
}

static const struct aid_fault no_fault = { { "", 0 }, "", "", "", 0, { "", 0 } };

/* Whether a member "error" of this value says that there is one: some servers always have the member. */
static int
says_error (const json_t *v)
{
  return json_object_size (v) || json_string_length (v) || json_array_size (v) || json_is_true (v) || json_number_value (v) > 0;
}

int
aid_fault_read (const json_t *doc, struct aid_fault *f)
{
  *f = no_fault;
  if (json_is_array (doc))
    doc = json_array_get (doc, 0);
  const json_t *err = json_object_get (doc, "error");
  if (json_is_array (err))
    err = json_array_get (err, 0);
  if (!says_error (err))
    {
      if (!is_error_word (doc, "type") && !is_error_word (doc, "object") && !json_object_get (doc, "detail"))
        return 0;
      err = doc;
    }
  f->message = message_in (json_is_object (err) || json_is_string (err) ? err : doc);
  f->type = *word (err, "type") ? word (err, "type") : word (err, "status");
  f->code = word (err, "code");
  f->status = (int) aid_json_int (err, "code", 0);
  f->detail = detail_in (json_object_get (err, "details"));
  f->relayed = aid_json_span (json_object_get (err, "metadata"), "raw");
  return 1;
}

/* --- telling -------------------------------------------------------------------------------------------------------- */

enum cause { CAUSE_OTHER, CAUSE_QUOTA, CAUSE_CONTEXT, CAUSE_MODEL, CAUSE_KEY, CAUSE_OVERLOAD, CAUSE_RATE };

static const struct
{
  const char *word;
  enum cause cause;
} causes[] = {
  { "insufficient_quota", CAUSE_QUOTA },
  { "billing_error", CAUSE_QUOTA },
  { "billing_hard_limit_reached", CAUSE_QUOTA },
  { "billing_not_active", CAUSE_QUOTA },
  { "enforced_spend_limit_reached", CAUSE_QUOTA },
  { "insufficient_credits", CAUSE_QUOTA },
  { "insufficient_balance", CAUSE_QUOTA },
  { "exceeded_current_quota_error", CAUSE_QUOTA },
  { "account_deactivated", CAUSE_QUOTA },
  { "context_length_exceeded", CAUSE_CONTEXT },
  { "exceed_context_size_error", CAUSE_CONTEXT },
  { "model_not_found", CAUSE_MODEL },
  { "invalid_api_key", CAUSE_KEY },
  { "authentication_error", CAUSE_KEY },
  { "API_KEY_INVALID", CAUSE_KEY },
  { "UNAUTHENTICATED", CAUSE_KEY },
  { "overloaded_error", CAUSE_OVERLOAD },
  { "rate_limit_error", CAUSE_RATE },
  { "rate_limit_exceeded", CAUSE_RATE },
  { "RESOURCE_EXHAUSTED", CAUSE_RATE },
};

static enum cause
cause_of_word (const char *z)
{
  for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
    if (!strcmp (causes[i].word, z))
      return causes[i].cause;
  return CAUSE_OTHER;
}

/* Too much text is the one cause that many servers have words for, and no code. */
static enum cause
cause_by_words (struct aid_span message)
{
  static const char *const words[] = { "maximum context length", "prompt is too long", "exceed context limit",
                                       "exceeds the maximum number of tokens" };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_find (message, aid_span_z (words[i])) >= 0)
      return CAUSE_CONTEXT;
  return CAUSE_OTHER;
}

static enum cause
cause_of (const struct aid_fault *f)
{
  enum cause c = cause_of_word (f->code);
  if (c == CAUSE_OTHER)
    c = cause_of_word (f->detail);
  if (c == CAUSE_OTHER)
    c = cause_of_word (f->type);
  return c == CAUSE_OTHER ? cause_by_words (f->message) : c;
}

/* What happened, as the end of a sentence that begins with the server's name; and what helps. */
static const char *
plain_cause (enum cause c, int status)
{
  switch (c)
    {
    case CAUSE_QUOTA:
      return "says that the account's credit or quota is used up";
    case CAUSE_CONTEXT:
      return "says that this is more text than the model can read; send less context";
    case CAUSE_MODEL:
      return "does not know this model";
    case CAUSE_KEY:
      return "did not accept the key (check \"key_env\" or \"key_command\", in Emacs also auth-source)";
    case CAUSE_OVERLOAD:
      return "is overloaded; try again later";
    case CAUSE_RATE:
      return "wants fewer requests; try again later";
    case CAUSE_OTHER:
      break;
    }
  switch (status)
    {
    case 401:
      return "did not accept the key (check \"key_env\" or \"key_command\", in Emacs also auth-source)";
    case 402:
      return "wants to be paid first";
    case 403:
      return "does not allow this";
    case 404:
      return "does not know this address or model (check \"url\", which often ends in /v1, and the model's name)";
    case 408: case 504:
      return "took too long";
    case 413:
      return "says that the request is too large";
    case 429:
      return "wants fewer requests; try again later";
    case 529:
      return "is overloaded; try again later";
    default:
      return status >= 500 ? "has a problem of its own" : "refused the request";
    }
}

/* Appends V on one line: control characters are blanks, runs of blanks one, and what looks like a key is left out, for some
   servers repeat it. */
static void
add_words (struct aid_str *out, struct aid_span v)
{
  struct aid_str clean = AID_STR_INIT (CLEAN_MAX);
  int cut = v.len > WORDS_MAX;
  aid_utf8_clean (aid_span_cut (v, 0, cut ? WORDS_MAX : v.len), &clean);
  struct aid_span rest = aid_span_trim (aid_str_span (&clean));
  while (rest.len)
    {
      size_t n = 0;
      while (n < rest.len && (unsigned char) rest.ptr[n] > ' ' && rest.ptr[n] != 127)
        n++;
      struct aid_span one = aid_span_cut (rest, 0, n);
      ptrdiff_t key = aid_span_find (one, AID_SPAN ("sk-"));
      if (n && out->len && out->ptr[out->len - 1] != ' ' && out->ptr[out->len - 1] != '(')
        aid_str_addc (out, ' ');
      aid_str_addspan (out, key >= 0 && n > 12 ? aid_span_cut (one, 0, (size_t) key + 3) : one);
      if (key >= 0 && n > 12)
        aid_str_addz (out, "...");
      rest = aid_span_cut (rest, n < rest.len ? n + 1 : n, rest.len);
    }
  if (cut)
    aid_str_addz (out, "...");
  aid_str_free (&clean);
}

/* Appends what the server says, and what it relays of another's words. */
static void
add_message (struct aid_str *out, struct aid_span message, struct aid_span relayed)
{
  if (message.len + relayed.len == 0)
    {
      aid_str_addc (out, '.');
      return;
    }
  aid_str_addc (out, ':');
  add_words (out, message);
  if (message.len && relayed.len)
    aid_str_addc (out, ':');
  add_words (out, relayed);
}

/* Parses a refused request's body; NULL when it is no JSON. */
static json_t *
parse (struct aid_span body)
{
  body = aid_span_trim (body);
  return body.len && (*body.ptr == '{' || *body.ptr == '[') ? json_loadb (body.ptr, body.len, JSON_ALLOW_NUL, NULL) : NULL;
}

/* Refusals that come from before the server: from a proxy, or from what stands in front of it and checks certificates (its own
   statuses, and the words of the page it sends with a common one).  WHO and WHAT as the beginning of a sentence. */
static int
explain_gate (int status, struct aid_span body, const char *host, struct aid_error *e)
{
  static const struct
  {
    int status;
    const char *page, *what;
  } gates[] = {
    { 496, "No required SSL certificate was sent", "wants a certificate of yours: set \"client_cert\" and \"client_key\"" },
    { 495, "The SSL certificate error",
      "did not accept your certificate: check \"client_cert\", \"client_key\" and its last day" },
    { 497, "plain HTTP request was sent to HTTPS port", "speaks https only: write https:// in \"url\"" },
  };
  if (status == 407)
    {
      aid_error_set (e, AID_E_HTTP, "The proxy on the way to %s wants a name and a password, or others (HTTP 407): write "
                     "http://NAME:PASSWORD@HOST:PORT in \"proxy\" or in the environment's http_proxy.", host);
      return 1;
    }
  for (size_t i = 0; i < sizeof gates / sizeof *gates; i++)
    if (status == gates[i].status || (status == 400 && aid_span_find (body, aid_span_z (gates[i].page)) >= 0))
      {
        aid_error_set (e, AID_E_HTTP, "%s %s (HTTP %d).", host, gates[i].what, status);
        return 1;
      }
  return 0;
}

void
aid_wire_explain (int status, struct aid_span body, const char *host, struct aid_error *e)
{
  struct aid_fault f;
  host = host && *host ? host : "The server";
  if (explain_gate (status, body, host, e))
    return;
  json_t *doc = parse (body);
  int known = aid_fault_read (doc, &f);
  if (!known && json_is_object (doc))
    f.message = message_in (doc);
  struct aid_span words = f.message.len ? f.message : aid_span_trim (body);
  struct aid_str out = AID_STR_INIT (2048);
  aid_str_addf (&out, "%s %s (HTTP %d)", host, plain_cause (cause_of (&f), status), status);
  add_message (&out, words, f.relayed);
  aid_error_set (e, AID_E_HTTP, "%s", aid_str_z (&out));
  aid_str_free (&out);
  json_decref (doc);
}

/* Statuses that say what helps, also in the middle of a stream. */
static int
is_telling (int status)
{
  return status == 401 || status == 402 || status == 403 || status == 408 || status == 413 || status == 429 || status == 529;
}

enum aid_err
aid_fault_set (const json_t *doc, struct aid_error *e)
{
  struct aid_fault f;
  struct aid_str out = AID_STR_INIT (2048);
  if (!aid_fault_read (doc, &f))
    f.message = message_in (doc);
  enum cause c = cause_of (&f);
  int told = c != CAUSE_OTHER || is_telling (f.status);
  aid_str_addf (&out, "The server %s", told ? plain_cause (c, f.status) : "broke off with an error");
  const char *name = *f.code ? f.code : f.type;
  if (*name)
    {
      aid_str_addz (&out, " (");
      add_words (&out, aid_span_z (name));
      aid_str_addz (&out, ")");
    }
  add_message (&out, f.message, f.relayed);
  enum aid_err err = aid_error_set (e, AID_E_HTTP, "%s", aid_str_z (&out));
  aid_str_free (&out);
  return err;
}

/* --- ends that are no errors ---------------------------------------------------------------------------------------- */

void
aid_stop_tell (enum aid_stop_reason s, struct aid_span words, int has_text, struct aid_str *out)
{
  static const char *const told[] = { "", "", "the answer stops at its length limit",
                                      "the model asks for tools, which are not run here", "",
                                      "the server's filter stopped the answer", "the model declined to answer",
                                      "the server paused the answer; ask it to go on", "the model's context is full" };
  const char *what = (unsigned) s < sizeof told / sizeof *told ? told[s] : "";
  if (s == AID_STOP_NONE && words.len)
    what = "the server ended the answer in a way of its own";
  else if (!*what && !has_text)
    what = "the answer is empty";
  aid_str_addz (out, what);
  if (*what && words.len)
    {
      aid_str_addz (out, " (");
      add_words (out, words);
      aid_str_addz (out, ")");
    }
}

/* --- whether to try again ------------------------------------------------------------------------------------------- */

int
aid_wire_may_retry (int status, struct aid_span body)
{
  if (status != 408 && status != 409 && status != 429 && status < 500)
    return 0;
  struct aid_fault f;
  json_t *doc = parse (body);
  aid_fault_read (doc, &f);
  enum cause c = cause_of (&f);
  json_decref (doc);
  return c != CAUSE_QUOTA && c != CAUSE_CONTEXT && c != CAUSE_MODEL && c != CAUSE_KEY;
}
