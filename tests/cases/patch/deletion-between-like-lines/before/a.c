int one (void)
{
  return failed;
}

/* Sets what the reply holds, for later.  */
int two (void)
{
  keep (reply);
  return failed;
}

void three (void)
{
}
