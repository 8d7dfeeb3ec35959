/* The parts of what is exported: ids, lists of variables, what receivers answer, compressed bodies, sums. */
#include "export/answer.h"
#include "export/gzip.h"
#include "export/ids.h"
#include "export/settings.h"
#include "export/totals.h"
#include "scratch.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* --- ids --------------------------------------------------------------------------------------------------------------- */

static void
the_same_name_has_the_same_ids (void **state)
{
  struct aid_trace_ids a, b, c;
  char parent[AID_TRACEPARENT], span[AID_SPAN_ID];
  (void)state;
  aid_trace_ids_of (AID_SPAN ("0123456789abcdef"), &a);
  aid_trace_ids_of (AID_SPAN ("0123456789abcdef"), &b);
  aid_trace_ids_of (AID_SPAN ("0123456789abcdee"), &c);
  assert_string_equal (a.trace, b.trace);
  assert_string_equal (a.span, b.span);
  assert_string_not_equal (a.trace, c.trace);
  assert_int_equal (strlen (a.trace), 32);
  assert_int_equal (strlen (a.span), 16);
  aid_span_id_of (AID_SPAN ("0123456789abcdef"), span);
  assert_string_not_equal (a.span, span);
  aid_traceparent_write (&a, parent);
  assert_int_equal (aid_traceparent_read (parent, &c), 0);
  assert_string_equal (a.trace, c.trace);
  assert_string_equal (a.span, c.span);
  assert_int_equal (aid_trace_ids_random (&b), 0);
  assert_string_not_equal (a.trace, b.trace);
}

static void
what_is_no_traceparent_is_not_read (void **state)
{
  static const char *const wrong[] = { NULL,
                                       "",
                                       "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                                       "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                       "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                       "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
                                       "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01",
                                       "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" };
  struct aid_trace_ids ids;
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal (aid_traceparent_read (wrong[i], &ids), -1);
  assert_int_equal (aid_traceparent_read ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", &ids), 0);
}

/* --- lists --------------------------------------------------------------------------------------------------------------- */

static void
note (void *ctx, struct aid_span name, struct aid_span value)
{
  aid_str_addf (ctx, "[%.*s|%.*s]", (int)name.len, name.ptr, (int)value.len, value.ptr);
}

static void
list_is (const char *list, int status, const char *wanted)
{
  struct aid_str got = AID_STR_INIT (1000);
  assert_int_equal (aid_otel_list (aid_span_z (list), note, &got), status);
  assert_string_equal (aid_str_z (&got), wanted);
  aid_str_free (&got);
}

static void
lists_of_pairs_are_decoded (void **state)
{
  (void)state;
  list_is ("", 0, "");
  list_is ("a=b", 0, "[a|b]");
  list_is (" a = b , c=d,", 0, "[a|b][c|d]");
  list_is ("authorization=Bearer%20a%2Cb%3Dc", 0, "[authorization|Bearer a,b=c]");
  list_is ("a=", 0, "[a|]");
  list_is ("a=b=c", 0, "[a|b=c]");
  list_is ("a", -1, "");
  list_is ("a=b,=c", -1, "[a|b]");
  list_is ("a=x%0d%0aEvil: y", -1, "");
}

/* --- answers ------------------------------------------------------------------------------------------------------------- */

static struct aid_answer_told
judged (int status, const char *type, const char *body)
{
  struct aid_answer_told told;
  struct aid_error none = { AID_OK, "" };
  aid_answer_judge (status, type, aid_span_z (body), &none, &told);
  return told;
}

static void
answers_are_judged_as_the_protocol_has_it (void **state)
{
  struct aid_answer_told told;
  struct aid_error away = { AID_E_NET, "nobody there" };
  (void)state;
  for (int status = 100; status < 600; status++)
    {
      int later = status == 429 || status == 502 || status == 503 || status == 504, good = status >= 200 && status < 300;
      told = judged (status, "application/json", "{}");
      assert_int_equal (told.verdict, good ? AID_OTLP_TAKEN : later ? AID_OTLP_LATER : AID_OTLP_REFUSED);
      assert_int_equal (told.why.code != 0, !good);
    }
  assert_int_equal (judged (200, NULL, "").verdict, AID_OTLP_TAKEN);
  assert_int_equal (judged (200, "application/x-protobuf", "\x0a\x02").verdict, AID_OTLP_TAKEN);
  assert_int_equal (judged (200, "text/html", "<html>").verdict, AID_OTLP_LATER);
  assert_int_equal (judged (200, NULL, " <!doctype html>").verdict, AID_OTLP_LATER);
  told = judged (200, "text/plain", "ok");
  assert_int_equal (told.verdict, AID_OTLP_TAKEN);
  assert_string_equal (told.why.msg, "the receiver's answer is not understood: whether it took all is not known");
  told = judged (200, "application/json", "{\"partialSuccess\":{\"rejectedSpans\":\"12\",\"errorMessage\":\"too\\nold\"}}");
  assert_int_equal (told.rejected, 12);
  assert_string_equal (told.why.msg, "the receiver rejected 12: too old");
  assert_int_equal (judged (200, NULL, "{\"partialSuccess\":{\"rejectedDataPoints\":3}}").rejected, 3);
  told = judged (200, NULL, "{\"partialSuccess\":{\"rejectedSpans\":\"-1\",\"errorMessage\":\"slow down\"}}");
  assert_int_equal (told.rejected, 0);
  assert_string_equal (told.why.msg, "the receiver warns: slow down");
  told = judged (400, NULL, "{\"code\":3,\"message\":\"what is\\u0007 that\"}");
  assert_string_equal (told.why.msg, "the receiver answered with status 400: what is  that");
  aid_answer_judge (0, NULL, AID_SPAN (""), &away, &told);
  assert_int_equal (told.verdict, AID_OTLP_LATER);
  assert_string_equal (told.why.msg, "nobody there");
}

/* --- compressed ---------------------------------------------------------------------------------------------------------- */

static void
gzip_gives_what_gunzip_reads (void **state)
{
  struct aid_str text = AID_STR_INIT (4u << 20), packed = AID_STR_INIT (4u << 20), command = AID_STR_INIT (4096);
  struct aid_error e;
  int same = 0;
  (void)state;
  for (int i = 0; i < 50000; i++)
    aid_str_addf (&text, "{\"span\":%d}", i % 1009 * (i % 7));
  assert_int_equal (aid_gzip (aid_str_span (&text), &packed, &e), AID_OK);
  assert_true (packed.len < text.len / 4);
  assert_int_equal (aid_fs_replace (scratch_path ("packed.gz"), aid_str_span (&packed), 0600, &e), AID_OK);
  aid_str_addf (&command, "gzip -d %s", scratch_path ("packed.gz"));
  assert_int_equal (system (aid_str_z (&command)), 0);
  assert_int_equal (aid_fs_compare (scratch_path ("packed"), aid_str_span (&text), &same, &e), AID_OK);
  assert_true (same);
  aid_str_free (&text);
  aid_str_free (&packed);
  aid_str_free (&command);
}

/* --- sums ---------------------------------------------------------------------------------------------------------------- */

static struct aid_series *
add (struct aid_totals *t, enum aid_instrument_id id, const char *key, const char *v, double value)
{
  json_t *attributes = v ? json_pack ("{s:s}", key, v) : json_object ();
  char *text = json_dumps (attributes, JSON_COMPACT | JSON_SORT_KEYS);
  assert_int_equal (aid_totals_add (t, &aid_instruments[id], attributes, value), AID_OK);
  struct aid_series *s = aid_totals_series (t, &aid_instruments[id], aid_span_z (text));
  free (text);
  json_decref (attributes);
  return s;
}

static void
a_value_counts_up_to_its_bound (void **state)
{
  static const double values[] = { 0.005, 0.01, 0.0100001, 0.02, 81.92, 82, 1e9 };
  static const int64_t wanted[] = { 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2 };
  struct aid_totals t;
  struct aid_series *s = NULL;
  (void)state;
  aid_totals_init (&t);
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    s = add (&t, AID_COUNT_DURATION, NULL, NULL, values[i]);
  for (size_t i = 0; i <= s->instrument->nbounds; i++)
    assert_int_equal (s->buckets[i], wanted[i]);
  assert_int_equal (s->count, 7);
  assert_float_equal (s->least, 0.005, 0);
  assert_float_equal (s->most, 1e9, 0);
  aid_totals_free (&t);
}

static void
too_many_attributes_are_counted_as_one (void **state)
{
  struct aid_totals t;
  char v[32];
  double sum = 0;
  (void)state;
  aid_totals_init (&t);
  for (int i = 0; i < AID_SERIES_MAX + 500; i++)
    {
      snprintf (v, sizeof v, "%d", i);
      add (&t, AID_COUNT_BUILDS, "what", v, 1);
    }
  add (&t, AID_COUNT_COST, NULL, NULL, 0.5); /* another instrument's are its own */
  assert_int_equal (t.series.len, AID_SERIES_MAX + 2);
  aid_totals_sort (&t);
  assert_ptr_equal (AID_VEC_AT (struct aid_series *, &t.series, 0)->instrument, &aid_instruments[AID_COUNT_COST]);
  for (size_t i = 1; i < t.series.len; i++)
    {
      struct aid_series *s = AID_VEC_AT (struct aid_series *, &t.series, i);
      sum += s->sum;
      if (strstr (s->attributes, "otel.metric.overflow"))
        assert_float_equal (s->sum, 500, 0);
    }
  assert_float_equal (sum, AID_SERIES_MAX + 500, 0);
  aid_totals_free (&t);
}

static void
bounds_rise_and_fit (void **state)
{
  (void)state;
  for (int i = 0; i < AID_INSTRUMENTS; i++)
    {
      const struct aid_instrument *in = &aid_instruments[i];
      assert_ptr_equal (aid_instrument_named (aid_span_z (in->name)), in);
      assert_true (in->nbounds <= AID_BOUNDS_MAX);
      assert_int_equal (in->bounds != NULL, in->nbounds != 0);
      for (size_t k = 1; k < in->nbounds; k++)
        assert_true (in->bounds[k] > in->bounds[k - 1]);
      assert_int_equal (aid_span_ends (aid_span_z (in->prometheus), "_total"), in->bounds == NULL);
    }
}

#define T(name) cmocka_unit_test_setup_teardown (name, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (the_same_name_has_the_same_ids),        T (what_is_no_traceparent_is_not_read),
    T (lists_of_pairs_are_decoded),            T (answers_are_judged_as_the_protocol_has_it),
    T (gzip_gives_what_gunzip_reads),          T (a_value_counts_up_to_its_bound),
    T (too_many_attributes_are_counted_as_one), T (bounds_rise_and_fit),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
