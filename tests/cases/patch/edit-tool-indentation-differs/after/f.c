int f (int a)
{
  int b = g (a);
  b++;
  return b;
}
