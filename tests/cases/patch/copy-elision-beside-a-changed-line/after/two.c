int f (int a)
{
  int n = 1;
  log ("in f");
  n = step (a);
  n = step (n);
  n = step (a);
  n = step (n);
  log ("out of f");
  return n;
}
