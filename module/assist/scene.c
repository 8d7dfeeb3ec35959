/* What a system prompt may name: the project, the files of the question, the day. */
#include "assist/strategy_internal.h"
#include "base/fs.h"
#include "chat/chat.h"
#include "context/item.h"
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>

#define INSTRUCTIONS_MAX (64u << 10) /* bytes of the user's instructions */
#define SUMMARY_MAX (16u << 10)
#define LANGUAGES 64 /* different ones in one chat that are counted */

const char *
aid_scene_name (enum aid_scene_word f)
{
  static const char *const names[]
    = { "project", "file", "language", "date", "os", "vc", "build", "model", "strategy", "context", "instructions" };
  return names[f];
}

/* --- languages ------------------------------------------------------------------------------------------------------ */

struct count
{
  const char *language;
  size_t n;
};

/* Whether files in LANGUAGE mostly go with code in another. */
static int
is_data (const char *language)
{
  static const char *const data[]
    = { "markdown", "json", "yaml", "toml", "xml", "diff", "make", "cmake", "dockerfile", "dune", "org", "html", "css" };
  for (size_t i = 0; i < sizeof data / sizeof *data; i++)
    if (!strcmp (data[i], language))
      return 1;
  return 0;
}

/* The language of the file that TARGET names; "" when it is none. */
static const char *
language_of (struct aid_span target)
{
  struct aid_str path = AID_STR_INIT (8192);
  int64_t first, last;
  const char *language = "";
  if (aid_span_starts (target, "aid:errors/"))
    language = aid_item_language (target);
  else if (!aid_item_target (target, &path, &first, &last))
    language = aid_item_language (aid_str_span (&path));
  aid_str_free (&path);
  return language;
}

static void
count_language (struct count *counts, size_t *n, const char *language)
{
  size_t i = 0;
  while (i < *n && strcmp (counts[i].language, language) != 0)
    i++;
  if (i == *n && i < LANGUAGES)
    counts[(*n)++] = (struct count){ language, 0 };
  if (i < *n)
    counts[i].n++;
}

static const char *
main_language (const struct aid_chat *chat)
{
  struct count counts[LANGUAGES] = { { "", 0 } };
  size_t n = 0, best = LANGUAGES;
  for (size_t i = 0; i < chat->items.len; i++)
    {
      const char *language = language_of (AID_VEC_AT (struct aid_chat_item, &chat->items, i).target);
      if (language[0])
        count_language (counts, &n, language);
    }
  for (size_t i = 0; i < n; i++)
    {
      int better = best == LANGUAGES || (is_data (counts[best].language) && !is_data (counts[i].language))
                   || (is_data (counts[best].language) == is_data (counts[i].language) && counts[i].n > counts[best].n);
      if (better)
        best = i;
    }
  return best == LANGUAGES ? "" : counts[best].language;
}

const char *
aid_chat_language (struct aid_span text)
{
  struct aid_chat *chat;
  if (aid_chat_parse (text, &chat, NULL))
    return "";
  const char *language = main_language (chat);
  aid_chat_free (chat);
  return language;
}

/* --- the project ---------------------------------------------------------------------------------------------------- */

/* The word of the first of NAMES that is in ROOT; NAMES are pairs of name and word, NULL at the end. */
static const char *
found_in (const char *root, const char *const (*names)[2])
{
  for (size_t i = 0; names[i][0]; i++)
    {
      struct aid_str path = AID_STR_INIT (8192);
      aid_str_addf (&path, "%s/%s", root, names[i][0]);
      int there = !path.err && aid_fs_exists (aid_str_z (&path));
      aid_str_free (&path);
      if (there)
        return names[i][1];
    }
  return "";
}

static void
find_project (const char *root, struct aid_scene *out)
{
  static const char *const vcs[][2]
    = { { ".jj", "Jujutsu" }, { ".git", "Git" }, { ".hg", "Mercurial" }, { ".svn", "Subversion" }, { NULL, NULL } };
  static const char *const builds[][2] = { { "dune-project", "dune" },    { "dune-workspace", "dune" },
                                           { "Cargo.toml", "Cargo" },     { "go.mod", "go" },
                                           { "package.json", "npm" },     { "pyproject.toml", "Python" },
                                           { "CMakeLists.txt", "CMake" }, { "meson.build", "Meson" },
                                           { "Makefile", "make" },        { NULL, NULL } };
  struct aid_span path = aid_span_z (root);
  while (path.len > 1 && path.ptr[path.len - 1] == '/')
    path.len--;
  size_t n = path.len;
  while (n && path.ptr[n - 1] != '/')
    n--;
  aid_str_addspan (&out->values[AID_SCENE_PROJECT], aid_span_cut (path, n, path.len));
  aid_str_addz (&out->values[AID_SCENE_VC], found_in (root, vcs));
  aid_str_addz (&out->values[AID_SCENE_BUILD], found_in (root, builds));
}

static void
find_system (struct aid_scene *out)
{
  struct utsname system;
  struct tm day;
  time_t now = time (NULL);
  char date[16];
  if (!uname (&system))
    aid_str_addz (&out->values[AID_SCENE_OS], system.sysname);
  if (localtime_r (&now, &day) && strftime (date, sizeof date, "%Y-%m-%d", &day))
    aid_str_addz (&out->values[AID_SCENE_DATE], date);
}

/* $XDG_CONFIG_HOME/aid/instructions.md, if there is one. */
static enum aid_err
find_instructions (struct aid_str *out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT (INSTRUCTIONS_MAX);
  enum aid_err err = aid_fs_xdg (AID_DIR_CONFIG, &path, e);
  aid_str_addz (&path, "/instructions.md");
  if (!err && aid_fs_exists (aid_str_z (&path)))
    {
      err = aid_fs_read (aid_str_z (&path), &text, e);
      if (err == AID_E_LIMIT)
        aid_error_set (e, err, "%s is larger than the %u kB that instructions may have.", aid_str_z (&path),
                       INSTRUCTIONS_MAX >> 10);
      else if (!err)
        aid_str_addspan (out, aid_span_trim (aid_str_span (&text)));
    }
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

/* --- the question --------------------------------------------------------------------------------------------------- */

/* The labels of the items up to the asked question, and the path of its first file. */
static void
find_items (const struct aid_chat *chat, int64_t turn, struct aid_scene *out)
{
  struct aid_str *summary = &out->values[AID_SCENE_CONTEXT], *file = &out->values[AID_SCENE_FILE];
  for (size_t t = 0; t < chat->turns.len; t++)
    {
      const struct aid_turn *one = &AID_VEC_AT (struct aid_turn, &chat->turns, t);
      if (one->kind != AID_TURN_USER)
        continue;
      aid_str_clear (file);
      for (size_t i = one->first_piece; i < one->first_piece + one->npieces; i++)
        {
          const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &chat->pieces, i);
          if (p->kind != AID_PIECE_ITEM)
            continue;
          const struct aid_chat_item *item = &AID_VEC_AT (struct aid_chat_item, &chat->items, p->index);
          if (summary->len + item->label.len + 8 < summary->max)
            aid_str_addf (summary, "- %.*s\n", (int)item->label.len, item->label.ptr);
          if (!file->len && !aid_span_starts (item->target, "aid:"))
            {
              ptrdiff_t colon = aid_span_find (item->label, AID_SPAN (":"));
              aid_str_addspan (file, colon > 0 ? aid_span_cut (item->label, 0, (size_t)colon) : item->label);
            }
        }
      if (turn && one->number == turn)
        break;
    }
}

enum aid_err
aid_scene_find (const char *root, struct aid_span text, int64_t turn, const char *model, const char *strategy,
                struct aid_scene *out, struct aid_error *e)
{
  struct aid_chat *chat = NULL;
  for (int f = 0; f < AID_SCENE_COUNT; f++)
    out->values[f] = AID_STR_INIT (f == AID_SCENE_INSTRUCTIONS ? INSTRUCTIONS_MAX : SUMMARY_MAX);
  enum aid_err err = aid_chat_parse (text, &chat, e);
  if (err)
    return err;
  find_items (chat, turn, out);
  aid_str_addz (&out->values[AID_SCENE_LANGUAGE], main_language (chat));
  aid_chat_free (chat);
  if (root)
    find_project (root, out);
  find_system (out);
  aid_str_addz (&out->values[AID_SCENE_MODEL], model ? model : "");
  aid_str_addz (&out->values[AID_SCENE_STRATEGY], strategy ? strategy : "");
  return find_instructions (&out->values[AID_SCENE_INSTRUCTIONS], e);
}

void
aid_scene_free (struct aid_scene *f)
{
  for (int i = 0; i < AID_SCENE_COUNT; i++)
    aid_str_free (&f->values[i]);
}

enum aid_err
aid_strategy_prompt (const struct aid_strategy *s, const char *root, struct aid_span chat, int64_t turn, const char *model,
                     struct aid_str *out, struct aid_error *e)
{
  struct aid_scene scene;
  enum aid_err err = aid_scene_find (root, chat, turn, model, s->name, &scene, e);
  if (!err)
    err = aid_strategy_render (s, &scene, out, e);
  aid_scene_free (&scene);
  return err;
}
