int a;

int
main (void)
{
  return a;
}
