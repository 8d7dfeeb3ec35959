/* a */
int b;
