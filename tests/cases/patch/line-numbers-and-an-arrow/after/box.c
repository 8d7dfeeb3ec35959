int width;
int height;

int
area (void)
{
  return height * width;
}
