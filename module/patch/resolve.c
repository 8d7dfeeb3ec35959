/* Which file is meant.  A name that exists is taken at its word.  For others the project's files are listed: the name with a/ or
   b/ taken off, with folders in front taken off, as the end of longer names, and at last by its last part alone; the first
   of these that finds any decides.  When it finds several, or when nothing is named, the hunks must fit in exactly one; one in
   which all of them stand to the letter goes before others, and between several of these the lines that the hunks state
   decide, or the file of the part before (who names none mostly goes on with that), unless they say different things. */
#include "patch/plan_internal.h"

#include <stdlib.h>

enum
{
  TRIED_MAX = 40000,            /* files that are read in one plan to see whether hunks fit */
  SEVERAL_MAX = 64,             /* files of one name that are tried */
  TELLING = 5                   /* lines of which a file must have one to be tried, when nothing is named */
};

/* How far the name had to be changed. */
enum closeness { AS_NAMED, WITHOUT_PREFIX, WITHOUT_FOLDERS, IN_A_FOLDER, OTHER_CASE, SAME_LAST_PART, NOT_FOUND };

struct found
{
  struct aid_vec names;         /* const char *, in the planner's list */
  enum closeness how;
};

static const char *
last_part (const char *path)
{
  const char *slash = strrchr (path, '/');
  return slash ? slash + 1 : path;
}

/* --- the list --- */

static int
by_last_part (const void *a, const void *b)
{
  const char *x = *(char *const *) a, *y = *(char *const *) b;
  int order = strcmp (last_part (x), last_part (y));
  return order ? order : strcmp (x, y);
}

static int
add_name (void *closure, const char *path)
{
  struct aid_planner *g = closure;
  char **name = aid_path_check (path, NULL) ? NULL : aid_vec_push (&g->names);
  if (name && !(*name = strdup (path)))
    g->names.len--;
  return g->names.len == g->names.max;
}

static void
list_names (struct aid_planner *g)
{
  if (g->listed)
    return;
  g->listed = 1;
  if (g->source->list && g->source->list (g->source->ctx, add_name, g) == AID_OK && g->names.len > 0)
    qsort (g->names.data, g->names.len, sizeof (char *), by_last_part);
}

void
aid_plan_forget_names (struct aid_planner *g)
{
  for (size_t i = 0; i < g->names.len; i++)
    free (AID_VEC_AT (char *, &g->names, i));
  aid_vec_free (&g->names);
}

/* The names that end in the last part of PATH: *FIRST and how many. */
static size_t
alike (const struct aid_planner *g, const char *path, size_t *first)
{
  const char *part = last_part (path);
  size_t lo = 0, hi = g->names.len, n = 0;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (strcmp (last_part (AID_VEC_AT (char *, &g->names, mid)), part) < 0)
        lo = mid + 1;
      else
        hi = mid;
    }
  *first = lo;
  while (lo + n < g->names.len && strcmp (last_part (AID_VEC_AT (char *, &g->names, lo + n)), part) == 0)
    n++;
  return n;
}

static enum closeness
closeness (const char *name, const char *path, size_t alike)
{
  size_t n = strlen (name), m = strlen (path);
  if (strcmp (name, path) == 0)
    return AS_NAMED;
  if ((path[0] == 'a' || path[0] == 'b') && path[1] == '/' && strcmp (name, path + 2) == 0)
    return WITHOUT_PREFIX;
  if (m > n && path[m - n - 1] == '/' && strcmp (path + m - n, name) == 0 && (strchr (name, '/') || alike == 1))
    return WITHOUT_FOLDERS;
  if (n > m && name[n - m - 1] == '/' && strcmp (name + n - m, path) == 0)
    return IN_A_FOLDER;
  return SAME_LAST_PART;
}

/* The files that are called PATH but for the case of letters. */
static void
find_other_case (struct aid_planner *g, const char *path, struct found *out)
{
  size_t before = out->names.len;
  g->work += g->names.len * 8;
  for (size_t i = 0; i < g->names.len && g->work < AID_PLACE_WORK; i++)
    {
      const char *name = AID_VEC_AT (char *, &g->names, i);
      if (strcasecmp (name, path) != 0)
        continue;
      if (before > 0)
        before = out->names.len = 0;
      out->how = OTHER_CASE;
      const char **slot = aid_vec_push (&out->names);
      if (slot)
        *slot = name;
    }
}

/* The files that PATH may mean, of the nearest kind only.  Of names without folders the longest is nearest. */
static void
find_names (struct aid_planner *g, const char *path, struct found *out)
{
  out->names = AID_VEC_INIT (const char *, AID_PATCH_LISTED);
  out->how = NOT_FOUND;
  if (!path || !path[0] || g->work > AID_PLACE_WORK)
    return;
  list_names (g);
  size_t first, n = alike (g, path, &first);
  g->work += n * 64;
  for (size_t i = first; i < first + n; i++)
    {
      const char *name = AID_VEC_AT (char *, &g->names, i);
      enum closeness how = closeness (name, path, n);
      if (how == WITHOUT_FOLDERS && out->how == how
          && strlen (name) <= strlen (AID_VEC_AT (const char *, &out->names, 0)))
        continue;
      if (how > out->how)
        continue;
      if (how < out->how || how == WITHOUT_FOLDERS)
        out->names.len = 0;
      out->how = how;
      const char **slot = aid_vec_push (&out->names);
      if (slot)
        *slot = name;
    }
  if (out->how > OTHER_CASE)
    find_other_case (g, path, out);
}

/* --- what is there --- */

/* Whether there is a file PATH; its text is kept for who reads it next. */
static int
is_there (struct aid_planner *g, const char *path, enum aid_err *err)
{
  if (!path || !path[0])
    return 0;
  if (aid_plan_knows (g, path))
    return 1;
  free (g->kept_path);
  g->kept_path = NULL;
  aid_str_clear (&g->kept);
  *err = g->source->read (g->source->ctx, path, &g->kept, NULL);
  if (*err == AID_OK && !(g->kept_path = strdup (path)))
    *err = AID_E_NOMEM;
  if (*err == AID_E_NOMEM)
    return 0;
  int there = *err != AID_E_NOTFOUND;
  *err = AID_OK;
  return there;
}

/* --- trying --- */

/* The old lines of F's hunks that say most: at most TELLING. */
static size_t
telling_lines (const struct aid_planner *g, const struct aid_file_plan *f, struct aid_span out[TELLING])
{
  size_t n = 0;
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_want w = aid_plan_want (g, f, i, "");
      for (size_t k = 0; k < w.h->nlines; k++)
        {
          struct aid_span text = aid_span_trim (aid_want_line (&w, k)->text);
          size_t at = n;
          if (aid_want_op (&w, k) == '+' || text.len < 4)
            continue;
          while (at > 0 && out[at - 1].len < text.len)
            at--;
          for (size_t j = n < TELLING ? n : TELLING - 1; j > at; j--)
            out[j] = out[j - 1];
          if (at < TELLING)
            out[at] = text;
          n += n < TELLING;
        }
    }
  return n;
}

static int
has_one (struct aid_span text, const struct aid_span *lines, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (aid_span_find (text, lines[i]) >= 0)
      return 1;
  return n == 0;
}

/* The first file of a kind, and how many there are. */
struct some
{
  const char *first, *second;
  size_t n;
};

struct trial
{
  struct some fits, already;
  struct some exact, stated;    /* of those that fit: all hunks to the letter, and at their stated lines besides */
  const char *before;           /* the file of the part before, NULL when that does not count */
  int goes_on;                  /* the hunks fit there to the letter */
  int gave_up;
};

static void
count (struct some *s, const char *name)
{
  if (s->n++ == 0)
    s->first = name;
  else if (s->n == 2)
    s->second = name;
}

static enum aid_err
try_file (struct aid_planner *g, const struct aid_file_plan *f, const char *name, const struct aid_span *lines, size_t n,
          struct trial *out)
{
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX);
  struct aid_fit fit = { 0 };
  if (g->tried++ >= TRIED_MAX || g->tried_bytes > AID_PLAN_BYTES || g->work > AID_PLACE_WORK)
    {
      out->gave_up = 1;
      return AID_OK;
    }
  enum aid_err err = g->source->read (g->source->ctx, name, &text, NULL);
  g->tried_bytes += text.len;
  if (!err && has_one (aid_str_span (&text), lines, n))
    err = aid_plan_try (g, f, aid_str_span (&text), name, &fit);
  aid_str_free (&text);
  if (err)
    return err == AID_E_NOMEM ? err : AID_OK;
  if (fit.hunks > 0 && fit.already == fit.hunks)
    count (&out->already, name);
  else if (fit.hunks > 0 && fit.fitting + fit.already == fit.hunks)
    count (&out->fits, name);
  if (fit.hunks == 0 || fit.exact < fit.hunks)
    return AID_OK;
  count (&out->exact, name);
  if (fit.stated == fit.hunks)
    count (&out->stated, name);
  out->goes_on |= out->before && strcmp (name, out->before) == 0;
  return AID_OK;
}

/* The file that was tried and is meant, or NULL. */
static const char *
meant (const struct trial *t)
{
  if (t->gave_up)
    return NULL;
  if (t->fits.n == 1)
    return t->fits.first;
  if (t->fits.n == 0)
    return t->already.n == 1 ? t->already.first : NULL;
  if (t->exact.n == 1)
    return t->exact.first;
  if (t->goes_on && t->stated.n == 1 && strcmp (t->stated.first, t->before) != 0)
    return NULL;
  return t->goes_on ? t->before : t->stated.n == 1 ? t->stated.first : NULL;
}

/* Takes the one of NAMES in which all hunks fit, or refuses F; gives NULL then. */
static const char *
the_one_that_fits (struct aid_planner *g, struct aid_file_plan *f, const struct aid_vec *names, const char *path,
                   enum aid_err *err)
{
  struct trial t = { 0 };
  struct aid_span lines[TELLING];
  size_t n = path[0] ? 0 : telling_lines (g, f, lines);
  char why[256];
  if (!path[0] && f->file > 0)
    t.before = AID_VEC_AT (struct aid_file_plan, &g->plan->files, f->file - 1).new_path;
  if (path[0] || n > 0)
    for (size_t i = 0; i < names->len && !*err && !t.gave_up; i++)
      *err = try_file (g, f, AID_VEC_AT (const char *, names, i), lines, n, &t);
  g->reading = g->p;
  const char *name = *err ? NULL : meant (&t);
  if (*err || name)
    return name;
  if (t.fits.n > 1)
    aid_reason (why, "which file is meant is not clear: it fits %.90s and %.90s", t.fits.first, t.fits.second);
  else if (path[0])
    aid_reason (why, "%.100s does not exist, and of the %zu files of that name none fits", path, names->len);
  else
    aid_reason (why, "no file is named%s", t.gave_up ? ", and there are too many to try" : ", and it fits in none");
  aid_plan_refuse (g, f, why);
  return NULL;
}

/* --- all of it --- */

static int
only_adds (const struct aid_planner *g, const struct aid_file_plan *f)
{
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_want w = aid_plan_want (g, f, i, "");
      for (size_t k = 0; k < w.h->nlines; k++)
        if (aid_want_op (&w, k) != '+')
          return 0;
    }
  return f->n > 0;
}

static enum aid_err
set_name (char **name, const char *to)
{
  char *copy = strdup (to);
  if (!copy)
    return AID_E_NOMEM;
  free (*name);
  *name = copy;
  return AID_OK;
}

/* A renamed file's new name changes as its old one did: FROM became TO. */
static enum aid_err
carry_over (char **name, const char *from, const char *to)
{
  size_t n = strlen (from), m = strlen (to);
  struct aid_str out = AID_STR_INIT (1 << 16);
  if (n > m && strcmp (from + n - m, to) == 0)
    aid_str_addz (&out, strncmp (*name, from, n - m) == 0 ? *name + (n - m) : *name);
  else if (m > n && strcmp (to + m - n, from) == 0)
    {
      aid_str_add (&out, to, m - n);
      aid_str_addz (&out, *name);
    }
  else
    aid_str_addz (&out, *name);
  enum aid_err err = set_name (name, aid_str_z (&out));
  aid_str_free (&out);
  return err;
}

/* F, whose old name is PATH, is the file TO. */
static enum aid_err
take (struct aid_file_plan *f, const char *path, const char *to)
{
  enum aid_err err = AID_OK;
  if (f->op == AID_OP_RENAME)
    err = carry_over (&f->new_path, path, to);
  else if (f->op == AID_OP_MODIFY)
    err = set_name (&f->new_path, to);
  return err ? err : set_name (&f->old_path, to);
}

/* No file is named, or none as the prose does: any may be meant. */
static enum aid_err
find_anywhere (struct aid_planner *g, struct aid_file_plan *f)
{
  enum aid_err err = AID_OK;
  list_names (g);
  const char *name = the_one_that_fits (g, f, &g->names, "", &err);
  return name ? take (f, f->old_path, name) : err;
}

/* The file that F->old_path means is none that exists. */
static enum aid_err
find_named (struct aid_planner *g, struct aid_file_plan *f, int guessed)
{
  struct found found;
  enum aid_err err = AID_OK;
  if (g->work > AID_PLACE_WORK)
    {
      aid_plan_refuse (g, f, "it is not there by this name, and the patch took too long to look for others");
      return AID_OK;
    }
  find_names (g, f->old_path, &found);
  int adds = f->op == AID_OP_MODIFY && only_adds (g, f);
  enum closeness most = adds ? WITHOUT_FOLDERS : f->op == AID_OP_MODIFY ? SAME_LAST_PART : IN_A_FOLDER;
  if (found.how > most)
    found.names.len = 0;
  if (adds && found.names.len == 0 && f->old_path[0])
    {
      f->op = AID_OP_CREATE;
      free (f->old_path);
      f->old_path = NULL;
    }
  else if (found.names.len == 0 && guessed)
    err = find_anywhere (g, f);
  else if (found.names.len == 1)
    err = take (f, f->old_path, AID_VEC_AT (const char *, &found.names, 0));
  else if (found.names.len > SEVERAL_MAX || (found.names.len > 1 && f->op != AID_OP_MODIFY))
    aid_plan_refuse (g, f, "which file is meant is not clear: there are several of that name");
  else if (found.names.len > 1)
    {
      const char *name = the_one_that_fits (g, f, &found.names, f->old_path, &err);
      err = name ? take (f, f->old_path, name) : err;
    }
  aid_vec_free (&found.names);
  return err;
}

/* What both names have below their first folders, which differ: "diff -r old new" writes such names.  NULL: nothing. */
static const char *
below_first_folder (const char *a, const char *b)
{
  const char *x = a ? strchr (a, '/') : NULL, *y = b ? strchr (b, '/') : NULL;
  return x && y && x[1] && strcmp (x, y) == 0 ? x + 1 : NULL;
}

/* Two names that differ are a rename only when the old one is there and the new one is not. */
static enum aid_err
not_renamed (struct aid_planner *g, struct aid_file_plan *f, int old_there)
{
  enum aid_err err = AID_OK;
  int new_there = is_there (g, f->new_path, &err);
  struct found found = { .how = NOT_FOUND };
  if (err || (old_there && !new_there))
    return err;
  f->op = AID_OP_MODIFY;
  if (!old_there && !new_there)
    find_names (g, f->old_path, &found);
  const char *below = !old_there && !new_there ? below_first_folder (f->old_path, f->new_path) : NULL;
  const char *meant = old_there || (!new_there && found.how < NOT_FOUND) ? f->old_path : below ? below : f->new_path;
  char *copy = meant ? strdup (meant) : NULL;
  aid_vec_free (&found.names);
  if (!copy)
    return AID_E_NOMEM;
  err = take (f, f->old_path, copy);
  free (copy);
  return err;
}

enum aid_err
aid_plan_resolve (struct aid_planner *g, struct aid_file_plan *f)
{
  const struct aid_patch_file *pf = &AID_VEC_AT (struct aid_patch_file, &g->p->files, f->file);
  enum aid_err err = AID_OK;
  if (f->op == AID_OP_CREATE || !f->old_path)
    return AID_OK;
  if ((f->old_path[0] && aid_path_check (f->old_path, NULL))
      || (f->new_path && f->new_path[0] && aid_path_check (f->new_path, NULL)))
    return AID_OK;              /* to be refused for that */
  int there = is_there (g, f->old_path, &err);
  if (!err && f->op == AID_OP_RENAME && pf->by_names)
    {
      err = not_renamed (g, f, there);
      if (!err && f->op == AID_OP_MODIFY)
        there = is_there (g, f->old_path, &err);
    }
  return err || there ? err : find_named (g, f, pf->guessed || !f->old_path[0]);
}

const char *
aid_plan_only_name (struct aid_planner *g, const char *path)
{
  struct found found;
  find_names (g, path, &found);
  const char *name = found.names.len == 1 && found.how <= IN_A_FOLDER ? AID_VEC_AT (const char *, &found.names, 0) : NULL;
  aid_vec_free (&found.names);
  return name;
}
