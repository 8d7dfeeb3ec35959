/* a */
int a;
