static void
free_all (void)
{
	free (layout);
}

void
format_tabs (void)
{
	int i;
	for (i = 0; i < 9; i++)
		add_tab (i);
}

void
format_pane (void)
{
	return;
}
