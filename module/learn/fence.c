#include "learn/fence.h"

/* Signs of a fence that nothing in TEXT ends. */
static size_t
width_for (struct aid_span text)
{
  size_t longest = 2, run = 0;
  for (size_t i = 0; i < text.len; i++)
    {
      run = text.ptr[i] == '`' ? run + 1 : 0;
      longest = run > longest ? run : longest;
    }
  return longest + 1;
}

static void
add_signs (struct aid_str *out, size_t n)
{
  for (size_t i = 0; i < n; i++)
    aid_str_addc (out, '`');
}

void
aid_fence_add (struct aid_str *out, const char *language, struct aid_span text)
{
  size_t n = width_for (text);
  add_signs (out, n);
  aid_str_addf (out, "%s\n", language);
  aid_str_addspan (out, text);
  aid_str_addz (out, aid_span_ends (text, "\n") ? "" : "\n");
  add_signs (out, n);
  aid_str_addc (out, '\n');
}
