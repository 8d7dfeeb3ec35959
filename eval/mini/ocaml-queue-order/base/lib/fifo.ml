type 'a t = { front : 'a list; back : 'a list }

let empty = { front = []; back = [] }
let push x q = { q with back = x :: q.back }

let pop q =
  match List.rev_append q.back q.front with
  | [] -> None
  | x :: rest -> Some (x, { front = rest; back = [] })
