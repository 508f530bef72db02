/* SPDX-License-Identifier: MIT */
/* The search path of unit files. */
#include "unit-path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "unit-dropin.h"
#include "unit-file.h"
#include "unit-index.h"
#include "unit-name.h"

/* Names of names of names: more is a mistake. */
#define ALIAS_DEPTH_MAX 8

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

/* Takes the folders over. */
static UnitPath *path_of(bool user_mode, GPtrArray *folders) {
        UnitPath *path = g_new0(UnitPath, 1);

        g_ptr_array_add(folders, NULL);
        path->folders = (GStrv)g_ptr_array_free(folders, FALSE);
        path->user_mode = user_mode;
        path->index = unit_index_new();
        return path;
}

UnitPath *unit_path_new(bool user_mode, const char *override) {
        GPtrArray *folders = g_ptr_array_new();
        UnitPath *path;

        if (override)
                folders_add_override(folders, override);
        else if (user_mode)
                folders_add_user(folders);
        else
                folders_add_system(folders);
        path = path_of(user_mode, folders);
        path->given = override;
        return path;
}

UnitPath *unit_path_new_of(bool user_mode, const char *const *list) {
        GPtrArray *folders = g_ptr_array_new();

        for (; *list; list++)
                folders_add(folders, g_strdup(*list));
        return path_of(user_mode, folders);
}

UnitPath *unit_path_free(UnitPath *path) {
        if (!path)
                return NULL;
        g_strfreev(path->folders);
        unit_index_free(path->index);
        g_free(path);
        return NULL;
}

/* The index, made when it is needed first. It is a cache, so a path that isn't changed has one. */
static const UnitIndex *path_index(const UnitPath *path) {
        if (!unit_index_is_read(path->index))
                unit_index_refresh(path->index, path->folders);
        return path->index;
}

void unit_path_refresh(const UnitPath *path) {
        unit_index_refresh(path->index, path->folders);
}

static char *find_exactly(const UnitPath *path, const char *name) {
        const UnitIndex *index = path_index(path);

        for (char **folder = path->folders; *folder; folder++) {
                char *file = g_build_filename(*folder, name, NULL);
                struct stat st;

                /* A broken link is found as well: it is an error, not a reason to look on. */
                if (lstat(file, &st) == 0 && !unit_index_is_refused(index, file))
                        return g_realloc(file, strlen(file) + 1); /* it has room to grow */
                g_free(file);
        }
        return NULL;
}

/* ---- names ---- */

/* One step: what a name is a link to, or, of an instance that has no file of its own, what its
 * template is a link to. Returns: NULL, or a new string. */
static char *resolve_once(const UnitPath *path, const char *name) {
        const UnitIndex *index = path_index(path);
        const char *target = unit_index_target(index, name);
        g_autofree char *template_ = NULL, *instance = NULL, *own = NULL;

        if (target)
                return g_strdup(target);
        if (!unit_name_is_instance(name))
                return NULL;
        template_ = unit_name_template(name);
        target = unit_index_target(index, template_);
        if (!target)
                return NULL;
        own = find_exactly(path, name);
        if (own)
                return NULL;
        instance = unit_name_instance(name);
        return unit_name_instantiate(target, instance);
}

char *unit_path_resolve(const UnitPath *path, const char *name) {
        char *current = g_strdup(name);

        for (unsigned int depth = 0; depth <= ALIAS_DEPTH_MAX; depth++) {
                char *next = resolve_once(path, current);

                if (!next)
                        return current;
                g_free(current);
                current = next;
        }
        /* Opening the file will say what is wrong. */
        g_free(current);
        return g_strdup(name);
}

typedef struct AliasList {
        GPtrArray *names; /* of char * */
        GHashTable *seen; /* the set of them, and the unit's own name */
} AliasList;

/* Each name once, and not the unit's own. */
static void add_alias(const AliasList *list, char *alias) {
        if (g_hash_table_contains(list->seen, alias)) {
                g_free(alias);
                return;
        }
        g_hash_table_add(list->seen, alias);
        g_ptr_array_add(list->names, alias);
}

static void add_aliases_of(const AliasList *list, const UnitIndex *index, const char *name) {
        const GPtrArray *links = unit_index_links(index, name);
        g_autofree char *template_ = NULL, *instance = NULL;

        for (guint i = 0; links && i < links->len; i++)
                add_alias(list, g_strdup(links->pdata[i]));
        if (!unit_name_is_instance(name))
                return;
        template_ = unit_name_template(name);
        links = unit_index_links(index, template_);
        instance = unit_name_instance(name);
        for (guint i = 0; links && i < links->len; i++)
                add_alias(list, unit_name_instantiate(links->pdata[i], instance));
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

GStrv unit_path_aliases(const UnitPath *path, const char *name) {
        const UnitIndex *index = path_index(path);
        g_autoptr(GHashTable) seen = NULL;
        GPtrArray *aliases;
        AliasList list;

        if (!unit_index_has_links(index))
                return NULL;
        seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_hash_table_add(seen, (char *)name);
        aliases = g_ptr_array_new();
        list = (AliasList){ .names = aliases, .seen = seen };
        add_aliases_of(&list, index, name);
        /* The list grows meanwhile: aliases of aliases. */
        for (guint i = 0; i < aliases->len; i++)
                add_aliases_of(&list, index, aliases->pdata[i]);
        if (aliases->len == 0) {
                g_ptr_array_unref(aliases);
                return NULL;
        }
        g_ptr_array_sort(aliases, compare_names);
        g_ptr_array_add(aliases, NULL);
        return (GStrv)g_ptr_array_free(aliases, FALSE);
}

/* ---- files ---- */

char *unit_path_find_link(const UnitPath *path, const char *name) {
        g_autofree char *template_ = NULL;
        char *file = find_exactly(path, name);

        if (file || !unit_name_is_instance(name))
                return file;
        template_ = unit_name_template(name);
        return find_exactly(path, template_);
}

char *unit_path_find(const UnitPath *path, const char *name) {
        g_autofree char *unit = NULL;

        if (unit_name_type(name) == UNIT_TYPE_INVALID)
                return NULL;
        unit = unit_path_resolve(path, name);
        return unit_path_find_link(path, unit);
}

char *unit_path_find_mask(const UnitPath *path, const char *name) {
        g_autofree char *file = unit_path_find(path, name);

        return file && unit_file_is_masked(AT_FDCWD, file) ? TAKE_POINTER(file) : NULL;
}

bool unit_path_is_masked(const UnitPath *path, const char *name) {
        g_autofree char *mask = unit_path_find_mask(path, name);

        return mask != NULL;
}

/* Another name of nothing: the unit that somebody meant by it won't be there. */
static void check_alias(const UnitPath *path, const char *name, Diagnostics *diagnostics) {
        const char *target = unit_index_target(path->index, name);
        g_autofree char *unit = NULL, *link = NULL, *file = NULL;

        if (!target)
                return;
        unit = unit_path_resolve(path, name);
        link = find_exactly(path, name);
        if (!link) /* it has gone meanwhile */
                return;
        file = unit_path_find_link(path, unit);
        if (!strcmp(unit, name))
                diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, link, 0, NULL,
                                "a link to %s that never leads to a file: it is left out", target);
        else if (!file && !unit_dropin_makes_target(path, unit))
                diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, link, 0, NULL,
                                "a link to %s, of which there is no file: it is left out", unit);
}

/* The keys, sorted (g_free); the strings are the table's. */
static char **sort_names(GHashTable *names) {
        guint count;
        char **sorted = (char **)g_hash_table_get_keys_as_array(names, &count);

        qsort(sorted, count, sizeof(*sorted), compare_names);
        return sorted;
}

/* The default folders needn't be there; one that somebody has named should. */
static void check_folders(const UnitPath *path, Diagnostics *diagnostics) {
        for (char **folder = path->folders; path->given && *folder; folder++) {
                struct stat st;

                if (stat(*folder, &st) < 0 && errno == ENOENT)
                        diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, *folder, 0, NULL,
                                        "there is no such folder");
        }
}

static void clear_file(void *pointer) {
        g_free(((UnitFile *)pointer)->path);
}

GArray *unit_path_list_files(const UnitPath *path, Diagnostics *diagnostics) {
        g_autoptr(GHashTable) names = unit_index_scan(path->index, path->folders, diagnostics);
        g_autofree char **sorted = sort_names(names);
        GArray *files = g_array_new(FALSE, FALSE, sizeof(UnitFile));

        check_folders(path, diagnostics);
        g_array_set_clear_func(files, clear_file);
        for (char **name = sorted; *name; name++) {
                int folder = GPOINTER_TO_INT(g_hash_table_lookup(names, *name));
                UnitFile file = { .is_regular = folder > 0 };

                if (folder == 0 && diagnostics)
                        check_alias(path, *name, diagnostics);
                if (folder == 0 || unit_name_is_template(*name))
                        continue;
                file.path = g_build_filename(path->folders[ABS(folder) - 1], *name, NULL);
                g_array_append_val(files, file);
        }
        return files;
}

GStrv unit_path_list_names(const UnitPath *path, Diagnostics *diagnostics) {
        g_autoptr(GHashTable) names = unit_index_scan(path->index, path->folders, NULL);
        char **sorted = sort_names(names);

        check_folders(path, diagnostics);
        for (char **folder = path->folders; *folder; folder++)
                if (access(*folder, R_OK | X_OK) < 0 && errno != ENOENT)
                        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, *folder, 0, NULL,
                                        "no unit files can be read from here: %s",
                                        g_strerror(errno));
        for (char **name = sorted; *name; name++)
                *name = g_strdup(*name);
        return sorted;
}
