int x;
int y;