/* SPDX-License-Identifier: MIT */
/* Parents and children out of /proc. */
#include "process-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"

/* Deeper than any wrapper nests; an end for a tree that changes while it is walked. */
#define DEPTH_MAX 64
/* There may be thousands to be read: what is larger than this costs more than it is worth. */
#define ENVIRONMENT_MAX (256 * 1024)

bool process_is_there(int pidfd) {
        return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) >= 0 || errno == EPERM;
}

bool process_ends_within(int pidfd, int ms) {
        struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

        return poll(&poll_fd, 1, ms) > 0;
}

bool process_has_ended(int pidfd) {
        return process_ends_within(pidfd, 0);
}

int process_reap(int pidfd, pid_t pid, siginfo_t *ret) {
        siginfo_t info = { 0 };
        int r = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | __WALL);

        if (r < 0 && errno == EINVAL) /* before Linux 5.4 */
                r = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | __WALL);
        if (r < 0)
                return -errno;
        *ret = info;
        return info.si_pid != 0;
}

/* proc(5), /proc/PID/stat: fields 3, 4, 6 and 22; the second may hold anything but ends with the
 * last parenthesis. */
bool process_stat(pid_t pid, ProcessStat *ret) {
        char path[64], buffer[1024], *rest;
        ProcessStat stat;

        (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        if (fd_read_file(AT_FDCWD, path, buffer, sizeof(buffer)) < 0)
                return false;
        rest = strrchr(buffer, ')');
        if (!rest || sscanf(rest,
                            ") %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
                            "%*d %*d %*d %llu",
                            &stat.state, &stat.parent, &stat.session, &stat.start_time) != 4)
                return false;
        *ret = stat;
        return true;
}

pid_t process_parent(pid_t pid) {
        ProcessStat stat;

        return process_stat(pid, &stat) ? stat.parent : 0;
}

/* Held before it is looked at: the number may be another's by now. */
int process_signal(pid_t pid, unsigned long long start_time, int sig) {
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        ProcessStat stat;

        if (pidfd < 0)
                return -errno;
        if (!process_stat(pid, &stat) || stat.start_time != start_time)
                return -ESRCH;
        return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0 ? -errno : 0;
}

void process_table_add(GHashTable *table, pid_t pid, unsigned long long start_time) {
        g_hash_table_insert(table, GINT_TO_POINTER(pid), GSIZE_TO_POINTER(start_time));
}

bool process_table_has(GHashTable *table, pid_t pid, const ProcessStat *stat) {
        gpointer start_time;

        return g_hash_table_lookup_extended(table, GINT_TO_POINTER(pid), NULL, &start_time) &&
               start_time == GSIZE_TO_POINTER(stat->start_time);
}

/* ---- its environment ---- */

static ssize_t read_up_to(int fd, char *buffer, size_t size) {
        size_t length = 0;
        ssize_t n = 1;

        while (n > 0 && length < size) {
                n = read(fd, buffer + length, size - length);
                if (n > 0)
                        length += (size_t)n;
        }
        return n < 0 ? -errno : (ssize_t)length;
}

/* Strings, each with its NUL; what the process has made of them may be anything. */
static char *environment_find(const char *text, size_t size, const char *name) {
        size_t length = strlen(name);

        while (size > 0) {
                const char *end = memchr(text, '\0', size);

                if (!end) /* cut off */
                        return NULL;
                if (strncmp(text, name, length) == 0 && text[length] == '=')
                        return g_strdup(text + length + 1);
                size -= (size_t)(end + 1 - text);
                text = end + 1;
        }
        return NULL;
}

/* proc(5), /proc/PID/stat: field 51, where the environment ends, is nowhere until exec has put one
 * there, an empty one too. */
static bool is_within_exec(pid_t pid) {
        char path[64], buffer[1024], *at;

        (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        if (fd_read_file(AT_FDCWD, path, buffer, sizeof(buffer)) < 0)
                return false;
        at = strrchr(buffer, ')');
        if (!at || strncmp(at, ") Z", 3) == 0)
                return false;
        for (unsigned int field = 2; at && field < 51; field++)
                at = strchr(at + 1, ' ');
        return at && strncmp(at, " 0 ", 3) == 0;
}

int process_environment(pid_t pid, const char *name, char **ret) {
        _cleanup_fd_ int fd = -EBADF;
        g_autofree char *text = NULL;
        char path[64], *value;
        ssize_t size;

        (void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        text = g_malloc(ENVIRONMENT_MAX);
        size = read_up_to(fd, text, ENVIRONMENT_MAX);
        if (size < 0)
                return (int)size;
        if (size == 0)
                return is_within_exec(pid) ? -EAGAIN : -ENODATA;
        value = environment_find(text, (size_t)size, name);
        if (!value)
                return -ENOENT;
        *ret = value;
        return 0;
}

/* ---- who descends from whom ---- */

bool process_is_descendant(pid_t pid, pid_t ancestor) {
        for (unsigned int depth = 0; depth < DEPTH_MAX && pid > 1; depth++) {
                if (pid == ancestor)
                        return true;
                pid = process_parent(pid);
        }
        return false;
}

static void add_children(GArray *pids, const char *path, guint max) {
        g_autofree char *text = NULL;
        char *end;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return;
        for (char *at = text; pids->len < max; at = end) {
                pid_t pid = (pid_t)strtol(at, &end, 10);

                if (end == at)
                        return;
                g_array_append_val(pids, pid);
        }
}

/* Each thread has its own list of children (proc(5), /proc/PID/task/TID/children). */
void process_add_children(GArray *pids, pid_t pid, guint max) {
        char path[64];
        struct dirent *entry;
        DIR *dir;

        (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
        dir = opendir(path);
        if (!dir)
                return;
        while ((entry = readdir(dir)) && pids->len < max) {
                char children[sizeof(path) + sizeof(entry->d_name) + sizeof("/children")];

                if (entry->d_name[0] == '.')
                        continue;
                (void)snprintf(children, sizeof(children), "%s/%s/children", path, entry->d_name);
                add_children(pids, children, max);
        }
        (void)closedir(dir);
}

GArray *process_descendants(pid_t ancestor, guint max) {
        GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

        g_array_append_val(pids, ancestor);
        for (guint i = 0; i < pids->len && pids->len < max; i++)
                process_add_children(pids, g_array_index(pids, pid_t, i), max);
        return pids;
}

char *process_label(pid_t pid) {
        char path[64], name[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
        if (fd_read_file(AT_FDCWD, path, name, sizeof(name)) < 0)
                return g_strdup_printf("pid %d", (int)pid);
        name[strcspn(name, "\n")] = '\0';
        /* The process chose it: nothing of it may reach a terminal or a JSON text as it is. */
        for (char *c = name; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
        return g_strdup_printf("%s (pid %d)", name, (int)pid);
}
