static block
j_false (void)
{
  return gen_definition (CLOSURE, "false",
                         join_blocks (gen_const (LOADK, jv_false ()), ret));
}

static block
j_null (void)
{
  return gen_definition (CLOSURE, "null",
                         join_blocks (gen_const (LOADK, jv_null ()), ret));
}
