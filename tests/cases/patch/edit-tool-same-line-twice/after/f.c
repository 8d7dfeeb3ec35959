int f (int a)
{
  int y = g (a, 1);
  return y;
}
