#include "ces/ces.h"

const char *
aid_rung_name (enum aid_rung r)
{
  static const char *const names[AID_RUNGS] = { "applies", "parses", "types", "builds", "tests" };
  return (unsigned)r < AID_RUNGS ? names[r] : "?";
}
