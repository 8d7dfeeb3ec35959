open Shapes

let () =
  let t = Shape.Triangle { a = 3.; b = 4.; c = 5. } in
  assert (abs_float (Shape.area t -. 6.) < 1e-9);
  assert (Report.line t = "triangle: area 6.00, perimeter 12.00");
  assert (Report.line (Shape.Rectangle { width = 2.; height = 1. }) = "rectangle: area 2.00, perimeter 6.00")
