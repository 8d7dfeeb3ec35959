int width;
int height;
int depth;
