type t = {
  length : int;
}

val make : int -> t

type byte = char
