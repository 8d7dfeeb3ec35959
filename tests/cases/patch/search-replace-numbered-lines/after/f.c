int f (int a)
{
  return a;
}

int g (int a)
{
  return 2 * a;
}
