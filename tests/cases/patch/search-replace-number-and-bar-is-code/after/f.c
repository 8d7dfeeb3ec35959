enum flags
{
  A = 1 | B,
 1 | D
};
