/* SPDX-License-Identifier: MIT */
/* Runs test cases, each in a process of its own with a time limit and a folder of its own, and
 * tells TAP. As root a case runs twice: as root, and dropped to an unprivileged user. A case fails
 * if it doesn't exit by itself with 0, or if it leaves a process behind. */
#pragma once

#include <stddef.h>

enum {
        AS_ROOT = 1 << 0,
        AS_USER = 1 << 1,
        AS_BOTH = AS_ROOT | AS_USER,
};

/* The unprivileged user and another one. */
#define USER_UID     65534
#define STRANGER_UID 65533

typedef struct TestCase {
        const char *name;
        void (*function)(void);
        unsigned int flags;
        unsigned int limit; /* seconds; 0: 30 */
} TestCase;

/* What a test's main() returns. Arguments are patterns of cases to run ("crash*"), none: all.
 * Environment: BELLHOPD, BELLHOPCTL, TEST_PROGRAMS (required), BELLHOPD_WRAPPER (words before
 * bellhopd's command line), BELLHOPD_JUDGE (what is run after each bellhopd's end, and fails the
 * case), BELLHOP_TEST_SLOW (a factor for all time limits), BELLHOP_TEST_KEEP (leave the folders of
 * failed cases). */
int run_cases(const TestCase *cases, size_t count, int argc, char **argv);

/* Ends the case as skipped. */
void skip_case(const char *reason);

/* In a case: its folder, and the folder of all programs. */
const char *case_folder(void);
const char *case_programs(void);

/* Seconds, made longer by BELLHOP_TEST_SLOW; in ms. */
int limit_ms(double seconds);
