let encode s =
  let add c = function
    | (d, n) :: rest when d = c -> (d, n + 1) :: rest
    | runs -> (c, 1) :: runs
  in
  String.fold_left (fun runs c -> add c runs) [] s |> List.rev
