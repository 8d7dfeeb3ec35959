int width;
int height;

int
area (void)
{
  if (width < 0)
    return 0;
  return width * height * 1;
}
