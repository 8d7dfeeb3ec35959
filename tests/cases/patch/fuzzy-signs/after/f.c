say ("it's done");
int x = 0;
end ();
