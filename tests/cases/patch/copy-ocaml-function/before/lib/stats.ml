let limit = 10

let rec length = function
  | [] -> 0
  | _ :: rest -> 1 + length rest

let sum list =
  let rec go acc = function
    | [] -> acc
    | x :: rest -> go (acc + x) rest
  in
  go 0 list

let mean list = sum list / length list
