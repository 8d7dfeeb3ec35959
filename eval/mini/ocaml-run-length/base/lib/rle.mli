(** Run-length encoding. *)

val encode : string -> (char * int) list
(** The runs of equal characters, in order. *)
