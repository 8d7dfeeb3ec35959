let name = function Shape.Circle _ -> "circle" | Shape.Rectangle _ -> "rectangle"
let line s = Printf.sprintf "%s: area %.2f, perimeter %.2f" (name s) (Shape.area s) (Shape.perimeter s)
