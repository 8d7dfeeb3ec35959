void f (void)
{
	g ();
		puts ("a\tb");
}
