int f (int a)
{
	return a;
}

/* Whether A opens a list. */
int g (int a);

/* Whether A closes a list. */
int h (int a);
