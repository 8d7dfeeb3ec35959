say ("it's done");
int x; // a - b
end ();
