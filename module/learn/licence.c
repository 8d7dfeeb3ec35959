/* Licences by the words that only they have. */
#include "learn/licence.h"
#include "base/fs.h"
#include "base/vec.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define TEXT_MAX ((size_t)1 << 20)
#define WORDS 4

/* All of a row's words must occur, in their order.  Of the rows that fit that one counts whose first words stand first, for
   licences name others further down; of several the first.  Texts are compared in small letters, blanks as one. */
static const struct
{
  const char *name, *words[WORDS];
} known[] = {
  { "AGPL-3.0", { "gnu affero general public license", "version 3" } },
  { "LGPL-3.0", { "gnu lesser general public license", "version 3, 29 june 2007" } },
  { "LGPL-2.1", { "gnu lesser general public license", "version 2.1" } },
  { "LGPL-2.0", { "gnu library general public license", "version 2" } },
  { "GPL-3.0", { "gnu general public license", "version 3" } },
  { "GPL-2.0", { "gnu general public license", "version 2" } },
  { "Apache-2.0", { "apache license", "version 2.0" } },
  { "MPL-2.0", { "mozilla public license", "2.0" } },
  { "EPL-2.0", { "eclipse public license", "2.0" } },
  { "BSL-1.0", { "boost software license", "version 1.0" } },
  { "CC0-1.0", { "cc0 1.0 universal" } },
  { "Unlicense", { "free and unencumbered software released into the public domain" } },
  { "BSD-3-Clause",
    { "redistribution and use in source and binary forms", "neither the name",
      "without specific prior written permission" } },
  { "BSD-2-Clause", { "redistribution and use in source and binary forms", "this software is provided by" } },
  { "ISC", { "permission to use, copy, modify, and", "distribute this software for any purpose with or without fee" } },
  { "MIT", { "permission is hereby granted, free of charge", "the software is provided \"as is\"" } },
  { "Zlib", { "this software is provided 'as-is'", "altered source versions must be plainly marked" } },
};

/* Appends TEXT in small letters with single blanks. */
static void
flatten (struct aid_span text, struct aid_str *out)
{
  int blank = 1;
  for (size_t i = 0; i < text.len; i++)
    {
      unsigned char c = (unsigned char)text.ptr[i];
      int is = isspace (c) || !c;
      if (!is || !blank)
        aid_str_addc (out, is ? ' ' : (char)tolower (c));
      blank = is;
    }
}

/* The word behind the first KEY in TEXT, which may be quoted, as a name of SPDX has it. */
static int
take_word (struct aid_span text, const char *key, char out[AID_LICENCE_MAX])
{
  ptrdiff_t at = aid_span_find (text, aid_span_z (key));
  if (at < 0)
    return 0;
  struct aid_span rest = aid_span_cut (text, (size_t)at + strlen (key), text.len);
  size_t i = 0, n = 0;
  while (i < rest.len && strchr (" \t:=\"'(", rest.ptr[i]) && rest.ptr[i])
    i++;
  while (i < rest.len && n + 1 < AID_LICENCE_MAX && rest.ptr[i] && !strchr ("\r\n\"')*,}", rest.ptr[i]))
    out[n++] = rest.ptr[i++];
  while (n && out[n - 1] == ' ')
    n--;
  out[n] = '\0';
  return n > 0;
}

/* Where the first of the N-th row's words stand in FLAT, if all of them do; else -1. */
static ptrdiff_t
place_of (size_t n, struct aid_span flat)
{
  ptrdiff_t first = -1, at = 0;
  for (size_t k = 0; k < WORDS && known[n].words[k] && at >= 0; k++)
    {
      at = aid_span_find (flat, aid_span_z (known[n].words[k]));
      first = k ? first : at;
      flat = at < 0 ? flat : aid_span_cut (flat, (size_t)at, flat.len);
    }
  return at < 0 ? -1 : first;
}

void
aid_licence_of_text (struct aid_span text, char out[AID_LICENCE_MAX])
{
  struct aid_str flat = AID_STR_INIT (TEXT_MAX + 1);
  ptrdiff_t best = -1;
  out[0] = '\0';
  if (take_word (text, "SPDX-License-Identifier:", out))
    return;
  flatten (aid_span_cut (text, 0, text.len < TEXT_MAX ? text.len : TEXT_MAX), &flat);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    {
      ptrdiff_t at = place_of (i, aid_str_span (&flat));
      if (at < 0 || (best >= 0 && at >= best))
        continue;
      best = at;
      snprintf (out, AID_LICENCE_MAX, "%s", known[i].name);
    }
  aid_str_free (&flat);
}

static int
read_file (const char *dir, const char *name, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (8192);
  aid_str_clear (out);
  aid_str_addf (&path, "%s/%s", dir, name);
  int there = !aid_fs_read_itself (aid_str_z (&path), out, NULL);
  aid_str_free (&path);
  return there;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static int
is_licence (const char *name)
{
  return !strncasecmp (name, "licen", 5) || !strncasecmp (name, "copying", 7) || !strncasecmp (name, "unlicense", 9);
}

static int
is_opam (const char *name)
{
  return aid_span_ends (aid_span_z (name), ".opam") || !strcmp (name, "opam");
}

/* The names in DIR that WANTED says yes to, in order: so that two readings of a folder find the same. */
static void
each_named (const char *dir, int (*wanted) (const char *name), const char *key, struct aid_str *text,
            char out[AID_LICENCE_MAX])
{
  struct aid_vec names = AID_VEC_INIT (char *, 1000);
  DIR *d = opendir (dir);
  for (struct dirent *one; d && (one = readdir (d));)
    {
      char **slot = wanted (one->d_name) ? aid_vec_push (&names) : NULL;
      if (slot && !(*slot = strdup (one->d_name)))
        names.len--;
    }
  if (d)
    closedir (d);
  if (names.len)
    qsort (names.data, names.len, sizeof (char *), by_name);
  for (size_t i = 0; i < names.len; i++)
    {
      char *name = AID_VEC_AT (char *, &names, i);
      if (!out[0] && read_file (dir, name, text))
        {
          if (key)
            take_word (aid_str_span (text), key, out);
          else
            aid_licence_of_text (aid_str_span (text), out);
        }
      free (name);
    }
  aid_vec_free (&names);
}

void
aid_licence_find (const char *dir, char out[AID_LICENCE_MAX])
{
  static const char *const manifests[][2] = { { "package.json", "\"license\"" },
                                              { "Cargo.toml", "\nlicense =" },
                                              { "pyproject.toml", "\nlicense =" },
                                              { "dune-project", "(license " } };
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  out[0] = '\0';
  for (size_t i = 0; i < sizeof manifests / sizeof *manifests && !out[0]; i++)
    if (read_file (dir, manifests[i][0], &text))
      {
        take_word (aid_str_span (&text), manifests[i][1], out);
        if (strchr (out, '{')) /* a table, or an object: its words are elsewhere */
          out[0] = '\0';
      }
  if (!out[0])
    each_named (dir, is_opam, "license:", &text, out);
  if (!out[0])
    each_named (dir, is_licence, NULL, &text, out);
  aid_str_free (&text);
}
