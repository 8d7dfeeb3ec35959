/* Texts of help are written in lines of 120 columns and less.  A narrower terminal would break them inside of words. */
#include "cli/fill.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST 50    /* columns: below it is not worth it */
#define WRITTEN 130 /* no text is wider */

int
aid_cli_fill_width (FILE *to)
{
  struct winsize size;
  if (!isatty (fileno (to)) || ioctl (fileno (to), TIOCGWINSZ, &size) || size.ws_col < LEAST || size.ws_col >= WRITTEN)
    return 0;
  return size.ws_col;
}

/* Prints a blank, two behind a sentence, or goes to a new line where the N bytes of a word have no room; gives the column. */
static int
part (FILE *to, int at, int n, int indent, int width, char before)
{
  int blanks = before == '.' ? 2 : 1;
  if (at == indent)
    return at;
  if (at + blanks + n > width)
    return fprintf (to, "\n%*s", indent, ""), indent;
  return fprintf (to, "%*s", blanks, ""), at + blanks;
}

/* Ends the line as TEXT does, and prints those behind it that begin with a blank as they are; gives how much of TEXT that was. */
static size_t
end_lines (FILE *to, const char *text)
{
  size_t n = strspn (text, "\n");
  while (text[n] == ' ')
    {
      n += strcspn (text + n, "\n");
      n += strspn (text + n, "\n");
    }
  fwrite (text, 1, n, to);
  return n;
}

void
aid_cli_fill (FILE *to, const char *text, int indent, int width)
{
  size_t len = strlen (text);
  if (!width)
    {
      fprintf (to, "%s%s", text, len && text[len - 1] == '\n' ? "" : "\n");
      return;
    }
  int at = indent;
  char before = ' ';
  while (*text)
    {
      size_t n = strcspn (text, " \n");
      if (n)
        {
          at = part (to, at, (int)n, indent, width, before) + (int)n;
          fwrite (text, 1, n, to);
          before = text[n - 1];
        }
      text += n;
      if (*text == '\n' && (text[1] == '\n' || text[1] == ' ' || !text[1]))
        {
          text += end_lines (to, text);
          if (!*text)
            return;
          fprintf (to, "%*s", indent, "");
          at = indent;
        }
      else if (*text)
        text++;
    }
  fputc ('\n', to);
}
