/* What the generations of Claude want differently.  How much to think was first told as a budget of tokens, then as a word of
   effort; a model refuses what it does not know, and the newest refuse to be told how to draw.  A name without a version is
   taken for a new one's.  Others who speak this API took it over when thinking had a budget, and pass over the rest. */
#include "model/wire_internal.h"
#include <ctype.h>
#include <stdlib.h>

#define VERSION(major, minor) ((major)*100 + (minor))

/* A number of at most two digits at P, which stands behind a "-" or "."; -1 for anything else: a date, a word. */
static int
small_number (const char *p)
{
  size_t n = strspn (p, "0123456789");
  return n == 0 || n > 2 || isalpha ((unsigned char)p[n]) ? -1 : atoi (p);
}

/* The version in NAME, "claude-3-7-sonnet-20250219" or "claude-sonnet-4.5", as VERSION has it; 0 when it tells none. */
static int
version_in (const char *name)
{
  for (const char *p = name; (p = strpbrk (p, "-.")); p++)
    {
      int major = small_number (p + 1);
      if (major < 0)
        continue;
      const char *next = p + 1 + strspn (p + 1, "0123456789");
      int minor = *next == '-' || *next == '.' ? small_number (next + 1) : -1;
      return VERSION (major, minor < 0 ? 0 : minor);
    }
  return 0;
}

unsigned
aid_anthropic_dialect (const char *model)
{
  const char *claude = strstr (model, "claude");
  int version = claude ? version_in (claude) : 0;
  int always = strstr (model, "fable") || strstr (model, "mythos");
  if (!claude)
    return AID_ANTHROPIC_THINKS | AID_ANTHROPIC_BUDGET | AID_ANTHROPIC_EFFORT;
  if (!version)
    return AID_ANTHROPIC_THINKS | AID_ANTHROPIC_EFFORT | (always ? AID_ANTHROPIC_ALWAYS : 0);
  if (version < VERSION (3, 7))
    return 0;
  unsigned does = AID_ANTHROPIC_THINKS;
  if (version < VERSION (4, 6))
    does |= AID_ANTHROPIC_BUDGET;
  if (version >= VERSION (4, 6) || (version == VERSION (4, 5) && strstr (model, "opus")))
    does |= AID_ANTHROPIC_EFFORT;
  if (version >= VERSION (4, 1))
    does |= version >= VERSION (4, 7) ? AID_ANTHROPIC_NO_SAMPLING : AID_ANTHROPIC_ONE_SAMPLER;
  return does | (always ? AID_ANTHROPIC_ALWAYS : 0);
}

int64_t
aid_anthropic_budget (const char *effort, int64_t most)
{
  static const struct
  {
    const char *effort;
    int64_t tokens;
  } rows[] = { { "minimal", AID_ANTHROPIC_BUDGET_MIN }, { "low", 4096 }, { "medium", 8192 }, { "high", 16384 } };
  int64_t tokens = 24000;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (!strcmp (rows[i].effort, effort))
      tokens = rows[i].tokens;
  return tokens < most / 4 * 3 ? tokens : most / 4 * 3;
}
