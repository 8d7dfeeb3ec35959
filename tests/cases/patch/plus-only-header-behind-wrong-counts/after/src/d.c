int d;
int f;
