-- a
b
