int a;
int b;
int y;
int z;
