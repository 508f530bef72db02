/* SPDX-License-Identifier: MIT */
/* What was found wrong in unit files: a list of "file:line: level: key: text", in the order it was
 * found. The loader never logs; whoever asked for the load decides what becomes of the list. */
#pragma once

#include <glib.h>
#include <stdbool.h>

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

/* A file of garbage must not cost more to complain about than to read. */
#define DIAGNOSTICS_PER_FILE_MAX 200

typedef struct Diagnostics {
        GPtrArray *list;          /* of Diagnostic * */
        unsigned int errors;      /* all of them, those that were left out too */
        const char *counted_file; /* whose messages file_count counts: the last one's */
        unsigned int file_count;
} Diagnostics;

Diagnostics *diagnostics_new(void);
Diagnostics *diagnostics_free(Diagnostics *diagnostics);
DEFINE_CLEANUP(Diagnostics, diagnostics_free)

/* Beyond DIAGNOSTICS_PER_FILE_MAX for one file there is one last message that says so. */
void diagnostics_add(Diagnostics *diagnostics, DiagnosticLevel level, const char *file,
                     unsigned int line, const char *key, const char *format, ...) _printf_(6, 7);

/* Whether another message about the file would be kept: asked before a costly one is made. */
bool diagnostics_has_room(const Diagnostics *diagnostics, const char *file);

/* The line that is shown. What is said of a file as a whole is shown at its first one, so that
 * every message has the form that editors and scripts go by. */
unsigned int diagnostic_line(const Diagnostic *diagnostic);
/* "file:line: level: key: text", as the log and D-Bus errors show it (g_free). */
char *diagnostic_to_string(const Diagnostic *diagnostic);
const char *diagnostic_level_to_string(DiagnosticLevel level); /* "error" */
