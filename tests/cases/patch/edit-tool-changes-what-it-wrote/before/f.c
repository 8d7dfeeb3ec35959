int f (int a)
{
  int x = g (a, a);
  return x;
}
