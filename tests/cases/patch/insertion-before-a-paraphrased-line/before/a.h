#ifndef A_H
#define A_H
#include "base.h"

struct context; /* declared in full further down */

typedef int number;
