/* SPDX-License-Identifier: MIT */
/* For tests of the unit model: load a unit from a string, look for a message. */
#pragma once

#include <string.h>

#include "unit-load.h"

/* Loads text as the file "test" of a unit. Returns: what unit_load_data() does. */
static inline int load_text(const char *name, const char *text, Diagnostics *diagnostics,
                            UnitSettings **ret) {
        g_autofree char *copy = g_strdup(text);

        return unit_load_data("test", name, copy, strlen(text), diagnostics, ret);
}

/* The names of a listing's files (g_strfreev). */
static inline GStrv list_names(const UnitPath *path, Diagnostics *diagnostics) {
        g_autoptr(GArray) files = unit_path_list_files(path, diagnostics);
        GStrv names = g_new0(char *, files->len + 1);

        for (guint i = 0; i < files->len; i++)
                names[i] = g_path_get_basename(g_array_index(files, UnitFile, i).path);
        return names;
}

/* The message about a line and key that contains text, or NULL. */
static inline const Diagnostic *find_diagnostic(const Diagnostics *diagnostics, unsigned int line,
                                                const char *key, const char *text) {
        for (guint i = 0; i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];

                if (diagnostic->line == line && g_strcmp0(diagnostic->key, key) == 0 &&
                    strstr(diagnostic->text, text))
                        return diagnostic;
        }
        return NULL;
}

/* Loads what must be without fault. */
static inline UnitSettings *load_good(const char *name, const char *text) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings = NULL;
        int r = load_text(name, text, diagnostics, &settings);

        for (guint i = 0; i < diagnostics->list->len; i++) {
                g_autofree char *string = diagnostic_to_string(diagnostics->list->pdata[i]);

                g_test_message("%s", string);
        }
        g_assert_cmpuint(diagnostics->list->len, ==, 0);
        g_assert_cmpint(r, ==, 0);
        g_assert_nonnull(settings);
        return settings;
}

/* Loads what must fail with a certain error. */
static inline void assert_bad(const char *name, const char *text, unsigned int line,
                              const char *key, const char *message) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings = NULL;
        const Diagnostic *found;

        g_assert_cmpint(load_text(name, text, diagnostics, &settings), ==, -EBADMSG);
        g_assert_null(settings);
        found = find_diagnostic(diagnostics, line, key, message);
        for (guint i = 0; !found && i < diagnostics->list->len; i++) {
                g_autofree char *string = diagnostic_to_string(diagnostics->list->pdata[i]);

                g_test_message("%s", string);
        }
        g_assert_nonnull(found);
        g_assert_cmpint(found->level, ==, DIAGNOSTIC_ERROR);
}

/* Loads what must work, with a certain warning. */
static inline UnitSettings *load_warned(const char *name, const char *text, unsigned int line,
                                        const char *key, const char *message) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings = NULL;
        const Diagnostic *found;

        g_assert_cmpint(load_text(name, text, diagnostics, &settings), ==, 0);
        found = find_diagnostic(diagnostics, line, key, message);
        g_assert_nonnull(found);
        g_assert_cmpint(found->level, ==, DIAGNOSTIC_WARNING);
        return settings;
}
