exception Error of string

val eval : string -> int
(** The value of whole numbers, [+ - * /] and parentheses.
    @raise Error on what is none. *)
