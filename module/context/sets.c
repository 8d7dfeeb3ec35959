/* Sets on disk: two JSON files, read whole and replaced whole. */
#include "context/sets.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "context/kinds.h"
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)1 << 20)
#define PATH_LIMIT 16384

/* Appends the path of the file with the sets of ROOT. */
static enum aid_err
file_of (const char *root, int shared, struct aid_str *path, struct aid_error *e)
{
  char *real = realpath (root, NULL), hash[17];
  enum aid_err err = AID_OK;
  const char *z = real ? real : root;
  if (shared)
    aid_str_addf (path, "%s/.aid/sets.json", z);
  else if (!(err = aid_fs_xdg (AID_DIR_STATE, path, e)))
    {
      aid_hash_hex (aid_span_z (z), 16, hash);
      aid_str_addf (path, "/sets/%s.json", hash);
    }
  free (real);
  return err;
}

/* The file as a JSON object with an object "sets"; a new one when there is no file.  NULL with *E. */
static json_t *
read_file (const char *path, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (FILE_MAX);
  json_t *doc = NULL;
  enum aid_err err = aid_fs_exists (path) ? aid_fs_read (path, &text, e) : AID_OK;
  if (!err && !text.len)
    doc = json_pack ("{s:{}}", "sets");
  else if (!err)
    doc = aid_json_parse (aid_str_span (&text), path, e);
  if (doc && !json_is_object (json_object_get (doc, "sets")))
    {
      aid_error_set (e, AID_E_INVALID, "%.150s holds no object \"sets\": mend or remove it.", path);
      json_decref (doc);
      doc = NULL;
    }
  aid_str_free (&text);
  return doc;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static int
is_known (const struct aid_vec *sets, const char *name)
{
  for (size_t i = 0; i < sets->len; i++)
    if (!strcmp (AID_VEC_AT (struct aid_set, sets, i).name, name))
      return 1;
  return 0;
}

static enum aid_err
add_set (struct aid_vec *sets, const char *name, const json_t *items, int shared, struct aid_error *e)
{
  struct aid_set *set = is_known (sets, name) ? NULL : aid_vec_push (sets);
  json_t *item;
  size_t i;
  if (!set)
    return AID_OK;
  set->items = AID_VEC_INIT (char *, AID_SET_ITEMS_MAX);
  set->shared = shared;
  if (!(set->name = strdup (name)))
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for the sets.");
  json_array_foreach (items, i, item)
  {
    char **slot = json_is_string (item) ? aid_vec_push (&set->items) : NULL;
    if (slot && !(*slot = strdup (json_string_value (item))))
      return aid_error_set (e, AID_E_NOMEM, "There is no memory for the sets.");
  }
  return AID_OK;
}

static enum aid_err
load_file (const char *root, int shared, struct aid_vec *sets, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  enum aid_err err = file_of (root, shared, &path, e);
  json_t *doc = err ? NULL : read_file (aid_str_z (&path), e), *items;
  const char *name;
  if (!err && !doc)
    err = e && e->code ? e->code : AID_E_INVALID;
  json_object_foreach (json_object_get (doc, "sets"), name, items) if (!err) err = add_set (sets, name, items, shared, e);
  json_decref (doc);
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_sets_load (const char *root, struct aid_vec *sets, struct aid_error *e)
{
  struct aid_error why = { AID_OK, "" };
  *sets = AID_VEC_INIT (struct aid_set, (size_t) 2 * AID_SETS_MAX);
  enum aid_err err = load_file (root, 0, sets, &why);
  if (!err)
    err = load_file (root, 1, sets, &why);
  if (err && e)
    *e = why;
  return err;
}

void
aid_sets_free (struct aid_vec *sets)
{
  for (size_t i = 0; i < sets->len; i++)
    {
      struct aid_set *set = &AID_VEC_AT (struct aid_set, sets, i);
      for (size_t k = 0; k < set->items.len; k++)
        free (AID_VEC_AT (char *, &set->items, k));
      aid_vec_free (&set->items);
      free (set->name);
    }
  aid_vec_free (sets);
}

int
aid_set_item_is_inside (const char *root, const char *item)
{
  struct aid_str target = AID_STR_INIT (1 << 16), label = AID_STR_INIT (1 << 16), path = AID_STR_INIT (PATH_LIMIT);
  enum aid_err kind = aid_context_written (aid_span_z (item), &target, &label, NULL);
  int inside = kind == AID_OK;
  if (kind == AID_E_NOTFOUND)
    {
      size_t n = strcspn (item, "#");
      struct aid_str file = AID_STR_INIT (PATH_LIMIT);
      aid_str_add (&file, item, n);
      char *top = realpath (root, NULL), *real = NULL;
      if (top && !aid_fs_join (&path, top, aid_str_z (&file)))
        real = realpath (aid_str_z (&path), NULL);
      const char *at = real ? real : aid_str_z (&path); /* what is not there leads nowhere */
      n = top ? strlen (top) : 0;
      inside = top && !strncmp (at, top, n) && (at[n] == '/' || !at[n]);
      free (top);
      free (real);
      aid_str_free (&file);
    }
  aid_str_free (&target);
  aid_str_free (&label);
  aid_str_free (&path);
  return inside;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static enum aid_err
check_set (const char *root, const char *name, const char *const *items, size_t n, int shared, struct aid_error *e)
{
  size_t len = strlen (name);
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)name[i] < ' ')
      len = 0;
  if (!len || len > AID_SET_NAME_MAX)
    return aid_error_set (e, AID_E_INVALID, "A set's name has 1 to %d bytes in one line.", AID_SET_NAME_MAX);
  if (n > AID_SET_ITEMS_MAX)
    return aid_error_set (e, AID_E_LIMIT, "A set has at most %d items.", AID_SET_ITEMS_MAX);
  for (size_t i = 0; i < n && shared; i++)
    if (!aid_set_item_is_inside (root, items[i]))
      return aid_error_set (e, AID_E_REFUSED, "%.100s is not in the project: a set of the project cannot hold it.",
                            items[i]);
  return AID_OK;
}

static enum aid_err
write_file (const char *path, const json_t *doc, int shared, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (FILE_MAX), folder = AID_STR_INIT (PATH_LIMIT);
  char *json = json_dumps (doc, JSON_INDENT (2) | JSON_SORT_KEYS);
  aid_str_addz (&text, json ? json : "");
  aid_str_addc (&text, '\n');
  aid_str_add (&folder, path, (size_t)(aid_fs_base (path) - path));
  enum aid_err err = !json ? AID_E_NOMEM : text.err;
  if (err)
    aid_error_set (e, err, "The sets do not fit into %.150s.", path);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&folder), shared ? 0777 : 0700, e);
  if (!err)
    err = aid_fs_replace (path, aid_str_span (&text), shared ? 0666 : 0600, e);
  free (json);
  aid_str_free (&text);
  aid_str_free (&folder);
  return err;
}

/* Puts the set into DOC, or takes it out; "root" is for people who look into the folder. */
static enum aid_err
change (json_t *doc, const char *root, const char *name, const char *const *items, size_t n, int shared, struct aid_error *e)
{
  json_t *sets = json_object_get (doc, "sets"), *list = json_array ();
  for (size_t i = 0; i < n; i++)
    json_array_append_new (list, aid_json_of_span (aid_span_z (items[i])));
  if (!shared)
    json_object_set_new (doc, "root", aid_json_of_span (aid_span_z (root)));
  if (!n)
    {
      json_decref (list);
      return json_object_del (sets, name) ? aid_error_set (e, AID_E_NOTFOUND, "There is no set \"%s\".", name) : AID_OK;
    }
  if (json_object_set_new (sets, name, list) || json_array_size (list) != n)
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for the set.");
  if (json_object_size (sets) > AID_SETS_MAX)
    return aid_error_set (e, AID_E_LIMIT, "There are more than %d sets: forget some.", AID_SETS_MAX);
  return AID_OK;
}

enum aid_err
aid_sets_save (const char *root, const char *name, const char *const *items, size_t n, int shared, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  struct stat st;
  struct aid_error why = { AID_OK, "" };
  enum aid_err err = check_set (root, name, items, n, shared, &why);
  if (!err)
    err = file_of (root, shared, &path, &why);
  if (!err && shared && !lstat (aid_str_z (&path), &st) && S_ISLNK (st.st_mode))
    err = aid_error_set (&why, AID_E_REFUSED, "%.150s is a link: change what it leads to yourself.", aid_str_z (&path));
  json_t *doc = err ? NULL : read_file (aid_str_z (&path), &why);
  if (!err && !doc)
    err = why.code;
  if (!err)
    err = change (doc, root, name, items, n, shared, &why);
  if (!err)
    err = write_file (aid_str_z (&path), doc, shared, &why);
  json_decref (doc);
  aid_str_free (&path);
  if (err && e)
    *e = why;
  return err;
}
