/* SPDX-License-Identifier: MIT */
/* What was found wrong in unit files: a list of "file:line: key: text", in the order it was found.
 * The loader never logs; whoever asked for the load decides what becomes of the list. */
#pragma once

#include <glib.h>

#include "macros.h"

typedef enum DiagnosticLevel {
        DIAGNOSTIC_ERROR,   /* the unit is not loaded */
        DIAGNOSTIC_WARNING, /* the unit is loaded, the line has no effect */
} DiagnosticLevel;

typedef struct Diagnostic {
        char *file;
        unsigned int line; /* 0: the file as a whole */
        DiagnosticLevel level;
        char *key;  /* NULL where the message isn't about one key */
        char *text; /* one line, no full stop at its end */
} Diagnostic;

typedef struct Diagnostics {
        GPtrArray *list; /* of Diagnostic * */
        unsigned int errors;
} Diagnostics;

Diagnostics *diagnostics_new(void);
Diagnostics *diagnostics_free(Diagnostics *diagnostics);
DEFINE_CLEANUP(Diagnostics, diagnostics_free)

void diagnostics_add(Diagnostics *diagnostics, DiagnosticLevel level, const char *file,
                     unsigned int line, const char *key, const char *format, ...) _printf_(6, 7);

/* "file:line: key: text", as the log and D-Bus errors show it (g_free). */
char *diagnostic_to_string(const Diagnostic *diagnostic);
const char *diagnostic_level_to_string(DiagnosticLevel level); /* "error" */
