/* SPDX-License-Identifier: MIT */
/* The main process is another than the one that was started: PIDFile= says which it is (it is
 * followed until it appears), or there is only one left. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "directive.h"
#include "fd.h"
#include "log.h"
#include "process-tree.h"
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

static void service_main_found(Service *service) {
        if (service_settings(service)->service_type == SERVICE_FORKING)
                service_enter_start_post(service);
        else
                service_check_ready(service);
}

static int on_pid_file(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Service *service = userdata;
        int r = service_external_look(service);

        if (r < 0) {
                service_note_result(service, SERVICE_RESULT_RESOURCES);
                service_enter_signal(service, KILL_OPERATION_TERMINATE);
        } else if (r > 0)
                service_main_found(service);
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
        if (service->unclaimed || service_settings(service)->service_type == SERVICE_EXTERNAL)
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

/* ---- Type=forking ---- */

/* The processes that the first one left behind have become our children. */
static pid_t guess_main(Service *service) {
        g_autoptr(GArray) pids = service_pids(service);
        pid_t found = 0;

        for (guint i = 0; i < pids->len; i++) {
                pid_t pid = g_array_index(pids, pid_t, i);

                if (process_parent(pid) != getpid())
                        continue;
                if (found > 0)
                        return 0; /* which of them? */
                found = pid;
        }
        return found;
}

static int adopt_guess(Service *service) {
        const bool *guess = settings_given(service->unit.settings, "GuessMainPID");
        pid_t pid = guess && !*guess ? 0 : guess_main(service);
        int pidfd, r;

        if (pid == 0) {
                service->main_known = false;
                log_info(service->unit.name, "no telling which process is the main one");
                return 0;
        }
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0)
                return 0; /* it has just ended */
        r = service_adopt(service, pid, pidfd, false);
        if (r >= 0 && service->unclaimed)
                service_provide(service);
        return r;
}

void service_find_main(Service *service) {
        int r;

        if (service_settings(service)->pid_file) {
                r = service_external_look(service);
                if (r == 0 && service_has_others(service))
                        service_watch_others(service); /* who may still write it */
                else if (r == 0)
                        service_others_gone(service);
                if (r == 0)
                        return;
        } else
                r = adopt_guess(service);
        if (r >= 0) {
                service_main_found(service);
                return;
        }
        service_note_result(service, SERVICE_RESULT_RESOURCES);
        service_enter_signal(service, KILL_OPERATION_TERMINATE);
}
