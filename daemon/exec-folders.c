/* SPDX-License-Identifier: MIT */
/* RuntimeDirectory= and its like: which folders are to be made where, what the service is told of
 * them, and the end of those that last only as long as it runs. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "directive.h"
#include "exec-context.h"
#include "fd.h"
#include "value-process.h"

/* Nobody nests deeper, and each level takes a descriptor. */
#define FOLDER_DEPTH_MAX 256

typedef struct FolderKind {
        const char *property, *mode_property, *variable;
        const char *system;
        const char *(*user)(void);
        const char *user_below; /* NULL, or a folder in it */
        bool is_owned;          /* by the service's user */
} FolderKind;

static const FolderKind kinds[EXEC_FOLDER_COUNT] = {
        [EXEC_FOLDER_RUNTIME] = { "RuntimeDirectory", "RuntimeDirectoryMode", "RUNTIME_DIRECTORY",
                                  "/run", g_get_user_runtime_dir, NULL, true },
        [EXEC_FOLDER_STATE] = { "StateDirectory", "StateDirectoryMode", "STATE_DIRECTORY",
                                "/var/lib", g_get_user_state_dir, NULL, true },
        [EXEC_FOLDER_CACHE] = { "CacheDirectory", "CacheDirectoryMode", "CACHE_DIRECTORY",
                                "/var/cache", g_get_user_cache_dir, NULL, true },
        [EXEC_FOLDER_LOGS] = { "LogsDirectory", "LogsDirectoryMode", "LOGS_DIRECTORY", "/var/log",
                               g_get_user_state_dir, "log", true },
        [EXEC_FOLDER_CONFIGURATION] = { "ConfigurationDirectory", "ConfigurationDirectoryMode",
                                        "CONFIGURATION_DIRECTORY", "/etc", g_get_user_config_dir,
                                        NULL, false },
};

/* Where the folders of a kind are (g_free). */
static char *kind_base(const FolderKind *kind, bool user_mode) {
        return user_mode ? g_build_filename(kind->user(), kind->user_below, NULL)
                         : g_strdup(kind->system);
}

/* "foo/bar:link:ro" in its parts. */
typedef struct FolderWord {
        char *path; /* "foo/bar" */
        char *link; /* NULL: none */
} FolderWord;

static FolderWord word_parse(const char *text) {
        g_auto(GStrv) parts = g_strsplit(text, ":", 3);
        bool has_link = parts[1] && parts[1][0];

        return (FolderWord){ .path = g_strdup(parts[0]),
                             .link = has_link ? g_strdup(parts[1]) : NULL };
}

static void word_clear(FolderWord *word) {
        g_free(word->path);
        g_free(word->link);
}

/* ---- what is to be made ---- */

/* "." when it has none. */
static char *path_parent(const char *path) {
        return g_path_get_dirname(path);
}

static ExecFolder *context_add_folder(ExecContext *context, const FolderKind *kind,
                                      const char *base, const char *path) {
        ExecFolder *folder;

        context->folders = g_renew(ExecFolder, context->folders, context->folder_count + 1);
        folder = &context->folders[context->folder_count++];
        *folder = (ExecFolder){ .kind = (ExecFolderKind)(kind - kinds),
                                .base = g_strdup(base),
                                .parent = path_parent(path),
                                .name = g_path_get_basename(path),
                                .mode = 0755 };
        return folder;
}

/* Those on the way to it belong to nobody in particular. */
static void context_add_parents(ExecContext *context, const FolderKind *kind, const char *base,
                                const char *path) {
        g_autofree char *parent = path_parent(path);

        if (!strcmp(parent, "."))
                return;
        context_add_parents(context, kind, base, parent);
        context_add_folder(context, kind, base, parent);
}

/* A path from one folder to another, both below the same: another root may be above it. */
static char *path_from(const char *folder, const char *path) {
        g_autoptr(GString) way = g_string_new(NULL);

        for (const char *part = folder; part && strcmp(folder, ".") != 0;) {
                g_string_append(way, "../");
                part = strchr(part, '/');
                part = part ? part + 1 : NULL;
        }
        return g_strconcat(way->str, path, NULL);
}

static void context_add_word(ExecContext *context, const FolderKind *kind, const char *base,
                             const char *text, mode_t mode) {
        _cleanup_(word_clear) FolderWord word = word_parse(text);
        ExecFolder *folder;

        context_add_parents(context, kind, base, word.path);
        if (word.link)
                context_add_parents(context, kind, base, word.link);
        folder = context_add_folder(context, kind, base, word.path);
        folder->is_owned = kind->is_owned;
        folder->mode = mode;
        if (word.link) {
                folder->link_parent = path_parent(word.link);
                folder->link = g_path_get_basename(word.link);
                folder->link_target = path_from(folder->link_parent, word.path);
        }
}

void exec_folders_add(ExecContext *context, const ExecOptions *options) {
        char *const *root = settings_given(options->settings, "RootDirectory");

        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
                const GStrv *words = settings_given(options->settings, kinds[i].property);
                const mode_t *mode = settings_given(options->settings, kinds[i].mode_property);
                g_autofree char *base = NULL, *place = NULL;

                if (!words)
                        continue;
                base = kind_base(&kinds[i], options->user_mode);
                place = g_build_filename(root ? *root : "/", base, NULL);
                if (options->user_mode) /* a fresh home has none of them */
                        (void)g_mkdir_with_parents(place, 0700);
                for (char **word = *words; word && *word; word++)
                        context_add_word(context, &kinds[i], place, *word, mode ? *mode : 0755);
        }
}

void exec_folders_free(ExecContext *context) {
        for (unsigned int i = 0; i < context->folder_count; i++) {
                ExecFolder *folder = &context->folders[i];

                g_free(folder->base);
                g_free(folder->parent);
                g_free(folder->name);
                g_free(folder->link_parent);
                g_free(folder->link);
                g_free(folder->link_target);
        }
        g_free(context->folders);
}

void exec_folders_add_environment(const UnitSettings *settings, bool user_mode,
                                  GStrv *environment) {
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
                const GStrv *words = settings_given(settings, kinds[i].property);
                g_autoptr(GString) value = NULL;
                g_autofree char *base = NULL;

                if (!words)
                        continue;
                value = g_string_new(NULL);
                base = kind_base(&kinds[i], user_mode);
                for (char **text = *words; text && *text; text++) {
                        _cleanup_(word_clear) FolderWord word = word_parse(*text);

                        g_string_append_printf(value, "%s%s/%s", value->len > 0 ? ":" : "", base,
                                               word.path);
                }
                *environment = g_environ_setenv(*environment, kinds[i].variable, value->str, TRUE);
        }
}

/* ---- what is to go ---- */

typedef struct Removal {
        int top; /* the folder that goes */
        dev_t device;
        unsigned int number;
        bool raised; /* something, since the last look at the top */
} Removal;

/* A user's own may have been closed to it. */
static int folder_open(int parent, const char *name) {
        const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        int fd = openat(parent, name, flags);

        if (fd < 0 && errno == EACCES && geteuid() != 0 && fchmodat(parent, name, 0700, 0) == 0)
                fd = openat(parent, name, flags);
        return fd;
}

/* What lies too deep is put at the top, and has its turn when that is looked at again. */
static void folder_raise(Removal *removal, int parent, const char *name) {
        char to[32];
        int r;

        do { /* whoever filled it may have used that name */
                (void)snprintf(to, sizeof(to), "raised-%u", removal->number++);
                r = renameat2(parent, name, removal->top, to, RENAME_NOREPLACE);
        } while (r < 0 && errno == EEXIST);
        if (r == 0)
                removal->raised = true;
}

static void tree_empty(Removal *removal, int fd, unsigned int depth);

static void entry_remove(Removal *removal, int parent, const char *name, unsigned int depth) {
        struct stat st;
        int fd;

        if (!strcmp(name, ".") || !strcmp(name, "..") || unlinkat(parent, name, 0) == 0)
                return;
        fd = folder_open(parent, name);
        if (fd < 0)
                return;
        if (fstat(fd, &st) < 0 || st.st_dev != removal->device) {
                fd_close(fd);
                return;
        }
        tree_empty(removal, fd, depth);
        if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && depth == FOLDER_DEPTH_MAX)
                folder_raise(removal, parent, name);
}

/* Follows no link, and stays on its file system: what is mounted there is somebody else's. Whoever
 * is still at work there can't add to what is being removed. Consumes fd. */
static void tree_empty(Removal *removal, int fd, unsigned int depth) {
        DIR *folder = depth < FOLDER_DEPTH_MAX ? fdopendir(fd) : NULL;
        struct dirent *entry;

        if (!folder) {
                fd_close(fd);
                return;
        }
        (void)fchown(fd, geteuid(), (gid_t)-1);
        (void)fchmod(fd, 0700);
        while ((entry = readdir(folder)))
                entry_remove(removal, fd, entry->d_name, depth + 1);
        (void)closedir(folder);
}

static void tree_remove(int parent, const char *name) {
        Removal removal = { .top = folder_open(parent, name), .raised = true };
        struct stat st;

        if (removal.top < 0 || fstat(removal.top, &st) < 0)
                return;
        removal.device = st.st_dev;
        while (removal.raised) {
                removal.raised = false;
                tree_empty(&removal, folder_open(parent, name), 0);
        }
        (void)unlinkat(parent, name, AT_REMOVEDIR);
}

/* How long that takes is up to who filled it, so it is another process that does it. Whoever reaps
 * orphans reaps it. */
static void tree_remove_aside(int base, const char *name) {
        struct stat st;

        if (fstatat(base, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
                return;
        if (unlinkat(base, name, AT_REMOVEDIR) == 0) /* most are empty by now */
                return;
        if (fork() != 0)
                return;
        if (dup2(base, 3) == 3) /* without listeners that are closed meanwhile */
                (void)close_range(4, ~0U, 0);
        tree_remove(3, name);
        _exit(0);
}

static int open_parent(int base, const char *path) {
        g_autofree char *parent = path_parent(path);
        struct open_how how = {
                .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH,
        };
        int fd = (int)syscall(SYS_openat2, base, parent, &how, sizeof(how));

        return fd < 0 ? -errno : fd;
}

/* Out of the way at once: the next start may make it anew. */
static void runtime_folder_remove(int base, const char *path) {
        static unsigned int number;
        _cleanup_fd_ int parent = open_parent(base, path);
        g_autofree char *name = g_path_get_basename(path);
        g_autofree char *aside = g_strdup_printf(".bellhop-removed-%d-%u", (int)getpid(), number++);

        if (parent >= 0 && renameat2(parent, name, base, aside, RENAME_NOREPLACE) == 0)
                tree_remove_aside(base, aside);
}

void exec_folders_remove(const UnitSettings *settings, bool user_mode, bool restarts) {
        const PreserveMode *preserve = settings_given(settings, "RuntimeDirectoryPreserve");
        const GStrv *words = settings_given(settings, "RuntimeDirectory");
        char *const *root = settings_given(settings, "RootDirectory");
        g_autofree char *base = NULL, *place = NULL;
        _cleanup_fd_ int fd = -EBADF;

        if (!words || (preserve &&
                       (*preserve == PRESERVE_YES || (*preserve == PRESERVE_RESTART && restarts))))
                return;
        base = kind_base(&kinds[EXEC_FOLDER_RUNTIME], user_mode);
        place = g_build_filename(root ? *root : "/", base, NULL);
        fd = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
        for (char **text = *words; fd >= 0 && text && *text; text++) {
                _cleanup_(word_clear) FolderWord word = word_parse(*text);

                runtime_folder_remove(fd, word.path);
        }
}
