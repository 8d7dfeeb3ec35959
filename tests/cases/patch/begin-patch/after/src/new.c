int y;

