/* Outlines are again what they were, and of many files each its own. */
#include "index/outline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum
{
  TEXT = 300000,
  FILES = 3000
};

static uint64_t seed = 11;

static uint32_t
any (uint32_t below)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % below;
}

/* Fills OUTLINE with N definitions of a text of TEXT bytes. */
static void
make_outline (struct aid_vec *outline, uint32_t n)
{
  uint32_t from = 0;
  outline->len = 0;
  for (uint32_t i = 0; i < n; i++)
    {
      struct aid_outlined *o = aid_vec_push (outline);
      assert_non_null (o);
      from += any (2 * TEXT / 3 / n);
      uint32_t name = from + any (i % 5 ? 20 : TEXT / 4);
      *o = (struct aid_outlined){ from, { name, name + any (60) }, any (2) != 0 };
    }
}

static void
expect_same (const struct aid_vec *a, const struct aid_vec *b)
{
  assert_int_equal (a->len, b->len);
  for (size_t i = 0; i < a->len; i++)
    {
      const struct aid_outlined *x = &AID_VEC_AT (struct aid_outlined, a, i), *y = &AID_VEC_AT (struct aid_outlined, b, i);
      assert_int_equal (x->from, y->from);
      assert_int_equal (x->name.from, y->name.from);
      assert_int_equal (x->name.to, y->name.to);
      assert_int_equal (x->begins, y->begins);
    }
}

static void
what_is_packed_is_the_same_again_or_refused (void **state)
{
  (void)state;
  struct aid_vec was = AID_VEC_INIT (struct aid_outlined, 5000), is = AID_VEC_INIT (struct aid_outlined, 5000);
  struct aid_str packed = AID_STR_INIT (1 << 20);
  for (uint32_t n = 0; n < 2000; n = 2 * n + 1)
    {
      make_outline (&was, n);
      aid_str_clear (&packed);
      assert_int_equal (aid_outline_pack (&was, &packed), AID_OK);
      assert_true (packed.len > 0);
      struct aid_span all = aid_str_span (&packed);
      assert_int_equal (aid_outline_unpack (all, TEXT, &is), 0);
      expect_same (&was, &is);
      for (size_t len = 0; len < all.len; len += 1 + all.len / 50)
        assert_int_equal (aid_outline_unpack (aid_span_cut (all, 0, len), TEXT, &is), -1);
      aid_str_addc (&packed, '\1');
      assert_int_equal (aid_outline_unpack (aid_str_span (&packed), TEXT, &is), -1);
    }
  /* Of a longer text, for its last definition ends behind this one's end. */
  aid_str_remove (&packed, packed.len - 1, packed.len);
  uint32_t end = 0;
  for (size_t i = 0; i < was.len; i++)
    end = AID_VEC_AT (struct aid_outlined, &was, i).name.to > end ? AID_VEC_AT (struct aid_outlined, &was, i).name.to : end;
  assert_int_equal (aid_outline_unpack (aid_str_span (&packed), end, &is), 0);
  assert_int_equal (aid_outline_unpack (aid_str_span (&packed), end - 1, &is), -1);
  aid_str_free (&packed);
  aid_vec_free (&was);
  aid_vec_free (&is);
}

static void
each_file_has_its_own_and_what_has_no_room_has_none (void **state)
{
  (void)state;
  struct aid_outlines kept;
  struct aid_str wide = AID_STR_INIT (64 << 20);
  char text[64];
  aid_outlines_init (&kept);
  assert_int_equal (aid_outlines_of (&kept, 7).len, 0);
  for (int64_t id = 7; id < FILES; id += 1 + (id % 3 == 0))
    {
      snprintf (text, sizeof text, "outline of %lld", (long long)id);
      aid_outlines_keep (&kept, id, aid_span_z (text));
    }
  aid_outlines_keep (&kept, 100, AID_SPAN ("too late"));
  while (wide.len < (size_t)30 << 20)
    aid_str_add (&wide, text, sizeof text);
  aid_outlines_keep (&kept, FILES + 1, aid_str_span (&wide));
  aid_outlines_keep (&kept, FILES + 2, AID_SPAN ("the last"));
  assert_int_equal (aid_outlines_of (&kept, 6).len, 0);
  for (int64_t id = 7; id < FILES; id++)
    {
      snprintf (text, sizeof text, "outline of %lld", (long long)id);
      int is_kept = id % 3 != 1 || (id - 1) % 3 != 0 || id == 7;
      struct aid_span of = aid_outlines_of (&kept, id);
      assert_true (is_kept ? aid_span_eqz (of, text) : !of.len);
    }
  assert_int_equal (aid_outlines_of (&kept, FILES + 1).len, 0);
  assert_true (aid_span_eqz (aid_outlines_of (&kept, FILES + 2), "the last"));
  assert_int_equal (aid_outlines_of (&kept, FILES + 3).len, 0);
  aid_outlines_free (&kept);
  aid_str_free (&wide);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_packed_is_the_same_again_or_refused),
    cmocka_unit_test (each_file_has_its_own_and_what_has_no_room_has_none),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
