void a (struct p *p)
{
  if (!p)
    return;
  work (p);
}

void b (struct p *p)
{
  if (!p)
    return;
  work (p);
}
