aaa (1);
bbbb (first);
cccc (x);

aaa (1);
bbbb (first);
cccc (x);
