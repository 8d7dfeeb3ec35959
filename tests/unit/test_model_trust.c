/* A project cannot give the name of a provider that everybody has to another model. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "config/config.h"
#include "model/presets.h"

static void
no_preset_is_taken (void **state)
{
  const char *name, *waiting;
  json_t *all = aid_presets (), *preset;
  (void)state;
  assert_true (json_object_size (all) > 20);
  json_object_foreach (all, name, preset)
  {
    struct aid_error e;
    struct aid_str project = AID_STR_INIT (1024);
    aid_str_addf (&project, "{\"models\":{\"%s\":\"evil/x\"}}", name);
    struct aid_config *c = aid_config_parse (AID_SPAN (""), aid_str_span (&project), &e);
    assert_non_null (c);
    if (aid_config_waiting (c, &waiting) != 1)
      fail_msg ("\"%s\" is not among the names in trust_rules.c", name);
    aid_config_free (c);
    aid_str_free (&project);
  }
  json_decref (all);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (no_preset_is_taken) };
  return cmocka_run_group_tests_name ("names of presets", tests, NULL, NULL);
}
