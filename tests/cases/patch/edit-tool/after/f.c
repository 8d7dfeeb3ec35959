int f (int a)
{
  int b = h (a);
  b++;
  return b + g (a + 1);
}
