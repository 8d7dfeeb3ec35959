int total (void);
int count_lines (const char *texts);
int width (void);

/* old */
int count_lines (const char *text);
