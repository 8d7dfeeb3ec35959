type t = Circle of { radius : float } | Rectangle of { width : float; height : float }

let pi = 4. *. atan 1.

let area = function
  | Circle { radius } -> pi *. radius *. radius
  | Rectangle { width; height } -> width *. height

let perimeter = function
  | Circle { radius } -> 2. *. pi *. radius
  | Rectangle { width; height } -> 2. *. (width +. height)
