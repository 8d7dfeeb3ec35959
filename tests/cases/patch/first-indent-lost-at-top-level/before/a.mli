type t = {
  length : int;
}

type byte = char
