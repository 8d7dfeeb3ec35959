int one (void)
{
  return failed;
}

void three (void)
{
}
