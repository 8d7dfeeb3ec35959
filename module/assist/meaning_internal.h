/* What meaning.c and meaning_fill.c share. */
#ifndef AID_ASSIST_MEANING_INTERNAL_H
#define AID_ASSIST_MEANING_INTERNAL_H

#include "assist/meaning.h"

#include <pthread.h>

#define AID_MEANING_KEPT 16 /* questions' vectors */

/* A question's vector. */
struct aid_kept_question
{
  uint64_t hash; /* of its text; 0: none */
  float *vector;
  size_t n;
};

struct aid_meaning
{
  struct aid_net *net;
  struct aid_index *index;
  struct aid_embedder by;
  struct aid_vectors *vectors;
  struct aid_stop *stop;
  unsigned long thread; /* 0: none */

  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  char *key; /* once it was looked for */
  int has_key;
  uint64_t asked;       /* the hash of the question that is asked for; 0: none */
  uint64_t question_id; /* of the request for it, once that is known; 0 */
  struct aid_kept_question kept[AID_MEANING_KEPT];
  size_t next;                                    /* of them to be replaced */
  int64_t not_before;                             /* until when no question is asked for */
  struct aid_error failed;                        /* why the last question has none, or passages are not asked for */
  char said[sizeof ((struct aid_error *)0)->msg]; /* what of that somebody was told last */
  int64_t requests, tokens; /* that were answered, and read for it (0: the server does not tell), and are not noted yet */
  int used;
  int poked; /* the thread is to look again at once */
};

/* With the lock: notes that a server has answered GOT. */
void aid_meaning_count (struct aid_meaning *m, const struct aid_embedded *got);
/* Writes down what was spent since the last time (model/spend.h). */
void aid_meaning_spend (struct aid_meaning *m);
/* With the lock: notes that E keeps vectors from coming. */
void aid_meaning_note (struct aid_meaning *m, const struct aid_error *e);

#endif
