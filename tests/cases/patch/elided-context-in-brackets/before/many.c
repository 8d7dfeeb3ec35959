int first;
int second;
int third;
int fourth;
int fifth;
int sixth;
