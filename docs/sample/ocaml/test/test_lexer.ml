open Lexer

let failures = ref 0

let check text nth kind length =
  let lx = create text in
  let rec go n =
    let token = next lx in
    if n > 1 then go (n - 1) else token
  in
  let token = go nth in
  if token.kind <> kind || token.length <> length then begin
    Printf.printf "test/test_lexer.ml: token %d of %S: length %d\n" nth text token.length;
    incr failures
  end

let () =
  check "12 + x1" 1 Number 2;
  check "12 + x1" 2 Sign 1;
  check "12 + x1" 3 Name 2;
  check "(* one *) 2" 1 Comment 9;
  check "(* one (* two *) *) 3" 2 Number 1;
  check "1 (* never (* closed *)" 2 Error 21;
  print_endline (if !failures > 0 then "failed" else "all passed");
  if !failures > 0 then exit 1
