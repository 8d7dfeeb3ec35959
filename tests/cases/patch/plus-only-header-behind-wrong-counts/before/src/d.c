int d;
int e;
