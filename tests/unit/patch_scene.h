/* A file and the hunks of a diff on their way to their places, room by room: what the tests of single rooms stand on. */
#ifndef AID_TESTS_PATCH_SCENE_H
#define AID_TESTS_PATCH_SCENE_H

#include "patch_cases.h"
#include "patch/match.h"

enum { SCENE_HUNKS = 16 };

struct scene
{
  struct aid_target t;
  struct aid_patch *p;
  struct aid_want want[SCENE_HUNKS];
  struct aid_case c[SCENE_HUNKS];
  size_t n, work;
};

/* HUNKS is a diff of f without its header. */
static inline void
scene_init (struct scene *s, const char *file, const char *hunks)
{
  struct aid_str diff = AID_STR_INIT (1 << 20);
  *s = (struct scene){ 0 };
  aid_str_addf (&diff, "--- a/f\n+++ b/f\n%s", hunks);
  assert_int_equal (aid_target_init (&s->t, aid_span_z (file), NULL), AID_OK);
  s->p = read_patch (aid_str_span (&diff), AID_FORMAT_UNIFIED);
  aid_str_free (&diff);
  s->n = s->p->hunks.len;
  assert_in_range (s->n, 1, SCENE_HUNKS);
  for (size_t i = 0; i < s->n; i++)
    {
      s->want[i] = (struct aid_want){ .p = s->p, .h = HUNK_AT (s->p, i), .hunk = i, .path = "f" };
      s->c[i].tied = AID_VEC_INIT (size_t, AID_CANDIDATES);
      s->c[i].matches = AID_VEC_INIT (struct aid_match, 1);
      assert_int_equal (aid_view_init (&s->c[i].view, &s->t, &s->want[i]), AID_OK);
      assert_int_equal (aid_view_number (&s->c[i].view, &s->t), AID_OK);
    }
}

static inline void
scene_free (struct scene *s)
{
  for (size_t i = 0; i < s->n; i++)
    {
      aid_view_free (&s->c[i].view);
      aid_matches_free (&s->c[i].matches);
      aid_vec_free (&s->c[i].tied);
    }
  aid_target_free (&s->t);
  aid_patch_free (s->p);
}

static inline struct aid_match *
scene_match (struct scene *s, size_t i, size_t k)
{
  assert_in_range (k, 0, s->c[i].matches.len - 1);
  return &AID_VEC_AT (struct aid_match, &s->c[i].matches, k);
}

/* Finds the matches of hunk I; gives how many. */
static inline size_t
scene_find (struct scene *s, size_t i)
{
  assert_int_equal (aid_find (&s->c[i].view, &s->t, aid_want_start (&s->want[i]) - 1, &s->c[i].matches, &s->work), AID_OK);
  return s->c[i].matches.len;
}

/* Finds the matches of all hunks, keeps those that are places, and chooses. */
static inline void
scene_choose (struct scene *s)
{
  for (size_t i = 0; i < s->n; i++)
    {
      size_t n = scene_find (s, i), kept = 0;
      for (size_t k = 0; k < n; k++)
        if (!aid_unacceptable (&s->c[i].view, &s->t, scene_match (s, i, k)))
          AID_VEC_AT (struct aid_match, &s->c[i].matches, kept++) = *scene_match (s, i, k);
        else
          free (scene_match (s, i, k)->map);
      s->c[i].matches.len = kept;
      s->c[i].takes_part = kept > 0;
    }
  assert_int_equal (aid_choose (s->c, s->n, &s->t, &s->work), AID_OK);
}

/* The line (from 1) that was chosen for hunk I, or 0. */
static inline size_t
scene_line (const struct scene *s, size_t i)
{
  return s->c[i].chosen ? s->c[i].chosen->start + 1 : 0;
}

#endif
