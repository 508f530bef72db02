/* SPDX-License-Identifier: MIT */
/* Comparisons as conditions write them: "<= 5.10", "$=6.*". */
#pragma once

#include <stdbool.h>

typedef enum Comparison {
        COMPARE_GLOB,
        COMPARE_NOT_GLOB,
        COMPARE_STRING_EQUAL,
        COMPARE_STRING_UNEQUAL,
        COMPARE_LOWER, /* from here on by version or number */
        COMPARE_LOWER_OR_EQUAL,
        COMPARE_EQUAL,
        COMPARE_UNEQUAL,
        COMPARE_GREATER_OR_EQUAL,
        COMPARE_GREATER,
} Comparison;

/* Takes an operator off the front of *p; otherwise where there is none. With numbers "=" and "!="
 * are those of numbers, and there are no globs. */
Comparison comparison_take(const char **p, bool numbers, Comparison otherwise);

/* Whether an order (<0, 0, >0) is what the operator asks for. */
bool comparison_holds(Comparison comparison, int order);

/* The same for two strings, whatever the operator. */
bool comparison_test(Comparison comparison, const char *left, const char *right);

/* The order of two versions by the rules of the version format specification: numbers count as
 * numbers, "~" is older than nothing, "^" newer. */
int version_compare(const char *a, const char *b);
