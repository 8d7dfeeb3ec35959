/* Sums and histograms of all that was recorded, cumulative since the first event that was counted.  They are kept in export.db
   with a mark on each event that is in them, so that each is counted once, also when it comes late, is forgotten later, or a
   counting is cut off. */
#ifndef AID_EXPORT_TOTALS_H
#define AID_EXPORT_TOTALS_H

#include "export/instruments.h"
#include "export/state.h"

#include <jansson.h>

struct aid_map;

/* One instrument with one set of attributes. */
struct aid_series
{
  const struct aid_instrument *instrument;
  char *attributes; /* a JSON object of strings, compact, its names in order */
  double sum;
  int64_t count; /* of a histogram, whose other members these are */
  double least, most;
  int64_t buckets[AID_BOUNDS_MAX
                  + 1]; /* values at most the bound of the same place and above the one before; the last: above all */
  int changed;
};

/* Attribute sets that an instrument has at most; further ones are counted as one, with the attribute otel.metric.overflow. */
#define AID_SERIES_MAX 2000

struct aid_totals
{
  struct aid_vec series; /* struct aid_series *, by instrument and attributes */
  struct aid_map *by_key;
  size_t of_instrument[AID_INSTRUMENTS];
  int64_t start_ms; /* since 1970: when the counting begins */
};

/* Counts what is not counted yet and gives the sums; to be freed, also after an error. */
enum aid_err aid_totals_update (struct aid_export_state *s, struct aid_totals *out, struct aid_error *e);
/* Adds VALUE to the series of I with ATTRIBUTES, an object. */
enum aid_err aid_totals_add (struct aid_totals *t, const struct aid_instrument *i, const json_t *attributes, double value);
/* The series of I with ATTRIBUTES, as struct aid_series has them, made where there is none; NULL without memory. */
struct aid_series *aid_totals_series (struct aid_totals *t, const struct aid_instrument *i, struct aid_span attributes);
void aid_totals_init (struct aid_totals *t);
void aid_totals_free (struct aid_totals *t);
/* Puts the series into the order in which they are written. */
void aid_totals_sort (struct aid_totals *t);

#endif
