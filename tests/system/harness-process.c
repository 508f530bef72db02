/* SPDX-License-Identifier: MIT */
/* Commands and processes of a test. See harness.h. */
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

/* Its path among our programs, or the name as it is, for PATH (g_free). */
static char *program_find(const char *name) {
        char *path = g_build_filename(case_programs(), name, NULL);

        if (strchr(name, '/') || access(path, X_OK) < 0) {
                g_free(path);
                return g_strdup(name);
        }
        return path;
}

bool program_exists(const char *name) {
        g_autofree char *path = g_find_program_in_path(name);

        return path != NULL;
}

static int status_to_exit(int status) {
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

_Noreturn static void child_exec(const char *const *argv, int output) {
        g_autofree char *path = program_find(argv[0]);
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

        dup2(null, STDIN_FILENO);
        if (output >= 0) {
                dup2(output, STDOUT_FILENO);
                dup2(output, STDERR_FILENO);
        }
        execvp(path, (char *const *)argv);
        fprintf(stderr, "exec %s: %m\n", path);
        _exit(127);
}

static char *read_all(int fd) {
        g_autoptr(GString) text = g_string_new(NULL);
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        char buffer[4096];
        ssize_t n;

        while (poll(&poll_fd, 1, limit_ms(3 * EVENT_LIMIT)) == 1 &&
               (n = read(fd, buffer, sizeof(buffer))) > 0)
                g_string_append_len(text, buffer, n);
        return g_strdup(text->str);
}

int run_argv(const Fixture *fixture, char **ret_output, const char *const *argv) {
        int pipe_fds[2], status;

        (void)fixture;
        g_assert_cmpint(pipe2(pipe_fds, O_CLOEXEC), ==, 0);
        pid_t pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0)
                child_exec(argv, pipe_fds[1]);
        close(pipe_fds[1]);
        g_autofree char *output = read_all(pipe_fds[0]);
        close(pipe_fds[0]);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        if (ret_output)
                *ret_output = g_steal_pointer(&output);
        return status_to_exit(status);
}

/* argv of a first word and the rest of a list. */
static const char **argv_collect(GPtrArray *array, va_list list) {
        const char *argument;

        while ((argument = va_arg(list, const char *)))
                g_ptr_array_add(array, (char *)argument);
        g_ptr_array_add(array, NULL);
        return (const char **)array->pdata;
}

int run(const Fixture *fixture, char **ret_output, const char *program, ...) {
        g_autoptr(GPtrArray) array = g_ptr_array_new();
        va_list list;

        g_ptr_array_add(array, (char *)program);
        va_start(list, program);
        const char **argv = argv_collect(array, list);
        va_end(list);
        return run_argv(fixture, ret_output, argv);
}

int ctl(const Fixture *fixture, char **ret_output, const char *verb, ...) {
        g_autofree char *option = g_strdup_printf("--runtime-directory=%s", fixture->runtime);
        g_autoptr(GPtrArray) array = g_ptr_array_new();
        va_list list;

        g_ptr_array_add(array, (char *)"bellhopctl");
        g_ptr_array_add(array, option);
        g_ptr_array_add(array, (char *)verb);
        va_start(list, verb);
        const char **argv = argv_collect(array, list);
        va_end(list);
        return run_argv(fixture, ret_output, argv);
}

pid_t process_start_as(const Fixture *fixture, uid_t uid, const char *const *argv) {
        pid_t pid = fork();

        (void)fixture;
        g_assert_cmpint(pid, >=, 0);
        if (pid > 0)
                return pid;
        if (uid != geteuid() && (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
                                 setresuid(uid, uid, uid) < 0))
                _exit(126);
        child_exec(argv, -1);
}

pid_t process_start(const Fixture *fixture, const char *program, ...) {
        g_autoptr(GPtrArray) array = g_ptr_array_new();
        va_list list;

        g_ptr_array_add(array, (char *)program);
        va_start(list, program);
        const char **argv = argv_collect(array, list);
        va_end(list);
        return process_start_as(fixture, geteuid(), argv);
}

int process_wait(pid_t pid) {
        _cleanup_fd_ int pidfd = pidfd_open(pid, 0);
        struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };
        int status;

        if (poll(&poll_fd, 1, limit_ms(2 * EVENT_LIMIT)) != 1)
                g_error("process %d doesn't end", (int)pid);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        return status_to_exit(status);
}

void process_end(pid_t pid) {
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        process_wait(pid);
}

char process_state(pid_t pid) {
        g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid), *text = NULL;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return 0;
        const char *end = strrchr(text, ')');
        return end ? end[2] : 0;
}

bool process_is_alive(pid_t pid) {
        char state = process_state(pid);

        return state != 0 && !strchr("ZX", state);
}

void process_wait_gone(pid_t pid) {
        _cleanup_fd_ int pidfd = pidfd_open(pid, 0);
        struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

        if (pidfd >= 0 && poll(&poll_fd, 1, limit_ms(EVENT_LIMIT)) != 1)
                g_error("process %d is still there", (int)pid);
}

/* A process's state has no event to wait for: looks again until the time is over. */
void process_wait_state(pid_t pid, const char *states) {
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;

        while (!process_state(pid) || !strchr(states, process_state(pid))) {
                if (g_get_monotonic_time() > deadline)
                        g_error("process %d is %c, not %s", (int)pid, process_state(pid), states);
                g_usleep(1000);
        }
}
