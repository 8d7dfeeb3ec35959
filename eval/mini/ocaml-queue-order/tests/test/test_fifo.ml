let rec drain q = match Fifo.pop q with None -> [] | Some (x, q) -> x :: drain q

let () =
  let q = Fifo.(empty |> push 1 |> push 2) in
  (match Fifo.pop q with
  | Some (1, rest) -> assert (drain (Fifo.push 3 rest) = [ 2; 3 ])
  | _ -> assert false);
  assert (drain q = [ 1; 2 ]);
  assert (Fifo.pop Fifo.empty = None);
  assert (drain (List.fold_left (fun q x -> Fifo.push x q) Fifo.empty [ 1; 2; 3; 4 ]) = [ 1; 2; 3; 4 ])
