/* SPDX-License-Identifier: MIT */
/* The index of the search path. */
#include "unit-index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "macros.h"
#include "unit-file.h"
#include "unit-name.h"

/* What a folder of the path was when it was read. */
typedef struct FolderStamp {
        dev_t device; /* 0: it wasn't there */
        ino_t inode;
        struct timespec changed;
} FolderStamp;

struct UnitIndex {
        bool read;
        bool young; /* a folder was changed so shortly before that its time may not tell the next */
        GArray *stamps;      /* of FolderStamp, by folder */
        GHashTable *targets; /* name -> name */
        GHashTable *links;   /* name -> GPtrArray of char *, borrowed from targets */
        GHashTable *folders; /* "NAME.d" -> GArray of IndexFolder */
        GHashTable *refused; /* set of paths */
};

/* How many units of other types are named, of those in one folder. */
#define FOREIGN_SHOWN_MAX 8

/* The clock that stamps files moves in steps. */
#define CLOCK_STEP_NSEC INT64_C(20000000)

static void folder_clear(void *pointer) {
        IndexFolder *folder = pointer;

        g_free(folder->path);
}

static void destroy_array(void *array) {
        g_array_unref(array);
}

static void destroy_pointers(void *array) {
        g_ptr_array_unref(array);
}

UnitIndex *unit_index_new(void) {
        UnitIndex *index = g_new0(UnitIndex, 1);

        index->stamps = g_array_new(FALSE, TRUE, sizeof(FolderStamp));
        index->targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        index->links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, destroy_pointers);
        index->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, destroy_array);
        index->refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return index;
}

UnitIndex *unit_index_free(UnitIndex *index) {
        if (!index)
                return NULL;
        g_array_unref(index->stamps);
        g_hash_table_unref(index->links);
        g_hash_table_unref(index->targets);
        g_hash_table_unref(index->folders);
        g_hash_table_unref(index->refused);
        g_free(index);
        return NULL;
}

/* ---- whether it still holds ---- */

static FolderStamp stamp_of(const char *folder) {
        struct stat st;

        if (stat(folder, &st) < 0)
                return (FolderStamp){ 0 };
        return (FolderStamp){ .device = st.st_dev, .inode = st.st_ino, .changed = st.st_mtim };
}

static bool stamp_equal(const FolderStamp *a, const FolderStamp *b) {
        return a->device == b->device && a->inode == b->inode &&
               a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static int64_t nanoseconds(const struct timespec *time) {
        return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/* Before the folders are read: what happens meanwhile is a change. */
static void take_stamps(UnitIndex *index, char *const *folders) {
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        g_array_set_size(index->stamps, 0);
        index->young = false;
        for (; *folders; folders++) {
                FolderStamp stamp = stamp_of(*folders);

                if (nanoseconds(&stamp.changed) > nanoseconds(&now) - CLOCK_STEP_NSEC)
                        index->young = true;
                g_array_append_val(index->stamps, stamp);
        }
}

static bool is_fresh(const UnitIndex *index, char *const *folders) {
        if (!index->read || index->young)
                return false;
        for (guint i = 0; folders[i]; i++) {
                FolderStamp now = stamp_of(folders[i]);

                if (i >= index->stamps->len ||
                    !stamp_equal(&g_array_index(index->stamps, FolderStamp, i), &now))
                        return false;
        }
        return true;
}

/* ---- links ---- */

static bool is_listed(char *const *folders, const char *folder) {
        return g_strv_contains((const char *const *)folders, folder);
}

/* By its text, else by what it is: /lib may be a link to /usr/lib. */
static bool is_in_path(char *const *folders, const char *folder) {
        char real[PATH_MAX], other[PATH_MAX];

        if (is_listed(folders, folder))
                return true;
        if (!realpath(folder, real))
                return false;
        for (; *folders; folders++)
                if (realpath(*folders, other) && !strcmp(real, other))
                        return true;
        return false;
}

typedef struct Scan {
        UnitIndex *index;
        char *const *folders;
        GHashTable *names;
        Diagnostics *diagnostics;
        unsigned int rank; /* of the folder that is read */
        int fd;
        GPtrArray *foreign; /* of char *: its files that are units of other types */
} Scan;

static void add_link(UnitIndex *index, const char *name, char *target) {
        char *own = g_strdup(name);
        GPtrArray *links = g_hash_table_lookup(index->links, target);

        if (!links) {
                links = g_ptr_array_new();
                g_hash_table_insert(index->links, g_strdup(target), links);
        }
        g_hash_table_insert(index->targets, own, target);
        g_ptr_array_add(links, own);
}

/* Not what it seems to be. */
static void refuse_link(const Scan *scan, const char *name, const char *text) {
        char *path = g_build_filename(scan->folders[scan->rank], name, NULL);

        diagnostics_add(scan->diagnostics, DIAGNOSTIC_WARNING, path, 0, NULL,
                        "a link to '%s' can't be another name of it: the types, or what is "
                        "between '@' and type, differ; it is left out",
                        text);
        g_hash_table_add(scan->index->refused, path);
}

typedef enum LinkKind {
        LINK_FILE,    /* as if the file were here: masks too, and what lies elsewhere */
        LINK_ALIAS,   /* another name */
        LINK_REFUSED, /* to be passed over */
} LinkKind;

static LinkKind take_link(const Scan *scan, const char *name) {
        g_autofree char *path = NULL, *folder = NULL, *base = NULL;
        char text[PATH_MAX], *target;
        ssize_t length = readlinkat(scan->fd, name, text, sizeof(text) - 1);

        if (length < 0)
                return LINK_FILE;
        text[length] = '\0';
        path = g_canonicalize_filename(text, scan->folders[scan->rank]);
        base = g_path_get_basename(path);
        folder = g_path_get_dirname(path);
        if (!strcmp(base, name) || unit_name_type(base) == UNIT_TYPE_INVALID ||
            !is_in_path(scan->folders, folder))
                return LINK_FILE;
        target = unit_name_alias_target(name, base);
        if (!target) {
                refuse_link(scan, name, text);
                return LINK_REFUSED;
        }
        if (!strcmp(target, name)) {
                g_free(target);
                return LINK_FILE;
        }
        add_link(scan->index, name, target);
        return LINK_ALIAS;
}

/* ---- folders ---- */

/* "web.service.d", and "service.d", which is every service's. */
static bool is_folder_of_unit(const char *name) {
        static const char *const suffixes[] = { ".d", ".wants", ".requires", ".upholds" };
        const char *dot = strrchr(name, '.');
        char unit[256];

        for (size_t i = 0; dot && i < ARRAY_SIZE(suffixes); i++) {
                size_t length = (size_t)(dot - name);

                if (strcmp(dot, suffixes[i]) != 0 || length >= sizeof(unit))
                        continue;
                memcpy(unit, name, length);
                unit[length] = '\0';
                for (UnitType type = 0; type < UNIT_TYPE_COUNT; type++)
                        if (!strcmp(unit, unit_type_to_string(type)))
                                return true;
                return unit_name_type(unit) != UNIT_TYPE_INVALID;
        }
        return false;
}

static void take_folder(const Scan *scan, const char *name) {
        GArray *folders = g_hash_table_lookup(scan->index->folders, name);
        IndexFolder folder = {
                .rank = scan->rank,
                .path = g_build_filename(scan->folders[scan->rank], name, NULL),
        };

        if (!folders) {
                folders = g_array_new(FALSE, FALSE, sizeof(IndexFolder));
                g_array_set_clear_func(folders, folder_clear);
                g_hash_table_insert(scan->index->folders, g_strdup(name), folders);
        }
        g_array_append_val(folders, folder);
}

/* ---- all of it ---- */

/* Not every file system tells. */
static unsigned char entry_type(const Scan *scan, const struct dirent *entry) {
        struct stat st;

        if (entry->d_type != DT_UNKNOWN ||
            fstatat(scan->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return entry->d_type;
        return (unsigned char)IFTODT(st.st_mode);
}

/* The first of a name counts. */
static void take_unit(const Scan *scan, const struct dirent *entry) {
        int folder = (int)scan->rank + 1;
        unsigned char type;

        if (g_hash_table_contains(scan->names, entry->d_name))
                return;
        type = entry_type(scan, entry);
        if (type == DT_LNK) {
                LinkKind kind = take_link(scan, entry->d_name);

                if (kind == LINK_REFUSED)
                        return;
                if (kind == LINK_ALIAS || unit_file_is_masked(scan->fd, entry->d_name))
                        folder = 0;
        }
        g_hash_table_insert(scan->names, g_strdup(entry->d_name),
                            GINT_TO_POINTER(type == DT_REG ? folder : -folder));
}

/* A mask says itself that nothing shall come of it. */
static void take_foreign(const Scan *scan, const char *name) {
        if (scan->diagnostics && !unit_file_is_masked(scan->fd, name))
                g_ptr_array_add(scan->foreign, g_strdup(name));
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One line for a folder: there may be many, and somebody may rely on one. */
static void report_foreign(const Scan *scan) {
        g_autoptr(GString) names = g_string_new(NULL);
        guint count = scan->foreign->len, shown = MIN(count, FOREIGN_SHOWN_MAX);

        if (count == 0)
                return;
        g_ptr_array_sort(scan->foreign, compare_names);
        for (guint i = 0; i < shown; i++)
                g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                                       (char *)scan->foreign->pdata[i]);
        if (count > shown)
                g_string_append_printf(names, " and %u more", count - shown);
        diagnostics_add(scan->diagnostics, DIAGNOSTIC_WARNING, scan->folders[scan->rank], 0, NULL,
                        "nothing comes of %s: bellhop has no units of %s", names->str,
                        count > 1 ? "these types" : "this type");
        g_ptr_array_set_size(scan->foreign, 0);
}

static void scan_folder(Scan *scan) {
        DIR *dir = opendir(scan->folders[scan->rank]);
        const struct dirent *entry;

        if (!dir) {
                if (errno != ENOENT)
                        diagnostics_add(
                                scan->diagnostics, DIAGNOSTIC_ERROR, scan->folders[scan->rank], 0,
                                NULL, "no unit files can be read from here: %s", g_strerror(errno));
                return;
        }
        scan->fd = dirfd(dir);
        while ((entry = readdir(dir)))
                if (is_folder_of_unit(entry->d_name))
                        take_folder(scan, entry->d_name);
                else if (unit_name_type(entry->d_name) != UNIT_TYPE_INVALID)
                        take_unit(scan, entry);
                else if (unit_name_is_foreign(entry->d_name))
                        take_foreign(scan, entry->d_name);
        report_foreign(scan);
        (void)closedir(dir);
}

GHashTable *unit_index_scan(UnitIndex *index, char *const *folders, Diagnostics *diagnostics) {
        Scan scan = {
                .index = index,
                .folders = folders,
                .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .diagnostics = diagnostics,
                .foreign = g_ptr_array_new_with_free_func(g_free),
        };

        g_hash_table_remove_all(index->links);
        g_hash_table_remove_all(index->targets);
        g_hash_table_remove_all(index->folders);
        g_hash_table_remove_all(index->refused);
        take_stamps(index, folders);
        for (; folders[scan.rank]; scan.rank++)
                scan_folder(&scan);
        g_ptr_array_unref(scan.foreign);
        index->read = true;
        return scan.names;
}

void unit_index_refresh(UnitIndex *index, char *const *folders) {
        if (!is_fresh(index, folders))
                g_hash_table_unref(unit_index_scan(index, folders, NULL));
}

bool unit_index_is_read(const UnitIndex *index) {
        return index->read;
}

bool unit_index_has_links(const UnitIndex *index) {
        return g_hash_table_size(index->links) > 0;
}

const char *unit_index_target(const UnitIndex *index, const char *name) {
        return g_hash_table_lookup(index->targets, name);
}

const GPtrArray *unit_index_links(const UnitIndex *index, const char *name) {
        return g_hash_table_lookup(index->links, name);
}

const GArray *unit_index_folders(const UnitIndex *index, const char *name) {
        return g_hash_table_lookup(index->folders, name);
}

bool unit_index_has_folders(const UnitIndex *index) {
        return g_hash_table_size(index->folders) > 0;
}

bool unit_index_is_refused(const UnitIndex *index, const char *path) {
        return g_hash_table_contains(index->refused, path);
}
