static void
free_all (void)
{
	free (layout);
}

void
format_pane (void)
{
	return;
}
