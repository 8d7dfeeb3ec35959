/* Any bytes as a .gitignore, a .hgignore and a .gitattributes, asked of paths that are in them as well: no pattern
   takes long, what is told of a rule lies in the file, and a rule that is written twice decides as one. */
#include "fuzz.h"
#include "project/attributes.h"
#include "project/classify.h"
#include "project/glob.h"
#include "project/ignore.h"

#define PATHS 40

/* The lines of V without empty ones, as paths; how many. */
static size_t
paths_of (struct aid_span v, struct aid_span out[PATHS])
{
  struct aid_span line;
  size_t n = 0;
  while (n < PATHS && aid_span_line (&v, &line))
    if (line.len && line.ptr[0] != '/' && line.len < AID_PROJECT_PATH_MAX)
      out[n++] = line;
  return n;
}

static void
check_git (struct aid_span rules, const struct aid_span *paths, size_t n)
{
  struct aid_str twice = AID_STR_INIT (1 << 20);
  aid_str_addspan (&twice, rules);
  aid_str_addc (&twice, '\n');
  aid_str_addspan (&twice, rules);
  struct aid_rules *one = aid_rules_read (rules, "f"), *two = aid_rules_read (aid_str_span (&twice), "f");
  /* A mark at the beginning is one there alone. */
  int marked = aid_span_starts (rules, "\xEF\xBB\xBF");
  for (size_t i = 0; i < n && one && two; i++)
    for (int folder = 0; folder < 2; folder++)
      {
        struct aid_ignored why = { NULL, 0, { NULL, 0 }, 0 };
        int verdict = aid_rules_match (one, paths[i], folder, &why);
        CHECK (verdict >= -1 && verdict <= 1);
        CHECK ((verdict >= 0) == (why.line > 0));
        CHECK (verdict < 0 || (why.negated == !verdict && why.pattern.len <= rules.len));
        CHECK (marked || verdict == aid_rules_match (two, paths[i], folder, NULL));
      }
  aid_rules_free (one);
  aid_rules_free (two);
  aid_str_free (&twice);
}

static void
check_others (struct aid_span rules, const struct aid_span *paths, size_t n)
{
  struct aid_hgignore *h = aid_hgignore_of_text (rules);
  struct aid_attributes *a = aid_attributes_new ();
  if (a)
    {
      aid_attributes_add (a, AID_SPAN (""), rules);
      aid_attributes_add (a, AID_SPAN ("a"), rules);
    }
  for (size_t i = 0; i < n; i++)
    {
      struct aid_ignored why = { NULL, 0, { NULL, 0 }, 0 };
      int verdict = h ? aid_hgignore_match (h, paths[i], &why) : -1;
      CHECK (verdict == -1 || (verdict == 1 && why.line > 0));
      for (int k = 0; a && k < AID_ATTR_COUNT; k++)
        CHECK (aid_attributes_say (a, (enum aid_attribute)k, paths[i]) <= 1);
      struct aid_str words = AID_STR_INIT (1 << 20);
      enum aid_file_class class = aid_classify_name (a, paths[i], 1, 2, &words);
      CHECK (class < AID_FILE_CLASSES && (class == AID_FILE_TEXT) == !words.len);
      aid_str_free (&words);
    }
  CHECK (aid_classify_head (AID_SPAN ("x.c"), rules, 0, NULL) < AID_FILE_CLASSES);
  aid_hgignore_free (h);
  aid_attributes_free (a);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span all = { (const char *)data, size }, paths[PATHS];
  if (size > 20000)
    return 0;
  /* Half of it are rules; all of it are paths. */
  size_t n = paths_of (all, paths);
  check_git (aid_span_cut (all, 0, size / 2), paths, n);
  check_others (aid_span_cut (all, 0, size / 2), paths, n);
  for (size_t i = 0; i + 1 < n; i++)
    if (aid_glob_sound (paths[i]))
      aid_glob_path (paths[i], paths[i + 1]);
  return 0;
}
