(** Closed intervals of integers. *)

type t = { low : int; high : int }

val make : int -> int -> t

val union : t list -> t list
(** Disjoint intervals, ascending, that hold what the given ones hold. *)
