/* What the wire formats of replay share: the answer being streamed, and the functions that each format gives. */
#ifndef AID_CLI_REPLAY_FRAMES_INTERNAL_H
#define AID_CLI_REPLAY_FRAMES_INTERNAL_H

#include "cli/replay_frames.h"

enum aid_channel { AID_CHANNEL_REASONING, AID_CHANNEL_TEXT, AID_CHANNEL_REFUSAL };

struct aid_frames
{
  struct aid_httpd_conn *conn;
  const struct aid_frames_wire *wire;
  const json_t *answer, *request;
  const char *model;
  int64_t begun, tokens;     /* when the first token is due; how many were sent */
  int64_t after;             /* frames that are still sent before the fault; negative: no end of them */
  int item;                  /* the number of the present block or item */
  enum aid_channel channel;  /* what the open one holds */
  int open;                  /* one is open */
  json_t *kept;              /* what the format gathers for its end, or NULL */
  struct aid_str text;       /* of the open item, for formats that tell it whole at its end */
  struct aid_str buf;
};

/* A wire format of replay: one file and one row of the table in replay_frames.c. */
struct aid_frames_wire
{
  const char *path;          /* the end of the request's path */
  const char *type;          /* the reply's content type */
  int streams;               /* whether a request that says nothing of it is streamed */
  void (*begin) (struct aid_frames *f);
  void (*piece) (struct aid_frames *f, enum aid_channel channel, json_t *text);     /* takes TEXT */
  void (*tool) (struct aid_frames *f, int index, const char *id, const char *name, const char *arguments);
  void (*end) (struct aid_frames *f);
  void (*error) (struct aid_frames *f, const json_t *error);
  json_t *(*error_body) (const json_t *error);
};

extern const struct aid_frames_wire aid_frames_openai, aid_frames_responses, aid_frames_anthropic, aid_frames_gemini,
  aid_frames_ollama;

/* Sends one event.  EVENT, its name, may be NULL.  Takes DATA. */
void aid_frames_emit (struct aid_frames *f, const char *event, json_t *data);
/* Sends one document on a line of its own.  Takes DATA. */
void aid_frames_line (struct aid_frames *f, json_t *data);
/* Sends BYTES as they are: one frame. */
void aid_frames_bytes (struct aid_frames *f, struct aid_span bytes);
/* A count of the script's "usage". */
int64_t aid_frames_usage (const struct aid_frames *f, const char *what, int64_t fallback);
/* Looks WORD up in pairs of ours and theirs; an unknown word is sent as it is. */
const char *aid_frames_translate (const char *const (*pairs)[2], const char *word);
/* The script's "stop", else what the answer holds tells. */
const char *aid_frames_stop (const struct aid_frames *f);
/* The script's "signature", else a made-up one when the answer has reasoning, else NULL. */
const char *aid_frames_signature (const struct aid_frames *f);
/* A member of the script's error, or FALLBACK. */
const char *aid_frames_word (const json_t *error, const char *key, const char *fallback);

#endif
