/* Secrets by the name that they are assigned to, and by the name of their file.  A name alone is no secret: the value must look
   like what nobody can remember or would say aloud, for "password" is mostly a variable, a label or a word. */
#include "config/secrets_internal.h"

#define NAME_MAX_BYTES 64
#define VALUE_MAX 512

enum strength
{
  STRENGTH_PASSWORD, /* short ones are real, too */
  STRENGTH_RANDOM    /* made by a machine */
};

/* --- names ---------------------------------------------------------------------------------------------------------- */

struct name
{
  char z[NAME_MAX_BYTES + 1]; /* in lower case, "-" and "." as "_" */
  size_t n;
};

/* What may follow the word that tells: "password_prod", "token2", "secret_key_base". */
static int
is_ending (const char *rest)
{
  static const char *const words[]
    = { "value", "base64", "b64",  "prod", "production", "dev", "staging", "test", "live", "old",
        "new",   "main",   "base", "id64", "default",    "env", "local",   "raw",  "hex" };
  while (*rest == '_' || (*rest >= '0' && *rest <= '9'))
    rest++;
  for (size_t i = 0; *rest && i < sizeof words / sizeof *words; i++)
    if (!strcmp (rest, words[i]))
      return 1;
  return !*rest;
}

/* Whether the name ends with WORD, but for what is_ending allows; then BEFORE is how much stands before it. */
static int
ends_with (const struct name *name, const char *word, size_t *before)
{
  size_t n = strlen (word);
  for (size_t i = name->n + 1; i-- > 0;)
    if (i + n <= name->n && !memcmp (name->z + i, word, n))
      {
        *before = i;
        return is_ending (name->z + i + n);
      }
  return 0;
}

static int
holds (const char *z, const char *const *words, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (strstr (z, words[i]))
      return 1;
  return 0;
}
#define HOLDS(z, words) holds (z, words, sizeof (words) / sizeof *(words))

/* "api_key" and the like; a key alone is one of a table. */
static int
is_secret_key (const struct name *name)
{
  static const char *const of[]
    = { "api",    "access", "secret",  "private",      "signing", "account", "encrypt", "master", "auth",
        "client", "licen",  "service", "subscription", "shared",  "storage", "deploy",  "session" };
  static const char *const not_of[] = { "public", "pub_", "primary", "foreign" };
  size_t before;
  return ends_with (name, "key", &before) && HOLDS (name->z, of) && !HOLDS (name->z, not_of);
}

/* What the name says of its value, or NULL. */
static const char *
kind_of_name (const struct name *name, enum strength *strength)
{
  static const char *const passwords[]
    = { "password", "passwd", "passphrase", "passcode", "pwd", "pass", "kennwort", "passwort" };
  static const char *const passing[] = { "next",   "page", "continu", "sync", "cursor", "csrf",  "xsrf",
                                         "cancel", "eos_", "bos_",    "pad_", "unk_",   "stop_", "resume" };
  size_t before;
  *strength = STRENGTH_PASSWORD;
  for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++)
    if (ends_with (name, passwords[i], &before)
        && (strlen (passwords[i]) > 4 || !before || name->z[before - 1] == '_' || !strncmp (name->z, "db", 2)))
      return "password";
  *strength = STRENGTH_RANDOM;
  if (is_secret_key (name))
    return "secret key";
  if (ends_with (name, "secret", &before))
    return "secret";
  if (ends_with (name, "token", &before) && !HOLDS (name->z, passing))
    return "token";
  if (ends_with (name, "credential", &before) || ends_with (name, "credentials", &before) || !strcmp (name->z, "auth")
      || !strcmp (name->z, "_auth"))
    return "credentials";
  return NULL;
}

/* A quick look: only names with one of these in them can tell anything. */
static int
may_tell (const struct name *name)
{
  static const char words[][4] = { "pas", "pwd", "key", "sec", "tok", "cre", "aut", "ken" };
  for (size_t i = 0; i + 3 <= name->n; i++)
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
      if (words[k][0] == name->z[i] && words[k][1] == name->z[i + 1] && words[k][2] == name->z[i + 2])
        return 1;
  return 0;
}

/* Reads the name that ends before END; *AT is where it begins. */
static int
read_name (const struct aid_secret_scan *s, size_t end, struct name *out, size_t *at)
{
  size_t beg = end;
  while (beg > 0 && end - beg <= NAME_MAX_BYTES
         && (aid_secret_class (s, beg - 1) & (AID_CH_WORD | AID_CH_DASH | AID_CH_DOT)))
    beg--;
  out->n = end - beg;
  *at = beg;
  if (out->n < 3 || out->n > NAME_MAX_BYTES)
    return 0;
  for (size_t i = 0; i < out->n; i++)
    {
      char c = s->p[beg + i];
      out->z[i] = c >= 'A' && c <= 'Z' ? (char)(c | 32) : c == '-' || c == '.' ? '_' : c;
    }
  out->z[out->n] = '\0';
  return 1;
}

/* --- values --------------------------------------------------------------------------------------------------------- */

struct value
{
  size_t beg, end;
  char quote; /* or 0 */
};

static size_t
skip_blanks (const struct aid_secret_scan *s, size_t i)
{
  size_t end = i + 16;
  while (i < s->n && i < end && (s->p[i] == ' ' || s->p[i] == '\t'))
    i++;
  return i;
}

/* Reads the value behind the sign at AT: "=", ":", ":=", "=>", or the quotation mark itself. */
static int
read_value (const struct aid_secret_scan *s, size_t at, struct value *out)
{
  size_t i = at;
  if (s->p[i] == ':' || s->p[i] == '=')
    {
      while (i < s->n && i < at + 3 && strchr (":=>", s->p[i]) && s->p[i])
        i++;
      i = skip_blanks (s, i);
      if (i + 1 < s->n && ((aid_secret_class (s, i) & (AID_CH_UPPER | AID_CH_LOWER)) || s->p[i] == '@') && s->p[i + 1]
          && strchr ("\"'", s->p[i + 1]))
        i++; /* L"...", b"...", @"..." */
      if (i < s->n && s->p[i] == '\\')
        i++; /* an escaped mark, in a string in a string */
    }
  if (i >= s->n)
    return 0;
  out->quote = strchr ("\"'`", s->p[i]) ? s->p[i] : 0;
  out->beg = out->end = i + (out->quote != 0);
  while (out->end < s->n && out->end - out->beg <= VALUE_MAX)
    {
      char c = s->p[out->end];
      if ((unsigned char)c <= ' ' || c == out->quote || (c == '\\' && out->quote))
        break;
      if (!out->quote && (strchr (",;)]}\"'`<>", c) || (c == '=' && (aid_secret_class (s, out->end + 1) & AID_CH_WORD))))
        break;
      out->end++;
    }
  return out->end - out->beg >= 8 && out->end - out->beg <= VALUE_MAX;
}

struct look
{
  unsigned classes; /* how many of: upper, lower, digits, others */
  size_t digits, letters, turns, dots, odd;
};

/* TURNS counts where the class changes as it seldom does in words: into and out of digits, from lower to upper case. */
static void
look_at (struct aid_span v, struct look *out)
{
  unsigned last = 0, seen = 0;
  *out = (struct look){ 0 };
  for (size_t i = 0; i < v.len; i++)
    {
      unsigned c = aid_secret_classes[(unsigned char)v.ptr[i]];
      unsigned kind = c & (AID_CH_UPPER | AID_CH_LOWER | AID_CH_DIGIT);
      seen |= kind ? kind : c & (AID_CH_UNDER | AID_CH_DASH | AID_CH_DOT) ? 0u : 8u;
      out->digits += kind == AID_CH_DIGIT;
      out->letters += (kind & (AID_CH_UPPER | AID_CH_LOWER)) != 0;
      out->dots += c == AID_CH_DOT;
      out->odd += !(c & ~(unsigned)AID_CH_SIGN);
      out->turns += kind && last && kind != last && !(last == AID_CH_UPPER && kind == AID_CH_LOWER);
      last = kind;
    }
  for (unsigned bit = 1; bit <= 8; bit <<= 1)
    out->classes += (seen & bit) != 0;
}

static int
is_path (struct aid_span v)
{
  size_t slashes = 0;
  for (size_t i = 0; i < v.len; i++)
    slashes += v.ptr[i] == '/';
  return aid_span_starts (v, "./") || aid_span_starts (v, "~/") || (v.ptr[0] == '/' && slashes > 1);
}

/* Whether V is a reference to where the secret is, a template, an address or a piece of program. */
static int
is_reference (struct aid_span v, int quoted)
{
  if (strchr ("${<&*", v.ptr[0]) || is_path (v) || aid_span_starts (v, "http") || aid_span_starts (v, "env:"))
    return 1;
  for (size_t i = 0; i + 1 < v.len; i++)
    if ((v.ptr[i] == '$' || v.ptr[i] == '#') && v.ptr[i + 1] == '{')
      return 1;
    else if ((v.ptr[i] == '{' && v.ptr[i + 1] == '{') || (v.ptr[i] == ':' && v.ptr[i + 1] == ':')
             || (v.ptr[i] == '-' && v.ptr[i + 1] == '>'))
      return 1;
    else if (!quoted && strchr ("([", v.ptr[i]))
      return 1;
  return 0;
}

static int
looks_random (struct aid_span v, int quoted)
{
  struct look l;
  look_at (v, &l);
  return v.len >= 16 && l.digits >= 2 && l.letters >= 2 && !l.odd && l.turns >= 3 && l.turns * 8 >= v.len
         && (quoted || !l.dots);
}

static int
looks_like_password (struct aid_span v, int quoted)
{
  struct look l;
  look_at (v, &l);
  if (looks_random (v, quoted))
    return 1;
  if (!quoted && (l.dots || l.classes < 3 || !l.digits))
    return 0;
  return (l.classes >= 3 && l.digits && l.letters >= 2) || (l.classes >= 2 && l.turns >= 2 && l.digits && v.len >= 10);
}

static size_t
back_over_blanks (const struct aid_secret_scan *s, size_t i)
{
  for (int n = 0; n < 12 && i > 0 && (s->p[i - 1] == ' ' || s->p[i - 1] == '\t'); n++)
    i--;
  return i;
}

static size_t
back_over (const struct aid_secret_scan *s, size_t i, const char *any)
{
  return i > 0 && s->p[i - 1] && strchr (any, s->p[i - 1]) ? i - 1 : i;
}

/* Where the name ends that the sign at AT belongs to; 0 when there is none. */
static size_t
end_of_name (const struct aid_secret_scan *s, size_t at)
{
  size_t i = back_over_blanks (s, at);
  if (s->p[at] == '"' || s->p[at] == '\'')
    {
      size_t comma = back_over (s, i, ","), quote = back_over (s, comma, "\"'");
      if (comma < i) /* getenv ("PASSWORD", "...") */
        return quote < comma ? quote : 0;
      return i < at ? i : 0; /* (setq password "..."), #define PASSWORD "..." */
    }
  if (back_over (s, i, ":=!") < i)
    return 0; /* the second half of ":=" */
  return back_over (s, back_over (s, back_over (s, i, "]"), "\"'`"), "\\");
}

/* What the name says that the sign at AT belongs to, or NULL.  In "password: str =" it is the first of the two. */
static const char *
kind_at (const struct aid_secret_scan *s, size_t at, enum strength *strength)
{
  struct name name;
  size_t beg, end = end_of_name (s, at);
  if (!end || !read_name (s, end, &name, &beg))
    return NULL;
  if (may_tell (&name))
    return kind_of_name (&name, strength);
  end = back_over_blanks (s, beg);
  if (s->p[at] != '=' || back_over (s, end, ":") == end)
    return NULL;
  return read_name (s, end - 1, &name, &beg) && may_tell (&name) ? kind_of_name (&name, strength) : NULL;
}

size_t
aid_secret_named (struct aid_secret_scan *s, size_t at)
{
  struct value value;
  enum strength strength;
  const char *kind = kind_at (s, at, &strength);
  if (!kind || !read_value (s, at, &value))
    return 0;
  struct aid_span v = { s->p + value.beg, value.end - value.beg };
  size_t before = s->out->len, shaped = aid_secret_shaped (s, value.beg);
  if (s->out->len > before) /* the same secret has the same kind wherever it stands */
    return shaped;
  if (is_reference (v, value.quote != 0) || !aid_secret_credible (v))
    return 0;
  if (strength == STRENGTH_RANDOM ? !looks_random (v, value.quote != 0) : !looks_like_password (v, value.quote != 0))
    return 0;
  return aid_secret_keep (s, value.beg, value.end, 0, kind);
}

/* --- files ---------------------------------------------------------------------------------------------------------- */

static const struct
{
  const char *name, *holds; /* the whole name, or its end behind "*" */
} files[] = {
  { ".env", "environment variables" },
  { ".envrc", "environment variables" },
  { ".netrc", "passwords" },
  { "_netrc", "passwords" },
  { ".authinfo", "passwords" },
  { ".authinfo.gpg", "passwords" },
  { ".pgpass", "passwords" },
  { ".git-credentials", "passwords" },
  { ".htpasswd", "passwords" },
  { ".pypirc", "passwords" },
  { ".s3cfg", "keys" },
  { ".boto", "keys" },
  { ".dockercfg", "passwords" },
  { ".vault-token", "a token" },
  { ".aws/credentials", "keys" },
  { ".docker/config.json", "passwords" },
  { ".kube/config", "credentials of clusters" },
  { "kubeconfig", "credentials of clusters" },
  { "*.kubeconfig", "credentials of clusters" },
  { "credentials.json", "credentials" },
  { "client_secret.json", "credentials" },
  { "application_default_credentials.json", "credentials" },
  { "service-account.json", "credentials" },
  { "service_account.json", "credentials" },
  { "id_rsa", "a private key" },
  { "id_dsa", "a private key" },
  { "id_ecdsa", "a private key" },
  { "id_ecdsa_sk", "a private key" },
  { "id_ed25519", "a private key" },
  { "id_ed25519_sk", "a private key" },
  { "*.ppk", "a private key" },
  { "*.p12", "private keys" },
  { "*.pfx", "private keys" },
  { "*.jks", "private keys" },
  { "*.keystore", "private keys" },
  { "*.kdbx", "passwords" },
  { "wallet.dat", "private keys" },
};

/* ".env.production", but not what shows how such a file is written. */
static const char *
environment_of_a_kind (struct aid_span base)
{
  static const char *const harmless[] = { ".example", ".sample", ".template", ".dist", ".defaults", ".schema" };
  if (!aid_span_starts (base, ".env."))
    return NULL;
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
    if (aid_span_ends (base, harmless[i]))
      return NULL;
  return "environment variables";
}

const char *
aid_secrets_file (struct aid_span path)
{
  struct aid_span base = path;
  for (size_t i = path.len; i > 0; i--)
    if (path.ptr[i - 1] == '/')
      {
        base = aid_span_cut (path, i, path.len);
        break;
      }
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      const char *name = files[i].name;
      struct aid_span in = strchr (name, '/') ? path : base;
      size_t n = strlen (name);
      int is = name[0] == '*'       ? aid_span_ends (base, name + 1)
               : in.ptr == path.ptr ? aid_span_ends (path, name) && (path.len == n || path.ptr[path.len - n - 1] == '/')
                                    : aid_span_eqz (base, name);
      if (is)
        return files[i].holds;
    }
  return environment_of_a_kind (base);
}
