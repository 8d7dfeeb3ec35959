val name : Shape.t -> string
val line : Shape.t -> string
