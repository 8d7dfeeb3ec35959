int
first (int depth)
{
  /* counts the opening marks */
  int opened = 0;
  while (depth > opened)
    opened++;
  return opened;
}

int
second (int depth)
{
  int closed = 0;
  while (depth > closed)
    closed++;
  return closed;
}
