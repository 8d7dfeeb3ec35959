int width;
int height;

int
area (void)
{
  return width * height;
}
