/* SPDX-License-Identifier: MIT */
/* Reads signal sets out of /proc. */
#include "readiness.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bellhop.h"
#include "fd.h"

/* A status file is about 1.5 KiB; the groups line alone can be long, so there is room for 4000. */
#define STATUS_SIZE (48 * 1024)

static int status_parse(const char *text, SignalSets *ret) {
        SignalSets sets = { 0 };
        const struct {
                const char *key;
                uint64_t *set;
        } fields[] = {
                { "\nSigPnd:", &sets.thread_pending }, { "\nShdPnd:", &sets.process_pending },
                { "\nSigBlk:", &sets.blocked },        { "\nSigIgn:", &sets.ignored },
                { "\nSigCgt:", &sets.caught },
        };

        for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
                /* They stand in this order, so each search goes on from the last. */
                text = strstr(text, fields[i].key);
                if (!text)
                        return -EIO;
                *fields[i].set = strtoull(text + strlen(fields[i].key), NULL, 16);
        }
        *ret = sets;
        return 0;
}

static int sets_read_at(int dir_fd, const char *path, SignalSets *ret) {
        char buffer[STATUS_SIZE];
        int r = fd_read_file(dir_fd, path, buffer, sizeof(buffer));

        if (r < 0)
                return r == -ENOENT ? -ESRCH : r;
        return status_parse(buffer, ret);
}

int signal_sets_read(pid_t tid, SignalSets *ret) {
        char path[sizeof("/proc//status") + 3 * sizeof(pid_t)];

        (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
        return sets_read_at(AT_FDCWD, path, ret);
}

static Readiness readiness_of_sets(const SignalSets *sets, int sig) {
        uint64_t bit = BELLHOP_SIGNAL_BIT(sig);

        if (!((sets->blocked | sets->ignored | sets->caught) & bit))
                return READINESS_DEADLY;
        if ((sets->thread_pending | sets->process_pending) & bit)
                return READINESS_PENDING;
        return READINESS_READY;
}

int readiness_of_thread(pid_t tid, int sig) {
        SignalSets sets;
        int r = signal_sets_read(tid, &sets);

        return r < 0 ? r : (int)readiness_of_sets(&sets, sig);
}

/* With the default action the kernel may pick any thread that doesn't block the signal
 * (complete_signal() in the kernel), so one is enough to die. */
static int threads_all_block(pid_t pid, int sig, pid_t *ret_thread) {
        char path[sizeof("/proc//task") + 3 * sizeof(pid_t)];
        unsigned int count = 0;
        struct dirent *entry;
        int r = 0;
        DIR *dir;

        (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
        dir = opendir(path);
        if (!dir)
                return errno == ENOENT ? -ESRCH : -errno;

        while ((entry = readdir(dir))) {
                char status[sizeof(entry->d_name) + sizeof("/status")];
                SignalSets sets;

                if (entry->d_name[0] == '.')
                        continue;
                if (count++ == READINESS_THREADS_MAX) {
                        r = -E2BIG;
                        break;
                }
                (void)snprintf(status, sizeof(status), "%s/status", entry->d_name);
                r = sets_read_at(dirfd(dir), status, &sets);
                if (r == -ESRCH) { /* this thread has ended meanwhile */
                        r = 0;
                        continue;
                }
                if (r < 0)
                        break;
                if (readiness_of_sets(&sets, sig) == READINESS_DEADLY) {
                        if (ret_thread)
                                *ret_thread = (pid_t)atoi(entry->d_name);
                        r = READINESS_DEADLY;
                        break;
                }
        }
        (void)closedir(dir);
        return r;
}

int readiness_of_process(pid_t pid, int sig, pid_t *ret_thread) {
        SignalSets sets;
        int r = signal_sets_read(pid, &sets);

        if (r < 0)
                return r;
        if (!((sets.ignored | sets.caught) & BELLHOP_SIGNAL_BIT(sig))) {
                r = threads_all_block(pid, sig, ret_thread);
                if (r != READINESS_READY)
                        return r;
        }
        return readiness_of_sets(&sets, sig);
}
