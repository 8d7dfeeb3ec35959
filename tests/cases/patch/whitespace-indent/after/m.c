int
main (void)
{
	if (x)
	{
		foo ();   
		baz ();
	}
}
