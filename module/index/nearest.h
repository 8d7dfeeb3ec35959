/* Vectors in eight bits a number, and their cosines with a question's.

   A vector is brought to the length 1 and kept as whole numbers from -127 to 127 and one scale, so that the largest becomes
   127.  A question is kept finer, in 1/8192s.  A cosine is off by half a scale times the sum of the question's numbers, and
   by 1/16384 times the sum of the vector's, at most. */
#ifndef AID_INDEX_NEAREST_H
#define AID_INDEX_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#define AID_VECTOR_MAX 8192 /* numbers of a vector */
#define AID_VECTOR_ALIGN 64 /* bytes, of rows */

/* The bytes that a row of N numbers takes: what is behind them is 0. */
size_t aid_vector_stride (size_t n);
/* Packs the N numbers V into the row OUT.  Gives the scale; 0: V is no direction (all are 0, or one is not finite). */
float aid_vector_pack (const float *v, size_t n, int8_t *out);
/* Packs a question into OUT, of as many numbers as a row has bytes, aligned likewise; 0, or -1 when it is no direction. */
int aid_vector_pack_question (const float *v, size_t n, int16_t *out);
/* The cosines of QUESTION with the ROWS rows at BASE, which are STRIDE bytes each and aligned, into OUT; one whose scale is 0
   has 0. */
void aid_vector_cosines (const int16_t *question, const int8_t *base, const float *scales, size_t rows, size_t stride,
                         float *out);

#endif
