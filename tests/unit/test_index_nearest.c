/* Vectors in eight bits a number: how far their cosines are off. */
#include "index/nearest.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static double
random_number (void)
{
  return (double)rand () / RAND_MAX * 2 - 1;
}

static double
cosine (const float *a, const float *b, size_t n)
{
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < n; i++)
    {
      ab += (double)a[i] * b[i];
      aa += (double)a[i] * a[i];
      bb += (double)b[i] * b[i];
    }
  return ab / sqrt (aa * bb);
}

/* What a packed cosine may be off by, as nearest.h says: the sums are of numbers at length 1. */
static double
bound (const float *v, const float *q, size_t n, float scale)
{
  double vv = 0, qq = 0, vs = 0, qs = 0;
  for (size_t i = 0; i < n; i++)
    {
      vv += (double)v[i] * v[i];
      qq += (double)q[i] * q[i];
      vs += fabs ((double)v[i]);
      qs += fabs ((double)q[i]);
    }
  /* the vector's sum is that of what is kept, which is off by half a scale a number; and a float's own step */
  return (double)scale / 2 * qs / sqrt (qq) + (vs / sqrt (vv) + (double)scale / 2 * (double)n) / 16384 + 1e-6;
}

static void
cosines_are_within_their_bound (void **state)
{
  static const size_t lengths[] = { 1, 2, 63, 64, 65, 384, 768, 1000, 1536, 3072, AID_VECTOR_MAX };
  (void)state;
  srand (7);
  for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
    for (int round = 0; round < 30; round++)
      {
        size_t n = lengths[k], stride = aid_vector_stride (n);
        float *v = malloc (n * sizeof *v), *q = malloc (n * sizeof *q), got[3];
        int8_t *rows = aligned_alloc (AID_VECTOR_ALIGN, 3 * stride);
        int16_t *question = aligned_alloc (AID_VECTOR_ALIGN, stride * sizeof *question);
        for (size_t i = 0; i < n; i++)
          {
            v[i] = (float)(random_number () * (round % 3 ? 1 : pow (10, random_number () * 3)));
            q[i] = (float)(round % 2 ? random_number () : (double)v[i] + random_number () / 10);
          }
        v[0] = q[0] = 1;
        float scales[3] = { 0, aid_vector_pack (v, n, rows + stride), 0 };
        memset (rows, 1, stride);
        memset (rows + 2 * stride, 1, stride);
        assert_int_equal (aid_vector_pack_question (q, n, question), 0);
        aid_vector_cosines (question, rows, scales, 3, stride, got);
        double off = fabs ((double)got[1] - cosine (v, q, n)), most = bound (v, q, n, scales[1]);
        if (off > most)
          fail_msg ("%zu numbers: off by %g, which is more than %g", n, off, most);
        assert_true (got[0] == 0 && got[2] == 0); /* without a scale there is no vector */
        free (v);
        free (q);
        free (rows);
        free (question);
      }
}

/* The largest sums there can be: they are not to overflow. */
static void
extremes_do_not_overflow (void **state)
{
  static float v[AID_VECTOR_MAX], q[AID_VECTOR_MAX];
  size_t stride = aid_vector_stride (AID_VECTOR_MAX);
  int8_t *row = aligned_alloc (AID_VECTOR_ALIGN, stride);
  int16_t *question = aligned_alloc (AID_VECTOR_ALIGN, stride * sizeof *question);
  float got;
  (void)state;
  for (int sign = -1; sign <= 1; sign += 2)
    {
      for (size_t i = 0; i < AID_VECTOR_MAX; i++)
        v[i] = 3e38f, q[i] = (float)sign;
      float scale = aid_vector_pack (v, AID_VECTOR_MAX, row);
      aid_vector_pack_question (q, AID_VECTOR_MAX, question);
      aid_vector_cosines (question, row, &scale, 1, stride, &got);
      assert_true (fabs ((double)got - sign) < 0.01);
    }
  free (row);
  free (question);
}

static void
what_is_no_direction_has_no_vector (void **state)
{
  float zero[3] = { 0, 0, 0 }, broken[3] = { 1, NAN, 0 }, endless[3] = { 1, INFINITY, 0 };
  int8_t *row = aligned_alloc (AID_VECTOR_ALIGN, aid_vector_stride (3));
  int16_t *question = aligned_alloc (AID_VECTOR_ALIGN, aid_vector_stride (3) * sizeof *question);
  (void)state;
  assert_true (aid_vector_pack (zero, 3, row) == 0);
  assert_true (aid_vector_pack (broken, 3, row) == 0);
  assert_true (aid_vector_pack (endless, 3, row) == 0);
  assert_int_equal (aid_vector_pack_question (zero, 3, question), -1);
  assert_int_equal (aid_vector_pack_question (broken, 3, question), -1);
  free (row);
  free (question);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (cosines_are_within_their_bound),
    cmocka_unit_test (extremes_do_not_overflow),
    cmocka_unit_test (what_is_no_direction_has_no_vector),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
