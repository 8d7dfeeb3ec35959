case ROWS:
  push (map_rows);
  break;
filler 1
filler 2
filler 3
filler 4
filler 5
filler 6
filler 7
filler 8
case ROWS:
  push (map_rows);
  note (set_rows, list);
  break;
