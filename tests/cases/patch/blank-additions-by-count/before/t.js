test one
  run (a)
})

test two
  run (b)
})
