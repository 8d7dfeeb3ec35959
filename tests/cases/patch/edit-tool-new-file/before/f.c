int f (int a)
{
  int b = g (a);
  return b + g (a + 1);
}
