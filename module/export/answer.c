/* Source: OTLP specification 1.x, "OTLP/HTTP Response": 200 with what was not taken in partialSuccess; 429, 502, 503 and 504 are
   to be sent again; every other refusal is not. */
#include "export/answer.h"
#include "base/json.h"
#include "base/utf8.h"

#include <strings.h>

#define WORDS_MAX 160 /* bytes of a receiver's words that are told */

/* A receiver's words, calmed, as a part of a sentence. */
static void
add_words (struct aid_span words, struct aid_str *out)
{
  struct aid_str clean = AID_STR_INIT (4096);
  aid_utf8_clean (aid_span_cut (aid_span_trim (words), 0, words.len < WORDS_MAX ? words.len : WORDS_MAX), &clean);
  for (size_t i = 0; i < clean.len; i++)
    if ((unsigned char)clean.ptr[i] < ' ' || clean.ptr[i] == 127)
      clean.ptr[i] = ' ';
  if (clean.len)
    aid_str_addf (out, ": %s", clean.ptr);
  aid_str_free (&clean);
}

/* The number that the member is, also where it is a string, as 64-bit integers are. */
static int64_t
count_of (const json_t *obj, const char *key)
{
  const json_t *v = json_object_get (obj, key);
  uint64_t n = 0;
  if (json_is_integer (v))
    return json_integer_value (v) > 0 ? json_integer_value (v) : 0;
  if (aid_span_number (aid_span_trim (aid_json_span (obj, key)), INT64_MAX, &n))
    return 0;
  return (int64_t)n;
}

/* A page for people: whoever sends it in place of an answer, a portal or a proxy, it is no receiver. */
static int
is_page (const char *type, struct aid_span body)
{
  return (type && !strncasecmp (type, "text/html", 9)) || aid_span_starts (aid_span_trim (body), "<");
}

static void
judge_taken (const char *type, struct aid_span body, struct aid_answer_told *out)
{
  struct aid_str words = AID_STR_INIT (4096);
  int binary = type && !strncasecmp (type, "application/x-protobuf", 22);
  json_t *doc = !binary && aid_span_trim (body).len ? aid_json_parse (body, "the answer", NULL) : NULL;
  const json_t *partial = json_object_get (doc, "partialSuccess");
  if (!binary && is_page (type, body))
    {
      out->verdict = AID_OTLP_LATER;
      aid_error_set (&out->why, AID_E_PARSE, "a web page answers there, no receiver of OTLP");
    }
  else if (!binary && aid_span_trim (body).len && !json_is_object (doc))
    aid_error_set (&out->why, AID_E_PARSE, "the receiver's answer is not understood: whether it took all is not known");
  else if (partial)
    {
      out->rejected = count_of (partial, "rejectedSpans") + count_of (partial, "rejectedDataPoints");
      add_words (aid_json_span (partial, "errorMessage"), &words);
      if (out->rejected)
        aid_error_set (&out->why, AID_E_HTTP, "the receiver rejected %lld%s", (long long)out->rejected, aid_str_z (&words));
      else if (words.len)
        aid_error_set (&out->why, AID_E_HTTP, "the receiver warns%s", aid_str_z (&words));
    }
  json_decref (doc);
  aid_str_free (&words);
}

static void
judge_refused (int status, struct aid_span body, struct aid_answer_told *out)
{
  struct aid_str words = AID_STR_INIT (4096);
  json_t *doc = aid_json_parse (body, "the answer", NULL);
  out->verdict = status == 429 || status == 502 || status == 503 || status == 504 ? AID_OTLP_LATER : AID_OTLP_REFUSED;
  add_words (aid_json_span (doc, "message"), &words);
  aid_error_set (&out->why, AID_E_HTTP, "the receiver answered with status %d%s", status, aid_str_z (&words));
  json_decref (doc);
  aid_str_free (&words);
}

void
aid_answer_judge (int status, const char *type, struct aid_span body, const struct aid_error *why,
                  struct aid_answer_told *out)
{
  *out = (struct aid_answer_told){ .verdict = AID_OTLP_TAKEN };
  if (!status || (why->code && why->code != AID_E_HTTP))
    {
      out->verdict = AID_OTLP_LATER;
      out->why = *why;
    }
  else if (status >= 200 && status < 300)
    judge_taken (type, body, out);
  else
    judge_refused (status, body, out);
}
