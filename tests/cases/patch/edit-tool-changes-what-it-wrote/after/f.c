int f (int a)
{
  int x = g (a, a);
  x += 2;
  return x;
}
