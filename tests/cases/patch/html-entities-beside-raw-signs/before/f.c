if (a < b && c > d)
  x = &y;
else
  z = "q";
