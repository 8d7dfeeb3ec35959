type t = Circle of { radius : float } | Rectangle of { width : float; height : float }

val area : t -> float
val perimeter : t -> float
