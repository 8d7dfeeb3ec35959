a
-- old comment
x
b
