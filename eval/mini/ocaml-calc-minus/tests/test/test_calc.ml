let () =
  List.iter
    (fun (text, value) -> assert (Calc.eval text = value))
    [ ("10 - 4 - 3", 3); ("24 / 4 / 2", 3); ("1 + 2 * 3", 7); ("2 * (3 - 1) - 1", 3); ("7", 7); ("8 / 2 * 4", 16) ];
  List.iter
    (fun text -> match Calc.eval text with _ -> assert false | exception Calc.Error _ -> ())
    [ ""; "1 +"; "(1"; "1 2" ]
