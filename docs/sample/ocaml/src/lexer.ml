type kind =
  | End
  | Number
  | Name
  | Sign
  | Comment

type token = { kind : kind; start : int; length : int }

type t = { text : string; mutable at : int }

let create text = { text; at = 0 }

let peek lx ahead =
  let at = lx.at + ahead in
  if at < String.length lx.text then Some lx.text.[at] else None

let token lx kind start = { kind; start; length = lx.at - start }

(* At an opening mark: reads to the mark that closes it. *)
let comment lx =
  let start = lx.at in
  let rec go depth =
    match peek lx 0, peek lx 1 with
    | Some '(', Some '*' ->
      lx.at <- lx.at + 2;
      go (depth + 1)
    | Some '*', Some ')' ->
      lx.at <- lx.at + 2;
      if depth > 1 then go (depth - 1)
    | Some _, _ ->
      lx.at <- lx.at + 1;
      go depth
    | None, _ -> ()
  in
  go 0;
  token lx Comment start

let is_space c = c = ' ' || c = '\t' || c = '\n' || c = '\r'
let is_digit c = c >= '0' && c <= '9'
let is_alpha c = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
let is_alnum c = is_alpha c || is_digit c

let rec skip lx belongs =
  match peek lx 0 with
  | Some c when belongs c ->
    lx.at <- lx.at + 1;
    skip lx belongs
  | _ -> ()

let run lx kind belongs =
  let start = lx.at in
  skip lx belongs;
  token lx kind start

let next lx =
  skip lx is_space;
  match peek lx 0, peek lx 1 with
  | None, _ -> token lx End lx.at
  | Some '(', Some '*' -> comment lx
  | Some c, _ when is_digit c -> run lx Number is_digit
  | Some c, _ when is_alpha c -> run lx Name is_alnum
  | Some _, _ ->
    let start = lx.at in
    lx.at <- lx.at + 1;
    token lx Sign start
