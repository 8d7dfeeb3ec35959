let fields line = String.split_on_char ',' line
