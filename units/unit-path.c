/* SPDX-License-Identifier: MIT */
/* The search path of unit files. */
#include "unit-path.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "config.h"
#include "unit-file.h"
#include "unit-name.h"

/* Takes the folder; a relative one is from where we stand, one that is there already is dropped. */
static void folders_add(GPtrArray *folders, char *folder) {
        char *absolute = g_canonicalize_filename(folder, NULL);

        g_free(folder);
        if (g_ptr_array_find_with_equal_func(folders, absolute, g_str_equal, NULL))
                g_free(absolute);
        else
                g_ptr_array_add(folders, absolute);
}

static void folders_add_override(GPtrArray *folders, const char *override) {
        g_auto(GStrv) parts = g_strsplit(override, ":", -1);

        for (char **part = parts; *part; part++)
                if (**part)
                        folders_add(folders, g_strdup(*part));
}

static void folders_add_system(GPtrArray *folders) {
        folders_add(folders, g_strdup(BELLHOP_SYSCONF_UNITS));
        folders_add(folders, g_strdup("/run/bellhop/units"));
        folders_add(folders, g_strdup(BELLHOP_PREFIX_UNITS "/units"));
        folders_add(folders, g_strdup("/usr/local/lib/bellhop/units"));
        folders_add(folders, g_strdup("/usr/lib/bellhop/units"));
}

static void folders_add_user(GPtrArray *folders) {
        const char *runtime = g_getenv("XDG_RUNTIME_DIR");

        folders_add(folders, g_build_filename(g_get_user_config_dir(), "bellhop", NULL));
        if (runtime && runtime[0] == '/')
                folders_add(folders, g_build_filename(runtime, "bellhop/units", NULL));
        folders_add(folders, g_build_filename(g_get_user_data_dir(), "bellhop/units", NULL));
        folders_add(folders, g_strdup(BELLHOP_PREFIX_UNITS "/user"));
        folders_add(folders, g_strdup("/usr/local/lib/bellhop/user"));
        folders_add(folders, g_strdup("/usr/lib/bellhop/user"));
}

UnitPath *unit_path_new(bool user_mode, const char *override) {
        UnitPath *path = g_new0(UnitPath, 1);
        GPtrArray *folders = g_ptr_array_new();

        if (override)
                folders_add_override(folders, override);
        else if (user_mode)
                folders_add_user(folders);
        else
                folders_add_system(folders);
        g_ptr_array_add(folders, NULL);
        path->folders = (GStrv)g_ptr_array_free(folders, FALSE);
        path->user_mode = user_mode;
        return path;
}

UnitPath *unit_path_free(UnitPath *path) {
        if (!path)
                return NULL;
        g_strfreev(path->folders);
        g_free(path);
        return NULL;
}

static char *find_exactly(const UnitPath *path, const char *name) {
        for (char **folder = path->folders; *folder; folder++) {
                char *file = g_build_filename(*folder, name, NULL);
                struct stat st;

                /* A broken link is found as well: it is an error, not a reason to look on. */
                if (lstat(file, &st) == 0)
                        return file;
                g_free(file);
        }
        return NULL;
}

char *unit_path_find(const UnitPath *path, const char *name) {
        g_autofree char *template_ = NULL;
        char *file;

        if (unit_name_type(name) == UNIT_TYPE_INVALID)
                return NULL;
        file = find_exactly(path, name);
        if (file || !unit_name_is_instance(name))
                return file;
        template_ = unit_name_template(name);
        return find_exactly(path, template_);
}

/* What systemd reads beside unit files. */
static const char *const unread_folders[] = { ".d", ".wants", ".requires" };

/* "web.service.d", and "service.d", which is every service's. */
static bool is_folder_of_unit(const char *name, const char *suffix) {
        g_autofree char *unit = NULL;

        if (!g_str_has_suffix(name, suffix))
                return false;
        unit = g_strndup(name, strlen(name) - strlen(suffix));
        for (UnitType type = 0; type < UNIT_TYPE_COUNT; type++)
                if (!strcmp(unit, unit_type_to_string(type)))
                        return true;
        return unit_name_type(unit) != UNIT_TYPE_INVALID;
}

static void warn_of_unread(const char *folder, const char *name, Diagnostics *diagnostics) {
        for (size_t i = 0; i < ARRAY_SIZE(unread_folders); i++)
                if (is_folder_of_unit(name, unread_folders[i])) {
                        g_autofree char *path = g_build_filename(folder, name, NULL);

                        diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, path, 0, NULL,
                                        "a folder NAME%s is not honoured yet", unread_folders[i]);
                }
}

/* Adds a folder's unit names. The value says whether the first file of that name is a mask. */
static void list_folder(const char *folder, GHashTable *names, Diagnostics *diagnostics) {
        DIR *dir = opendir(folder);
        const struct dirent *entry;

        while (dir && (entry = readdir(dir)))
                if (unit_name_type(entry->d_name) == UNIT_TYPE_INVALID)
                        warn_of_unread(folder, entry->d_name, diagnostics);
                else if (!g_hash_table_contains(names, entry->d_name))
                        g_hash_table_insert(
                                names, g_strdup(entry->d_name),
                                GINT_TO_POINTER(unit_file_is_masked(dirfd(dir), entry->d_name)));
        if (dir)
                (void)closedir(dir);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

GStrv unit_path_list(const UnitPath *path, Diagnostics *diagnostics) {
        g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GPtrArray *list = g_ptr_array_new();
        GHashTableIter iter;
        void *name, *masked;

        for (char **folder = path->folders; *folder; folder++)
                list_folder(*folder, names, diagnostics);
        g_hash_table_iter_init(&iter, names);
        while (g_hash_table_iter_next(&iter, &name, &masked))
                if (!masked)
                        g_ptr_array_add(list, g_strdup(name));
        g_ptr_array_sort(list, compare_names);
        g_ptr_array_add(list, NULL);
        return (GStrv)g_ptr_array_free(list, FALSE);
}
