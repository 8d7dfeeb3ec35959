type t = { low : int; high : int }

let make low high = if low <= high then { low; high } else { low = high; high = low }

let union intervals =
  let rec join = function
    | a :: b :: rest when a.high = b.low + 1 -> join ({ a with high = b.high } :: rest)
    | a :: rest -> a :: join rest
    | [] -> []
  in
  join (List.sort (fun a b -> compare a.low b.low) intervals)
