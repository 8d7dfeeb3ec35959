extern int width;
extern int depth;
