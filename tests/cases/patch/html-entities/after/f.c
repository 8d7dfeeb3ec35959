if (a < b && c > d)
  x = &y->z;
else
  z = "q";
