int a;
p->q;
int b;
