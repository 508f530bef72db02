/* SPDX-License-Identifier: MIT */
/* Presets: "enable PATTERN", "disable PATTERN", "ignore PATTERN": the first match says. */
#include "unit-preset.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "macros.h"
#include "unit-name.h"

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

static const struct {
        const char *verb;
        PresetAction action;
} verbs[] = {
        { "enable", PRESET_ENABLE },
        { "disable", PRESET_DISABLE },
        { "ignore", PRESET_IGNORE },
};

/* Returns: the action, or -EINVAL: there is none of that name. */
static int verb_action(const char *verb) {
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
                if (!strcmp(verb, verbs[i].verb))
                        return (int)verbs[i].action;
        return -EINVAL;
}

/* "VERB PATTERN [INSTANCE...]": the words of a line (g_strfreev); none, of an empty one or a
 * comment. */
static GStrv line_words(const char *line) {
        g_auto(GStrv) parts = g_strsplit_set(line, " \t\r", -1);
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        bool begun = false;

        for (char **part = parts; *part; part++) {
                if (!**part)
                        continue;
                if (!begun && strchr("#;", **part))
                        break;
                begun = true;
                g_strv_builder_add(words, *part);
        }
        return g_strv_builder_end(words);
}

/* A pattern with instances is about the template, and these. */
static bool line_is_about(char *const *words, const char *unit) {
        g_autofree char *instance = NULL, *template_ = NULL;

        if (fnmatch(words[1], unit, FNM_NOESCAPE) == 0)
                return true;
        if (!words[2] || !unit_name_is_instance(unit))
                return false;
        template_ = unit_name_template(unit);
        instance = unit_name_instance(unit);
        return fnmatch(words[1], template_, FNM_NOESCAPE) == 0 &&
               g_strv_contains((const char *const *)words + 2, instance);
}

/* Goes through the lines of all files until one of them is wanted. */
typedef bool (*LineVisitor)(char **words, const char *file, unsigned int line, void *userdata);

static void each_line(const UnitPath *path, LineVisitor visit, void *userdata) {
        g_autoptr(GPtrArray) files = preset_files(path);

        for (guint i = 0; i < files->len; i++) {
                g_autofree char *content = NULL;
                g_auto(GStrv) lines = NULL;

                if (!g_file_get_contents(files->pdata[i], &content, NULL, NULL))
                        continue;
                lines = g_strsplit(content, "\n", -1);
                for (unsigned int line = 0; lines[line]; line++) {
                        g_auto(GStrv) words = line_words(lines[line]);

                        if (words[0] && visit(words, files->pdata[i], line + 1, userdata))
                                return;
                }
        }
}

typedef struct PresetSearch {
        const char *unit;
        PresetAction action;
        GStrv instances;
} PresetSearch;

static bool visit_to_find(char **words, const char *file, unsigned int line, void *userdata) {
        PresetSearch *search = userdata;
        int action = verb_action(words[0]);

        if (action < 0 || !words[1] || !line_is_about(words, search->unit))
                return false;
        search->action = (PresetAction)action;
        if (words[2] && unit_name_is_template(search->unit))
                search->instances = g_strdupv(words + 2);
        return true;
}

PresetAction preset_of(const UnitPath *path, const char *unit, GStrv *ret_instances) {
        PresetSearch search = { .unit = unit, .action = PRESET_ENABLE };

        each_line(path, visit_to_find, &search);
        *ret_instances = search.instances;
        return search.action;
}

static bool visit_to_check(char **words, const char *file, unsigned int line, void *userdata) {
        Diagnostics *diagnostics = userdata;

        if (verb_action(words[0]) < 0)
                diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, file, line, NULL,
                                "'%s' is none of enable, disable, ignore; the line says nothing",
                                words[0]);
        else if (!words[1])
                diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, file, line, NULL,
                                "no unit is named; the line says nothing");
        return false;
}

void preset_check(const UnitPath *path, Diagnostics *diagnostics) {
        each_line(path, visit_to_check, diagnostics);
}
