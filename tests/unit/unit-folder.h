/* SPDX-License-Identifier: MIT */
/* For tests of the search path: a folder tree of unit files that goes away. */
#pragma once

#include <dirent.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "macros.h"
#include "unit-text.h"

typedef struct UnitFolder {
        char *top;
        UnitPath *path; /* of its folders "etc", "run" and "lib" */
} UnitFolder;

static inline void unit_folder_init(UnitFolder *folder) {
        g_autofree char *override = NULL;

        folder->top = g_dir_make_tmp("bellhop-units-XXXXXX", NULL);
        g_assert_nonnull(folder->top);
        override = g_strdup_printf("%s/etc:%s/run:%s/lib", folder->top, folder->top, folder->top);
        folder->path = unit_path_new(false, override);
        for (char **each = folder->path->folders; *each; each++)
                g_assert_cmpint(g_mkdir(*each, 0755), ==, 0);
}

static inline void unit_folder_remove(const char *folder) {
        DIR *dir = opendir(folder);
        struct dirent *entry;

        while (dir && (entry = readdir(dir))) {
                g_autofree char *path = g_build_filename(folder, entry->d_name, NULL);

                if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
                        continue;
                if (entry->d_type == DT_DIR)
                        unit_folder_remove(path);
                else
                        g_assert_cmpint(unlink(path), ==, 0);
        }
        if (dir)
                closedir(dir);
        g_assert_cmpint(rmdir(folder), ==, 0);
}

static inline void unit_folder_done(UnitFolder *folder) {
        unit_folder_remove(folder->top);
        unit_path_free(folder->path);
        g_free(folder->top);
}

/* The place of a file, its folder made. */
static inline char *unit_folder_place(const UnitFolder *folder, const char *name) {
        char *file = g_build_filename(folder->top, name, NULL);
        g_autofree char *parent = g_path_get_dirname(file);

        g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
        return file;
}

static inline void unit_folder_put(const UnitFolder *folder, const char *name, const char *text) {
        g_autofree char *file = unit_folder_place(folder, name);

        g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

static inline void unit_folder_link(const UnitFolder *folder, const char *name,
                                    const char *target) {
        g_autofree char *file = unit_folder_place(folder, name);

        g_assert_cmpint(symlink(target, file), ==, 0);
}

/* Loads what must be without fault. */
static inline UnitSettings *unit_folder_load(const UnitFolder *folder, const char *name) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings = NULL;
        int r;

        unit_path_refresh(folder->path);
        r = unit_load(folder->path, name, diagnostics, &settings);
        for (guint i = 0; i < diagnostics->list->len; i++) {
                g_autofree char *string = diagnostic_to_string(diagnostics->list->pdata[i]);

                g_test_message("%s", string);
        }
        g_assert_cmpint(r, ==, 0);
        g_assert_cmpuint(diagnostics->list->len, ==, 0);
        return settings;
}

/* Loads what gives such a result, and a message about a file of the tree, a line and a key. */
static inline void unit_folder_assert(const UnitFolder *folder, const char *name, int result,
                                      const char *file, unsigned int line, const char *key,
                                      const char *message) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings = NULL;
        bool found = false;
        int r;

        unit_path_refresh(folder->path);
        r = unit_load(folder->path, name, diagnostics, &settings);
        settings_unref(settings);
        for (guint i = 0; i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];
                g_autofree char *string = diagnostic_to_string(diagnostic);

                g_test_message("%s", string);
                found |= g_str_has_suffix(diagnostic->file, file) && diagnostic->line == line &&
                         g_strcmp0(diagnostic->key, key) == 0 && strstr(diagnostic->text, message);
        }
        g_assert_cmpint(r, ==, result);
        g_assert_true(found);
}
