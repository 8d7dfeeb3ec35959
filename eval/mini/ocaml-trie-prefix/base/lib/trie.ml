module Chars = Map.Make (Char)

type t = { word : bool; next : t Chars.t }

let empty = { word = false; next = Chars.empty }

let add s t =
  let rec go i t =
    if i = String.length s then { t with word = true }
    else
      let below = Option.value (Chars.find_opt s.[i] t.next) ~default:empty in
      { t with next = Chars.add s.[i] (go (i + 1) below) t.next }
  in
  go 0 t

let mem s t =
  let rec go i t =
    if i = String.length s then t.word
    else match Chars.find_opt s.[i] t.next with None -> false | Some below -> go (i + 1) below
  in
  go 0 t
