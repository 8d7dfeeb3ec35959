/*
 * A buffer of fixed length.
 * Nobody else may hold it.
 * It never grows.
 */
int a;
