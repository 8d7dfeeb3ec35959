long first;
int second;
int third;
int fourth;
long fifth;
int sixth;
