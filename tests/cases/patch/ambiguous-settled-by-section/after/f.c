void one (int a)
{
  a = 1;
  use (a);
}

void two (int a)
{
  a = 1;
  drop (a);
}
