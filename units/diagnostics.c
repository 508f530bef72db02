/* SPDX-License-Identifier: MIT */
/* The list of what was found wrong in unit files. */
#include "diagnostics.h"

#include <stdarg.h>
#include <string.h>

static void diagnostic_free(void *pointer) {
        Diagnostic *diagnostic = pointer;

        g_free(diagnostic->file);
        g_free(diagnostic->key);
        g_free(diagnostic->text);
        g_free(diagnostic);
}

Diagnostics *diagnostics_new(void) {
        Diagnostics *diagnostics = g_new0(Diagnostics, 1);

        diagnostics->list = g_ptr_array_new_with_free_func(diagnostic_free);
        return diagnostics;
}

Diagnostics *diagnostics_free(Diagnostics *diagnostics) {
        if (!diagnostics)
                return NULL;
        g_ptr_array_unref(diagnostics->list);
        g_free(diagnostics);
        return NULL;
}

/* Messages quote what was in the file, escapes undone: a line break or an escape sequence in it
 * must not reach a terminal, or forge a line of the log, and D-Bus wants UTF-8. Takes text. */
static char *make_printable(char *text) {
        char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

        for (char *p = valid; p && *p; p++)
                if (g_ascii_iscntrl(*p))
                        *p = '?';
        g_free(text);
        return valid;
}

static bool file_is_counted(const Diagnostics *diagnostics, const char *file) {
        return diagnostics->counted_file && !strcmp(diagnostics->counted_file, file);
}

bool diagnostics_has_room(const Diagnostics *diagnostics, DiagnosticLevel level, const char *file) {
        return !file_is_counted(diagnostics, file) ||
               diagnostics->counts[level].kept < DIAGNOSTICS_PER_FILE_MAX;
}

static Diagnostic *diagnostics_append(Diagnostics *diagnostics, DiagnosticLevel level,
                                      const char *file, unsigned int line, const char *key,
                                      char *text) {
        Diagnostic *diagnostic = g_new(Diagnostic, 1);

        *diagnostic = (Diagnostic){
                .file = g_strdup(file),
                .line = line,
                .level = level,
                .key = make_printable(g_strdup(key)),
                .text = make_printable(text),
        };
        g_ptr_array_add(diagnostics->list, diagnostic);
        if (!file_is_counted(diagnostics, file))
                memset(diagnostics->counts, 0, sizeof(diagnostics->counts));
        diagnostics->counted_file = diagnostic->file;
        return diagnostic;
}

/* Where the first of them would be it is said how many there are. */
static void leave_out(Diagnostics *diagnostics, DiagnosticLevel level, const char *file,
                      unsigned int line) {
        DiagnosticCount *count = &diagnostics->counts[level];

        count->left_out++;
        if (!count->note)
                count->note = diagnostics_append(diagnostics, level, file, line, NULL, NULL);
        g_free(count->note->text);
        count->note->text = g_strdup_printf("%u more %s%s left out", count->left_out,
                                            diagnostic_level_to_string(level),
                                            count->left_out == 1 ? " is" : "s are");
}

void diagnostics_add(Diagnostics *diagnostics, DiagnosticLevel level, const char *file,
                     unsigned int line, const char *key, const char *format, ...) {
        va_list arguments;

        if (!diagnostics)
                return;
        if (level == DIAGNOSTIC_ERROR)
                diagnostics->errors++;
        if (!diagnostics_has_room(diagnostics, level, file)) {
                leave_out(diagnostics, level, file, line);
                return;
        }
        va_start(arguments, format);
        diagnostics_append(diagnostics, level, file, line, key,
                           g_strdup_vprintf(format, arguments));
        va_end(arguments);
        diagnostics->counts[level].kept++;
}

unsigned int diagnostic_line(const Diagnostic *diagnostic) {
        return MAX(diagnostic->line, 1);
}

char *diagnostic_to_string(const Diagnostic *diagnostic) {
        GString *string = g_string_new(diagnostic->file);

        g_string_append_printf(string, ":%u: %s: ", diagnostic_line(diagnostic),
                               diagnostic_level_to_string(diagnostic->level));
        if (diagnostic->key)
                g_string_append_printf(string, "%s: ", diagnostic->key);
        g_string_append(string, diagnostic->text);
        return g_string_free(string, FALSE);
}

const char *diagnostic_level_to_string(DiagnosticLevel level) {
        return level == DIAGNOSTIC_ERROR ? "error" : "warning";
}
