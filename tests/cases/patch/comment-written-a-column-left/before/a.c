/*
 * A buffer of fixed length.
 * It never grows.
 */
int a;
