/* Names of definitions by their beginnings: those of the terms "=NAME" of the table names (prepare.c) that a live file has. */
#include "base/clock.h"
#include "base/utf8.h"
#include "index/search_internal.h"

#include <ctype.h>
#include <stdlib.h>

enum
{
  MS = 50,
  NAME_MAX_BYTES = 200
};

struct listing
{
  struct aid_seeking *k;
  struct aid_vec *out; /* of char * */
  size_t max;
  int more;
};

/* Whether a file that is there defines NAME: rows of files that are gone stay until the index is built anew. */
static int
is_defined (struct aid_seeking *k, struct aid_span name)
{
  struct aid_vec paths = AID_VEC_INIT (char *, 8);
  size_t all = 0;
  int there = !aid_tagged (k, '=', name, 0, 1, &paths, &all, NULL) && paths.len > 0;
  for (size_t i = 0; i < paths.len; i++)
    free (AID_VEC_AT (char *, &paths, i));
  aid_vec_free (&paths);
  return there;
}

static int
is_plain (struct aid_span name)
{
  return aid_utf8_valid_prefix (name) == name.len && !memchr (name.ptr, '\x1f', name.len); /* which stands for a blank */
}

static int
add (struct listing *l, struct aid_span name)
{
  char **slot, *copy = aid_span_dup (name);
  if (!copy || !(slot = aid_vec_push (l->out)))
    {
      free (copy);
      return 0;
    }
  *slot = copy;
  return 1;
}

/* Adds the names that begin with PREFIX. */
static enum aid_err
list_from (struct listing *l, struct aid_span prefix, struct aid_error *e)
{
  struct aid_shelf *s = l->k->s;
  struct aid_str from = AID_STR_INIT (NAME_MAX_BYTES), to = AID_STR_INIT (NAME_MAX_BYTES);
  sqlite3_stmt *get;
  int row = 0;
  aid_str_addc (&from, '=');
  aid_str_addspan (&from, prefix);
  aid_str_addspan (&to, aid_str_span (&from));
  aid_str_addc (&to, '\xff');
  enum aid_err err = from.err || to.err
                       ? AID_E_LIMIT
                       : aid_db_prepare (s->db, "SELECT term FROM temp.defined WHERE term>=?1 AND term<?2", &get, e);
  if (!err)
    {
      aid_db_text (get, 1, aid_str_span (&from));
      aid_db_text (get, 2, aid_str_span (&to));
    }
  while (!err && !l->more && !(err = aid_db_step (s->db, get, &row, e)) && row)
    {
      struct aid_span term = aid_db_column (get, 0), name = aid_span_cut (term, 1, term.len);
      char *copy = aid_span_dup (name); /* other statements run before the next step */
      if (l->out->len >= l->max || aid_clock_us () > l->k->until || !copy)
        l->more = 1;
      else if (is_plain (name) && is_defined (l->k, aid_span_z (copy)))
        l->more |= !add (l, aid_span_z (copy));
      free (copy);
    }
  aid_str_free (&from);
  aid_str_free (&to);
  return err == AID_E_LIMIT ? AID_OK : err;
}

enum aid_err
aid_symbols (struct aid_index *x, struct aid_span prefix, size_t max, struct aid_vec *out, int *more, struct aid_error *e)
{
  static const struct aid_question nothing = { .ms = MS };
  struct aid_seeking k;
  struct listing l = { &k, out, max, 0 };
  enum aid_err err = aid_seek_begin (x, &nothing, &k, e);
  if (!err)
    err = aid_db_exec (k.s->db, "CREATE VIRTUAL TABLE IF NOT EXISTS temp.defined USING fts5vocab('main','names','row')", e);
  if (!err)
    err = list_from (&l, prefix, e);
  if (!err && prefix.len && islower ((unsigned char)prefix.ptr[0]))
    {
      char *capital = aid_span_dup (prefix);
      if (capital)
        {
          capital[0] = (char)toupper ((unsigned char)capital[0]);
          err = list_from (&l, aid_span_z (capital), e);
        }
      free (capital);
    }
  *more = l.more || k.partial;
  aid_seek_end (&k);
  return err;
}
