/* Assigns many units: reads from standard input a JSON object a line, {"seed", "value", "space": texts as hex digits, "from",
   "to", "n", "coverage", "weights": [...] or null}, writes for each a line "HASH VARIANT IN-NAMESPACE".  usage: assign_batch */
#include "base/json.h"
#include "measure/assign.h"
#include <stdio.h>
#include <stdlib.h>

struct text
{
  struct aid_span v;
  char bytes[4096];
};

static int
digit (char c)
{
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void
read_text (const json_t *doc, const char *key, struct text *out)
{
  const char *hex = aid_json_str (doc, key);
  size_t n = 0;
  for (; hex && hex[2 * n] && n < sizeof out->bytes; n++)
    out->bytes[n] = (char)(digit (hex[2 * n]) * 16 + digit (hex[2 * n + 1]));
  out->v = (struct aid_span){ out->bytes, n };
}

static void
assign (const json_t *doc)
{
  struct text seed, value, space;
  struct aid_assign_range ranges[AID_ASSIGN_VARIANTS_MAX];
  double weights[AID_ASSIGN_VARIANTS_MAX];
  const json_t *all = json_object_get (doc, "weights");
  size_t n = (size_t)aid_json_int (doc, "n", 2);
  read_text (doc, "seed", &seed);
  read_text (doc, "value", &value);
  read_text (doc, "space", &space);
  for (size_t i = 0; i < json_array_size (all); i++)
    weights[i] = json_number_value (json_array_get (all, i));
  double x = aid_assign_hash (seed.v, value.v, 2);
  aid_assign_ranges (n, aid_json_real (doc, "coverage", 1), json_is_array (all) ? weights : NULL, ranges);
  printf ("%.17g %d %d\n", x, aid_assign_choose (x, ranges, n),
          aid_assign_in_namespace (value.v, space.v, aid_json_real (doc, "from", 0), aid_json_real (doc, "to", 1)));
}

int
main (void)
{
  char *line = NULL;
  size_t cap = 0;
  ssize_t len;
  while ((len = getline (&line, &cap, stdin)) > 0)
    {
      json_t *doc = aid_json_parse ((struct aid_span){ line, (size_t)len }, "a line", NULL);
      if (!doc)
        return 1;
      assign (doc);
      json_decref (doc);
    }
  free (line);
  return fflush (stdout) != 0;
}
