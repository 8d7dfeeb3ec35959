extern int width;
