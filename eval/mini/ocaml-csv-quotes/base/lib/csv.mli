(** Lines of comma-separated values. *)

val fields : string -> string list
(** The fields of a line without its end. *)
