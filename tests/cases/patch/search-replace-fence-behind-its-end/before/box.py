width = 3
height = 4
