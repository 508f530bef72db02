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
        DIAGNOSTIC_LEVEL_COUNT,
} DiagnosticLevel;

typedef struct Diagnostic {
        char *file;
        unsigned int line; /* 0: the file as a whole */
        DiagnosticLevel level;
        char *key;  /* NULL where the message isn't about one key */
        char *text; /* one line, no full stop at its end */
} Diagnostic;

/* A file of garbage must not cost more to complain about than to read. For errors and warnings
 * each: what keeps a unit from being loaded is shown, whatever else there is to say. */
#define DIAGNOSTICS_PER_FILE_MAX 200

/* The messages of one level about one file. */
typedef struct DiagnosticCount {
        unsigned int kept, left_out;
        Diagnostic *note; /* says how many were left out; one of the list, or NULL */
} DiagnosticCount;

typedef struct Diagnostics {
        GPtrArray *list;          /* of Diagnostic * */
        unsigned int errors;      /* all of them, those that were left out too */
        const char *counted_file; /* whose messages are counted: the last one's */
        DiagnosticCount counts[DIAGNOSTIC_LEVEL_COUNT];
} Diagnostics;

Diagnostics *diagnostics_new(void);
Diagnostics *diagnostics_free(Diagnostics *diagnostics);
DEFINE_CLEANUP(Diagnostics, diagnostics_free)

/* Beyond DIAGNOSTICS_PER_FILE_MAX of one level for one file there is one last message, which says
 * how many there are more. */
void diagnostics_add(Diagnostics *diagnostics, DiagnosticLevel level, const char *file,
                     unsigned int line, const char *key, const char *format, ...) _printf_(6, 7);

/* Whether another message about the file would be kept, and not only counted: asked before a costly
 * one is made. */
bool diagnostics_has_room(const Diagnostics *diagnostics, DiagnosticLevel level, const char *file);

/* The line that is shown. What is said of a file as a whole is shown at its first one, so that
 * every message has the form that editors and scripts go by. */
unsigned int diagnostic_line(const Diagnostic *diagnostic);
/* "file:line: level: key: text", as the log and D-Bus errors show it (g_free). */
char *diagnostic_to_string(const Diagnostic *diagnostic);
const char *diagnostic_level_to_string(DiagnosticLevel level); /* "error" */
