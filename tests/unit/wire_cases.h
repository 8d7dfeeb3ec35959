/* Runs the case files tests/cases/wire/PREFIX-NAME.sse (a body's bytes, any kind) against PREFIX-NAME.events: whole, a byte at
   a time, cut in two at every place, cut inside every character and escape, and into random pieces.  And broken off at every
   byte, so at every boundary of events, too: that is an answer which is cut off, unless nothing of it is missing.  A test
   each.  Under a sanitizer one pass cuts in every event, so that each place is cut in a few passes. */
#ifndef AID_TESTS_WIRE_CASES_H
#define AID_TESTS_WIRE_CASES_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include "base/fs.h"
#include "model_events.h"
#include "sanitized.h"

static const struct aid_wire *cases_wire;

static size_t
one_byte (void *state)
{
  (void) state;
  return 1;
}

/* First STATE bytes, then all the rest. */
static size_t
cut_once (void *state)
{
  size_t *first = state, n = *first;
  *first = SIZE_MAX;
  return n;
}

struct every
{
  struct aid_span rest;
  size_t nth, within;          /* cut behind so many bytes of an event; so many of one stand before REST */
};

/* Up to behind the NTH byte of the next event that has as many. */
static size_t
cut_each_event (void *state)
{
  struct every *c = state;
  size_t n = 0;
  while (c->rest.len && !(n && c->within == c->nth))
    {
      int ends = c->rest.ptr[0] == '\n' && c->rest.len > 1 && (c->rest.ptr[1] == '\n' || c->rest.ptr[1] == '\r');
      c->within = ends ? 0 : c->within + 1;
      c->rest = aid_span_cut (c->rest, 1, c->rest.len);
      n++;
    }
  return n;
}

/* --- cuts inside what belongs together ------------------------------------------------------------------------------- */

struct cuts
{
  struct aid_span rest;
  int escape;                  /* bytes of an escape that are still to come */
};

/* Whether bytes that belong together stand on both sides of the place behind C's next byte. */
static int
is_inside (struct cuts *c)
{
  unsigned char byte = (unsigned char) *c->rest.ptr, next = c->rest.len > 1 ? (unsigned char) c->rest.ptr[1] : 'x';
  if (c->escape)
    c->escape--;
  else if (byte == '\\')
    c->escape = next == 'u' ? 5 : 1;
  return c->escape > 0 || (byte >= 0x80 && (next & 0xC0) == 0x80);
}

static size_t
cut_inside (void *state)
{
  struct cuts *c = state;
  size_t n = 0;
  int inside = 0;
  while (c->rest.len && !inside)
    {
      inside = is_inside (c);
      c->rest = aid_span_cut (c->rest, 1, c->rest.len);
      n++;
    }
  return n;
}

/* Mostly small pieces, now and then a large one. */
static size_t
cut_anywhere (void *state)
{
  uint32_t *seed = state;
  *seed = *seed * 1664525u + 1013904223u;
  return 1 + ((*seed >> 28) ? (*seed >> 16) % 7 : (*seed >> 16) % 400);
}

/* --- answers that break off ------------------------------------------------------------------------------------------- */

struct heard
{
  struct aid_str text;         /* all that is said and called, in its order by kinds: reasoning, text, refusal, calls */
  int stopped;
};

static void
hear (void *user, const struct aid_model_event *ev)
{
  struct heard *h = user;
  static const int said[] = { AID_MODEL_REASONING, AID_MODEL_TEXT, AID_MODEL_REFUSAL, AID_MODEL_TOOL };
  for (size_t i = 0; i < sizeof said / sizeof *said; i++)
    if ((int) ev->kind == said[i])
      aid_str_addspan (&h->text, ev->text);
  h->stopped |= ev->kind == AID_MODEL_STOP;
}

/* What is heard of BODY, and the error that ends it. */
static enum aid_err
listen (struct aid_span body, struct heard *h)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_decoder *d = cases_wire->decoder_new (hear, h);
  aid_str_clear (&h->text);
  h->stopped = 0;
  enum aid_err err = cases_wire->feed (d, body, &e);
  if (!err)
    err = cases_wire->end (d, &e);
  cases_wire->decoder_free (d);
  return err;
}

/* Broken off at byte AT, an answer is an error, or it is whole; what has come of it is the beginning of the whole. */
static void
breaks_off (struct aid_span body, const char *path)
{
  struct heard whole = { .text = AID_STR_INIT (1 << 20) }, part = { .text = AID_STR_INIT (1 << 20) };
  enum aid_err all = listen (body, &whole);
  size_t step = 1 + body.len / (SANITIZED ? 100 : 1000);   /* of a long one, every few bytes and every boundary of lines */
  for (size_t at = 0; at < body.len; at++)
    {
      if (at % step && body.ptr[at - 1] != '\n' && body.ptr[at] != '\n')
        continue;
      enum aid_err err = listen (aid_span_cut (body, 0, at), &part);
      if (!err && !part.stopped)
        fail_msg ("%s, broken off at %zu: neither an error nor an end", path, at);
      if (!err && !all && part.text.len != whole.text.len)
        fail_msg ("%s, broken off at %zu: taken for whole with %zu of %zu bytes", path, at, part.text.len, whole.text.len);
      if (part.text.len > whole.text.len || (part.text.len && memcmp (part.text.ptr, whole.text.ptr, part.text.len)))
        fail_msg ("%s, broken off at %zu: heard \"%s\", not a beginning of \"%s\"", path, at, aid_str_z (&part.text),
                  aid_str_z (&whole.text));
    }
  aid_str_free (&whole.text);
  aid_str_free (&part.text);
}

/* --- a case ----------------------------------------------------------------------------------------------------------- */

static void
same (const struct aid_str *expected, struct aid_str *got, const char *path, const char *how, size_t at)
{
  if (!aid_span_eq (aid_str_span (expected), aid_str_span (got)))
    fail_msg ("%s, %s %zu:\n--- expected\n%s--- got\n%s", path, how, at, aid_str_z (expected), aid_str_z (got));
  aid_str_clear (got);
}

/* Two pieces, cut at every place. */
static void
cut_at_every_place (struct aid_span body, const struct aid_str *expected, struct aid_str *got, const char *path)
{
  for (size_t first, i = 1; i < body.len; i++)
    {
      first = i;
      events_of (cases_wire, body, cut_once, &first, got);
      same (expected, got, path, "cut at", i);
    }
}

/* The same places, but those of different events at once. */
static void
cut_at_every_place_of_events (struct aid_span body, const struct aid_str *expected, struct aid_str *got, const char *path)
{
  for (size_t cuts = 0, nth = 0; nth < 2 || cuts > 0; nth++)
    {
      struct every probe = { body, nth, 0 }, c = probe;
      events_of (cases_wire, body, cut_each_event, &c, got);
      same (expected, got, path, "each event cut at", nth);
      for (cuts = 0; cut_each_event (&probe) && probe.rest.len;)
        cuts++;
    }
}

static void
run_case (void **state)
{
  const char *path = *state;
  struct aid_str body = AID_STR_INIT (1 << 20), expected = AID_STR_INIT (1 << 20), got = AID_STR_INIT (8 << 20);
  struct aid_str events = AID_STR_INIT (4096);
  struct aid_error e;
  assert_int_equal (aid_fs_read (path, &body, &e), AID_OK);
  aid_str_add (&events, path, strlen (path) - 3);
  aid_str_addz (&events, "events");
  aid_fs_read (aid_str_z (&events), &expected, &e);
  events_of (cases_wire, aid_str_span (&body), NULL, NULL, &got);
  same (&expected, &got, path, "whole", 0);
  events_of (cases_wire, aid_str_span (&body), one_byte, NULL, &got);
  same (&expected, &got, path, "by single bytes", 0);
  (SANITIZED ? cut_at_every_place_of_events : cut_at_every_place) (aid_str_span (&body), &expected, &got, path);
  struct cuts inside = { aid_str_span (&body), 0 };
  events_of (cases_wire, aid_str_span (&body), cut_inside, &inside, &got);
  same (&expected, &got, path, "cut inside characters and escapes", 0);
  for (uint32_t i = 0; i < 50; i++)
    {
      uint32_t seed = i;
      events_of (cases_wire, aid_str_span (&body), cut_anywhere, &seed, &got);
      same (&expected, &got, path, "cut at random, seed", i);
    }
  breaks_off (aid_str_span (&body), path);
  aid_str_free (&body);
  aid_str_free (&expected);
  aid_str_free (&got);
  aid_str_free (&events);
}

/* Runs TESTS and the cases that begin with PREFIX as one group. */
static int
run_with_cases (const char *group, const char *wire, const char *prefix, const struct CMUnitTest *tests, size_t n)
{
  glob_t found;
  char pattern[256];
  cases_wire = aid_wire_find (wire);
  snprintf (pattern, sizeof pattern, "tests/cases/wire/%s-*.sse", prefix);
  if (!cases_wire || glob (pattern, 0, NULL, &found))
    {
      fprintf (stderr, "no case files %s: run from the project's root\n", pattern);
      return 1;
    }
  struct CMUnitTest *all = calloc (n + found.gl_pathc, sizeof *all);
  memcpy (all, tests, n * sizeof *all);
  for (size_t i = 0; i < found.gl_pathc; i++)
    all[n + i] = (struct CMUnitTest){ .name = found.gl_pathv[i], .test_func = run_case, .initial_state = found.gl_pathv[i] };
  int failed = _cmocka_run_group_tests (group, all, n + found.gl_pathc, NULL, NULL);
  free (all);
  globfree (&found);
  return failed;
}

#endif
