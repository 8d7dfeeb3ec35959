/* What the fuzzers share. */
#ifndef AID_TESTS_FUZZ_H
#define AID_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Ends the run, and says what is not so. */
#define CHECK(truth)                                                                                                        \
  do                                                                                                                        \
    if (!(truth))                                                                                                           \
      {                                                                                                                     \
        fprintf (stderr, "%d: %s\n", __LINE__, #truth);                                                                     \
        abort ();                                                                                                           \
      }                                                                                                                     \
  while (0)

#endif
