/* Where a failing test of JUnit's XML stands: what its element says, else the frame of its trace that is in its own class, else
   the first place that is a file here, else the first one. */
#include "build/forms.h"

#define PATH_LIMIT 4096

/* "com.example.CalcTest$Inner" as the folder "com/example/" and the class "CalcTest". */
static struct aid_span
outer_class (struct aid_span name, struct aid_str *folder)
{
  for (size_t i = 0; i < name.len; i++)
    if (name.ptr[i] == '$')
      name.len = i;
  for (size_t i = 0; i < name.len; i++)
    if (name.ptr[i] == '.')
      {
        aid_str_addspan (folder, aid_span_cut (name, 0, i));
        aid_str_addc (folder, '/');
        name = aid_span_cut (name, i + 1, name.len);
        i = (size_t)-1;
      }
  return name;
}

/* The source below R's folder that is FILE of the package in FOLDER, into OUT. */
static int
find_source (const struct aid_diag_reader *r, struct aid_span folder, struct aid_span file, struct aid_str *out)
{
  static const char *const roots[] = { "src/test/java/",
                                       "src/test/kotlin/",
                                       "src/test/scala/",
                                       "src/test/groovy/",
                                       "src/main/java/",
                                       "src/main/kotlin/",
                                       "src/it/java/",
                                       "src/integrationTest/java/",
                                       "src/androidTest/java/",
                                       "test/",
                                       "tests/",
                                       "src/",
                                       "" };
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
    {
      aid_str_clear (out);
      aid_str_addz (out, roots[i]);
      aid_str_addspan (out, folder);
      aid_str_addspan (out, file);
      if (!out->err && aid_diag_ours (r, aid_str_span (out)))
        return 1;
    }
  return 0;
}

/* "	at com.example.CalcTest.adds(CalcTest.java:12)", of the class CLASS_NAME. */
static int
frame_of (struct aid_span line, struct aid_span class_name, struct aid_span *file, int *n)
{
  struct aid_span method;
  line = aid_span_trim (line);
  if (!aid_scan_word (&line, "at "))
    return 0;
  ptrdiff_t module = aid_span_find (line, AID_SPAN ("//")); /* "app//com.example..." */
  if (module >= 0)
    line = aid_span_cut (line, (size_t)module + 2, line.len);
  if (!aid_scan_until (&line, '(', &method) || !aid_scan_until (&line, ':', file) || (*n = aid_scan_number (&line)) <= 0)
    return 0;
  return method.len > class_name.len && aid_span_eq (aid_span_cut (method, 0, class_name.len), class_name)
         && (method.ptr[class_name.len] == '.' || method.ptr[class_name.len] == '$');
}

static int
in_class (const struct aid_diag_reader *r, struct aid_span class_name, struct aid_span trace, struct aid_draft *d)
{
  struct aid_str folder = AID_STR_INIT (PATH_LIMIT), path = AID_STR_INIT ((size_t)2 * PATH_LIMIT);
  struct aid_span line, file;
  int n, found = 0;
  struct aid_span outer = outer_class (class_name, &folder);
  struct aid_span whole = { class_name.ptr, (size_t)(outer.ptr + outer.len - class_name.ptr) };
  while (outer.len && !found && aid_span_line (&trace, &line))
    if (frame_of (line, whole, &file, &n) && find_source (r, aid_str_span (&folder), file, &path))
      {
        aid_diag_at (d, aid_str_span (&path), n, 0);
        found = 1;
      }
  aid_str_free (&folder);
  aid_str_free (&path);
  return found;
}

/* The first place in TEXT that is a file here. */
static int
in_project (const struct aid_diag_reader *r, struct aid_span text, struct aid_draft *d)
{
  struct aid_span line, path;
  int n, col;
  while (aid_span_line (&text, &line))
    if (aid_diag_find_place (line, &path, &n, &col) && aid_diag_ours (r, path))
      {
        aid_diag_at (d, path, n, col);
        return 1;
      }
  return 0;
}

void
aid_junit_place (const struct aid_diag_reader *r, struct aid_span class_name, struct aid_span trace, struct aid_span message,
                 struct aid_draft *d)
{
  struct aid_span path;
  int n, col;
  if (in_class (r, class_name, trace, d) || in_project (r, trace, d) || in_project (r, message, d))
    return;
  if (aid_diag_find_place (trace, &path, &n, &col) || aid_diag_find_place (message, &path, &n, &col))
    aid_diag_at (d, path, n, col);
}
