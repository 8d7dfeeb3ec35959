/* The report for people who read it in a terminal, or put it somewhere as Markdown: three tables, a row for each group, the
   number, its interval, and how it went from week to week. */
#include "measure/metrics_internal.h"
#include "base/utf8.h"

enum
{
  NAME = 20, /* columns */
  SPARK = 9
};

static const struct aid_metrics_block tables[AID_METRICS_BLOCKS] = {
  { "What was decided", AID_METRIC_REQUESTS, AID_METRIC_AI },
  { "Characters kept", AID_METRIC_KEPT_30S, AID_METRIC_KEPT_COMMIT },
  { "Time and cost", AID_METRIC_FIRST_P50, AID_METRIC_COST_EACH },
};

const struct aid_metrics_block *
aid_metrics_block (int i)
{
  return &tables[i];
}

/* Appends V in WIDTH columns, at their left (LEFT) or their right; cut when it is longer.  A cell has no lines. */
static void
add_cell (struct aid_span v, size_t width, int left, struct aid_str *out)
{
  struct aid_str clean = AID_STR_INIT (16384);
  aid_utf8_clean (v, &clean);
  for (size_t i = 0; i < clean.len; i++)
    clean.ptr[i] = (unsigned char)clean.ptr[i] < ' ' ? ' ' : clean.ptr[i];
  v = aid_str_span (&clean);
  size_t n = aid_utf8_count (v);
  for (size_t i = n; !left && i < width; i++)
    aid_str_addc (out, ' ');
  if (n > width)
    {
      aid_str_addspan (out, aid_span_cut (v, 0, aid_utf8_offset (v, width - 1)));
      aid_str_addz (out, "…");
    }
  else
    aid_str_addspan (out, v);
  for (size_t i = n; left && i < width; i++)
    aid_str_addc (out, ' ');
  aid_str_free (&clean);
}

static void
end_line (struct aid_str *out)
{
  while (out->len && out->ptr[out->len - 1] == ' ')
    aid_str_remove (out, out->len - 1, 1);
  aid_str_addc (out, '\n');
}

enum row
{
  ROW_VALUE,
  ROW_RANGE,
  ROW_SPARK
};

/* The words for one of the rows of GROUP in column M. */
static void
write_words (const struct aid_metrics_report *r, int group, enum aid_metric m, enum row row, struct aid_str *out)
{
  struct aid_metric_number n;
  aid_metrics_report_number (r, group, -1, m, &n);
  if (row == ROW_VALUE)
    aid_metric_text (m, &n, out);
  else if (row == ROW_RANGE)
    aid_metric_range (m, &n, out);
  else
    aid_metric_spark (r, group, m, out);
}

/* Appends it; that of a group that has no words for this table is left out. */
static void
add_row (const struct aid_metrics_report *r, const struct aid_metrics_block *b, int group, enum row row, struct aid_str *out)
{
  struct aid_str line = AID_STR_INIT (65536), name = AID_STR_INIT (8192);
  int any = row == ROW_VALUE && group < 0;
  if (row == ROW_VALUE)
    aid_metrics_group_name (r, group, &name);
  add_cell (aid_str_span (&name), NAME, 1, &line);
  for (int m = (int)b->first; m <= (int)b->last; m++)
    {
      struct aid_str words = AID_STR_INIT (4096);
      write_words (r, group, (enum aid_metric)m, row, &words);
      struct aid_span v = aid_str_span (&words);
      size_t n = aid_utf8_count (v);
      any |= n > 0;
      if (row == ROW_SPARK && n > SPARK) /* the last weeks */
        v = aid_span_cut (v, aid_utf8_offset (v, n - SPARK), v.len);
      aid_str_addc (&line, ' ');
      add_cell (v, (size_t)aid_metric_columns ((enum aid_metric)m) - 1, 0, &line);
      aid_str_free (&words);
    }
  end_line (&line);
  if (any)
    aid_str_addspan (out, aid_str_span (&line));
  aid_str_free (&line);
  aid_str_free (&name);
}

static void
add_table (const struct aid_metrics_report *r, const struct aid_metrics_block *b, struct aid_str *out)
{
  add_cell (aid_span_z (b->title), NAME, 1, out);
  for (int m = (int)b->first; m <= (int)b->last; m++)
    add_cell (aid_span_z (aid_metric_about ((enum aid_metric)m)->label), (size_t)aid_metric_columns ((enum aid_metric)m), 0,
              out);
  end_line (out);
  for (int g = -1; g < r->n; g++)
    for (int row = ROW_VALUE; row <= ROW_SPARK; row++)
      add_row (r, b, g, (enum row)row, out);
}

/* --- Markdown --------------------------------------------------------------------------------------------------------- */

/* Appends V as the text of a cell. */
static void
add_escaped (struct aid_span v, struct aid_str *out)
{
  for (size_t i = 0; i < v.len; i++)
    {
      if (strchr ("\\`*_{}[]<>#|~", v.ptr[i]) && v.ptr[i])
        aid_str_addc (out, '\\');
      aid_str_addc (out, (unsigned char)v.ptr[i] < ' ' ? ' ' : v.ptr[i]);
    }
}

static void
add_markdown_row (const struct aid_metrics_report *r, const struct aid_metrics_block *b, int group, struct aid_str *out)
{
  struct aid_str name = AID_STR_INIT (8192);
  aid_metrics_group_name (r, group, &name);
  aid_str_addz (out, "| ");
  add_escaped (aid_str_span (&name), out);
  for (int m = (int)b->first; m <= (int)b->last; m++)
    {
      struct aid_str words = AID_STR_INIT (256);
      write_words (r, group, (enum aid_metric)m, ROW_RANGE, &words);
      aid_str_addz (out, " | ");
      write_words (r, group, (enum aid_metric)m, ROW_VALUE, out);
      if (words.len)
        aid_str_addf (out, " (%s)", aid_str_z (&words));
      aid_str_free (&words);
    }
  aid_str_addz (out, " |\n");
  aid_str_free (&name);
}

static void
add_markdown_table (const struct aid_metrics_report *r, const struct aid_metrics_block *b, struct aid_str *out)
{
  aid_str_addf (out, "| %s", b->title);
  for (int m = (int)b->first; m <= (int)b->last; m++)
    aid_str_addf (out, " | %s", aid_metric_about ((enum aid_metric)m)->label);
  aid_str_addz (out, " |\n|:--");
  for (int m = (int)b->first; m <= (int)b->last; m++)
    aid_str_addz (out, "|--:");
  aid_str_addz (out, "|\n");
  for (int g = -1; g < r->n; g++)
    add_markdown_row (r, b, g, out);
}

void
aid_metrics_report_text (const struct aid_metrics_report *r, int markdown, struct aid_str *out)
{
  for (int i = 0; i < AID_METRICS_BLOCKS; i++)
    {
      if (i)
        aid_str_addc (out, '\n');
      if (markdown)
        add_markdown_table (r, &tables[i], out);
      else
        add_table (r, &tables[i], out);
    }
  if (!markdown && r->weeks)
    {
      char first[16], last[16];
      aid_metrics_report_week (r, r->weeks > SPARK ? r->weeks - SPARK : 0, first);
      aid_metrics_report_week (r, r->weeks - 1, last);
      aid_str_addf (out, "\nUnder each number: where it is with 95%% confidence, and how it was in the weeks %s to %s.\n",
                    first, last);
    }
}
