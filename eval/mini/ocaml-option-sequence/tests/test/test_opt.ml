let () =
  assert (Opt.map2 ( + ) (Some 1) (Some 2) = Some 3);
  assert (Opt.map2 ( + ) None (Some 2) = None);
  assert (Opt.sequence [] = Some ([] : int list));
  assert (Opt.sequence [ Some 1; Some 2 ] = Some [ 1; 2 ]);
  assert (Opt.sequence [ Some 1; None; Some 2 ] = None);
  match Opt.sequence (List.init 1_000_000 (fun i -> Some i)) with
  | Some l -> assert (List.length l = 1_000_000)
  | None -> assert false
