/* How fast a question's vector is compared with all of a project, beside memcpy of the same bytes: one JSON object.
   usage: bench_vectors PASSAGES DIMENSIONS */
#include "index/nearest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9

static double
cpu_s (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static float
random_number (void)
{
  return (float)rand () / (float)RAND_MAX * 2 - 1;
}

/* Fills ROWS with N packed vectors; the largest error of a cosine with Q that packing makes. */
static double
fill (int8_t *rows, float *scales, size_t n, size_t dimensions, const float *q)
{
  size_t stride = aid_vector_stride (dimensions);
  float *v = malloc (dimensions * sizeof *v), got;
  int16_t *question = aligned_alloc (AID_VECTOR_ALIGN, stride * sizeof *question);
  double worst = 0;
  aid_vector_pack_question (q, dimensions, question);
  for (size_t r = 0; r < n; r++)
    {
      double vq = 0, vv = 0, qq = 0;
      for (size_t i = 0; i < dimensions; i++)
        {
          v[i] = random_number ();
          vq += (double)v[i] * q[i];
          vv += (double)v[i] * v[i];
          qq += (double)q[i] * q[i];
        }
      scales[r] = aid_vector_pack (v, dimensions, rows + r * stride);
      aid_vector_cosines (question, rows + r * stride, &scales[r], 1, stride, &got);
      worst = fmax (worst, fabs ((double)got - vq / sqrt (vv * qq)));
    }
  free (v);
  free (question);
  return worst;
}

int
main (int argc, char **argv)
{
  size_t n = argc == 3 ? strtoul (argv[1], NULL, 10) : 0, dimensions = n ? strtoul (argv[2], NULL, 10) : 0;
  size_t stride = aid_vector_stride (dimensions), bytes = n * stride;
  int8_t *rows = bytes ? aligned_alloc (AID_VECTOR_ALIGN, bytes) : NULL, *copy = bytes ? malloc (bytes) : NULL;
  float *scales = calloc (n + 1, sizeof *scales), *scores = calloc (n + 1, sizeof *scores),
        *q = calloc (dimensions + 1, sizeof *q);
  int16_t *question = aligned_alloc (AID_VECTOR_ALIGN, stride * sizeof *question + AID_VECTOR_ALIGN);
  double compared = 1e9, copied = 1e9;
  volatile float sink = 0;
  if (!rows || !copy || !scales || !scores || !q || !question)
    return 1;
  for (size_t i = 0; i < dimensions; i++)
    q[i] = random_number ();
  double worst = fill (rows, scales, n, dimensions, q);
  for (int i = 0; i < ROUNDS; i++)
    {
      double from = cpu_s ();
      aid_vector_pack_question (q, dimensions, question);
      aid_vector_cosines (question, rows, scales, n, stride, scores);
      compared = fmin (compared, cpu_s () - from);
      sink += scores[n / 2];
      from = cpu_s ();
      memcpy (copy, rows, bytes);
      copied = fmin (copied, cpu_s () - from);
      sink += (float)copy[(size_t)i * 31 % bytes];
    }
  printf ("{\"bytes\": %zu, \"compared_s\": %.9f, \"copied_s\": %.9f, \"worst\": %.6f}\n", bytes, compared, copied, worst);
  return sink != sink;
}
