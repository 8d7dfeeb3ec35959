let () =
  List.iter (fun s -> assert (Rle.decode (Rle.encode s) = s)) [ ""; "a"; "aaab"; "abab"; "  xx\n\n" ];
  assert (Rle.decode [ ('a', 2); ('b', 0); ('c', 1) ] = "aac");
  match Rle.decode [ ('a', -1) ] with
  | _ -> assert false
  | exception Invalid_argument m -> assert (m = "Rle.decode")
