/* SPDX-License-Identifier: MIT */
/* The log: what goes to stderr, what the ring keeps, and that nobody who reads slowly holds us up.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "log.h"

/* stderr is a pipe for the time of a test. */
typedef struct Capture {
        int stderr_fd; /* the real one */
        int read_fd;
} Capture;

static void capture_begin(Capture *capture, int level) {
        int fds[2];
        g_assert_cmpint(pipe2(fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
        capture->stderr_fd = fd_dup(STDERR_FILENO);
        capture->read_fd = fds[0];
        g_assert_cmpint(dup2(fds[1], STDERR_FILENO), ==, STDERR_FILENO);
        close(fds[1]);
        unsetenv("JOURNAL_STREAM");
        log_open(level);
}

static char *capture_read(Capture *capture) {
        static char buffer[1 << 20];
        ssize_t n = read(capture->read_fd, buffer, sizeof(buffer) - 1);
        buffer[n < 0 ? 0 : n] = '\0';
        return buffer;
}

static void capture_end(Capture *capture) {
        dup2(capture->stderr_fd, STDERR_FILENO);
        close(capture->stderr_fd);
        close(capture->read_fd);
        log_close();
}

static void test_levels(void) {
        static const struct {
                const char *text;
                int level;
        } rows[] = {
                { "emerg", LOG_EMERG }, { "err", LOG_ERR },
                { "error", LOG_ERR },   { "warning", LOG_WARNING },
                { "info", LOG_INFO },   { "debug", LOG_DEBUG },
                { "7", LOG_DEBUG },     { "0", LOG_EMERG },
                { "8", -EINVAL },       { "", -EINVAL },
                { "loud", -EINVAL },    { "33", -EINVAL },
        };
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                g_assert_cmpint(log_level_from_string(rows[i].text), ==, rows[i].level);
}

static void test_stderr(void) {
        Capture capture;
        capture_begin(&capture, LOG_INFO);
        log_info("web.service", "started as %d", 4242);
        log_info(NULL, "ready");
        log_debug("web.service", "not shown");
        g_assert_cmpstr(capture_read(&capture), ==, "web.service: started as 4242\nready\n");
        capture_end(&capture);
}

static void test_one_printable_line(void) {
        Capture capture;
        capture_begin(&capture, LOG_INFO);
        log_info("a.service", "\033[2Jone\ntwo\r\x7f");
        g_assert_cmpstr(capture_read(&capture), ==, "a.service: ?[2Jone?two??\n");
        g_autofree char *longer = g_strnfill(10000, 'x');
        log_info("a.service", "%s", longer);
        const char *line = capture_read(&capture);
        g_assert_cmpuint(strlen(line), ==, 4096);
        g_assert_cmpint(line[4095], ==, '\n');
        capture_end(&capture);
}

static void test_journal_stream(void) {
        Capture capture;
        capture_begin(&capture, LOG_INFO);
        /* Another file than stderr: not the journal's. */
        setenv("JOURNAL_STREAM", "1:1", 1);
        log_open(LOG_INFO);
        log_info(NULL, "here");
        g_assert_cmpstr(capture_read(&capture), ==, "here\n");
        unsetenv("JOURNAL_STREAM");
        capture_end(&capture);
}

static void test_tail(void) {
        Capture capture;
        capture_begin(&capture, LOG_INFO);
        log_info("a.service", "one");
        log_error("b.service", "other");
        log_warning("a.service", "two");
        log_info("a.service", "three");
        g_auto(GStrv) last = log_tail("a.service", 2);
        g_assert_cmpuint(g_strv_length(last), ==, 2);
        g_assert_true(g_str_has_suffix(last[0], " warning: two"));
        g_assert_true(g_str_has_suffix(last[1], " info: three"));
        g_assert_true(g_regex_match_simple("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}",
                                           last[0], 0, 0));
        g_auto(GStrv) all = log_tail("a.service", 100);
        g_assert_cmpuint(g_strv_length(all), ==, 3);
        g_auto(GStrv) none = log_tail("c.service", 100);
        g_assert_cmpuint(g_strv_length(none), ==, 0);
        capture_end(&capture);
}

static void test_ring(void) {
        Capture capture;
        capture_begin(&capture, LOG_INFO);
        for (int i = 0; i < LOG_RING_SIZE + 5; i++)
                log_info("a.service", "line %d", i);
        g_auto(GStrv) lines = log_tail("a.service", 2 * LOG_RING_SIZE);
        g_assert_cmpuint(g_strv_length(lines), ==, LOG_RING_SIZE);
        g_assert_true(g_str_has_suffix(lines[0], ": line 5"));
        g_assert_true(g_str_has_suffix(lines[LOG_RING_SIZE - 1], ": line 1004"));
        capture_end(&capture);
}

/* Nobody reads: the call returns, and says later what was lost. */
static void test_full_pipe(void) {
        Capture capture;
        capture_begin(&capture, LOG_INFO);
        int flags = fcntl(STDERR_FILENO, F_GETFL);
        g_assert_cmpint(fcntl(STDERR_FILENO, F_SETFL, flags & ~O_NONBLOCK), ==, 0);
        g_autofree char *text = g_strnfill(4000, 'x');
        for (int i = 0; i < 100; i++)
                log_info(NULL, "%s", text);
        g_assert_nonnull(strstr(capture_read(&capture), "xxx"));
        log_info(NULL, "after");
        const char *after = capture_read(&capture);
        g_assert_true(g_regex_match_simple("^\\(\\d+ lines were lost\\)\nafter\n$", after, 0, 0));
        capture_end(&capture);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/log/levels", test_levels);
        g_test_add_func("/log/stderr", test_stderr);
        g_test_add_func("/log/one-printable-line", test_one_printable_line);
        g_test_add_func("/log/journal-stream", test_journal_stream);
        g_test_add_func("/log/tail", test_tail);
        g_test_add_func("/log/ring", test_ring);
        g_test_add_func("/log/full-pipe", test_full_pipe);
        return g_test_run();
}
