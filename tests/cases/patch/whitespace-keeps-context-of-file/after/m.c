int
main (void)
{
	if (x)
	{
		foo ();   
		mid ();
		bar ();
	}
}
