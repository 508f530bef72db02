/* SPDX-License-Identifier: MIT */
/* What a process says of itself. */
#include "exec-report.h"

#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "macros.h"

/* A file's first line. */
static void print_line(const char *path) {
        char line[256] = "";
        FILE *file = fopen(path, "re");

        if (!file || !fgets(line, sizeof(line), file))
                strcpy(line, "none");
        line[strcspn(line, "\n")] = '\0';
        fputs(line, stdout);
        if (file)
                fclose(file);
}

static void print_umask(const char *argument) {
        mode_t mask = umask(0);

        printf("%04o", mask);
        (void)umask(mask);
}

static void print_nice(const char *argument) {
        printf("%d", getpriority(PRIO_PROCESS, 0));
}

static void print_oom(const char *argument) {
        print_line("/proc/self/oom_score_adj");
}

static void print_coredump(const char *argument) {
        print_line("/proc/self/coredump_filter");
}

static void print_slack(const char *argument) {
        printf("%d", prctl(PR_GET_TIMERSLACK));
}

static void print_personality(const char *argument) {
        printf("%x", (unsigned int)personality(0xffffffff));
}

static void print_machine(const char *argument) {
        struct utsname name;

        (void)uname(&name);
        fputs(name.machine, stdout);
}

static void print_affinity(const char *argument) {
        cpu_set_t set;

        (void)sched_getaffinity(0, sizeof(set), &set);
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
                if (CPU_ISSET(cpu, &set))
                        printf("%d ", cpu);
}

static void print_numa(const char *argument) {
        unsigned long nodes[16] = { 0 };
        int policy = -1;

        (void)syscall(SYS_get_mempolicy, &policy, nodes, sizeof(nodes) * 8 + 1, NULL, 0);
        printf("%d %lx", policy, nodes[0]);
}

static void print_ioprio(const char *argument) {
        long priority = syscall(SYS_ioprio_get, 1, 0);

        printf("%ld %ld", priority >> 13, priority & 7);
}

static void print_sched(const char *argument) {
        struct sched_param parameter;

        (void)sched_getparam(0, &parameter);
        printf("%d %d", sched_getscheduler(0), parameter.sched_priority);
}

static void print_securebits(const char *argument) {
        printf("%x", (unsigned int)prctl(PR_GET_SECUREBITS));
}

static void print_groups(const char *argument) {
        gid_t groups[64];
        int count = getgroups(64, groups);

        for (int i = 0; i < count; i++)
                printf("%u ", groups[i]);
}

static void print_cwd(const char *argument) {
        char path[4096];

        fputs(getcwd(path, sizeof(path)) ?: "none", stdout);
}

static void print_stdin(const char *argument) {
        char text[256];
        size_t length = fread(text, 1, sizeof(text), stdin);

        for (size_t i = 0; i < length; i++)
                printf(text[i] < ' ' ? "\\%02x" : "%c", text[i]);
}

/* 0: none; the number of a fresh one differs, so what is told is whether user keyring is in it. */
static void print_keyring(const char *argument) {
        int ids[64];
        long user = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0);
        long session = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
        long length = syscall(SYS_keyctl, KEYCTL_READ, session, ids, sizeof(ids));
        bool linked = false;

        for (long i = 0; i < length / (long)sizeof(ids[0]); i++)
                linked = linked || ids[i] == user;
        printf("%ld %s", session, linked ? "shared" : "alone");
}

static void print_sigpipe(const char *argument) {
        struct sigaction action;

        (void)sigaction(SIGPIPE, NULL, &action);
        fputs(action.sa_handler == SIG_IGN ? "ignored" : "default", stdout);
}

static const struct {
        const char *name;
        int resource;
} limits[] = {
        { "AS", RLIMIT_AS },
        { "CORE", RLIMIT_CORE },
        { "CPU", RLIMIT_CPU },
        { "DATA", RLIMIT_DATA },
        { "FSIZE", RLIMIT_FSIZE },
        { "LOCKS", RLIMIT_LOCKS },
        { "MEMLOCK", RLIMIT_MEMLOCK },
        { "MSGQUEUE", RLIMIT_MSGQUEUE },
        { "NICE", RLIMIT_NICE },
        { "NOFILE", RLIMIT_NOFILE },
        { "NPROC", RLIMIT_NPROC },
        { "RSS", RLIMIT_RSS },
        { "RTPRIO", RLIMIT_RTPRIO },
        { "RTTIME", RLIMIT_RTTIME },
        { "SIGPENDING", RLIMIT_SIGPENDING },
        { "STACK", RLIMIT_STACK },
};

static void print_limit(const char *argument) {
        struct rlimit limit;

        for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
                if (!strcmp(argument, limits[i].name) &&
                    getrlimit((__rlimit_resource_t)limits[i].resource, &limit) == 0)
                        printf("%lld:%lld", (long long)limit.rlim_cur, (long long)limit.rlim_max);
}

static void print_status(const char *argument) {
        char line[1024];
        size_t length = strlen(argument);
        FILE *file = fopen("/proc/self/status", "re");

        while (file && fgets(line, sizeof(line), file)) {
                if (strncmp(line, argument, length) || line[length] != ':')
                        continue;
                line[strcspn(line, "\n")] = '\0';
                fputs(line + length + 2, stdout);
        }
        if (file)
                fclose(file);
}

static void print_env(const char *argument) {
        fputs(getenv(argument) ?: "none", stdout);
}

static void print_stat(const char *argument) {
        struct stat st;

        if (stat(argument, &st) < 0)
                fputs("none", stdout);
        else
                printf("%c %04o %u %u", S_ISDIR(st.st_mode) ? 'd' : 'f', st.st_mode & 07777,
                       st.st_uid, st.st_gid);
}

static void print_link(const char *argument) {
        char target[4096];
        ssize_t length = readlink(argument, target, sizeof(target) - 1);

        target[length > 0 ? length : 0] = '\0';
        fputs(target, stdout);
}

static void print_socket(const char *argument) {
        int fd = atoi(argument), listening = 0;
        socklen_t length = sizeof(listening);

        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0)
                fputs("none", stdout);
        else
                fputs(listening ? "listener" : "connection", stdout);
}

static const struct {
        const char *name;
        void (*print)(const char *argument);
} facets[] = {
        { "umask", print_umask },     { "nice", print_nice },
        { "oom", print_oom },         { "coredump", print_coredump },
        { "slack", print_slack },     { "personality", print_personality },
        { "machine", print_machine }, { "affinity", print_affinity },
        { "numa", print_numa },       { "ioprio", print_ioprio },
        { "sched", print_sched },     { "securebits", print_securebits },
        { "groups", print_groups },   { "cwd", print_cwd },
        { "stdin", print_stdin },     { "keyring", print_keyring },
        { "sigpipe", print_sigpipe }, { "limit", print_limit },
        { "status", print_status },   { "env", print_env },
        { "stat", print_stat },       { "link", print_link },
        { "socket", print_socket },
};

static void report(const char *facet) {
        size_t length = strcspn(facet, ":");

        printf("%s=", facet);
        for (size_t i = 0; i < ARRAY_SIZE(facets); i++)
                if (strlen(facets[i].name) == length && !strncmp(facets[i].name, facet, length))
                        facets[i].print(facet[length] ? facet + length + 1 : "");
        putchar('\n');
}

_Noreturn void exec_report(int count, char **asked) {
        for (int i = 0; i < count; i++)
                report(asked[i]);
        exit(fflush(stdout) == 0 ? 0 : 1);
}
