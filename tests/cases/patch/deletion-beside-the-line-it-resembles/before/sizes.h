extern int first_table[];
extern int second_table[];
#define TABLE_SIZE 26
#define WINDOW_TABLE_SIZE 19

/* elsewhere */
extern int counter;
