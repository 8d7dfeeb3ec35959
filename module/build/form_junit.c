/* JUnit's XML, as runners print it: each <failure> or <error> in a <testcase>.  Tags may go over lines.  What this needs of XML
   is little: tags, attributes, CDATA and the five entities. */
#include "build/forms.h"

#include <ctype.h>
#include <stdlib.h>

#define TAG_MAX 65536

struct aid_xml
{
  struct aid_str tag; /* the tag that is read */
  const struct aid_diag_form *form;
  int in_tag, in_cdata, quote;
  int failing, failed; /* in a <failure>; one has ended that is not told of yet */
  int printing, had_cdata;
  struct aid_str name, class_name, file, message, body;
  int line;
};

void
aid_xml_free (struct aid_xml *x)
{
  if (!x)
    return;
  aid_str_free (&x->tag);
  aid_str_free (&x->name);
  aid_str_free (&x->class_name);
  aid_str_free (&x->file);
  aid_str_free (&x->message);
  aid_str_free (&x->body);
  free (x);
}

static struct aid_xml *
xml_new (void)
{
  struct aid_xml *x = calloc (1, sizeof *x);
  if (!x)
    return NULL;
  x->tag = AID_STR_INIT (TAG_MAX);
  x->name = AID_STR_INIT (1024);
  x->class_name = AID_STR_INIT (1024);
  x->file = AID_STR_INIT (4096);
  x->message = AID_STR_INIT (AID_DIAG_TEXT_MAX);
  x->body = AID_STR_INIT (AID_DIAG_TEXT_MAX);
  return x;
}

static void
unescape (struct aid_span v, struct aid_str *out)
{
  static const struct
  {
    const char *name;
    char c;
  } entities[] = { { "&lt;", '<' },    { "&gt;", '>' },   { "&amp;", '&' },  { "&quot;", '"' },
                   { "&apos;", '\'' }, { "&#10;", '\n' }, { "&#xA;", '\n' }, { "&#9;", '\t' } };
  while (v.len && out->len < out->max)
    {
      size_t i = 0, n = sizeof entities / sizeof *entities;
      while (i < n && !aid_scan_word (&v, entities[i].name))
        i++;
      aid_str_addc (out, i < n ? entities[i].c : v.ptr[0]);
      if (i == n)
        v = aid_span_cut (v, 1, v.len);
    }
}

/* The attribute NAME of TAG, unescaped, into OUT, which is emptied. */
static void
attribute (struct aid_span tag, const char *name, struct aid_str *out)
{
  struct aid_span v = tag, key, value;
  aid_str_clear (out);
  while (aid_scan_until (&v, '=', &key))
    {
      char quote[2] = { v.len ? v.ptr[0] : 0, 0 };
      if ((quote[0] != '"' && quote[0] != '\'') || !aid_scan_word (&v, quote))
        return;
      if (!aid_scan_until (&v, quote[0], &value)) /* the tag was cut */
        {
          value = v;
          v.len = 0;
        }
      key = aid_span_trim (key);
      size_t n = strlen (name);
      if (aid_span_ends (key, name) && (key.len == n || isspace ((unsigned char)key.ptr[key.len - n - 1])))
        {
          unescape (value, out);
          return;
        }
    }
}

/* What is read of an element's text is plain, unless CDATA has kept it so. */
static void
end_body (struct aid_xml *x)
{
  struct aid_str plain = AID_STR_INIT (AID_DIAG_TEXT_MAX);
  if (!x->had_cdata)
    {
      unescape (aid_str_span (&x->body), &plain);
      aid_str_clear (&x->body);
      aid_str_addspan (&x->body, aid_str_span (&plain));
    }
  x->had_cdata = 0;
  aid_str_free (&plain);
}

static void
emit (struct aid_diag_reader *r, struct aid_xml *x)
{
  struct aid_draft *d = aid_diag_open (r, AID_SEVERITY_ERROR);
  struct aid_span rest, line = { "", 0 }, body = aid_str_span (&x->body), message = aid_str_span (&x->message);
  if (x->file.len && x->line > 0)
    aid_diag_at (d, aid_str_span (&x->file), x->line, 0);
  else
    aid_junit_place (r, aid_str_span (&x->class_name), body, message, d);
  struct aid_str said = AID_STR_INIT (AID_DIAG_MESSAGE_MAX + 2048);
  rest = message.len ? message : aid_span_trim (body);
  aid_span_line (&rest, &line);
  aid_str_addf (&said, "%s: ", aid_str_z (&x->name));
  aid_str_addspan (&said, aid_span_cut (line, 0, line.len < AID_DIAG_MESSAGE_MAX ? line.len : AID_DIAG_MESSAGE_MAX));
  aid_diag_say (d, aid_str_span (&said));
  aid_diag_text (d, aid_str_span (&said));
  aid_diag_text (d, body);
  aid_diag_close (r);
  aid_str_free (&said);
  aid_str_clear (&x->body);
  aid_str_clear (&x->message);
  x->failed = 0;
}

static void
begin_case (struct aid_xml *x, struct aid_span tag)
{
  struct aid_str number = AID_STR_INIT (1024);
  attribute (tag, "line", &number);
  struct aid_span digits = aid_str_span (&number);
  x->line = aid_scan_number (&digits);
  attribute (tag, "name", &x->name);
  attribute (tag, "classname", &x->class_name);
  attribute (tag, "file", &x->file);
  aid_str_free (&number);
}

/* Ctest and meson say of a failure nothing but what the test has printed, in an element behind it. */
static int
wants_output (const struct aid_xml *x)
{
  return x->failed && !x->message.len && !aid_span_trim (aid_str_span (&x->body)).len;
}

/* A test case has ended, whether its failure did or not. */
static void
end_case (struct aid_diag_reader *r, struct aid_xml *x)
{
  if (x->failing || x->printing)
    end_body (x);
  if (x->failing || x->failed)
    emit (r, x);
  x->failing = x->printing = 0;
}

static void
take_tag (struct aid_diag_reader *r, struct aid_xml *x)
{
  struct aid_span tag = aid_str_span (&x->tag), v = tag;
  int closed = aid_span_ends (tag, "/"), begins = aid_scan_word (&v, "testcase");
  int fails = !begins && (aid_scan_word (&v, "failure") || aid_scan_word (&v, "error"));
  if (begins || fails || aid_span_eqz (tag, "/testcase") || aid_span_starts (tag, "/testsuite"))
    end_case (r, x);
  if (begins)
    begin_case (x, v);
  else if (fails)
    {
      attribute (v, "message", &x->message);
      aid_str_clear (&x->body);
      x->failing = !closed;
      x->failed = closed;
    }
  else if (x->failing && (aid_span_eqz (tag, "/failure") || aid_span_eqz (tag, "/error")))
    {
      end_body (x);
      x->failing = 0;
      x->failed = 1;
    }
  else if (!closed && wants_output (x) && aid_span_starts (tag, "system-"))
    x->printing = 1;
  else if (x->printing && aid_span_starts (tag, "/system-"))
    {
      end_body (x);
      x->printing = 0;
    }
}

static int
keeps (const struct aid_xml *x)
{
  return (x->failing || x->printing) && x->body.len < x->body.max;
}

static int
take_char (struct aid_diag_reader *r, struct aid_xml *x, char c)
{
  if (x->in_cdata)
    {
      if (keeps (x))
        aid_str_addc (&x->body, c);
      x->in_cdata = c == ']' ? x->in_cdata + 1 : c == '>' && x->in_cdata > 2 ? 0 : 1; /* 1, and the brackets before */
      if (!x->in_cdata && keeps (x))
        aid_str_remove (&x->body, x->body.len - 3, 3);
    }
  else if (!x->in_tag && c == '<')
    x->in_tag = 1, x->quote = 0, aid_str_clear (&x->tag);
  else if (!x->in_tag)
    {
      if (keeps (x))
        aid_str_addc (&x->body, c);
    }
  else if (c == '>' && !x->quote)
    {
      x->in_tag = 0;
      take_tag (r, x);
      return aid_str_span (&x->tag).len
             && (aid_span_eqz (aid_str_span (&x->tag), "/testsuites")
                 || aid_span_eqz (aid_str_span (&x->tag), "/testsuite"));
    }
  else
    {
      x->quote = x->quote == c ? 0 : !x->quote && (c == '"' || c == '\'') ? c : x->quote;
      if (x->tag.len < x->tag.max)
        aid_str_addc (&x->tag, c);
      if (aid_span_eqz (aid_str_span (&x->tag), "![CDATA["))
        x->in_tag = 0, x->in_cdata = x->had_cdata = 1;
    }
  return 0;
}

enum aid_line
aid_form_junit (struct aid_diag_reader *r, struct aid_span line)
{
  int ended = 0;
  if (!r->xml && aid_span_find (line, AID_SPAN ("<testsuite")) < 0 && aid_span_find (line, AID_SPAN ("<testcase")) < 0)
    return AID_LINE_NOT;
  if (!r->xml && !(r->xml = xml_new ()))
    return AID_LINE_NOT;
  r->xml->form = r->form;
  for (size_t i = 0; i <= line.len; i++)
    {
      struct aid_span rest = aid_span_cut (line, i, line.len);
      ended |= take_char (r, r->xml, rest.len ? rest.ptr[0] : '\n');
    }
  if (ended)
    aid_junit_end (r);
  return AID_LINE_TAKEN;
}

void
aid_junit_end (struct aid_diag_reader *r)
{
  if (r->xml)
    {
      r->form = r->xml->form;
      end_case (r, r->xml);
    }
  aid_xml_free (r->xml);
  r->xml = NULL;
}
