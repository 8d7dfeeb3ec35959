#define PCRE2_CODE_UNIT_WIDTH 8
#include "project/regex.h"
#include "base/vec.h"

#include <pcre2.h>
#include <stdlib.h>

#define PATTERNS ((size_t)100000)
#define TRIES 200000  /* of one pattern at one text: some milliseconds */
#define HEAP_KIB 4096 /* of one match */
#define OPTIONS (PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_DUPNAMES)

struct pattern
{
  pcre2_code *code; /* NULL: given up */
  int id;
};

struct aid_regex
{
  struct aid_vec patterns; /* struct pattern */
  pcre2_compile_context *compiling;
  pcre2_match_context *matching;
  pcre2_match_data *data;
};

struct aid_regex *
aid_regex_new (void)
{
  struct aid_regex *r = calloc (1, sizeof *r);
  if (!r)
    return NULL;
  r->patterns = AID_VEC_INIT (struct pattern, PATTERNS);
  r->compiling = pcre2_compile_context_create (NULL);
  r->matching = pcre2_match_context_create (NULL);
  r->data = pcre2_match_data_create (1, NULL);
  if (!r->compiling || !r->matching || !r->data)
    {
      aid_regex_free (r);
      return NULL;
    }
  pcre2_set_newline (r->compiling, PCRE2_NEWLINE_LF);
  pcre2_set_match_limit (r->matching, TRIES);
  pcre2_set_depth_limit (r->matching, TRIES);
  pcre2_set_heap_limit (r->matching, HEAP_KIB);
  return r;
}

void
aid_regex_free (struct aid_regex *r)
{
  if (!r)
    return;
  for (size_t i = 0; i < r->patterns.len; i++)
    pcre2_code_free (AID_VEC_AT (struct pattern, &r->patterns, i).code);
  aid_vec_free (&r->patterns);
  pcre2_match_data_free (r->data);
  pcre2_match_context_free (r->matching);
  pcre2_compile_context_free (r->compiling);
  free (r);
}

enum aid_err
aid_regex_add (struct aid_regex *r, struct aid_span pattern, int id, struct aid_error *e)
{
  int why;
  PCRE2_SIZE where;
  if (pattern.len > AID_REGEX_PATTERN)
    return aid_error_set (e, AID_E_LIMIT, "a pattern of more than %zu bytes", AID_REGEX_PATTERN);
  pcre2_code *code = pcre2_compile ((PCRE2_SPTR)pattern.ptr, pattern.len, OPTIONS, &why, &where, r->compiling);
  if (!code)
    {
      char said[160] = "";
      pcre2_get_error_message (why, (PCRE2_UCHAR *)said, sizeof said);
      return aid_error_set (e, AID_E_PARSE, "%s, at its byte %zu", said, where);
    }
  struct pattern *slot = aid_vec_push (&r->patterns);
  if (!slot)
    {
      pcre2_code_free (code);
      return aid_error_set (e, AID_E_LIMIT, "more than %zu patterns", PATTERNS);
    }
  pcre2_jit_compile (code, PCRE2_JIT_COMPLETE); /* where it cannot, the pattern is interpreted */
  *slot = (struct pattern){ code, id };
  return AID_OK;
}

/* What is compiled to machine code has 32 KB of stack, which a long path may pass: then it is interpreted. */
static int
try (struct aid_regex *r, const pcre2_code *code, struct aid_span text)
{
  int found = pcre2_match (code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, r->data, r->matching);
  return found == PCRE2_ERROR_JIT_STACKLIMIT
           ? pcre2_match (code, (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NO_JIT, r->data, r->matching)
           : found;
}

int
aid_regex_match (struct aid_regex *r, struct aid_span text)
{
  for (size_t i = 0; i < r->patterns.len; i++)
    {
      struct pattern *p = &AID_VEC_AT (struct pattern, &r->patterns, i);
      int found = p->code ? try (r, p->code, text) : PCRE2_ERROR_NOMATCH;
      if (found >= 0)
        return p->id;
      if (found != PCRE2_ERROR_NOMATCH)
        {
          pcre2_code_free (p->code);
          p->code = NULL;
        }
    }
  return -1;
}
