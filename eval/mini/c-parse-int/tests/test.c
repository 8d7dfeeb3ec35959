#include "number.h"
#include <assert.h>
#include <limits.h>

int
main (void)
{
  static const char *const bad[] = { "", "-", "+", "12abc", " 1", "1 ", "2147483648", "-2147483649", "99999999999999999999", "--1" };
  int n = 7;
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
    assert (!parse_int (bad[i], &n) && n == 7);
  assert (parse_int ("0", &n) && n == 0);
  assert (parse_int ("+42", &n) && n == 42);
  assert (parse_int ("2147483647", &n) && n == INT_MAX);
  assert (parse_int ("-2147483648", &n) && n == INT_MIN);
  return 0;
}
