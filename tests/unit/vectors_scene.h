/* A project whose passages have vectors.  They are made here, by the words of the texts: nothing of the network. */
#ifndef VECTORS_SCENE_H
#define VECTORS_SCENE_H

#include "index_scene.h"

enum
{
  DIMENSIONS = 40
};

static struct aid_vectors *vectors;

/* --- a server of vectors that is none ------------------------------------------------------------------------------ */

static const char *const meanings[][3] = {
  { "invoice", "bill", "owe" },
  { "crash", "abort", "die" },
  { "paint", "draw", "canvas" },
};

static inline void
make_vector (const char *text, size_t n, float *out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = 0.01f * (float)(i % 5);
  for (size_t i = 0; i < 3; i++)
    for (size_t k = 0; k < 3; k++)
      for (const char *at = text; (at = strstr (at, meanings[i][k])); at++)
        out[i] += 1;
}

static inline void
follow (void)
{
  struct aid_error e = { AID_OK, "" };
  if (aid_vectors_follow (vectors, NULL, &e))
    fail_msg ("%s", e.msg);
}

/* Opens the vectors of the project as a new process would. */
static inline void
open_vectors (const char *made_by)
{
  struct aid_error e = { AID_OK, "" };
  aid_vectors_close (vectors);
  vectors = NULL;
  index_it ();
  if (aid_vectors_open (ix, made_by, &vectors, &e))
    fail_msg ("%s", e.msg);
  follow ();
}

/* Takes what lacks into BATCH. */
static inline void
take (struct aid_vec *batch)
{
  struct aid_error e = { AID_OK, "" };
  *batch = AID_VEC_INIT (struct aid_lacking, 1000);
  if (aid_vectors_next (vectors, 1000, (size_t)1 << 30, NULL, batch, &e))
    fail_msg ("%s", e.msg);
}

static inline enum aid_err
put (const struct aid_vec *batch, size_t n, struct aid_error *e)
{
  float *numbers = calloc (batch->len * n + 1, sizeof *numbers);
  const float **list = calloc (batch->len + 1, sizeof *list);
  for (size_t i = 0; i < batch->len; i++)
    {
      make_vector (AID_VEC_AT (struct aid_lacking, batch, i).text, n, numbers + i * n);
      list[i] = numbers + i * n;
    }
  enum aid_err err = aid_vectors_put (vectors, batch, list, n, e);
  free (numbers);
  free (list);
  return err;
}

/* Gives all that lacks its vector; how many did. */
static inline size_t
fill (void)
{
  struct aid_vec batch;
  struct aid_error e = { AID_OK, "" };
  take (&batch);
  size_t n = batch.len;
  if (put (&batch, DIMENSIONS, &e))
    fail_msg ("%s", e.msg);
  aid_lacking_free (&batch);
  return n;
}

static inline struct aid_vectors_state
now (void)
{
  struct aid_vectors_state s;
  aid_vectors_state (vectors, &s);
  return s;
}

/* The paths that are nearest to QUESTION, in order, with blanks between them. */
static inline const char *
nearest (const char *question)
{
  static char paths[1000];
  float q[DIMENSIONS];
  struct aid_vec near = AID_VEC_INIT (struct aid_near_passage, 100);
  size_t len = 0;
  make_vector (question, DIMENSIONS, q);
  aid_vectors_nearest (vectors, q, DIMENSIONS, 100, &near);
  paths[0] = '\0';
  for (size_t i = 0; i < near.len; i++)
    len += (size_t)snprintf (paths + len, sizeof paths - len, "%s%s", i ? " " : "",
                             AID_VEC_AT (struct aid_near_passage, &near, i).path);
  aid_near_free (&near);
  return paths;
}

static inline void
three_files (void)
{
  write_file ("src/a.c", "/* Sums up. */\nint\ninvoice_total (int n)\n{\n  return n * 3;\n}\n");
  write_file ("src/b.c", "int\nabort_now (void)\n{\n  return 1;\n}\n");
  write_file ("src/c.c", "void\npaint_all (void)\n{\n}\n");
}

static inline int
drop_scene (void **state)
{
  aid_vectors_close (vectors);
  vectors = NULL;
  return scene_drop (state);
}

#define VECTORS(test) cmocka_unit_test_setup_teardown (test, scene_make, drop_scene)

#endif
