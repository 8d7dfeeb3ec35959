let pairs l = List.map (fun { Interval.low; high } -> (low, high)) (Interval.union (List.map (fun (a, b) -> Interval.make a b) l))

let () =
  assert (pairs [] = []);
  assert (pairs [ (2, 3); (1, 5) ] = [ (1, 5) ]);
  assert (pairs [ (1, 2); (2, 4) ] = [ (1, 4) ]);
  assert (pairs [ (1, 2); (3, 4) ] = [ (1, 2); (3, 4) ]);
  assert (pairs [ (9, 7); (1, 2); (8, 12); (0, 0) ] = [ (0, 0); (1, 2); (7, 12) ])
