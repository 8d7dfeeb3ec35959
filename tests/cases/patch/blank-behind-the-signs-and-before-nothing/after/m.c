int a;

int
main (void)
{
  a++;

  return a;
}
