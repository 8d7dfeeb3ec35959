++ b
c
