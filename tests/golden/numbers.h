/* A golden file of numbers, read one after the other. */
#ifndef TESTS_NUMBERS_H
#define TESTS_NUMBERS_H

#include "tests/t.h"

#include <stdlib.h>

static FILE *file; /* opened by the test */

/* The next word of the file, which must be a number. */
static double number(void) {
    char word[64], *end;
    CHECK(fscanf(file, "%63s", word) == 1);
    double x = strtod(word, &end);
    CHECK(*end == 0);
    return x;
}

static void numbers(double *out, int n) {
    for (int i = 0; i < n; i++) out[i] = number();
}

static void flags(unsigned char *out, int n) {
    for (int i = 0; i < n; i++) out[i] = (unsigned char)number();
}

#endif
