(** A persistent queue. *)

type 'a t

val empty : 'a t
val push : 'a -> 'a t -> 'a t

val pop : 'a t -> ('a * 'a t) option
(** The element that was pushed first, and the queue without it. *)
