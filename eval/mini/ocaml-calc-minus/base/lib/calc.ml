exception Error of string

let eval text =
  let n = String.length text in
  let rec blank i = if i < n && text.[i] = ' ' then blank (i + 1) else i in
  let number i =
    let rec stop j = if j < n && text.[j] >= '0' && text.[j] <= '9' then stop (j + 1) else j in
    let j = stop i in
    if j = i then raise (Error "a number is missing") else (int_of_string (String.sub text i (j - i)), blank j)
  in
  let rec sum i =
    let a, i = product i in
    if i < n && text.[i] = '+' then
      let b, i = sum (blank (i + 1)) in
      (a + b, i)
    else if i < n && text.[i] = '-' then
      let b, i = sum (blank (i + 1)) in
      (a - b, i)
    else (a, i)
  and product i =
    let a, i = factor i in
    if i < n && text.[i] = '*' then
      let b, i = product (blank (i + 1)) in
      (a * b, i)
    else if i < n && text.[i] = '/' then
      let b, i = product (blank (i + 1)) in
      (a / b, i)
    else (a, i)
  and factor i =
    if i < n && text.[i] = '(' then
      let a, i = sum (blank (i + 1)) in
      if i < n && text.[i] = ')' then (a, blank (i + 1)) else raise (Error "a parenthesis is not closed")
    else number i
  in
  let result, i = sum (blank 0) in
  if i < n then raise (Error "something follows the end") else result
