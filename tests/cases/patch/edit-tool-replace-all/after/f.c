int f (int a)
{
  int b = h (a);
  return b + h (a + 1);
}
