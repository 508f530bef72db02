/* SPDX-License-Identifier: MIT */
/* Specifiers: the %n of unit files (systemd.unit(5), "Specifiers"). */
#pragma once

#include <stdbool.h>

/* A line of 64 KiB must not become 8 MiB, or read a file 32000 times. */
#define SPECIFIER_EXPANSIONS_MAX 256
#define SPECIFIER_LENGTH_MAX     (64 * 1024)

/* What the machine says of itself, by letter: asked once, however often a file wants to know.
 * Zeroed at first. */
typedef struct SpecifierCache {
        char *values[128];
} SpecifierCache;

/* Forgets, and frees, what was asked for so far. */
void specifier_cache_clear(SpecifierCache *cache);

typedef struct SpecifierContext {
        const char *unit;      /* the unit's full name */
        const char *path;      /* its file, or NULL */
        bool user_mode;        /* the user's folders instead of the system's */
        SpecifierCache *cache; /* may be NULL */
} SpecifierContext;

/* Expands into a new string (g_free). A percent sign before what is neither a letter nor a
 * digit, or at the end, stands for itself.
 *
 * @ret_bad: on failure the letter that isn't a specifier, has no meaning here or can't be told now
 *
 * Returns: 0, -EINVAL, or -E2BIG (more than SPECIFIER_EXPANSIONS_MAX of them, or longer than
 * SPECIFIER_LENGTH_MAX afterwards). */
int specifier_expand(const char *text, const SpecifierContext *context, char **ret, char *ret_bad);

/* Whether it was the letter itself that was wrong. */
bool specifier_is_known(char letter);
