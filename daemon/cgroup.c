/* SPDX-License-Identifier: MIT */
/* The cgroup of one service. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup-tree.h"
#include "fd.h"

/* How often a group that forks while it is killed is gone through, where cgroup.kill is missing. */
#define KILL_ROUNDS 16

int cgroup_new(CgroupTree *tree, const char *unit, Cgroup **ret) {
        g_autofree char *folder = g_build_filename(tree->folder, unit, NULL);
        _cleanup_fd_ int fd = -EBADF;
        bool was_there;
        Cgroup *cgroup;

        was_there = mkdir(folder, 0755) < 0;
        if (was_there && errno != EEXIST)
                return -errno;
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        cgroup = g_new(Cgroup, 1);
        *cgroup = (Cgroup){ .event = sd_event_ref(tree->event),
                            .folder = g_steal_pointer(&folder),
                            .path = g_strdup_printf("%s/%s", tree->path, unit),
                            .fd = TAKE_FD(fd),
                            .control_fd = -EBADF };
        *ret = cgroup;
        return was_there;
}

Cgroup *cgroup_free(Cgroup *cgroup) {
        if (!cgroup)
                return NULL;

        sd_event_source_disable_unref(cgroup->events_source);
        sd_event_source_disable_unref(cgroup->check_source);
        fd_close(cgroup->fd);
        fd_close(cgroup->control_fd);
        settings_unref(cgroup->limited);
        if (cgroup_is_empty(cgroup))
                cgroup_folder_remove(cgroup->folder);
        sd_event_unref(cgroup->event);
        g_free(cgroup->folder);
        g_free(cgroup->path);
        g_free(cgroup);
        return NULL;
}

/* A kernel (6.18 does it) that remembers of a group that it was killed kills whoever is cloned into
 * it from then on: it takes a new one. */
static void cgroup_renew(Cgroup *cgroup) {
        int fd;

        if (!cgroup_is_empty(cgroup))
                return;
        cgroup_folder_remove(cgroup->folder);
        if (mkdir(cgroup->folder, 0755) < 0)
                return;
        fd = open(cgroup->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return;
        fd_close(cgroup->fd);
        cgroup->fd = fd;
        cgroup->control_fd = fd_close(cgroup->control_fd);
        cgroup->killed = false;
        cgroup->limited = settings_unref(cgroup->limited);
}

bool cgroup_note_limits(Cgroup *cgroup, UnitSettings *settings, UnitSettings **ret_before) {
        if (!cgroup) {
                *ret_before = NULL;
                return true;
        }
        (void)cgroup_fd(cgroup); /* the folder that the next process gets */
        if (cgroup->limited == settings)
                return false;
        *ret_before = TAKE_POINTER(cgroup->limited);
        cgroup->limited = settings_ref(settings);
        return true;
}

int cgroup_fd(Cgroup *cgroup) {
        if (cgroup->killed)
                cgroup_renew(cgroup);
        return cgroup->fd;
}

int cgroup_control_fd(Cgroup *cgroup) {
        int fd = cgroup_fd(cgroup);

        if (cgroup->control_fd >= 0)
                return cgroup->control_fd;
        if (mkdirat(fd, ".control", 0755) < 0 && errno != EEXIST)
                return fd;
        cgroup->control_fd = openat(fd, ".control", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return cgroup->control_fd >= 0 ? cgroup->control_fd : fd;
}

const char *cgroup_path(const Cgroup *cgroup) {
        return cgroup->path;
}

static int folder_add_pids(const char *folder, GArray *pids, unsigned int depth) {
        g_autofree char *procs = g_build_filename(folder, "cgroup.procs", NULL);
        g_autofree char *text = NULL;
        const char *name;
        char *at, *end;
        GDir *dir;

        if (!g_file_get_contents(procs, &text, NULL, NULL))
                return depth == 0 ? -EIO : 0;
        for (at = text;; at = end) {
                pid_t pid = (pid_t)strtol(at, &end, 10);

                if (end == at)
                        break;
                if (pid > 0) /* 0: in another pid namespace */
                        g_array_append_val(pids, pid);
        }

        dir = depth < CGROUP_DEPTH_MAX ? g_dir_open(folder, 0, NULL) : NULL;
        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(folder, name, NULL);

                if (g_file_test(child, G_FILE_TEST_IS_DIR))
                        (void)folder_add_pids(child, pids, depth + 1);
        }
        g_clear_pointer(&dir, g_dir_close);
        return 0;
}

int cgroup_pids(Cgroup *cgroup, GArray **ret) {
        g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
        int r = folder_add_pids(cgroup->folder, pids, 0);

        if (r < 0)
                return r;
        *ret = g_steal_pointer(&pids);
        return 0;
}

/* Held before it is looked at again: the number may be another's by now. */
static bool cgroup_signal(const Cgroup *cgroup, pid_t pid, int sig) {
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

        return pidfd >= 0 && cgroup_has_pid(cgroup, pid) &&
               syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) == 0;
}

static int cgroup_signal_all(Cgroup *cgroup, int sig) {
        g_autoptr(GArray) pids = NULL;
        int r = cgroup_pids(cgroup, &pids), count = 0;

        if (r < 0)
                return r;
        for (guint i = 0; i < pids->len; i++)
                count += cgroup_signal(cgroup, g_array_index(pids, pid_t, i), sig);
        return count;
}

/* Linux 5.14: nothing in it escapes by forking. */
static bool cgroup_kill_at_once(Cgroup *cgroup) {
        g_autofree char *path = g_build_filename(cgroup->folder, "cgroup.kill", NULL);
        _cleanup_fd_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd >= 0 && write(fd, "1", 1) == 1;
}

int cgroup_kill(Cgroup *cgroup, int sig) {
        g_autoptr(GArray) pids = NULL;
        int r;

        if (sig != SIGKILL)
                return cgroup_signal_all(cgroup, sig);

        r = cgroup_pids(cgroup, &pids);
        if (r < 0)
                return r;
        cgroup->killed = cgroup_kill_at_once(cgroup);
        if (!cgroup->killed)
                for (unsigned int round = 0; round < KILL_ROUNDS && !cgroup_is_empty(cgroup);
                     round++)
                        (void)cgroup_signal_all(cgroup, sig);
        return (int)pids->len;
}

bool cgroup_is_empty(Cgroup *cgroup) {
        g_autofree char *events = g_build_filename(cgroup->folder, "cgroup.events", NULL);
        g_autofree char *text = NULL;

        /* No folder any more: nothing is in it. */
        return !g_file_get_contents(events, &text, NULL, NULL) || !strstr(text, "populated 1");
}

bool cgroup_has_path(const Cgroup *cgroup, const char *path) {
        size_t length = strlen(cgroup->path);

        return strncmp(path, cgroup->path, length) == 0 &&
               (path[length] == '\0' || path[length] == '/');
}

bool cgroup_has_pid(const Cgroup *cgroup, pid_t pid) {
        g_autofree char *path = NULL;

        return cgroup_of_process(pid, &path) >= 0 && cgroup_has_path(cgroup, path);
}

static void cgroup_check(Cgroup *cgroup) {
        if (!cgroup_is_empty(cgroup))
                return;
        cgroup->events_source = sd_event_source_disable_unref(cgroup->events_source);
        cgroup->check_source = sd_event_source_disable_unref(cgroup->check_source);
        cgroup->emptied(cgroup, cgroup->userdata); /* may free the cgroup */
}

static int on_events(sd_event_source *source, const struct inotify_event *inotify, void *userdata) {
        cgroup_check(userdata);
        return 0;
}

static int on_check(sd_event_source *source, void *userdata) {
        cgroup_check(userdata);
        return 0;
}

int cgroup_watch_empty(Cgroup *cgroup, void (*emptied)(Cgroup *cgroup, void *userdata),
                       void *userdata) {
        g_autofree char *events = g_build_filename(cgroup->folder, "cgroup.events", NULL);
        int r;

        cgroup->events_source = sd_event_source_disable_unref(cgroup->events_source);
        cgroup->check_source = sd_event_source_disable_unref(cgroup->check_source);
        cgroup->emptied = emptied;
        cgroup->userdata = userdata;
        r = sd_event_add_inotify(cgroup->event, &cgroup->events_source, events, IN_MODIFY,
                                 on_events, cgroup);
        if (r < 0)
                return r;
        /* It may have become empty before. */
        return sd_event_add_defer(cgroup->event, &cgroup->check_source, on_check, cgroup);
}

void cgroup_unwatch(Cgroup *cgroup) {
        cgroup->events_source = sd_event_source_disable_unref(cgroup->events_source);
        cgroup->check_source = sd_event_source_disable_unref(cgroup->check_source);
}
