let map f = function None -> None | Some x -> Some (f x)
let bind o f = match o with None -> None | Some x -> f x
