/* SPDX-License-Identifier: MIT */
/* Type=external: somebody else starts the process, and PIDFile= says which it is. It is followed
 * until it appears. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "service-internal.h"

static bool owner_is_trusted(uid_t owner, pid_t pid) {
        char path[64];
        struct stat st;

        if (owner == 0 || owner == geteuid())
                return true;
        /* A user may name a process of its own, not another's. */
        (void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        return stat(path, &st) == 0 && st.st_uid == owner;
}

/* Returns: a pidfd; -ENOENT: no file, or nothing in it yet; -ESRCH: the process has ended; -EPERM:
 * the file isn't to be believed; other negative errno. */
static int pid_file_read(const char *path, pid_t *ret_pid) {
        _cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        _cleanup_fd_ int pidfd = -EBADF;
        char text[32] = "";
        struct stat st;
        guint64 pid;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return -EINVAL;
        if (read(fd, text, sizeof(text) - 1) < 0)
                return -errno;
        if (!g_ascii_string_to_unsigned(g_strstrip(text), 10, 1, G_MAXINT32, &pid, NULL))
                return *text ? -EINVAL : -ENOENT;

        pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
        if (pidfd < 0)
                return -errno;
        if (!owner_is_trusted(st.st_uid, (pid_t)pid))
                return -EPERM;
        *ret_pid = (pid_t)pid;
        return TAKE_FD(pidfd);
}

/* What may still come right by waiting. */
static bool error_is_passing(int error) {
        return error == -ENOENT || error == -ESRCH || error == -ENOTDIR;
}

static int on_pid_file(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Service *service = userdata;
        int r = service_external_look(service);

        if (r < 0) {
                service->result = SERVICE_RESULT_RESOURCES;
                service_finish(service);
        } else if (r > 0)
                service_check_ready(service);
        return 0;
}

/* The folder, or the nearest one above it that is there: nothing can appear without a change in
 * that. */
static int pid_file_watch(Service *service, const char *path) {
        g_autofree char *folder = g_path_get_dirname(path);
        int r;

        for (;;) {
                service->pid_file_source = sd_event_source_disable_unref(service->pid_file_source);
                r = sd_event_add_inotify(service->unit.manager->event, &service->pid_file_source,
                                         folder, IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE,
                                         on_pid_file, service);
                if (r != -ENOENT || (folder[0] == '/' && folder[1] == '\0'))
                        return r;
                g_autofree char *parent = g_path_get_dirname(folder);
                g_free(folder);
                folder = g_steal_pointer(&parent);
        }
}

static int external_find(Service *service, const char *path) {
        pid_t pid = 0;
        int pidfd, r;

        pidfd = pid_file_read(path, &pid);
        if (pidfd < 0)
                return error_is_passing(pidfd) ? 0 : pidfd;
        service->pid_file_source = sd_event_source_disable_unref(service->pid_file_source);
        r = service_adopt(service, pid, pidfd, false);
        if (r < 0)
                return r;
        service_provide(service);
        return 1;
}

int service_external_look(Service *service) {
        const char *path = service_settings(service)->pid_file;
        int r;

        r = external_find(service, path);
        if (r == 0) {
                r = pid_file_watch(service, path);
                if (r >= 0) /* it may have come before the watch was there */
                        r = external_find(service, path);
        }
        if (r < 0)
                unit_set_failure(&service->unit, "PID file %s: %s", path,
                                 r == -EPERM ? "its owner may not name this process"
                                             : g_strerror(-r));
        return r;
}
