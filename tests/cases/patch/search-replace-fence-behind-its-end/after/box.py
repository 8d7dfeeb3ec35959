width = 3
height = 5
