let area = fun side -> side * side

let double = map (fun x -> x + x)

val scale : by:[ `int ] -> shape -> shape
