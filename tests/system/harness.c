/* SPDX-License-Identifier: MIT */
/* The fixture: folders, unit files, the daemon's start and end. See harness.h. */
#include "harness.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"

/* Read and write, so that it has no end when a program closes it. */
static int report_fifo_open(const char *folder) {
        g_autofree char *path = g_build_filename(folder, "report", NULL);

        g_assert_cmpint(mkfifo(path, 0666), ==, 0);
        g_assert_cmpint(chmod(path, 0666), ==, 0);
        int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        fcntl(fd, F_SETPIPE_SZ, 1 << 20);
        return fd;
}

Fixture *fixture_new(void) {
        Fixture *fixture = g_new0(Fixture, 1);

        fixture->folder = case_folder();
        fixture->units = g_build_filename(fixture->folder, "units", NULL);
        fixture->runtime = g_build_filename(fixture->folder, "run", NULL);
        fixture->daemon_pidfd = -EBADF;
        fixture->events = g_ptr_array_new_with_free_func(g_free);
        fixture->reports = g_ptr_array_new_with_free_func(g_free);
        fixture->report_rest = g_string_new(NULL);
        fixture->report_fd = report_fifo_open(fixture->folder);
        g_assert_cmpint(g_mkdir(fixture->units, 0755), ==, 0);
        return fixture;
}

Fixture *fixture_idle(void) {
        Fixture *fixture = fixture_new();

        unit_write(fixture, "default.target", "[Unit]\nDescription=nothing\n");
        return fixture;
}

Fixture *fixture_free(Fixture *fixture) {
        if (!fixture)
                return NULL;
        if (fixture->daemon > 0)
                fixture_stop(fixture);
        fd_close(fixture->report_fd);
        g_ptr_array_unref(fixture->events);
        g_ptr_array_unref(fixture->reports);
        g_string_free(fixture->report_rest, TRUE);
        g_free(fixture->units);
        g_free(fixture->runtime);
        g_free(fixture);
        return NULL;
}

/* Files. */

char *fixture_expand(const Fixture *fixture, const char *text) {
        g_autoptr(GString) string = g_string_new(text);

        g_string_replace(string, "@claimer@", "@bin@/claimer --report=@dir@/report", 0);
        g_string_replace(string, "@bin@", case_programs(), 0);
        g_string_replace(string, "@dir@", fixture->folder, 0);
        return g_strdup(string->str);
}

static void file_put(const Fixture *fixture, const char *path, const char *format,
                     va_list arguments) {
        g_autofree char *text = g_strdup_vprintf(format, arguments);
        g_autofree char *expanded = fixture_expand(fixture, text);
        g_autoptr(GError) error = NULL;

        g_file_set_contents(path, expanded, -1, &error);
        g_assert_no_error(error);
        g_assert_cmpint(chmod(path, 0644), ==, 0);
}

void unit_write(const Fixture *fixture, const char *name, const char *format, ...) {
        g_autofree char *path = g_build_filename(fixture->units, name, NULL);
        va_list arguments;

        va_start(arguments, format);
        file_put(fixture, path, format, arguments);
        va_end(arguments);
}

void unit_remove(const Fixture *fixture, const char *name) {
        g_autofree char *path = g_build_filename(fixture->units, name, NULL);

        g_assert_cmpint(unlink(path), ==, 0);
}

void service_write(const Fixture *fixture, const char *name, const char *lines) {
        unit_write(fixture, name, "[Service]\n%s", lines);
}

void pair_write(const Fixture *fixture, const char *name, const char *socket_lines,
                const char *claimer_arguments, const char *service_lines) {
        g_autofree char *socket = g_strdup_printf("%s.socket", name);
        g_autofree char *service = g_strdup_printf("%s.service", name);

        unit_write(fixture, socket, "[Socket]\n%s\n", socket_lines);
        unit_write(fixture, service, "[Service]\nExecStart=@claimer@ %s\n%s\n", claimer_arguments,
                   service_lines);
}

char *file_write(const Fixture *fixture, const char *name, const char *format, ...) {
        char *path = g_build_filename(fixture->folder, name, NULL);
        va_list arguments;

        va_start(arguments, format);
        file_put(fixture, path, format, arguments);
        va_end(arguments);
        return path;
}

void fifo_make(const Fixture *fixture, const char *name) {
        g_autofree char *path = g_build_filename(fixture->folder, name, NULL);

        g_assert_cmpint(mkfifo(path, 0666), ==, 0);
}

void fifo_write(const Fixture *fixture, const char *name) {
        g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
        _cleanup_fd_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(write(fd, "go\n", 3), ==, 3);
}

char *file_read(const Fixture *fixture, const char *name) {
        g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
        char *text = NULL;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return g_strdup("");
        return text;
}

char *fixture_log(const Fixture *fixture) {
        return file_read(fixture, "log");
}

/* The daemon. */

/* The words of an environment variable, with what unit files may have, too. */
static GPtrArray *words_of_environment(const Fixture *fixture, const char *variable) {
        const char *text = g_getenv(variable);
        g_auto(GStrv) words = g_strsplit(text ? text : "", " ", -1);
        GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

        for (char **word = words; *word; word++) {
                if (**word)
                        g_ptr_array_add(argv, fixture_expand(fixture, *word));
        }
        return argv;
}

static char **daemon_command(const Fixture *fixture, const char *const *arguments, int ready_fd) {
        g_autoptr(GPtrArray) argv = words_of_environment(fixture, "BELLHOPD_WRAPPER");

        g_ptr_array_add(argv, g_build_filename(case_programs(), "bellhopd", NULL));
        g_ptr_array_add(argv, g_strdup_printf("--unit-path=%s", fixture->units));
        g_ptr_array_add(argv, g_strdup_printf("--runtime-directory=%s", fixture->runtime));
        g_ptr_array_add(argv, g_strdup_printf("--ready-fd=%d", ready_fd));
        g_ptr_array_add(argv, g_strdup("--log-level=debug"));
        for (; *arguments; arguments++)
                g_ptr_array_add(argv, g_strdup(*arguments));
        g_ptr_array_add(argv, NULL);
        return (char **)g_ptr_array_steal(argv, NULL);
}

/* stdin from nowhere, stdout and stderr to the log; the one descriptor that stays is ready_fd. */
_Noreturn static void daemon_exec(const Fixture *fixture, char **argv, int ready_fd) {
        g_autofree char *path = g_build_filename(fixture->folder, "log", NULL);
        int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

        dup2(null, STDIN_FILENO);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        fcntl(ready_fd, F_SETFD, 0);
        execvp(argv[0], argv);
        dprintf(STDERR_FILENO, "exec %s: %m\n", argv[0]);
        _exit(127);
}

/* Returns: true when the daemon has said so; false when it has closed the descriptor. */
static bool ready_wait(int fd) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        char byte;

        if (poll(&poll_fd, 1, limit_ms(EVENT_LIMIT)) != 1)
                g_error("bellhopd doesn't tell that it is ready");
        return read(fd, &byte, 1) == 1 && byte == '\n';
}

int fixture_try_start(Fixture *fixture, const char *const *arguments) {
        int pipe_fds[2];

        g_assert_cmpint(pipe2(pipe_fds, O_CLOEXEC), ==, 0);
        _cleanup_fd_ int ready_fd = pipe_fds[0];
        g_auto(GStrv) argv = daemon_command(fixture, arguments, pipe_fds[1]);
        fixture->daemon = fork();
        g_assert_cmpint(fixture->daemon, >=, 0);
        if (fixture->daemon == 0)
                daemon_exec(fixture, argv, pipe_fds[1]);
        close(pipe_fds[1]);
        fixture->daemon_pidfd = pidfd_open(fixture->daemon, 0);
        if (ready_wait(ready_fd)) {
                bus_open(fixture);
                return -1;
        }
        int status = fixture_wait_end(fixture);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void fixture_start(Fixture *fixture, ...) {
        g_autoptr(GPtrArray) arguments = g_ptr_array_new();
        const char *argument;
        va_list list;

        va_start(list, fixture);
        while ((argument = va_arg(list, const char *)))
                g_ptr_array_add(arguments, (char *)argument);
        va_end(list);
        g_ptr_array_add(arguments, NULL);
        int status = fixture_try_start(fixture, (const char *const *)arguments->pdata);
        if (status >= 0)
                g_error("bellhopd ended at its start with status %d", status);
}

/* BELLHOPD_JUDGE looks at what the wrapper noted of the daemon that has ended; in its words @pid@
 * is the daemon's pid. */
static void daemon_judge(const Fixture *fixture) {
        g_autoptr(GPtrArray) argv = words_of_environment(fixture, "BELLHOPD_JUDGE");
        g_autofree char *pid = g_strdup_printf("%d", (int)fixture->daemon), *output = NULL;

        if (argv->len == 0)
                return;
        for (guint i = 0; i < argv->len; i++) {
                g_autoptr(GString) word = g_string_new(argv->pdata[i]);
                g_string_replace(word, "@pid@", pid, 0);
                g_free(argv->pdata[i]);
                argv->pdata[i] = g_strdup(word->str);
        }
        g_ptr_array_add(argv, NULL);
        int status = run_argv(fixture, &output, (const char *const *)argv->pdata);
        if (status != 0)
                g_error("%s: exit status %d\n%s", (char *)argv->pdata[0], status, output);
}

int fixture_wait_end(Fixture *fixture) {
        struct pollfd poll_fd = { .fd = fixture->daemon_pidfd, .events = POLLIN };
        int status;

        if (poll(&poll_fd, 1, limit_ms(2 * EVENT_LIMIT)) != 1)
                g_error("bellhopd doesn't end");
        g_assert_cmpint(waitpid(fixture->daemon, &status, 0), ==, fixture->daemon);
        daemon_judge(fixture);
        fixture->bus = sd_bus_close_unref(fixture->bus);
        fixture->daemon_pidfd = fd_close(fixture->daemon_pidfd);
        fixture->daemon = 0;
        return status;
}

void fixture_kill(Fixture *fixture, int sig) {
        g_assert_cmpint(kill(fixture->daemon, sig), ==, 0);
}

static void runtime_check_empty(const Fixture *fixture) {
        g_autoptr(GDir) dir = g_dir_open(fixture->runtime, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                if (strcmp(name, "lock") != 0)
                        g_error("bellhopd has left %s in its runtime folder", name);
        }
}

void fixture_stop(Fixture *fixture) {
        sd_bus_error error = SD_BUS_ERROR_NULL;

        int r = sd_bus_call_method(fixture->bus, NULL, "/org/bellhop/Manager1",
                                   "org.bellhop.Manager1", "Shutdown", &error, NULL, NULL);
        if (r < 0)
                g_error("Shutdown: %s %s", error.name, error.message);
        sd_bus_error_free(&error);
        int status = fixture_wait_end(fixture);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                g_error("bellhopd ended with wait status %#x", (unsigned int)status);
        runtime_check_empty(fixture);
}

/* The daemon from outside. */

unsigned int daemon_count_fds(const Fixture *fixture) {
        g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)fixture->daemon);
        struct stat st;

        /* Since Linux 6.2 the size is the count, and anybody may look. */
        g_assert_cmpint(stat(path, &st), ==, 0);
        return (unsigned int)st.st_size;
}

static void daemon_print_fds(const Fixture *fixture) {
        g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)fixture->daemon);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *link = g_build_filename(path, name, NULL);
                g_autofree char *target = g_file_read_link(link, NULL);
                fprintf(stderr, "descriptor %s: %s\n", name, target);
        }
}

void daemon_expect_fds(const Fixture *fixture, unsigned int max) {
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;

        while (daemon_count_fds(fixture) > max) {
                g_usleep(1000);
                if (g_get_monotonic_time() <= deadline)
                        continue;
                daemon_print_fds(fixture);
                g_error("bellhopd has %u descriptors, not %u", daemon_count_fds(fixture), max);
        }
}

static uint64_t daemon_field(const Fixture *fixture, const char *file, unsigned int index) {
        g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)fixture->daemon, file);
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        char *fields = strrchr(text, ')');
        g_auto(GStrv) words = g_strsplit(fields ? fields + 2 : text, " ", -1);
        return g_ascii_strtoull(words[index], NULL, 10);
}

uint64_t daemon_cpu_ms(const Fixture *fixture) {
        uint64_t ticks = daemon_field(fixture, "stat", 11) + daemon_field(fixture, "stat", 12);

        return ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

uint64_t daemon_rss_kb(const Fixture *fixture) {
        return daemon_field(fixture, "statm", 1) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

bool daemon_is_instrumented(void) {
        static const char mark[] = "__asan_init";
        g_autofree char *path = g_build_filename(case_programs(), "bellhopd", NULL);
        g_autofree char *content = NULL;
        gsize length;

        g_assert_true(g_file_get_contents(path, &content, &length, NULL));
        return g_getenv("BELLHOPD_WRAPPER") || memmem(content, length, mark, sizeof(mark) - 1);
}
