/* PDF to text.  The program gets the bytes as its input, so that no name of a file is ever an argument. */
#include "context/pdf.h"
#include "base/proc.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "context/kinds_internal.h"

#define ERROR_MAX 4096

/* Appends TEXT; where a page ends ("\f"), an empty line. */
static void
add_pages (struct aid_span text, struct aid_str *out)
{
  struct aid_str clean = AID_STR_INIT (4 * AID_KIND_TEXT_MAX);
  aid_utf8_clean (text, &clean);
  for (size_t i = 0; i < clean.len; i++)
    if (clean.ptr[i] == '\f')
      aid_str_addz (out, i + 1 < clean.len ? "\n" : "");
    else if ((unsigned char)clean.ptr[i] >= ' ' || clean.ptr[i] == '\n' || clean.ptr[i] == '\t')
      aid_str_addc (out, clean.ptr[i]);
  if (clean.err)
    out->err = clean.err;
  aid_str_free (&clean);
}

static enum aid_err
convert (struct aid_resolver *resolver, struct aid_span bytes, struct aid_str *out, struct aid_error *e)
{
  static const char *const argv[] = { "pdftotext", "-layout", "-enc", "UTF-8", "-", "-", NULL };
  struct aid_proc p = { .argv = argv,
                        .dir = "/",
                        .input = bytes,
                        .out_max = AID_KIND_TEXT_MAX,
                        .err_max = ERROR_MAX,
                        .timeout_ms = AID_CONTEXT_SECONDS * 1000,
                        .stop = aid_resolver_stopper (resolver) };
  struct aid_proc_result r;
  enum aid_err err = aid_proc_run (&p, &r, e);
  if (err == AID_E_NOTFOUND)
    aid_error_set (e, err, "pdftotext, of poppler-utils, is not installed");
  else if (!err && (r.code != 0 || r.signal))
    err = aid_error_set (e, AID_E_INVALID, "pdftotext cannot read it");
  else if (!err && !aid_span_trim (aid_str_span (&r.out)).len)
    err = aid_error_set (e, AID_E_INVALID, "it holds no text");
  else if (!err)
    {
      add_pages (aid_str_span (&r.out), out);
      if (r.out_cut)
        aid_str_addf (out, "\n(cut after %zu KB)\n", AID_KIND_TEXT_MAX >> 10);
      err = out->err ? aid_error_set (e, out->err, "there is no memory for its text") : AID_OK;
    }
  aid_proc_result_free (&r);
  return err;
}

enum aid_err
aid_pdf_text (struct aid_resolver *resolver, struct aid_span bytes, struct aid_str *out, struct aid_error *e)
{
  char id[AID_SHA256_HEX];
  struct aid_resolve how = { .resolver = resolver, .dir = "pdf" };
  struct aid_str text = AID_STR_INIT (4 * AID_KIND_TEXT_MAX);
  aid_sha256_hex (bytes, id);
  enum aid_err err = AID_OK;
  if (!aid_context_recall (&how, aid_span_z (id), &text, NULL))
    {
      err = convert (resolver, bytes, &text, e);
      if (!err)
        aid_resolver_keep (&how, aid_span_z (id), aid_str_span (&text));
    }
  if (!err && aid_str_addspan (out, aid_str_span (&text)))
    err = aid_error_set (e, out->err, "there is no memory for its text");
  aid_str_free (&text);
  return err;
}
