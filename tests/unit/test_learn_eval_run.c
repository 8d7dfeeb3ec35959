/* Runs of evaluations that go on: what is there is not made again, and an answer to another question is none.  No model is asked:
   who makes questions says that it was to be, and fails. */
#include "base/fs.h"
#include "base/json.h"
#include "learn/eval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch_put.h"

#define SAMPLES 3

struct scene
{
  struct aid_eval_task task;
  struct aid_eval_tasks tasks;
  struct aid_eval_run run;
  char dir[256], scratch[300];
  size_t asked, told;
};

static enum aid_err
question (void *ctx, const struct aid_gather *g, struct aid_eval_question *out, struct aid_error *e)
{
  struct scene *s = ctx;
  (void)g, (void)out;
  __atomic_fetch_add (&s->asked, 1, __ATOMIC_SEQ_CST);
  return aid_error_set (e, AID_E_IO, "Nobody is asked here");
}

static void
question_free (void *ctx, struct aid_eval_question *q)
{
  (void)ctx, (void)q;
}

static void
tell (void *ctx, const json_t *row, size_t done, size_t all)
{
  struct scene *s = ctx;
  (void)row, (void)done, (void)all;
  s->told++;
}

/* A run in the new folder NAME of one task, which is asked SAMPLES times by two threads with a limit of dollars. */
static void
open_scene (struct scene *s, const char *name)
{
  static const char *const models[] = { "m" }, *const strategies[] = { "edit" };
  static char base[256];
  *s = (struct scene){ .told = 0 };
  put ("base/a.c", "int one;\n");
  snprintf (base, sizeof base, "%s", scratch_path ("base"));
  snprintf (s->dir, sizeof s->dir, "%s", scratch_path (name));
  snprintf (s->scratch, sizeof s->scratch, "%s/scratch", s->dir);
  assert_int_equal (aid_fs_mkdirs (s->scratch, 0700, NULL), AID_OK);
  s->task = (struct aid_eval_task){ .name = (char *)(uintptr_t) "t",
                                    .question = (char *)(uintptr_t) "why?",
                                    .files = AID_VEC_INIT (char *, 10),
                                    .folder = base,
                                    .judge = json_object (),
                                    .hash = "as it is" };
  s->tasks.list = AID_VEC_INIT (struct aid_eval_task *, 10);
  *(struct aid_eval_task **)aid_vec_push (&s->tasks.list) = &s->task;
  s->run = (struct aid_eval_run){ .dir = s->dir,
                                  .scratch = s->scratch,
                                  .tasks = &s->tasks,
                                  .models = models,
                                  .strategies = strategies,
                                  .nmodels = 1,
                                  .nstrategies = 1,
                                  .samples = SAMPLES,
                                  .jobs = 2,
                                  .dollars = 100,
                                  .question = question,
                                  .question_free = question_free,
                                  .tell = tell,
                                  .ctx = s };
}

static void
close_scene (struct scene *s)
{
  json_decref (s->task.judge);
  aid_vec_free (&s->tasks.list);
}

/* Keeps an answer of no change to the sample I, to the task as HASH says. */
static void
keep_answer (const struct scene *s, int64_t i, const char *hash)
{
  const struct aid_eval_attempt a = { &s->task, "m", "edit", i };
  char key[AID_EVAL_KEY];
  aid_eval_key (&a, key);
  json_t *answer = json_pack ("{s:s, s:s, s:s, s:f}", "text", "No.", "stop", "stop", "hash", hash, "cost", 0.01);
  struct aid_str answers = AID_STR_INIT (4096);
  aid_str_addf (&answers, "%s/answers", s->dir);
  assert_int_equal (aid_fs_mkdirs (aid_str_z (&answers), 0700, NULL), AID_OK);
  assert_int_equal (aid_eval_answer_keep (s->dir, key, answer, NULL), AID_OK);
  json_decref (answer);
  aid_str_free (&answers);
}

/* Notes that the sample I was made. */
static void
keep_result (const struct scene *s, int64_t i)
{
  const struct aid_eval_attempt a = { &s->task, "m", "edit", i };
  char key[AID_EVAL_KEY];
  struct aid_eval_log *log;
  aid_eval_key (&a, key);
  json_t *row = json_pack ("{s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "eval", 1, "key", key, "task", "t", "hash",
                           s->task.hash, "model", "m", "strategy", "edit", "sample", (json_int_t)i, "outcome", "green");
  assert_int_equal (aid_eval_log_open (s->dir, &log, NULL), AID_OK);
  assert_int_equal (aid_eval_log_add (log, row, NULL), AID_OK);
  aid_eval_log_close (log);
  json_decref (row);
}

static struct aid_eval_ran
run_all (const struct scene *s)
{
  struct aid_eval_ran ran;
  struct aid_error e = { AID_OK, "" };
  if (aid_eval_run (&s->run, &ran, &e))
    fail_msg ("%s", e.msg);
  return ran;
}

static void
what_has_its_result_is_not_made_again (void **state)
{
  (void)state;
  for (int round = 0; round < 20; round++)
    {
      struct scene s;
      char name[32];
      snprintf (name, sizeof name, "limit-%d", round);
      open_scene (&s, name);
      keep_answer (&s, 1, s.task.hash);
      keep_answer (&s, 2, s.task.hash);
      keep_result (&s, 3);
      const struct aid_eval_ran ran = run_all (&s);
      assert_int_equal (ran.before, 1);
      assert_int_equal (s.told, 2);
      assert_int_equal (ran.outcomes[AID_EVAL_NONE], 2);
      assert_int_equal (ran.left, 0);
      assert_int_equal (s.asked, 0);
      close_scene (&s);
    }
}

/* The threads but the first wait, as there is a limit, until the first attempt has told what one costs; what they waited for may
   have been taken by then, and what comes behind it have its result. */
static void
who_waited_makes_nothing_again (void **state)
{
  (void)state;
  for (int round = 0; round < 20; round++)
    {
      struct scene s;
      char name[32];
      snprintf (name, sizeof name, "waited-%d", round);
      open_scene (&s, name);
      keep_result (&s, 3);
      const struct aid_eval_ran ran = run_all (&s);
      assert_int_equal (ran.before, 1);
      assert_int_equal (s.asked, 2);
      assert_int_equal (s.told, 2);
      assert_int_equal (ran.outcomes[AID_EVAL_ERROR], 2);
      assert_int_equal (ran.left, 0);
      close_scene (&s);
    }
}

/* Each was paid by the run that asked: it is neither forecast nor counted, and no limit is too low for it. */
static void
an_answer_that_is_there_costs_nothing (void **state)
{
  struct scene s;
  struct aid_eval_forecast f;
  struct aid_error e = { AID_OK, "" };
  (void)state;
  for (int64_t jobs = 1; jobs <= 2; jobs++)
    {
      open_scene (&s, jobs == 1 ? "paid" : "paid-by-two");
      s.run.dollars = 0.015;
      s.run.jobs = jobs;
      for (int64_t i = 1; i <= SAMPLES; i++)
        keep_answer (&s, i, s.task.hash);
      if (aid_eval_ahead (&s.run, &f, &e))
        fail_msg ("%s", e.msg);
      const struct aid_eval_ran ran = run_all (&s);
      assert_int_equal (f.attempts, 0);
      assert_int_equal (s.told, SAMPLES);
      assert_int_equal (ran.outcomes[AID_EVAL_NONE], SAMPLES);
      assert_int_equal (ran.limited, 0);
      assert_int_equal (ran.left, 0);
      assert_true (ran.cost == 0);
      assert_int_equal (s.asked, 0);
      close_scene (&s);
    }
}

/* The task was changed after its answer was kept, and before it was judged. */
static void
an_answer_to_what_a_task_was_is_none (void **state)
{
  struct scene s;
  (void)state;
  open_scene (&s, "changed");
  keep_answer (&s, 1, "as it was");
  keep_answer (&s, 2, s.task.hash);
  keep_answer (&s, 3, s.task.hash);
  const struct aid_eval_ran ran = run_all (&s);
  assert_int_equal (s.asked, 1);
  assert_int_equal (ran.outcomes[AID_EVAL_ERROR], 1);
  assert_int_equal (ran.outcomes[AID_EVAL_NONE], 2);
  close_scene (&s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_has_its_result_is_not_made_again),
    cmocka_unit_test (who_waited_makes_nothing_again),
    cmocka_unit_test (an_answer_that_is_there_costs_nothing),
    cmocka_unit_test (an_answer_to_what_a_task_was_is_none),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
