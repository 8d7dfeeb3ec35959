/* Any bytes as a strategy's file: what is read of its head lies inside it and is no more than the limits say; its body as a
   template either names the place of its error or renders, within the limit, and without a tag that was not escaped. */
#include "fuzz.h"
#include "assist/front.h"
#include "assist/template.h"

static struct aid_span all;            /* the input: also what {{> a}} includes */

static int
knows (void *ctx, struct aid_span variable)
{
  (void) ctx;
  return variable.len < 4;
}

static enum aid_err
partial (void *ctx, struct aid_span name, struct aid_str *text, struct aid_str *file, struct aid_error *e)
{
  (void) ctx, (void) e;
  aid_str_addz (file, "part");
  if (name.len > 2)
    return AID_E_NOTFOUND;
  return aid_str_addspan (text, name.len == 1 ? aid_span_cut (all, all.len / 2, all.len) : AID_SPAN ("{{> b}}"));
}

static struct aid_span
value (void *ctx, struct aid_span variable)
{
  (void) ctx;
  return variable.len % 2 ? AID_SPAN ("value") : AID_SPAN ("");
}

static void
check_place (const struct aid_error *e)
{
  int line = 0, column = 0;
  const char *colon = strchr (e->msg, ':');
  CHECK (e->code == AID_E_LIMIT || (e->code == AID_E_PARSE && colon && sscanf (colon, ":%d:%d: ", &line, &column) == 2));
  CHECK (e->code == AID_E_LIMIT || (line > 0 && column > 0));
}

static void
check_front (const struct aid_front *f)
{
  CHECK (f->body <= all.len && f->body_line > 0 && f->values.len <= AID_FRONT_VALUES);
  for (size_t i = 0; i < f->values.len; i++)
    {
      const struct aid_front_value *v = &AID_VEC_AT (struct aid_front_value, &f->values, i);
      int many = v->kind == AID_FRONT_LIST || v->kind == AID_FRONT_MAP;
      CHECK (v->line > 1 && v->column > 0 && i + v->n < f->values.len);
      CHECK (many ? !v->text : v->n == 0 && (v->kind == AID_FRONT_NONE) == !v->text);
      CHECK (!v->text || strlen (v->text) <= AID_FRONT_SCALAR);
    }
}

static void
check_template (struct aid_span body)
{
  struct aid_template_world world = { knows, partial, NULL };
  struct aid_template_source source = { "f", body, 1 };
  struct aid_template *t = NULL, *child = NULL;
  struct aid_error e = { AID_OK, "" };
  struct aid_str out = AID_STR_INIT (AID_TEMPLATE_MAX);
  if (aid_template_read (&source, &world, NULL, &t, &e))
    {
      CHECK (!t);
      check_place (&e);
      return;
    }
  aid_template_render (t, value, NULL, &out);
  CHECK (out.len <= AID_TEMPLATE_MAX);
  aid_template_names (t, "abc");
  if (!aid_template_read (&source, &world, t, &child, &e))
    aid_template_render (child, value, NULL, &out);
  aid_template_free (child);
  aid_template_free (t);
  aid_str_free (&out);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_front f = { .body = 0 };
  struct aid_error e = { AID_OK, "" };
  all = (struct aid_span){ (const char *) data, size };
  if (aid_front_read (all, "f", &f, &e))
    check_place (&e);
  else
    {
      check_front (&f);
      check_template (aid_span_cut (all, f.body, all.len));
    }
  aid_front_free (&f);
  check_template (all);
  return 0;
}
