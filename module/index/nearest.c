/* The one loop that counts is written for the compiler to make vector instructions of it (the Makefile has it try), once for
   every machine and once for those that have AVX2, which is found out when it runs. */
#include "index/nearest.h"

#include <math.h>
#include <string.h>

#define QUESTION_ONE 8192

size_t
aid_vector_stride (size_t n)
{
  return (n + AID_VECTOR_ALIGN - 1) / AID_VECTOR_ALIGN * AID_VECTOR_ALIGN;
}

/* The length of V; 0 when it is no direction. */
static double
length_of (const float *v, size_t n)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += (double)v[i] * v[i];
  return isfinite (sum) ? sqrt (sum) : 0;
}

float
aid_vector_pack (const float *v, size_t n, int8_t *out)
{
  double length = length_of (v, n), largest = 0;

  memset (out, 0, aid_vector_stride (n));
  for (size_t i = 0; i < n; i++)
    largest = fabs ((double)v[i]) > largest ? fabs ((double)v[i]) : largest;
  if (length <= 0 || largest <= 0)
    return 0;
  for (size_t i = 0; i < n; i++)
    out[i] = (int8_t)lrint ((double)v[i] / largest * 127);
  return (float)(largest / length / 127);
}

int
aid_vector_pack_question (const float *v, size_t n, int16_t *out)
{
  double length = length_of (v, n);

  memset (out, 0, aid_vector_stride (n) * sizeof *out);
  if (length <= 0)
    return -1;
  for (size_t i = 0; i < n; i++)
    out[i] = (int16_t)lrint ((double)v[i] / length * QUESTION_ONE);
  return 0;
}

/* No sum overflows: by Cauchy and Schwarz none is beyond 8192 * 127 * sqrt (AID_VECTOR_MAX), that is 94 millions. */
static inline __attribute__ ((always_inline)) void
cosines (const int16_t *restrict question, const int8_t *restrict base, const float *restrict scales, size_t rows,
         size_t stride, float *restrict out)
{
  for (size_t r = 0; r < rows; r++)
    {
      const int8_t *row = base + r * stride;
      int32_t sum = 0;
      for (size_t i = 0; i < stride / AID_VECTOR_ALIGN * AID_VECTOR_ALIGN; i++)
        sum += (int32_t)question[i] * (int16_t)row[i];
      out[r] = (float)sum * scales[r] * (1.0f / QUESTION_ONE);
    }
}

static void
cosines_anywhere (const int16_t *question, const int8_t *base, const float *scales, size_t rows, size_t stride, float *out)
{
  cosines (question, base, scales, rows, stride, out);
}

#if defined __x86_64__ && defined __GNUC__
__attribute__ ((target ("avx2"))) static void
cosines_avx2 (const int16_t *question, const int8_t *base, const float *scales, size_t rows, size_t stride, float *out)
{
  cosines (question, base, scales, rows, stride, out);
}
#endif

void
aid_vector_cosines (const int16_t *question, const int8_t *base, const float *scales, size_t rows, size_t stride, float *out)
{
#if defined __x86_64__ && defined __GNUC__
  if (__builtin_cpu_supports ("avx2"))
    {
      cosines_avx2 (question, base, scales, rows, stride, out);
      return;
    }
#endif
  cosines_anywhere (question, base, scales, rows, stride, out);
}
