int f ()
{
	if (x)
	{
		one ();
		more ();
		two ();
	}
}
