/* The histories of test_measure_histories.c with chunks of four runs, so that also short ones go over many. */
#define AID_TRACK_CHUNK 4
#include "measure/track.c"
#include "measure/track_kept.c"
#include "test_measure_histories.c"
