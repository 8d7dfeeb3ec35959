/* The same as test_measure_track.c with chunks of four runs, so that also short histories go over many of them. */
#define AID_TRACK_CHUNK 4
#include "measure/track.c"
#include "measure/track_kept.c"
#include "test_measure_track.c"
