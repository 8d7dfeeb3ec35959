void f (void)
{
	g ();
}
