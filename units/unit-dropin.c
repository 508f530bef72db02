/* SPDX-License-Identifier: MIT */
/* Drop-ins and dependency folders. */
#include "unit-dropin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "unit-file.h"
#include "unit-index.h"
#include "unit-name.h"

typedef struct Search {
        const UnitPath *path;
        const char *suffix; /* ".d" */
        unsigned int max;   /* how many files at most */
        GPtrArray *folders; /* of const char *: those that are there, the first counts most */
        Diagnostics *diagnostics;
        /* While they are looked for: */
        GPtrArray *matches; /* of const GArray *, the index's */
        GHashTable *taken;  /* the set of what folders has, by address: the index owns them */
        GString *name;
} Search;

/* ---- which folders ---- */

/* Where a name ends behind the last dash that isn't its end: "a-b-c" is cut to "a-b-", that to
 * "a-". Returns: the length, 0 if there is no such dash. */
static size_t chop_prefix(const char *prefix, size_t length) {
        if (length > 0 && prefix[length - 1] == '-')
                length--;
        while (length > 0 && prefix[length - 1] != '-')
                length--;
        return length > 1 ? length : 0;
}

/* The index's entry for the first bytes of a prefix, what is between that and the type (or NULL),
 * the type. */
static void add_match(const Search *search, const char *prefix, size_t length, const char *instance,
                      const char *type) {
        GString *name = search->name;
        const GArray *found;

        g_string_truncate(name, 0);
        g_string_append_len(name, prefix, (gssize)length);
        if (instance) {
                g_string_append_c(name, '@');
                g_string_append(name, instance);
        }
        g_string_append(name, type);
        g_string_append(name, search->suffix);
        found = unit_index_folders(search->path->index, name->str);
        if (found)
                g_ptr_array_add(search->matches, (void *)found);
}

/* The names a unit's folders may have within one folder of the path, the first counts most: its own
 * and its template's; what is left of the template's before a dash, which has no "@"; what is left
 * of both. Each of them once: a name may be nothing but dashes. The order is systemd's to the
 * letter: "a-b@x", "a-b@", "a-", "a-@x", "a-@". */
static void match_unit(const Search *search, const char *unit) {
        g_autofree char *prefix = unit_name_prefix(unit), *instance = unit_name_instance(unit);
        const char *type = strrchr(unit, '.');
        size_t length = strlen(prefix);

        add_match(search, unit, (size_t)(type - unit), NULL, type);
        if (instance)
                add_match(search, prefix, length, "", type);
        for (size_t l = length; instance && (l = chop_prefix(prefix, l)) > 0;)
                add_match(search, prefix, l, NULL, type);
        while ((length = chop_prefix(prefix, length)) > 0) {
                add_match(search, prefix, length, instance, type);
                if (instance)
                        add_match(search, prefix, length, "", type);
        }
}

/* For each folder of the path in turn, those of its folders that match; each of them once. */
static void take_matches(Search *search) {
        for (unsigned int rank = 0; search->path->folders[rank]; rank++)
                for (guint i = 0; i < search->matches->len; i++) {
                        const GArray *found = search->matches->pdata[i];

                        for (guint j = 0; j < found->len; j++) {
                                const IndexFolder *folder = &g_array_index(found, IndexFolder, j);

                                if (folder->rank == rank &&
                                    g_hash_table_add(search->taken, folder->path))
                                        g_ptr_array_add(search->folders, folder->path);
                        }
                }
        g_ptr_array_set_size(search->matches, 0);
}

static void add_folders(Search *search, const char *unit, char *const *aliases) {
        const char *type = unit_type_to_string(unit_name_type(unit));

        search->matches = g_ptr_array_new();
        search->taken = g_hash_table_new(NULL, NULL);
        search->name = g_string_new(NULL);
        match_unit(search, unit);
        take_matches(search);
        for (; aliases && *aliases; aliases++) {
                match_unit(search, *aliases);
                take_matches(search);
        }
        add_match(search, type, strlen(type), NULL, "");
        take_matches(search);
        g_string_free(search->name, TRUE);
        g_hash_table_unref(search->taken);
        g_ptr_array_unref(search->matches);
}

/* ---- what is in them ---- */

/* Another file by its name, or a reason to pass it over. Returns: whether it is one. */
typedef bool (*EntryFilter)(const Search *search, const char *folder, int folder_fd,
                            const char *name);

/* What can't be read may say anything: the unit isn't loaded without it. */
static int fail_folder(const Search *search, const char *folder, int error) {
        if (error == ENOENT) /* it has gone meanwhile */
                return 0;
        if (error == ENOTDIR) {
                diagnostics_add(search->diagnostics, DIAGNOSTIC_WARNING, folder, 0, NULL,
                                "this is not a folder; it is left out");
                return 0;
        }
        diagnostics_add(search->diagnostics, DIAGNOSTIC_ERROR, folder, 0, NULL, "can't be read: %s",
                        g_strerror(error));
        return -EBADMSG;
}

static int fail_count(const Search *search, const char *folder) {
        diagnostics_add(search->diagnostics, DIAGNOSTIC_ERROR, folder, 0, NULL,
                        "there are more than %u files for one unit", search->max);
        return -EBADMSG;
}

/* Adds name -> path, path NULL for a mask. *count: of all that was looked at so far.
 * Returns: 0, or -EBADMSG with a diagnostic. */
static int read_folder(const Search *search, const char *folder, EntryFilter filter,
                       GHashTable *files, unsigned int *count) {
        DIR *dir = opendir(folder);
        const struct dirent *entry;
        int r = 0;

        if (!dir)
                return fail_folder(search, folder, errno);
        while (r == 0 && (entry = readdir(dir))) {
                const char *name = entry->d_name;

                if (name[0] == '.')
                        continue;
                if (++*count > search->max)
                        r = fail_count(search, folder);
                else if (!g_hash_table_contains(files, name) &&
                         filter(search, folder, dirfd(dir), name))
                        g_hash_table_insert(files, g_strdup(name),
                                            unit_file_is_masked(dirfd(dir), name)
                                                    ? NULL
                                                    : g_build_filename(folder, name, NULL));
        }
        (void)closedir(dir);
        return r;
}

static int compare_strings(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes the folders in their order, and what is in them by name: a list of paths, masks left out.
 */
static int read_folders(const Search *search, EntryFilter filter, GStrv *ret) {
        g_autoptr(GHashTable) files =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autofree char **names = NULL;
        GPtrArray *paths;
        unsigned int entries = 0;
        guint count;

        for (guint i = 0; i < search->folders->len; i++) {
                int r = read_folder(search, search->folders->pdata[i], filter, files, &entries);

                if (r < 0)
                        return r;
        }
        names = (char **)g_hash_table_get_keys_as_array(files, &count);
        qsort(names, count, sizeof(*names), compare_strings);
        paths = g_ptr_array_new();
        for (guint i = 0; i < count; i++) {
                const char *path = g_hash_table_lookup(files, names[i]);

                if (path)
                        g_ptr_array_add(paths, g_strdup(path));
        }
        g_ptr_array_add(paths, NULL);
        *ret = (GStrv)g_ptr_array_free(paths, FALSE);
        return 0;
}

static int search(const UnitPath *path, const char *unit, char *const *aliases, const char *suffix,
                  unsigned int max, EntryFilter filter, Diagnostics *diagnostics, GStrv *ret) {
        g_autoptr(GPtrArray) folders = NULL;
        Search search = {
                .path = path,
                .suffix = suffix,
                .max = max,
                .diagnostics = diagnostics,
        };

        *ret = NULL;
        if (!unit_index_has_folders(path->index))
                return 0;
        search.folders = folders = g_ptr_array_new();
        add_folders(&search, unit, aliases);
        return folders->len > 0 ? read_folders(&search, filter, ret) : 0;
}

/* ---- drop-ins ---- */

/* A folder or a FIFO there is passed over, as systemd does. */
static bool is_dropin(const Search *search, const char *folder, int folder_fd, const char *name) {
        g_autofree char *path = NULL;
        struct stat st;

        if (!g_str_has_suffix(name, ".conf"))
                return false;
        if (fstatat(folder_fd, name, &st, 0) < 0 || S_ISREG(st.st_mode) || S_ISCHR(st.st_mode))
                return true;
        path = g_build_filename(folder, name, NULL);
        diagnostics_add(search->diagnostics, DIAGNOSTIC_WARNING, path, 0, NULL,
                        "this is not a regular file; it is left out");
        return false;
}

int unit_dropin_find(const UnitPath *path, const char *unit, char *const *aliases,
                     Diagnostics *diagnostics, GStrv *ret) {
        return search(path, unit, aliases, ".d", UNIT_DROPINS_MAX, is_dropin, diagnostics, ret);
}

/* ---- dependencies ---- */

static bool is_dependency(const Search *search, const char *folder, int folder_fd,
                          const char *name) {
        const char *why = NULL;
        g_autofree char *path = NULL;
        struct stat st;

        if (unit_name_is_foreign(name))
                why = "bellhop has no units of this type";
        else if (unit_name_type(name) == UNIT_TYPE_INVALID)
                why = "this is not a unit's name";
        else if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISLNK(st.st_mode) &&
                 !unit_file_is_masked(folder_fd, name))
                why = "this is not a link";
        if (!why)
                return true;
        path = g_build_filename(folder, name, NULL);
        diagnostics_add(search->diagnostics, DIAGNOSTIC_WARNING, path, 0, NULL,
                        "%s; it is left out", why);
        return false;
}

/* The name of what a link stands for (g_free); NULL with a warning. */
static char *dependency_name(const char *link, const char *unit, Diagnostics *diagnostics) {
        g_autofree char *instance = unit_name_instance(unit);
        char *name = g_path_get_basename(link), *filled = NULL;

        if (!unit_name_is_template(name))
                return name;
        if (instance)
                filled = unit_name_instantiate(name, instance);
        else
                diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, link, 0, NULL,
                                "this is a template, and %s has no instance to fill it with; it "
                                "is left out",
                                unit);
        g_free(name);
        return filled;
}

int unit_dropin_dependencies(const UnitPath *path, const char *unit, char *const *aliases,
                             const char *suffix, Diagnostics *diagnostics, GStrv *ret) {
        GStrv names;
        char **out;
        int r;

        r = search(path, unit, aliases, suffix, UNIT_LINKS_MAX, is_dependency, diagnostics, &names);
        if (r < 0)
                return r;
        out = names;
        for (char **link = names; link && *link; link++) {
                char *name = dependency_name(*link, unit, diagnostics);

                g_free(*link);
                if (name)
                        *out++ = name;
        }
        if (names)
                *out = NULL;
        *ret = names;
        return 0;
}

bool unit_dropin_makes_target(const UnitPath *path, const char *unit) {
        static const char *const suffixes[] = { ".wants", ".requires", ".upholds" };

        for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
                g_autofree char *folder = g_strconcat(unit, suffixes[i], NULL);

                if (unit_name_type(unit) == UNIT_TARGET && unit_index_folders(path->index, folder))
                        return true;
        }
        return false;
}
