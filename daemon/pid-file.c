/* SPDX-License-Identifier: MIT */
/* Reading a PID file without being led elsewhere. */
#include "pid-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "process-tree.h"

#define LINKS_MAX 32

/* ---- the way there ---- */

typedef struct Walk {
        int fd; /* O_PATH: how far we have come */
        uid_t owner;
        bool safe;
        unsigned int links;
        GQueue *parts; /* of char *: what is left */
} Walk;

static void walk_done(Walk *walk) {
        walk->fd = fd_close(walk->fd);
        g_queue_free_full(walk->parts, g_free);
}

static void walk_add_parts(Walk *walk, const char *path) {
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);

        for (guint i = g_strv_length(parts); i-- > 0;)
                if (*parts[i] && !g_str_equal(parts[i], "."))
                        g_queue_push_head(walk->parts, g_strdup(parts[i]));
}

/* Who owns a folder or a link decides what is behind it. Consumes fd. */
static int walk_step(Walk *walk, int fd, struct stat *ret_st) {
        struct stat st;
        int r;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0) {
                r = -errno;
                fd_close(fd);
                return r;
        }
        if (walk->owner != 0 && walk->owner != geteuid() && walk->owner != st.st_uid)
                walk->safe = false;
        walk->owner = st.st_uid;
        fd_close(walk->fd);
        walk->fd = fd;
        *ret_st = st;
        return 0;
}

static int walk_to_root(Walk *walk) {
        struct stat st;

        return walk_step(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), &st);
}

/* Where a link leads to is its owner's word. Consumes folder, the one that it is in. */
static int walk_follow(Walk *walk, int folder) {
        char target[PATH_MAX];
        ssize_t length = readlinkat(walk->fd, "", target, sizeof(target) - 1);
        int r = length < 0 ? -errno : 0;

        fd_close(walk->fd);
        walk->fd = folder;
        if (r < 0)
                return r;
        if (++walk->links > LINKS_MAX)
                return -ELOOP;
        target[length] = '\0';
        walk_add_parts(walk, target);
        return target[0] == '/' ? walk_to_root(walk) : 0;
}

static int walk_on(Walk *walk) {
        g_autofree char *part = g_queue_pop_head(walk->parts);
        _cleanup_fd_ int folder = fd_dup(walk->fd);
        struct stat st = { 0 };
        int r;

        if (folder < 0)
                return folder;
        r = walk_step(walk, openat(walk->fd, part, O_PATH | O_NOFOLLOW | O_CLOEXEC), &st);
        if (r >= 0 && S_ISLNK(st.st_mode))
                r = walk_follow(walk, TAKE_FD(folder));
        return r;
}

/* Returns: an O_PATH descriptor, or negative errno. */
static int path_walk(const char *path, uid_t *ret_owner, bool *ret_safe) {
        _cleanup_(walk_done) Walk walk = { .fd = -EBADF, .safe = true, .parts = g_queue_new() };
        int r = walk_to_root(&walk);

        walk_add_parts(&walk, path);
        while (r >= 0 && !g_queue_is_empty(walk.parts))
                r = walk_on(&walk);
        if (r < 0)
                return r;
        *ret_owner = walk.owner;
        *ret_safe = walk.safe;
        return TAKE_FD(walk.fd);
}

/* ---- the file ---- */

/* It is looked at before it is opened: to open a device or a FIFO may have effects. */
static int file_read(int path_fd, char *text, size_t size) {
        char path[64];
        struct stat st;
        int r;

        if (fstat(path_fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
        r = fd_read_file(AT_FDCWD, path, text, size);
        return r == -EFBIG ? -EINVAL : r;
}

int pid_file_read(const char *path, PidFile *ret) {
        PidFile file = { .pidfd = -EBADF };
        _cleanup_fd_ int fd = path_walk(path, &file.owner, &file.safe);
        _cleanup_fd_ int pidfd = -EBADF;
        char text[64];
        guint64 pid;
        int r;

        if (fd < 0)
                return fd;
        r = file_read(fd, text, sizeof(text));
        if (r < 0)
                return r;
        if (!g_ascii_string_to_unsigned(g_strstrip(text), 10, 1, G_MAXINT32, &pid, NULL))
                return *text ? -EINVAL : -ENOENT;

        pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
        if (pidfd < 0)
                return -errno;
        if (process_has_ended(pidfd))
                return -ESRCH;
        file.pid = (pid_t)pid;
        file.pidfd = TAKE_FD(pidfd);
        *ret = file;
        return 0;
}

void pid_file_remove(const char *path) {
        g_autofree char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path);
        _cleanup_fd_ int fd = -EBADF;
        uid_t owner;
        bool safe;

        fd = path_walk(folder, &owner, &safe);
        if (fd >= 0 && safe)
                (void)unlinkat(fd, name, 0);
}
