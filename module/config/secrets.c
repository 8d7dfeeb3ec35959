/* Secrets by their shape.  One pass over the bytes: at the beginning of each word a table of known prefixes is asked, at
   ":" and "=" a password in an address or an assignment is looked for. */
#include "config/secrets_internal.h"
#include "base/sha256.h"

#define U AID_CH_UPPER
#define L AID_CH_LOWER
#define D AID_CH_DIGIT
#define B AID_CH_BASE64
#define S AID_CH_SIGN

const unsigned char aid_secret_classes[256] = {
  ['A'] = U,           ['B'] = U,          ['C'] = U, ['D'] = U, ['E'] = U,     ['F'] = U,
  ['G'] = U,           ['H'] = U,          ['I'] = U, ['J'] = U, ['K'] = U,     ['L'] = U,
  ['M'] = U,           ['N'] = U,          ['O'] = U, ['P'] = U, ['Q'] = U,     ['R'] = U,
  ['S'] = U,           ['T'] = U,          ['U'] = U, ['V'] = U, ['W'] = U,     ['X'] = U,
  ['Y'] = U,           ['Z'] = U,          ['a'] = L, ['b'] = L, ['c'] = L,     ['d'] = L,
  ['e'] = L,           ['f'] = L,          ['g'] = L, ['h'] = L, ['i'] = L,     ['j'] = L,
  ['k'] = L,           ['l'] = L,          ['m'] = L, ['n'] = L, ['o'] = L,     ['p'] = L,
  ['q'] = L,           ['r'] = L,          ['s'] = L, ['t'] = L, ['u'] = L,     ['v'] = L,
  ['w'] = L,           ['x'] = L,          ['y'] = L, ['z'] = L, ['0'] = D,     ['1'] = D,
  ['2'] = D,           ['3'] = D,          ['4'] = D, ['5'] = D, ['6'] = D,     ['7'] = D,
  ['8'] = D,           ['9'] = D,          ['+'] = B, ['/'] = B, ['='] = B | S, ['_'] = AID_CH_UNDER,
  ['-'] = AID_CH_DASH, ['.'] = AID_CH_DOT, [':'] = S, ['"'] = S, ['\''] = S,
};

/* --- shapes --------------------------------------------------------------------------------------------------------- */

#define ALNUM (U | L | D)
#define URL64 (ALNUM | AID_CH_UNDER | AID_CH_DASH)
#define OPEN 4096 /* a length without a limit of its own */

struct shape
{
  const char *prefix, *kind;
  unsigned char set;       /* what follows the prefix, */
  unsigned short min, max; /* and how much of it */
  unsigned char mixed;     /* it must have digits and letters: the prefix alone says little */
};

/* Those of one first letter stand together, the longer before the shorter that it begins with. */
static const struct shape shapes[] = {
  { "ABIA", "AWS access key", U | D, 16, 16, 1 },
  { "ACCA", "AWS access key", U | D, 16, 16, 1 },
  { "AGE-SECRET-KEY-1", "age secret key", U | D, 58, 58, 0 },
  { "AIza", "Google API key", URL64, 35, 35, 0 },
  { "AKIA", "AWS access key", U | D, 16, 16, 0 },
  { "ASIA", "AWS access key", U | D, 16, 16, 1 },
  { "ATATT3", "Atlassian token", URL64 | B, 50, 400, 0 },
  { "Authorization: Basic ", "credentials", ALNUM | B, 12, OPEN, 0 },
  { "Bearer ", "bearer token", URL64 | B | AID_CH_DOT, 20, OPEN, 1 },
  { "FlyV1 fm", "Fly.io token", URL64 | B, 60, OPEN, 0 },
  { "GOCSPX-", "Google client secret", URL64, 28, 28, 0 },
  { "NRAK-", "New Relic key", U | D, 27, 27, 0 },
  { "PMAK-", "Postman key", L | D | AID_CH_DASH, 50, 70, 0 },
  { "SG.", "SendGrid key", URL64 | AID_CH_DOT, 60, 80, 0 },
  { "dapi", "Databricks token", L | D, 32, 32, 1 },
  { "dckr_pat_", "Docker token", URL64, 20, 60, 0 },
  { "discord.com/api/webhooks/", "Discord webhook", URL64 | B, 60, 200, 0 },
  { "doo_v1_", "DigitalOcean token", L | D, 64, 64, 0 },
  { "dop_v1_", "DigitalOcean token", L | D, 64, 64, 0 },
  { "dor_v1_", "DigitalOcean token", L | D, 64, 64, 0 },
  { "dp.pt.", "Doppler token", ALNUM, 40, 50, 0 },
  { "figd_", "Figma token", URL64, 35, 60, 0 },
  { "ghp_", "GitHub token", ALNUM, 36, 36, 0 },
  { "gho_", "GitHub token", ALNUM, 36, 36, 0 },
  { "ghu_", "GitHub token", ALNUM, 36, 36, 0 },
  { "ghs_", "GitHub token", ALNUM, 36, 36, 0 },
  { "ghr_", "GitHub token", ALNUM, 36, 80, 0 },
  { "github_pat_", "GitHub token", ALNUM | AID_CH_UNDER, 60, 90, 0 },
  { "glpat-", "GitLab token", URL64 | AID_CH_DOT, 20, 100, 0 },
  { "gldt-", "GitLab token", URL64, 20, 100, 0 },
  { "glrt-", "GitLab token", URL64 | AID_CH_DOT, 20, 100, 0 },
  { "glptt-", "GitLab token", URL64, 20, 100, 0 },
  { "glcbt-", "GitLab token", URL64, 20, 100, 0 },
  { "glft-", "GitLab token", URL64, 20, 100, 0 },
  { "glsoat-", "GitLab token", URL64, 20, 100, 0 },
  { "gloas-", "GitLab token", URL64, 20, 100, 0 },
  { "glagent-", "GitLab token", URL64, 20, 100, 0 },
  { "gsk_", "Groq key", ALNUM, 40, 60, 0 },
  { "hf_", "Hugging Face token", ALNUM, 30, 40, 0 },
  { "hooks.slack.com/services/", "Slack webhook", ALNUM | B, 30, 100, 0 },
  { "hvb.", "Vault token", URL64, 80, 300, 0 },
  { "hvs.", "Vault token", URL64, 24, 200, 0 },
  { "lin_api_", "Linear key", ALNUM, 40, 40, 0 },
  { "npm_", "npm token", ALNUM, 36, 36, 0 },
  { "ntn_", "Notion token", ALNUM, 40, 50, 0 },
  { "pplx-", "Perplexity key", ALNUM, 40, 60, 0 },
  { "pscale_tkn_", "PlanetScale token", URL64, 32, 64, 0 },
  { "pypi-", "PyPI token", URL64, 50, 400, 0 },
  { "r8_", "Replicate token", ALNUM, 37, 37, 0 },
  { "rk_live_", "Stripe key", ALNUM, 16, 200, 0 },
  { "rk_test_", "Stripe key", ALNUM, 16, 200, 0 },
  { "rubygems_", "RubyGems key", L | D, 48, 48, 0 },
  { "shpat_", "Shopify token", ALNUM, 32, 32, 0 },
  { "shpca_", "Shopify token", ALNUM, 32, 32, 0 },
  { "shppa_", "Shopify token", ALNUM, 32, 32, 0 },
  { "shpss_", "Shopify token", ALNUM, 32, 32, 0 },
  { "sk-ant-", "Anthropic key", URL64, 20, 300, 1 },
  { "sk-or-v1-", "OpenRouter key", L | D, 64, 64, 0 },
  { "sk-proj-", "OpenAI key", URL64, 20, 300, 1 },
  { "sk-svcacct-", "OpenAI key", URL64, 20, 300, 1 },
  { "sk-admin-", "OpenAI key", URL64, 20, 300, 1 },
  { "sk-", "OpenAI key", ALNUM, 20, 200, 1 },
  { "sk_live_", "Stripe key", ALNUM, 16, 200, 0 },
  { "sk_test_", "Stripe key", ALNUM, 16, 200, 0 },
  { "sntrys_", "Sentry token", URL64 | B, 60, 400, 0 },
  { "whsec_", "Stripe signing secret", ALNUM | B, 24, 100, 0 },
  { "xai-", "xAI key", ALNUM, 60, 100, 0 },
  { "xapp-", "Slack token", ALNUM | AID_CH_DASH, 30, 200, 0 },
  { "xoxa-", "Slack token", ALNUM | AID_CH_DASH, 20, 300, 1 },
  { "xoxb-", "Slack token", ALNUM | AID_CH_DASH, 20, 300, 1 },
  { "xoxc-", "Slack token", ALNUM | AID_CH_DASH, 20, 300, 1 },
  { "xoxd-", "Slack token", URL64 | B, 20, 400, 1 },
  { "xoxe-", "Slack token", ALNUM | AID_CH_DASH, 20, 300, 1 },
  { "xoxp-", "Slack token", ALNUM | AID_CH_DASH, 20, 300, 1 },
  { "xoxr-", "Slack token", ALNUM | AID_CH_DASH, 20, 300, 1 },
  { "xoxs-", "Slack token", ALNUM | AID_CH_DASH, 20, 300, 1 },
  { "ya29.", "Google token", URL64, 30, 1000, 0 },
};
#define NSHAPES (sizeof shapes / sizeof *shapes)

static void
find_starts (struct aid_secret_scan *s)
{
  for (size_t k = NSHAPES; k-- > 0;)
    {
      const unsigned char *prefix = (const unsigned char *)shapes[k].prefix;
      s->first[prefix[0]] = (unsigned char)(k + 1);
      s->seconds[prefix[0]] |= 1u << (prefix[1] & 31);
    }
  s->seconds['B'] |= 1u << ('E' & 31); /* "BEGIN" of a key, beside "Bearer" */
  s->seconds['e'] |= 1u << ('y' & 31); /* "eyJ" of a web token */
}

/* How many bytes from AT on are of SET; MOST at most. */
static size_t
run_of (const struct aid_secret_scan *s, size_t at, unsigned set, size_t most)
{
  size_t i = at;
  while (i - at < most && (aid_secret_class (s, i) & set))
    i++;
  return i - at;
}

static int
has (const struct aid_secret_scan *s, size_t at, const char *z, size_t n)
{
  return s->n - at >= n && !memcmp (s->p + at, z, n);
}

/* Whether V has letters and two digits at least. */
static int
is_mixed (struct aid_span v)
{
  size_t digits = 0, letters = 0;
  for (size_t i = 0; i < v.len; i++)
    {
      unsigned c = aid_secret_classes[(unsigned char)v.ptr[i]];
      digits += (c & D) != 0;
      letters += (c & (U | L)) != 0;
    }
  return digits >= 2 && letters >= 2;
}

size_t
aid_secret_keep (struct aid_secret_scan *s, size_t beg, size_t end, size_t shown, const char *kind)
{
  struct aid_secret *found = aid_vec_push (s->out);
  if (found)
    *found = (struct aid_secret){ beg, end, shown, kind };
  else
    s->full = 1;
  return end;
}

static char
lower (char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static int
holds_word (struct aid_span v, const char *word)
{
  size_t n = strlen (word);
  for (size_t i = 0; i + n <= v.len; i++)
    {
      size_t k = 0;
      while (k < n && lower (v.ptr[i + k]) == word[k])
        k++;
      if (k == n)
        return 1;
    }
  return 0;
}

int
aid_secret_credible (struct aid_span v)
{
  static const char *const words[]
    = { "example",   "xxxx",      "your",       "placeholder", "redacted",  "dummy",    "fake",    "changeme",
        "change-me", "change_me", "secret-key", "secret_key",  "123456789", "abcdefgh", "abcd1234" };
  unsigned char seen[256] = { 0 };
  size_t distinct = 0;
  for (size_t i = 0; i < v.len; i++)
    distinct += !seen[(unsigned char)v.ptr[i]]++;
  if (distinct < (v.len >= 16 ? 8u : 5u))
    return 0;
  v.len = v.len < 512 ? v.len : 512;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (holds_word (v, words[i]))
      return 0;
  return 1;
}

static size_t
try_shape (struct aid_secret_scan *s, const struct shape *shape, size_t at)
{
  size_t n = strlen (shape->prefix);
  if (!has (s, at, shape->prefix, n))
    return 0;
  size_t run = run_of (s, at + n, shape->set, (size_t)shape->max + 1);
  while (run && s->p[at + n + run - 1] == '.')
    run--; /* the end of a sentence */
  if (run < shape->min)
    return 0;
  struct aid_span body = { s->p + at + n, run };
  if (run > shape->max || (aid_secret_class (s, at + n + run) & AID_CH_WORD) || !aid_secret_credible (body)
      || (shape->mixed && !is_mixed (body)))
    return at + n + run; /* skipped, so that it is not looked at again */
  return aid_secret_keep (s, at, at + n + run, n, shape->kind);
}

/* A JSON web token: three parts of base64url, of which the first two are JSON objects. */
static size_t
try_web_token (struct aid_secret_scan *s, size_t at)
{
  size_t end = at;
  for (int part = 0; part < 3; part++)
    {
      size_t n = run_of (s, end, URL64, 65536);
      if (part < 2 && (n < 10 || !has (s, end, "eyJ", 3) || !has (s, end + n, ".", 1)))
        return part || n >= 10 ? end + n : 0;
      if (part == 2)
        return n >= 16 && aid_secret_credible ((struct aid_span){ s->p + end, n })
                 ? aid_secret_keep (s, at, end + n, 3, "web token")
                 : end + n;
      end += n + 1;
    }
  return end;
}

/* Where the base64 that begins at AT ends, with what stands in it when a key is a string of a program; *LONGEST is its
   longest run. */
static size_t
skip_armour (const struct aid_secret_scan *s, size_t at, size_t *longest)
{
  size_t i = at, run = 0;
  for (*longest = 0; i < s->n; i++)
    {
      char c = s->p[i];
      unsigned class = aid_secret_class (s, i);
      if (c == '\\' && i + 1 < s->n && (s->p[i + 1] == 'n' || s->p[i + 1] == 'r'))
        i++, run = 0;
      else if (class & (ALNUM | B))
        run++;
      else if (has (s, i, "-----", 5) || !c || !strchr (" \t\r\n\"',:.()-+;|", c))
        break;
      else
        run = 0;
      if (run > *longest)
        *longest = run;
    }
  return i;
}

/* "-----BEGIN ... PRIVATE KEY-----", from its word BEGIN, with a body. */
static size_t
try_private_key (struct aid_secret_scan *s, size_t at)
{
  size_t end = at + 5, longest;
  if (at < 5 || memcmp (s->p + at - 5, "-----", 5) != 0 || !has (s, at, "BEGIN ", 6))
    return 0;
  while (end < s->n && end - at < 60 && ((aid_secret_class (s, end) & (U | D)) || s->p[end] == ' '))
    end++;
  struct aid_span label = { s->p + at, end - at };
  if (!has (s, end, "-----", 5) || (!aid_span_ends (label, "PRIVATE KEY") && !aid_span_ends (label, "PRIVATE KEY BLOCK")))
    return 0;
  size_t shown = end + 5 - (at - 5), stop = skip_armour (s, end + 5, &longest);
  if (longest < 40)
    return 0;
  if (has (s, stop, "-----END ", 9))
    {
      stop += 9;
      while (stop < s->n && ((aid_secret_class (s, stop) & (U | D)) || s->p[stop] == ' '))
        stop++;
      stop += has (s, stop, "-----", 5) ? 5 : 0;
    }
  return aid_secret_keep (s, at - 5, stop, shown, "private key");
}

size_t
aid_secret_shaped (struct aid_secret_scan *s, size_t at)
{
  unsigned char c = (unsigned char)s->p[at];
  size_t end = 0;
  if (at + 2 >= s->n || !(s->seconds[c] >> (s->p[at + 1] & 31) & 1))
    return 0;
  if (c == 'e')
    return has (s, at, "eyJ", 3) ? try_web_token (s, at) : 0;
  if (c == 'B')
    end = try_private_key (s, at);
  for (size_t k = s->first[c] - 1u; !end && k < NSHAPES && (unsigned char)shapes[k].prefix[0] == c; k++)
    if (shapes[k].prefix[1] == s->p[at + 1] && shapes[k].prefix[2] == s->p[at + 2])
      end = try_shape (s, &shapes[k], at);
  return end;
}

/* --- passwords in addresses ------------------------------------------------------------------------------------------ */

/* What everybody writes into examples and into servers that only they can reach. */
static int
is_everybodys (struct aid_span user, struct aid_span password)
{
  static const char *const words[]
    = { "pass",  "password", "passwd",  "pwd",   "secret",   "user",  "username", "test",  "foo",      "bar", "root",
        "admin", "guest",    "hunter2", "token", "postgres", "mysql", "dev",      "local", "p4ssw0rd", "xyz", "abc" };
  int known = aid_span_eq (user, password);
  for (size_t i = 0; i < sizeof words / sizeof *words && !known; i++)
    known = password.len == strlen (words[i]) && holds_word (password, words[i]);
  for (size_t i = 0; i < password.len && !known; i++)
    known = strchr ("${<%*[]", password.ptr[i]) != NULL && password.ptr[i];
  return known || holds_word (password, "example") || holds_word (password, "xxx") || holds_word (password, "your");
}

/* Hosts that are set aside for examples. */
static int
is_example_host (struct aid_span host)
{
  static const char *const ends[] = { "example.com", "example.org", "example.net", ".example", ".test", ".invalid" };
  ptrdiff_t colon = aid_span_find (host, AID_SPAN (":"));
  host.len = colon >= 0 ? (size_t)colon : host.len;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (aid_span_ends (host, ends[i]))
      return 1;
  return 0;
}

/* "SCHEME://USER:PASSWORD@HOST", from its first colon. */
static size_t
try_address (struct aid_secret_scan *s, size_t at)
{
  size_t beg = at + 3, end = beg, sign = 0, colon = 0;
  if (!has (s, at, "://", 3) || at == 0 || !(aid_secret_class (s, at - 1) & ALNUM))
    return 0;
  for (; end < s->n && end - beg < 1024 && (unsigned char)s->p[end] > ' ' && !strchr ("/?#\"'<>`\\,|)", s->p[end]); end++)
    {
      if (s->p[end] == '@')
        sign = end;
      else if (s->p[end] == ':' && !colon)
        colon = end;
    }
  if (!sign || !colon || colon > sign || sign - colon < 4)
    return 0;
  struct aid_span user = { s->p + beg, colon - beg }, password = { s->p + colon + 1, sign - colon - 1 };
  if (is_everybodys (user, password) || is_example_host ((struct aid_span){ s->p + sign + 1, end - sign - 1 }))
    return end;
  size_t before = s->out->len, shaped = aid_secret_shaped (s, colon + 1);
  return s->out->len > before ? shaped : aid_secret_keep (s, colon + 1, sign, 0, "password in an address");
}

/* --- the scan ------------------------------------------------------------------------------------------------------- */

/* Where a word may begin inside one: behind the letter of an escape in a string, "\n", and the digits of "%3D". */
static size_t
try_behind_escape (struct aid_secret_scan *s, size_t at)
{
  size_t skip = at && s->p[at - 1] == '\\' && strchr ("nrt", s->p[at]) ? 1 : at && s->p[at - 1] == '%' ? 2 : 0;
  return skip && (aid_secret_class (s, at + skip) & AID_CH_WORD) ? aid_secret_shaped (s, at + skip) : 0;
}

static size_t
try_at (struct aid_secret_scan *s, size_t i, unsigned class)
{
  if (class & AID_CH_WORD)
    {
      size_t end = aid_secret_shaped (s, i);
      return end ? end : try_behind_escape (s, i);
    }
  size_t end = s->p[i] == ':' ? try_address (s, i) : 0;
  return end ? end : aid_secret_named (s, i);
}

enum aid_err
aid_secrets_scan (struct aid_span text, struct aid_vec *out)
{
  struct aid_secret_scan s = { .p = text.ptr, .n = text.len, .out = out };
  find_starts (&s);
  for (size_t i = 0; i < s.n;)
    {
      unsigned class = aid_secret_classes[(unsigned char)s.p[i]];
      size_t end = class & (AID_CH_WORD | AID_CH_SIGN) ? try_at (&s, i, class) : 0;
      i = end > i ? end : i + 1;
      /* What is left of a word begins nothing. */
      if (aid_secret_classes[(unsigned char)s.p[i - 1]] & AID_CH_WORD)
        while (i < s.n && (aid_secret_classes[(unsigned char)s.p[i]] & AID_CH_WORD))
          i++;
    }
  return !s.full ? AID_OK : out->len < out->max ? AID_E_NOMEM : AID_E_LIMIT;
}

/* --- findings ------------------------------------------------------------------------------------------------------- */

void
aid_secret_id (struct aid_span text, const struct aid_secret *found, char id[AID_SECRET_ID])
{
  struct aid_sha256 s;
  char hex[AID_SHA256_HEX];
  aid_sha256_init (&s);
  aid_sha256_add (&s, (struct aid_span){ found->kind, strlen (found->kind) + 1 });
  aid_sha256_add (&s, aid_span_cut (text, found->beg, found->end));
  aid_sha256_end (&s, hex);
  memcpy (id, hex, AID_SECRET_ID - 1);
  id[AID_SECRET_ID - 1] = '\0';
}

void
aid_secret_mask (struct aid_span text, const struct aid_secret *found, struct aid_str *out)
{
  aid_str_addspan (out, aid_span_cut (text, found->beg, found->beg + found->shown));
  aid_str_addf (out, "... (%zu characters)", found->end - found->beg);
}

void
aid_secrets_replace (struct aid_span text, const struct aid_vec *found, int (*removed) (void *ctx, const char *id),
                     void *ctx, struct aid_str *out)
{
  size_t at = 0;
  for (size_t i = 0; i < found->len; i++)
    {
      const struct aid_secret *f = &AID_VEC_AT (struct aid_secret, found, i);
      char id[AID_SECRET_ID];
      aid_secret_id (text, f, id);
      if (!removed (ctx, id))
        continue;
      aid_str_addspan (out, aid_span_cut (text, at, f->beg));
      aid_str_addf (out, "[removed: %s]", f->kind);
      at = f->end;
    }
  aid_str_addspan (out, aid_span_cut (text, at, text.len));
}
