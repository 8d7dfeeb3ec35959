let () =
  assert (Csv.fields "a,b,,c" = [ "a"; "b"; ""; "c" ]);
  assert (Csv.fields "" = [ "" ]);
  assert (Csv.fields {|"a,b",c|} = [ "a,b"; "c" ]);
  assert (Csv.fields {|x,"say ""no""",y|} = [ "x"; {|say "no"|}; "y" ]);
  assert (Csv.fields {|"",z,|} = [ ""; "z"; "" ])
