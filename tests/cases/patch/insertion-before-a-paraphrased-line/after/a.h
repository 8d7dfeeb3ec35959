#ifndef A_H
#define A_H
#include "base.h"

#define WIDTH 80

struct context; /* declared in full further down */

typedef int number;
