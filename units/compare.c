/* SPDX-License-Identifier: MIT */
/* Comparison operators, and the order of versions. */
#include "compare.h"

#include <fnmatch.h>
#include <glib.h>
#include <string.h>

/* The longer one first where two begin alike. */
static const struct {
        const char *text;
        Comparison comparison, number; /* with numbers */
} operators[] = {
        { "!$=", COMPARE_NOT_GLOB, COMPARE_NOT_GLOB },
        { "$=", COMPARE_GLOB, COMPARE_GLOB },
        { "<>", COMPARE_UNEQUAL, COMPARE_UNEQUAL },
        { "<=", COMPARE_LOWER_OR_EQUAL, COMPARE_LOWER_OR_EQUAL },
        { "<", COMPARE_LOWER, COMPARE_LOWER },
        { "==", COMPARE_EQUAL, COMPARE_EQUAL },
        { ">=", COMPARE_GREATER_OR_EQUAL, COMPARE_GREATER_OR_EQUAL },
        { ">", COMPARE_GREATER, COMPARE_GREATER },
        { "=", COMPARE_STRING_EQUAL, COMPARE_EQUAL },
        { "!=", COMPARE_STRING_UNEQUAL, COMPARE_UNEQUAL },
};

Comparison comparison_take(const char **p, bool numbers, Comparison otherwise) {
        for (size_t i = 0; i < G_N_ELEMENTS(operators); i++) {
                if (!g_str_has_prefix(*p, operators[i].text) ||
                    (numbers && operators[i].number < COMPARE_LOWER))
                        continue;
                *p += strlen(operators[i].text);
                return numbers ? operators[i].number : operators[i].comparison;
        }
        return otherwise;
}

bool comparison_holds(Comparison comparison, int order) {
        switch (comparison) {
        case COMPARE_LOWER:
                return order < 0;
        case COMPARE_LOWER_OR_EQUAL:
                return order <= 0;
        case COMPARE_GLOB:
        case COMPARE_STRING_EQUAL:
        case COMPARE_EQUAL:
                return order == 0;
        case COMPARE_NOT_GLOB:
        case COMPARE_STRING_UNEQUAL:
        case COMPARE_UNEQUAL:
                return order != 0;
        case COMPARE_GREATER_OR_EQUAL:
                return order >= 0;
        case COMPARE_GREATER:
                return order > 0;
        }
        return false;
}

bool comparison_test(Comparison comparison, const char *left, const char *right) {
        if (comparison <= COMPARE_NOT_GLOB)
                return comparison_holds(comparison, fnmatch(right, left, 0));
        if (comparison <= COMPARE_STRING_UNEQUAL)
                return comparison_holds(comparison, strcmp(left, right));
        return comparison_holds(comparison, version_compare(left, right));
}

static int order(size_t a, size_t b) {
        return (a > b) - (a < b);
}

static bool counts(char c) {
        return g_ascii_isalnum(c) || (c && strchr("~-^.", c));
}

static size_t span(const char *p, bool digits) {
        size_t n = 0;

        while (digits ? g_ascii_isdigit(p[n]) : g_ascii_isalpha(p[n]))
                n++;
        return n;
}

/* A run of digits or of letters at the front of both, which is taken off. */
static int compare_run(const char **a, const char **b) {
        bool digits = g_ascii_isdigit(**a) || g_ascii_isdigit(**b);
        size_t m = span(*a, digits), n = span(*b, digits);
        int r;

        if (digits && (m == 0 || n == 0))
                return order(m, n);
        if (digits) {
                for (; m > 0 && **a == '0'; m--)
                        (*a)++;
                for (; n > 0 && **b == '0'; n--)
                        (*b)++;
                r = order(m, n);
                r = r != 0 ? r : memcmp(*a, *b, m);
        } else {
                r = memcmp(*a, *b, MIN(m, n));
                r = r != 0 ? r : order(m, n);
        }
        *a += m;
        *b += n;
        return r;
}

int version_compare(const char *a, const char *b) {
        for (;;) {
                static const char marks[] = "~-^.";
                int r = 0;

                while (*a && !counts(*a))
                        a++;
                while (*b && !counts(*b))
                        b++;
                for (const char *mark = marks; *mark; mark++) {
                        /* "~" counts even against the end. */
                        if (mark == marks + 1 && (!*a || !*b))
                                return order(*a != '\0', *b != '\0');
                        if (*a != *mark && *b != *mark)
                                continue;
                        r = order(*a != *mark, *b != *mark);
                        if (r != 0)
                                return r;
                        a++;
                        b++;
                }
                r = compare_run(&a, &b);
                if (r != 0)
                        return r;
        }
}
