type kind =
  | End
  | Number
  | Name
  | Sign
  | Comment

type token = { kind : kind; start : int; length : int }

type t

(** Starts reading a text. *)
val create : string -> t

(** The next token; [End] at the end, again and again.  Comments are written [(* like this *)] and nest. *)
val next : t -> token
