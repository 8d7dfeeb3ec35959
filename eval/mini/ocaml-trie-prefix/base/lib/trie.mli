(** Sets of words that share their beginnings. *)

type t

val empty : t
val add : string -> t -> t
val mem : string -> t -> bool
