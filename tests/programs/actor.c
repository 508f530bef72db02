/* SPDX-License-Identifier: MIT */
/* A process that does what its arguments say, one after the other, and then waits for ever: the
 * main process or a command of a service under test. actor REPORT STEP... In a step's text #self
 * and #parent are process ids, #now is CLOCK_MONOTONIC in microseconds, and + is a new line. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"
#include "report.h"

static const struct {
        const char *name;
        int number;
} signals[] = { { "HUP", SIGHUP },   { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "TERM", SIGTERM },
                { "ABRT", SIGABRT }, { "KILL", SIGKILL }, { "STOP", SIGSTOP }, { "INT", SIGINT } };

static int signal_find(const char *name) {
        for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
                if (strcmp(signals[i].name, name) == 0)
                        return signals[i].number;
        report_die(name, EINVAL);
}

_noreturn_ static void wait_for_ever(void) {
        for (;;)
                pause();
}

/* ---- the steps ---- */

static void step_notify(const char *text) {
        notify_send(text);
}

static void step_flood(const char *text) {
        notify_flood(text);
}

static void step_report(const char *text) {
        report("%s", text);
}

static void step_env(const char *name) {
        report("env %s=%s", name, getenv(name) ?: "(unset)");
}

/* PATH:TEXT; the file is whole when it appears. */
static void step_write(const char *text) {
        char path[512], new[520];
        const char *content = strchr(text, ':');

        if (!content)
                report_die(text, EINVAL);
        (void)snprintf(path, sizeof(path), "%.*s", (int)(content - text), text);
        (void)snprintf(new, sizeof(new), "%s.new", path);
        int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0 || dprintf(fd, "%s\n", content + 1) < 0 || close(fd) < 0 ||
            rename(new, path) < 0)
                report_die(path, errno);
}

static void step_await(const char *name) {
        sigset_t set;
        int sig;

        sigemptyset(&set);
        sigaddset(&set, signal_find(name));
        sigprocmask(SIG_BLOCK, &set, NULL);
        (void)sigwait(&set, &sig);
}

/* So that it waits until it is awaited. */
static void step_block(const char *name) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, signal_find(name));
        sigprocmask(SIG_BLOCK, &set, NULL);
}

static void step_ignore(const char *name) {
        (void)signal(signal_find(name), SIG_IGN);
}

static void step_background(const char *text) {
        pid_t pid = fork();

        if (pid < 0)
                report_die("fork", errno);
        if (pid > 0)
                _exit(0);
}

/* The child does what is left. */
static void step_child(const char *text) {
        pid_t pid = fork();

        if (pid < 0)
                report_die("fork", errno);
        if (pid > 0)
                wait_for_ever();
}

static void step_exit(const char *status) {
        _exit(atoi(status));
}

static void step_raise(const char *name) {
        (void)raise(signal_find(name));
}

static const struct {
        const char *name;
        void (*run)(const char *text);
} steps[] = {
        { "notify", step_notify }, { "report", step_report },         { "env", step_env },
        { "write", step_write },   { "await", step_await },           { "block", step_block },
        { "ignore", step_ignore }, { "background", step_background }, { "child", step_child },
        { "exit", step_exit },     { "raise", step_raise },           { "flood", step_flood },
};

/* ---- their text ---- */

static unsigned long long now_usec(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
}

static void text_expand(const char *from, char *to, size_t size) {
        const struct {
                const char *name;
                unsigned long long value;
        } numbers[] = { { "#self", (unsigned long long)getpid() },
                        { "#parent", (unsigned long long)getppid() },
                        { "#now", now_usec() } };
        size_t length = 0;

        while (*from && length + 24 < size) {
                bool found = false;

                for (size_t i = 0; i < ARRAY_SIZE(numbers) && !found; i++)
                        if (strncmp(from, numbers[i].name, strlen(numbers[i].name)) == 0) {
                                length += (size_t)snprintf(to + length, size - length, "%llu",
                                                           numbers[i].value);
                                from += strlen(numbers[i].name);
                                found = true;
                        }
                if (!found)
                        to[length++] = *from == '+' ? '\n' : *from, from++;
        }
        to[length] = '\0';
}

static void step_run(const char *word) {
        const char *text = strchr(word, '=');
        size_t length = text ? (size_t)(text - word) : strlen(word);
        char expanded[4096] = "";

        text_expand(text ? text + 1 : "", expanded, sizeof(expanded));
        for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
                if (strncmp(steps[i].name, word, length) == 0 && !steps[i].name[length]) {
                        steps[i].run(expanded);
                        return;
                }
        report_die(word, EINVAL);
}

int main(int argc, char **argv) {
        if (argc < 2)
                return 2;
        report_open(argv[1]);
        step_block("USR1");
        for (int i = 2; i < argc; i++)
                step_run(argv[i]);
        wait_for_ever();
}
