/* A search reads some files more than once: for what they import, and to cut them. */
#include "index/search_internal.h"

#include <stdlib.h>

enum
{
  FILE_MAX = 2 << 20,
  PATIENCE_MS = 1000 /* a search does not wait long for what tells a file's definitions */
};

static void
free_looked (struct aid_looked *l)
{
  free (l->path);
  aid_str_free (&l->text);
  aid_scan_free (&l->scan);
  free (l);
}

static struct aid_looked *
read_file (struct aid_seeking *k, struct aid_span path)
{
  struct aid_looked *l = calloc (1, sizeof *l);
  struct aid_project_file file;

  if (!l)
    return NULL;
  l->text = AID_STR_INIT (FILE_MAX);
  l->scan = AID_SCAN_INIT;
  l->scan.patience_ms = PATIENCE_MS;
  if (!(l->path = aid_span_dup (path)))
    {
      free (l);
      return NULL;
    }
  if (aid_project_read (k->x->project, path, &l->text, &file, NULL) || !l->text.len
      || memchr (l->text.ptr, '\0', l->text.len))
    return l;
  l->language = aid_language_of (path, aid_span_cut (aid_str_span (&l->text), 0, l->text.len < 512 ? l->text.len : 512));
  l->is_text = !aid_scan_text (l->language, aid_str_span (&l->text), &l->scan);
  return l;
}

const struct aid_looked *
aid_look (struct aid_seeking *k, struct aid_span path)
{
  struct aid_looked *l = NULL, **to;

  for (size_t i = 0; i < k->looked.len && !l; i++)
    if (aid_span_eqz (path, AID_VEC_AT (struct aid_looked *, &k->looked, i)->path))
      l = AID_VEC_AT (struct aid_looked *, &k->looked, i);
  if (!l && (l = read_file (k, path)))
    {
      if (!(to = aid_vec_push (&k->looked)))
        {
          free_looked (l);
          return NULL;
        }
      *to = l;
    }
  return l && l->is_text ? l : NULL;
}

void
aid_looked_free (struct aid_seeking *k)
{
  for (size_t i = 0; i < k->looked.len; i++)
    free_looked (AID_VEC_AT (struct aid_looked *, &k->looked, i));
  aid_vec_free (&k->looked);
}
