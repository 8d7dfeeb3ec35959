int
main (void)
{
	if (x)
	{
		foo ();   
		bar ();
	}
}
