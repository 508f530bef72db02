/* SPDX-License-Identifier: MIT */
/* Presets: "enable PATTERN" and "disable PATTERN", the first match says. */
#include "unit-preset.h"

#include <fnmatch.h>
#include <string.h>

#include "unit-load.h"

static int name_compare(gconstpointer a, gconstpointer b) {
        g_autofree char *x = g_path_get_basename(*(const char *const *)a);
        g_autofree char *y = g_path_get_basename(*(const char *const *)b);

        return strcmp(x, y);
}

/* All files, sorted by name. */
static GPtrArray *preset_files(const UnitPath *path) {
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GPtrArray *files = g_ptr_array_new_with_free_func(g_free);

        for (char **folder = path->folders; *folder; folder++) {
                g_autofree char *presets = g_build_filename(*folder, "preset", NULL);
                g_autoptr(GDir) dir = g_dir_open(presets, 0, NULL);
                const char *name;

                while (dir && (name = g_dir_read_name(dir)))
                        if (g_str_has_suffix(name, ".preset") &&
                            g_hash_table_add(seen, g_strdup(name)))
                                g_ptr_array_add(files, g_build_filename(presets, name, NULL));
        }
        g_ptr_array_sort(files, name_compare);
        return files;
}

/* Returns: 1 enable, 0 disable, -1 the line says nothing of the unit. */
static int line_says(const char *line, const char *unit) {
        g_auto(GStrv) words = g_strsplit_set(line, " \t\r", -1);
        const char *verb = NULL, *pattern = NULL;

        for (char **word = words; *word && !pattern; word++) {
                if (!**word)
                        continue;
                if (!verb)
                        verb = *word;
                else
                        pattern = *word;
        }
        if (!pattern || verb[0] == '#' || verb[0] == ';' || fnmatch(pattern, unit, FNM_NOESCAPE))
                return -1;
        if (!strcmp(verb, "enable"))
                return 1;
        return strcmp(verb, "disable") ? -1 : 0;
}

bool preset_enables(const UnitPath *path, const char *unit) {
        g_autoptr(GPtrArray) files = preset_files(path);

        for (guint i = 0; i < files->len; i++) {
                g_autofree char *content = NULL;
                g_auto(GStrv) lines = NULL;

                if (!g_file_get_contents(files->pdata[i], &content, NULL, NULL))
                        continue;
                lines = g_strsplit(content, "\n", -1);
                for (char **line = lines; *line; line++) {
                        int says = line_says(*line, unit);

                        if (says >= 0)
                                return says;
                }
        }
        return true;
}
