/* SPDX-License-Identifier: MIT */
/* /etc/passwd and /etc/group, kept parsed while they stay the same. */
#include "credentials.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct UserEntry {
        char *name, *home, *shell;
        uid_t uid;
        gid_t gid;
} UserEntry;

typedef struct GroupEntry {
        char *name;
        gid_t gid;
        GStrv members;
} GroupEntry;

/* One file: its entries, and what it looked like when they were read. */
typedef struct EntryFile {
        char *path;
        GPtrArray *entries;
        struct stat seen;
} EntryFile;

struct UserDatabase {
        EntryFile passwd, group;
};

static void user_entry_free(void *pointer) {
        UserEntry *entry = pointer;

        g_free(entry->name);
        g_free(entry->home);
        g_free(entry->shell);
        g_free(entry);
}

static void group_entry_free(void *pointer) {
        GroupEntry *entry = pointer;

        g_free(entry->name);
        g_strfreev(entry->members);
        g_free(entry);
}

static GPtrArray *passwd_read(FILE *file) {
        GPtrArray *entries = g_ptr_array_new_with_free_func(user_entry_free);
        struct passwd *p;

        while ((p = fgetpwent(file))) {
                UserEntry *entry = g_new(UserEntry, 1);

                *entry = (UserEntry){ .name = g_strdup(p->pw_name),
                                      .home = g_strdup(p->pw_dir),
                                      .shell = g_strdup(p->pw_shell),
                                      .uid = p->pw_uid,
                                      .gid = p->pw_gid };
                g_ptr_array_add(entries, entry);
        }
        return entries;
}

static GPtrArray *group_read(FILE *file) {
        GPtrArray *entries = g_ptr_array_new_with_free_func(group_entry_free);
        struct group *g;

        while ((g = fgetgrent(file))) {
                GroupEntry *entry = g_new(GroupEntry, 1);

                *entry = (GroupEntry){ .name = g_strdup(g->gr_name),
                                       .gid = g->gr_gid,
                                       .members = g_strdupv(g->gr_mem) };
                g_ptr_array_add(entries, entry);
        }
        return entries;
}

static bool stat_is_same(const struct stat *a, const struct stat *b) {
        return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
               a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* A file that can't be read any more loses its entries: nobody goes by old ones. */
static int entry_file_refresh(EntryFile *entry_file, GPtrArray *(*parse)(FILE *)) {
        struct stat now;
        FILE *file;

        if (entry_file->entries && stat(entry_file->path, &now) == 0 &&
            stat_is_same(&now, &entry_file->seen))
                return 0;

        g_clear_pointer(&entry_file->entries, g_ptr_array_unref);
        file = fopen(entry_file->path, "re");
        if (!file)
                return -errno;
        if (fstat(fileno(file), &entry_file->seen) == 0)
                entry_file->entries = parse(file);
        (void)fclose(file);
        return entry_file->entries ? 0 : -EIO;
}

UserDatabase *user_database_new(const char *passwd_path, const char *group_path) {
        UserDatabase *database = g_new0(UserDatabase, 1);

        database->passwd.path = g_strdup(passwd_path);
        database->group.path = g_strdup(group_path);
        return database;
}

UserDatabase *user_database_free(UserDatabase *database) {
        if (!database)
                return NULL;

        EntryFile *files[] = { &database->passwd, &database->group };
        for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
                g_free(files[i]->path);
                g_clear_pointer(&files[i]->entries, g_ptr_array_unref);
        }
        g_free(database);
        return NULL;
}

UserDatabase *user_database_system(void) {
        static UserDatabase *database;

        if (!database)
                database = user_database_new("/etc/passwd", "/etc/group");
        return database;
}

/* Ids as numbers; the highest is how the kernel spells "unchanged". */
static int id_parse(const char *text, guint64 *ret) {
        if (!g_ascii_isdigit(text[0]))
                return -ESRCH; /* a name that isn't in the file */
        if (!g_ascii_string_to_unsigned(text, 10, 0, UINT32_MAX - 1, ret, NULL))
                return -EINVAL;
        return 0;
}

/* Returns: the entry, by name first, else by number; NULL and *ret_error why. -ENOENT: *ret_id is
 * a number that isn't in the file. */
static const UserEntry *user_find(UserDatabase *database, const char *user, uid_t *ret_uid,
                                  int *ret_error) {
        guint64 id = 0;
        int numeric;

        *ret_error = entry_file_refresh(&database->passwd, passwd_read);
        numeric = id_parse(user, &id);
        for (guint i = 0; *ret_error == 0 && i < database->passwd.entries->len; i++) {
                const UserEntry *entry = database->passwd.entries->pdata[i];

                if (numeric == 0 ? entry->uid == (uid_t)id : strcmp(entry->name, user) == 0) {
                        *ret_uid = entry->uid;
                        return entry;
                }
        }
        if (numeric == 0) { /* even where there is no such file, as in a small container */
                *ret_uid = (uid_t)id;
                *ret_error = -ENOENT;
        } else if (*ret_error == 0 || *ret_error == -ENOENT)
                *ret_error = numeric;
        return NULL;
}

int user_database_find_user(UserDatabase *database, const char *user, uid_t *ret) {
        uid_t uid = (uid_t)-1;
        int r;

        if (!user_find(database, user, &uid, &r) && r != -ENOENT)
                return r;
        *ret = uid;
        return 0;
}

int user_database_find_group(UserDatabase *database, const char *group, gid_t *ret) {
        int r = entry_file_refresh(&database->group, group_read);
        guint64 id = 0;
        int numeric = id_parse(group, &id);

        if (numeric == 0) {
                *ret = (gid_t)id;
                return 0;
        }
        if (r < 0)
                return r == -ENOENT ? numeric : r;
        for (guint i = 0; i < database->group.entries->len; i++) {
                const GroupEntry *entry = database->group.entries->pdata[i];

                if (strcmp(entry->name, group) == 0) {
                        *ret = entry->gid;
                        return 0;
                }
        }
        return numeric;
}

/* As initgroups(3): the group itself, then every group that lists the user. */
static void credentials_add_groups(UserDatabase *database, Credentials *credentials) {
        credentials->groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
        g_array_append_val(credentials->groups, credentials->gid);

        if (!credentials->user || entry_file_refresh(&database->group, group_read) < 0)
                return;
        for (guint i = 0; i < database->group.entries->len; i++) {
                const GroupEntry *entry = database->group.entries->pdata[i];

                if (entry->gid != credentials->gid &&
                    g_strv_contains((const char *const *)entry->members, credentials->user))
                        g_array_append_val(credentials->groups, entry->gid);
        }
}

static int credentials_add_user(UserDatabase *database, const char *user,
                                Credentials *credentials) {
        const UserEntry *entry;
        int r;

        entry = user_find(database, user, &credentials->uid, &r);
        if (!entry)
                return r == -ENOENT ? 0 : r;
        credentials->gid = entry->gid;
        credentials->user = g_strdup(entry->name);
        credentials->home = g_strdup(entry->home);
        credentials->shell = g_strdup(entry->shell);
        return 0;
}

int credentials_resolve(UserDatabase *database, const char *user, const char *group,
                        Credentials *ret, const char **ret_step) {
        Credentials credentials = CREDENTIALS_INIT;
        int r = 0;

        *ret_step = "user";
        if (user)
                r = credentials_add_user(database, user, &credentials);
        if (r == 0 && group) {
                *ret_step = "group";
                r = user_database_find_group(database, group, &credentials.gid);
        }
        if (r == 0 && user && credentials.gid == (gid_t)-1)
                r = -ENODATA;
        if (r < 0) {
                credentials_clear(&credentials);
                return r;
        }
        if (credentials.gid != (gid_t)-1)
                credentials_add_groups(database, &credentials);
        *ret = credentials;
        return 0;
}

void credentials_clear(Credentials *credentials) {
        g_clear_pointer(&credentials->groups, g_array_unref);
        g_clear_pointer(&credentials->user, g_free);
        g_clear_pointer(&credentials->home, g_free);
        g_clear_pointer(&credentials->shell, g_free);
        credentials->uid = (uid_t)-1;
        credentials->gid = (gid_t)-1;
}

char *credentials_failure(const char *key, const char *name, int error) {
        const char *why = g_strerror(-error);

        if (error == -ESRCH)
                why = g_str_has_suffix(key, "User") ? "no such name in /etc/passwd"
                                                    : "no such name in /etc/group";
        else if (error == -EINVAL)
                why = "not a name and not a number";
        else if (error == -ENODATA)
                why = "not in /etc/passwd, so Group= is needed as well";
        return g_strdup_printf("%s=%s: %s", key, name, why);
}
