int width;
int height;
