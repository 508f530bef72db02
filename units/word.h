/* SPDX-License-Identifier: MIT */
/* Words of a value by systemd's rules: blanks divide, '...' and "..." hold together, C escapes are
 * undone in and out of quotes (systemd.syntax(7), "Quoting"). */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What becomes of backslashes. */
typedef enum WordEscapes {
        WORD_STRICT, /* undone; an unknown one is an error */
        WORD_RELAX,  /* undone; an unknown one stays as it is written */
        WORD_RETAIN, /* all stay: unit names have them */
} WordEscapes;

/* Takes the next word into word, which is emptied first, and moves *p behind it.
 *
 * @ret_relaxed: becomes true when an unknown escape was left; may be NULL
 *
 * Returns: 1; 0 at the end; -EINVAL: an escape that isn't one, or a quote that isn't closed, with
 * *ret_why a static text. */
int word_next(const char **p, WordEscapes escapes, GString *word, bool *ret_relaxed,
              const char **ret_why);

/* Undoes the one escape whose backslash stands before p: \n, \x20, \040, \u00e4, ...; appends what
 * it means. Returns: how many bytes it is long, or -EINVAL (a NUL is not allowed either). */
int escape_undo(const char *p, GString *word);
