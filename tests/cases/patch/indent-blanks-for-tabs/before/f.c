int f ()
{
	if (x)
	{
		one ();
		two ();
	}
}
