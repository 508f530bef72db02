/* SPDX-License-Identifier: MIT */
/* What a Listen*= line makes in the file system. Users are looked up in the files. */
#include "socket-path.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "credentials.h"
#include "directive.h"
#include "fd.h"
#include "log.h"

/* ---- making ---- */

/* The folders' mode is meant as it is, whatever umask the manager has. */
static int make_parents(const char *path, mode_t mode) {
        g_autofree char *folder = g_strdup(path);
        mode_t old = umask(0);
        int r = 0;
        for (char *slash = strchr(folder + 1, '/'); r == 0 && slash;
             slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                if (mkdir(folder, mode) < 0 && errno != EEXIST)
                        r = -errno;
                *slash = '/';
        }
        umask(old);
        return r;
}

static int make_once(const char *path, mode_t mode, int (*make)(const char *path, void *data),
                     void *data) {
        mode_t old = umask(~mode & 0777);
        int r = make(path, data);
        umask(old);
        return r;
}

int socket_path_make(const char *path, const SocketSettings *settings,
                     int (*make)(const char *path, void *data), void *data, const char *step,
                     const char **ret_step) {
        *ret_step = step;
        int r = make_once(path, settings->socket_mode, make, data);
        if (r != -ENOENT)
                return r;
        *ret_step = "mkdir";
        r = make_parents(path, settings->directory_mode);
        if (r < 0)
                return r;
        *ret_step = step;
        return make_once(path, settings->socket_mode, make, data);
}

/* ---- owner and mode ---- */

typedef struct Owner {
        uid_t uid;
        gid_t gid;
} Owner;

/* A user alone brings his own group, if the file knows it: a number needn't be there. */
static int owner_find(const SocketSettings *settings, Owner *ret, const char **ret_step) {
        _cleanup_(credentials_clear) Credentials found = CREDENTIALS_INIT;
        UserDatabase *users = user_database_system();
        int r = credentials_resolve(users, settings->user, settings->group, &found, ret_step);
        if (r == -ENODATA)
                r = user_database_find_user(users, settings->user, &found.uid);
        if (r >= 0)
                *ret = (Owner){ .uid = found.uid, .gid = found.gid };
        return r;
}

int socket_path_open(const char *path, mode_t type) {
        struct stat st;
        _cleanup_fd_ int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if ((st.st_mode & S_IFMT) != type)
                return -ENOTSOCK;
        return TAKE_FD(fd);
}

int socket_path_set_owner(int fd, const SocketSettings *settings, const char **ret_step) {
        if (!settings->user && !settings->group)
                return 0;
        Owner owner;
        int r = owner_find(settings, &owner, ret_step);
        if (r < 0)
                return r;
        *ret_step = "chown";
        return fchownat(fd, "", owner.uid, owner.gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

int socket_path_set_mode(int fd, mode_t mode, const char **ret_step) {
        char self[sizeof("/proc/self/fd/") + 10];
        *ret_step = "chmod";
        snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        return chmod(self, mode) < 0 ? -errno : 0;
}

/* What isn't given any more goes back to what a new one has. */
static int path_change_owner(int fd, const SocketSettings *settings, const char **ret_step) {
        Owner owner;
        int r = owner_find(settings, &owner, ret_step);
        if (r < 0)
                return r;
        *ret_step = "chown";
        uid_t uid = owner.uid == (uid_t)-1 ? geteuid() : owner.uid;
        gid_t gid = owner.gid == (gid_t)-1 ? getegid() : owner.gid;
        return fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

static bool owner_differs(const SocketSettings *a, const SocketSettings *b) {
        return g_strcmp0(a->user, b->user) != 0 || g_strcmp0(a->group, b->group) != 0;
}

bool socket_path_differs(const SocketSettings *a, const SocketSettings *b) {
        return a->socket_mode != b->socket_mode || owner_differs(a, b);
}

int socket_path_adjust(int fd, const SocketSettings *old, const SocketSettings *settings,
                       const char **ret_step) {
        int r = 0;
        if (old->socket_mode != settings->socket_mode)
                r = socket_path_set_mode(fd, settings->socket_mode, ret_step);
        if (r >= 0 && owner_differs(old, settings))
                r = path_change_owner(fd, settings, ret_step);
        return r;
}

bool socket_path_is_ours(const struct stat *st, const SocketSettings *settings) {
        Owner owner;
        const char *step;
        if (st->st_uid == geteuid())
                return true;
        return settings->user && owner_find(settings, &owner, &step) >= 0 &&
               st->st_uid == owner.uid;
}

/* ---- links ---- */

static bool link_is(const char *path, const char *target) {
        char buffer[PATH_MAX];
        ssize_t length = readlink(path, buffer, sizeof(buffer));
        return length >= 0 && (size_t)length == strlen(target) &&
               memcmp(buffer, target, (size_t)length) == 0;
}

static int make_link(const char *path, void *target) {
        int r = symlink(target, path) < 0 ? -errno : 0;
        return r == -EEXIST && link_is(path, target) ? 0 : r;
}

static bool remove_link(const char *path) {
        struct stat st;
        return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && unlink(path) == 0;
}

static char *const *links_of(const SocketSettings *settings) {
        static char *const none[] = { NULL };
        const GStrv *links = settings_given(&settings->unit, "Symlinks");
        return links && *links ? *links : none;
}

void socket_links_make(const SocketSettings *settings, const char *target) {
        for (char *const *link = links_of(settings); *link; link++) {
                const char *step;
                int r = socket_path_make(*link, settings, make_link, (void *)target, "symlink",
                                         &step);
                /* Who takes away his own when he stops may take away what stands in his way. */
                if (r == -EEXIST && settings->remove_on_stop && remove_link(*link))
                        r = make_link(*link, (void *)target);
                if (r < 0)
                        log_warning(settings->unit.name, "%s %s: %s", step, *link, g_strerror(-r));
        }
}

void socket_links_remove(const SocketSettings *settings, const char *target,
                         const SocketSettings *keep) {
        for (char *const *link = links_of(settings); *link; link++)
                if (link_is(*link, target) &&
                    !(keep && g_strv_contains((const char *const *)links_of(keep), *link)))
                        unlink(*link);
}
