/* SPDX-License-Identifier: MIT */
/* What the measuring programs share. */
#include "bench.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"

#define READY_FD         3
#define READY_TIMEOUT_MS (60 * 1000)

static char folder[256];
static pid_t folder_owner;

uint64_t bench_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void bench_pause(unsigned int ms) {
        if (ms == 0)
                return;
        struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

        nanosleep(&pause, NULL); /* not a wait: others shall fall asleep too */
}

void bench_die(const char *what) {
        perror(what);
        exit(EXIT_FAILURE);
}

void bench_sample(const char *key, double value) {
        printf("%s %.3f\n", key, value);
        fflush(stdout);
}

unsigned int bench_number(int argc, char **argv, int index) {
        int number = index < argc ? atoi(argv[index]) : 0;

        if (number <= 0) {
                fprintf(stderr, "%s: argument %d must be a positive number\n", argv[0], index);
                exit(EXIT_FAILURE);
        }
        return (unsigned int)number;
}

void bench_raise_descriptors(unsigned int wanted) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                bench_die("getrlimit");
        if (limit.rlim_max < wanted && geteuid() == 0)
                limit.rlim_max = wanted;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
                bench_die("setrlimit");
        if (limit.rlim_cur >= wanted)
                return;
        fprintf(stderr, "needs %u descriptors, may have %llu\n", wanted,
                (unsigned long long)limit.rlim_cur);
        exit(EXIT_FAILURE);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where) {
        return remove(path);
}

/* Everything but FOLDER and FOLDER/units with what is in it. */
static int remove_left_over(const char *path, const struct stat *info, int type,
                            struct FTW *where) {
        const char *below = path + strlen(folder);

        if (where->level == 0 || strcmp(below, "/units") == 0 || strncmp(below, "/units/", 7) == 0)
                return 0;
        return remove(path);
}

/* Children that end by exit() must leave it alone. */
static void folder_remove(void) {
        if (getpid() == folder_owner)
                (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* In memory, as what lies below /run: what a disk does meanwhile would be all that is measured. */
static const char *folder_parent(void) {
        const char *asked = getenv("TMPDIR");
        struct statfs shm;

        if (asked)
                return asked;
        if (statfs("/dev/shm", &shm) == 0 && shm.f_type == TMPFS_MAGIC &&
            access("/dev/shm", W_OK) == 0)
                return "/dev/shm";
        return "/tmp";
}

const char *bench_folder(void) {
        char units[sizeof(folder) + 8];

        if (folder_owner != 0)
                return folder;
        snprintf(folder, sizeof(folder), "%.200s/bellhop-bench.XXXXXX", folder_parent());
        if (!mkdtemp(folder))
                bench_die(folder);
        folder_owner = getpid();
        atexit(folder_remove);
        snprintf(units, sizeof(units), "%s/units", folder);
        if (mkdir(units, 0755) < 0)
                bench_die(units);
        return folder;
}

void bench_folder_clean(void) {
        (void)nftw(bench_folder(), remove_left_over, 16, FTW_DEPTH | FTW_PHYS);
}

void bench_write(const char *name, const char *format, ...) {
        char path[512];
        va_list arguments;

        snprintf(path, sizeof(path), "%s/%s", bench_folder(), name);
        FILE *file = fopen(path, "we");
        if (!file)
                bench_die(path);
        va_start(arguments, format);
        vfprintf(file, format, arguments);
        va_end(arguments);
        if (fclose(file) != 0)
                bench_die(path);
}

/* A mount namespace of its own in which there is no cgroup hierarchy. Only root can; an ordinary
 * user's manager rarely may make cgroups anyway. */
static void hide_cgroups(void) {
        if (geteuid() != 0)
                return;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("none", "/sys/fs/cgroup", "tmpfs", MS_RDONLY, NULL) < 0)
                bench_die("hide /sys/fs/cgroup");
}

static _noreturn_ void run(char *const *argv, bool cgroups, int ready_fd) {
        sigset_t none;

        prctl(PR_SET_PDEATHSIG, SIGTERM);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (!cgroups)
                hide_cgroups();
        if (ready_fd != READY_FD && dup2(ready_fd, READY_FD) < 0)
                bench_die("dup2");
        if (ready_fd == READY_FD && fcntl(READY_FD, F_SETFD, 0) < 0)
                bench_die("fcntl");
        execv(argv[0], argv);
        bench_die(argv[0]);
}

pid_t bench_start(char *const *argv, bool cgroups, uint64_t *ret_ready_ns) {
        int ends[2];
        char line;

        if (pipe2(ends, O_CLOEXEC) < 0)
                bench_die("pipe");
        uint64_t begin = bench_now();
        pid_t pid = fork();
        if (pid < 0)
                bench_die("fork");
        if (pid == 0)
                run(argv, cgroups, ends[1]);
        close(ends[1]);

        struct pollfd ready = { .fd = ends[0], .events = POLLIN };
        if (poll(&ready, 1, READY_TIMEOUT_MS) <= 0 || read(ends[0], &line, 1) != 1) {
                fprintf(stderr, "%s did not become ready\n", argv[0]);
                kill(pid, SIGKILL);
                exit(EXIT_FAILURE);
        }
        if (ret_ready_ns)
                *ret_ready_ns = bench_now() - begin;
        close(ends[0]);
        return pid;
}

pid_t bench_start_manager(const char *bellhopd, bool cgroups, uint64_t *ret_ready_ns) {
        char units[300], runtime[300];
        const char *argv[] = {
                bellhopd, units, runtime, "--ready-fd=3", "--log-level=err", NULL,
        };

        snprintf(units, sizeof(units), "--unit-path=%s/units", bench_folder());
        snprintf(runtime, sizeof(runtime), "--runtime-directory=%s/run", bench_folder());
        return bench_start((char *const *)argv, cgroups, ret_ready_ns);
}

void bench_stop(pid_t pid) {
        kill(pid, SIGTERM);
        if (waitpid(pid, NULL, 0) < 0)
                bench_die("waitpid");
}

static double status_field(const char *path, const char *field) {
        char text[8192];
        const char *at;

        if (fd_read_file(AT_FDCWD, path, text, sizeof(text)) < 0)
                return -1;
        at = strstr(text, field);
        return at ? atof(at + strlen(field)) : -1;
}

double bench_memory(pid_t pid, const char **ret_key) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
        double kib = status_field(path, "\nPss:");
        *ret_key = "pss_kib";
        if (kib >= 0)
                return kib;
        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        *ret_key = "rss_kib";
        return status_field(path, "\nVmRSS:");
}
