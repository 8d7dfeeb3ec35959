/* How long a request of a long chat takes to build: the chat's text becomes a conversation, and that a request's bytes, in each
   wire format.  Beside it jansson writing the same document, which it has parsed already, and memcpy of its bytes.
   usage: bench_requests TURNS WEIGHT ROUNDS      from the project's root; the state folder must be one of its own
   WEIGHT is how long the turns are: with 1 a question has 20 lines of code, an answer some 150 words, a block, reasoning and a
   call.
   Prints a line a wire format: "WIRE BYTES CONVERSATION COUNTING REQUEST JANSSON MEMCPY", in milliseconds, the medians of ROUNDS;
   CONVERSATION is without COUNTING, the estimate of its tokens, which is made on the way.  */
#include "assist/assist_internal.h"
#include "base/fs.h"
#include "base/json.h"
#include "model/estimate.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEY "k7Qx2mT9"
#define ROUNDS_MAX 101
#define WEIGHT_MAX 20
#define CARRIED 400            /* bytes of each signature, summary and encrypted item that goes back, by weight */
#define CODE_LINES 20          /* of what a context line names, by weight */

static int weight;

static const struct
{
  const char *wire, *reasoned; /* the body of an answer that wants something back */
} formats[] = {
  { "openai-chat", "openai-reasoning-content-with-tools" }, { "openai-responses", "responses-reasoning-encrypted" },
  { "anthropic-messages", "anthropic-thinking" },           { "gemini", "gemini-thoughts-and-signature" },
  { "ollama", "ollama-tools-with-thinking" },
};
#define FORMATS (sizeof formats / sizeof *formats)

static double
milliseconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double) t.tv_sec * 1e3 + (double) t.tv_nsec / 1e6;
}

static void
must (int good, const char *what)
{
  if (good)
    return;
  fprintf (stderr, "bench_requests: %s\n", what);
  exit (1);
}

/* --- the chat -------------------------------------------------------------------------------------------------------- */

static void
take_opaque (void *user, const struct aid_model_event *ev)
{
  if (ev->kind == AID_MODEL_REASONING_OPAQUE)
    aid_str_addspan (user, ev->text);
}

/* Makes each text of V as long as those of real answers are; names of things stay. */
static void
lengthen (json_t *v)
{
  static const char *const texts[]
    = { "thinking", "signature", "data", "encrypted_content", "text", "thoughtSignature", "reasoning_content" };
  char filler[CARRIED * WEIGHT_MAX + 1];
  const char *name;
  json_t *one;
  size_t i;
  memset (filler, 'x', sizeof filler);
  filler[CARRIED * weight] = '\0';
  json_array_foreach (v, i, one)
    lengthen (one);
  json_object_foreach (v, name, one)
    {
      lengthen (one);
      for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        if (json_is_string (one) && !strcmp (name, texts[t]))
          json_string_set (one, filler);
    }
}

/* Stores what the server wants back of an answer; ID names it. */
static void
store_opaque (const struct aid_wire *wire, const char *name, char id[AID_BLOB_ID])
{
  char path[128];
  struct aid_error e = { AID_OK, "" };
  struct aid_str body = AID_STR_INIT (1u << 20), opaque = AID_STR_INIT (1u << 20), text = AID_STR_INIT (1u << 20);
  snprintf (path, sizeof path, "tests/cases/wire/%s.sse", name);
  must (!aid_fs_read (path, &body, &e), e.msg);
  struct aid_decoder *d = wire->decoder_new (take_opaque, &opaque);
  must (d && !wire->feed (d, aid_str_span (&body), &e) && !wire->end (d, &e), e.msg);
  wire->decoder_free (d);
  json_t *v = aid_json_parse (aid_str_span (&opaque), name, &e);
  must (v != NULL, name);
  lengthen (v);
  must (!aid_json_dump (v, &text) && !aid_blob_put (aid_str_span (&text), id, &e), e.msg);
  json_decref (v);
  aid_str_free (&body);
  aid_str_free (&opaque);
  aid_str_free (&text);
}

static const char reasoning[]
  = "> The loop ends at the first closing mark, so a nested comment is cut short. What is read next depends on the\n"
    "> depth: each opening mark adds one, each closing mark takes one away, and the end must find none.\n";
static const char prose[] = "The loop in `lexer.c` ends at the *first* closing mark, so a **nested** comment is cut short; see\n"
                            "[the header](src/lexer.h) for the kinds of token:\n\n- each opening mark adds one,\n"
                            "- each closing mark takes one away.\n\n"
                            "```c\nstatic int\nnext_char (struct lexer *lx)\n{\n  if (lx->at == lx->length)\n    return -1;\n"
                            "  return lx->text[lx->at++];\n}\n```\n\nThat is \"na\xc3\xafve\" \xe2\x80\x94 and enough.\n\n";

/* Appends answer NUMBER with its call of a tool; GOT is its hash, or empty while that is not known. */
static void
add_answer (struct aid_str *chat, int number, const char *sig, const char *got)
{
  aid_str_addf (chat, "## m <!--aid:" KEY " %d answer-->\n<!--aid:" KEY " meta model=m req=r%d got=%s sig=%s state=done-->\n\n",
                number, number, got, sig);
  aid_str_addz (chat, "<!--aid:" KEY " reasoning ms=1100-->\n");
  for (int i = 0; i < weight; i++)
    aid_str_addz (chat, reasoning);
  aid_str_addf (chat, "\nAnswer %d.\n\n", number);
  for (int i = 0; i < weight; i++)
    aid_str_addz (chat, prose);
  aid_str_addf (chat, "<!--aid:" KEY " tool id=call_%d name=read-->\n```json\n{\"path\": \"src/lexer.c\", \"from\": %d}\n```\n\n",
                number, number);
}

/* The hash that vouches for answer NUMBER. */
static void
hash_of (int number, char got[17])
{
  struct aid_str file = AID_STR_INIT (1u << 20), body = AID_STR_INIT (1u << 20);
  struct aid_chat *chat;
  aid_str_addz (&file, "<!--aid:" KEY " chat v=1-->\n");
  add_answer (&file, number, "0", "0");
  must (!aid_chat_parse (aid_str_span (&file), &chat, NULL) && !aid_chat_body (chat, 0, &body), "no answer");
  aid_chat_hash (aid_str_span (&body), got);
  aid_chat_free (chat);
  aid_str_free (&file);
  aid_str_free (&body);
}

/* A file's text in the store; ID names it. */
static void
store_item (int number, char id[AID_BLOB_ID])
{
  struct aid_str text = AID_STR_INIT (1u << 20);
  for (int i = 0; i < CODE_LINES * weight; i++)
    aid_str_addf (&text, "  if (lx->depth == %d && lx->text[%d] == '\\n')\t/* \"line\" */\n", number, i);
  must (!aid_blob_put (aid_str_span (&text), id, NULL), "the state folder cannot be written");
  aid_str_free (&text);
}

static void
write_chat (int turns, const char *sig, struct aid_str *chat)
{
  char id[AID_BLOB_ID], got[17];
  aid_str_addz (chat, "<!--aid:" KEY " chat v=1-->\n# A long chat\n\n");
  for (int n = 1; n < turns; n += 2)
    {
      store_item (n, id);
      hash_of (n + 1, got);
      aid_str_addf (chat, "## You <!--aid:" KEY " %d user-->\nWhy does comment %d end too early? It should go on to its own "
                    "end, and the next one begin behind it.\n\n"
                    "- [lexer.c](src/lexer%d.c) <!--aid:" KEY " item sent=%s tok=900-->\n\n",
                    n, n, n, id);
      add_answer (chat, n + 1, sig, got);
    }
  aid_str_addf (chat, "## You <!--aid:" KEY " %d user-->\nAnd now?\n", turns + 1);
  must (!chat->err, "the chat is too long");
}

/* --- the times ------------------------------------------------------------------------------------------------------- */

struct times
{
  double conversation[ROUNDS_MAX], counting[ROUNDS_MAX], request[ROUNDS_MAX], jansson[ROUNDS_MAX], memcpy[ROUNDS_MAX];
};

static int
by_size (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return x < y ? -1 : x > y;
}

static double
median (double *all, int n)
{
  qsort (all, (size_t) n, sizeof *all, by_size);
  return all[n / 2];
}

/* The document is there: parsed, in memory. */
static void
time_peers (struct aid_span body, struct times *t, int round)
{
  json_t *v = json_loadb (body.ptr, body.len, 0, NULL);
  char *copy = malloc (body.len);
  must (v && copy, "the request is no JSON");
  double begun = milliseconds ();
  char *text = json_dumps (v, JSON_COMPACT);
  t->jansson[round] = milliseconds () - begun;
  begun = milliseconds ();
  memcpy (copy, body.ptr, body.len);
  __asm__ volatile ("" : : "r" (copy) : "memory");
  t->memcpy[round] = milliseconds () - begun;
  must (text && strlen (text) + 1000 > body.len, "jansson writes less");
  free (text);
  free (copy);
  json_decref (v);
}

/* How long the tokens of all texts of C take to estimate. */
static double
count (const struct aid_conversation *c)
{
  int64_t tokens = 0;
  double begun = milliseconds ();
  for (size_t i = 0; i < c->messages.len; i++)
    {
      const struct aid_vec *parts = &AID_VEC_AT (struct aid_message, &c->messages, i).parts;
      for (size_t j = 0; j < parts->len; j++)
        {
          const struct aid_part *p = &AID_VEC_AT (struct aid_part, parts, j);
          if (p->kind == AID_PART_TEXT)
            tokens += aid_estimate (AID_FAMILY_OTHER, (struct aid_span){ p->text, p->len });
        }
    }
  must (tokens > 0, "nothing was counted");
  return milliseconds () - begun;
}

/* Gives each call of C a result in the message behind it, as a chat whose tools were run has: without one no reasoning goes back
   to some servers, and a call is told in words. */
static void
add_results (struct aid_conversation *c)
{
  for (size_t i = 0; i + 1 < c->messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &c->messages, i);
      for (size_t j = 0; j < m->parts.len; j++)
        {
          const struct aid_part *call = &AID_VEC_AT (struct aid_part, &m->parts, j);
          struct aid_message *next = &AID_VEC_AT (struct aid_message, &c->messages, i + 1);
          if (call->kind != AID_PART_TOOL_CALL)
            continue;
          struct aid_part *result = aid_message_add (next, AID_PART_TOOL_RESULT, AID_SPAN ("static int depth;\n"));
          must (result && (result->id = strdup (call->id)) != NULL, "no memory");
        }
    }
}

/* Builds it once; the request's bytes. */
static size_t
build (const struct aid_wire *wire, struct aid_span chat, int turns, struct times *t, int round)
{
  struct aid_prompt p;
  struct aid_wire_request request;
  struct aid_error e = { AID_OK, "" };
  struct aid_sampling plain = { .temperature = -1, .top_p = -1 };
  struct aid_endpoint ep = { .wire = wire->name, .base_url = "http://127.0.0.1:1", .model = "m" };
  struct aid_prompt_request r = { .chat = chat, .dir = ".", .system = "You help with code.", .model_id = "m" };
  double begun = milliseconds ();
  must (!aid_prompt_build (&r, &p, &e), e.msg);
  t->conversation[round] = milliseconds () - begun;
  t->counting[round] = count (&p.conversation);
  t->conversation[round] -= t->counting[round];
  add_results (&p.conversation);
  ep.tokens = p.tokens;
  begun = milliseconds ();
  must (!wire->build (&ep, &p.conversation, &plain, &request, &e), e.msg);
  t->request[round] = milliseconds () - begun;
  must ((int) p.weights.len == turns + 1, "not all turns are sent");
  must (aid_span_find (aid_str_span (&request.body), AID_SPAN ("xxxxxxxxxxxxxxxx")) >= 0, "no reasoning goes back");
  must (aid_span_find (aid_str_span (&request.body), AID_SPAN ("\"read\"")) >= 0, "no call goes back");
  must (aid_span_find (aid_str_span (&request.body), AID_SPAN ("lx->depth == 1 ")) >= 0, "no context is sent");
  time_peers (aid_str_span (&request.body), t, round);
  size_t bytes = request.body.len;
  aid_wire_request_free (&request);
  aid_prompt_free (&p);
  return bytes;
}

int
main (int argc, char **argv)
{
  int turns = argc == 4 ? atoi (argv[1]) : 0, rounds = argc == 4 ? atoi (argv[3]) : 0;
  weight = argc == 4 ? atoi (argv[2]) : 0;
  if (turns < 2 || turns > 10000 || weight < 1 || weight > WEIGHT_MAX || rounds < 1 || rounds > ROUNDS_MAX)
    return fprintf (stderr, "usage: bench_requests TURNS WEIGHT ROUNDS\n"), 2;
  for (size_t i = 0; i < FORMATS; i++)
    {
      static struct times t;
      char sig[AID_BLOB_ID];
      struct aid_str chat = AID_STR_INIT (64u << 20);
      const struct aid_wire *wire = aid_wire_find (formats[i].wire);
      size_t bytes = 0;
      store_opaque (wire, formats[i].reasoned, sig);
      write_chat (turns, sig, &chat);
      for (int round = 0; round < rounds; round++)
        bytes = build (wire, aid_str_span (&chat), turns, &t, round);
      printf ("%s %zu %.3f %.3f %.3f %.3f %.3f\n", wire->name, bytes, median (t.conversation, rounds),
              median (t.counting, rounds), median (t.request, rounds), median (t.jansson, rounds), median (t.memcpy, rounds));
      aid_str_free (&chat);
    }
  return 0;
}
