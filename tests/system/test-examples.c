/* SPDX-License-Identifier: MIT */
/* The examples, with their own unit files: only the folders and ports are the test's. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

/* Writes an example's unit file, with the words of the pairs replaced. */
static void example_write(const Fixture *fixture, const char *name, ...) {
        g_autofree char *path = g_build_filename(case_programs(), name, NULL), *content = NULL;
        const char *from;
        va_list words;

        g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
        g_autoptr(GString) text = g_string_new(content);
        g_string_replace(text, "/usr/local/bin", "@bin@", 0);
        g_string_replace(text, "/etc/bellhop", "@dir@", 0);
        va_start(words, name);
        while ((from = va_arg(words, const char *)))
                g_string_replace(text, from, va_arg(words, const char *), 0);
        va_end(words);
        unit_write(fixture, name, "%s", text->str);
}

static char *get(const Fixture *fixture, unsigned int port) {
        g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/", port), *output = NULL;

        g_assert_cmpint(run(fixture, &output, "curl", "-sS", "--max-time", "60", url, NULL), ==, 0);
        return g_steal_pointer(&output);
}

/* The page is expected to be this, now or after the events that are under way. */
static void get_until(const Fixture *fixture, unsigned int port, const char *expected) {
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;

        for (;;) {
                g_autofree char *page = get(fixture, port);
                if (strstr(page, expected))
                        return;
                if (g_get_monotonic_time() > deadline)
                        g_error("the page is \"%s\", not \"%s\"", page, expected);
        }
}

/* Config and listeners that follow, one process, and no refused client when it is killed. */
static void test_web(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int one = port_free_find(), two = port_free_find();
        g_autofree char *first = g_strdup_printf("127.0.0.1:%u", one), *lines = NULL;

        if (!program_exists("curl"))
                skip_case("curl isn't installed");
        example_write(fixture, "web.socket", "127.0.0.1:8080", first, NULL);
        example_write(fixture, "web.service", NULL);
        example_write(fixture, "web-config.memfd", NULL);
        g_free(file_write(fixture, "web.conf", "Hello from a test\n"));
        fixture_start(fixture, NULL);
        unit_expect(fixture, "web.service", "inactive", "dead");
        get_until(fixture, one, "Hello from a test");
        pid_t pid = unit_main_pid(fixture, "web.service");
        g_free(file_write(fixture, "web.conf", "Another page\n"));
        get_until(fixture, one, "Another page");
        lines = g_strdup_printf("%s\nFileDescriptorName=admin\nListenStream=127.0.0.1:%u", first,
                                two);
        example_write(fixture, "web.socket", "127.0.0.1:8080", lines, NULL);
        bus_reload(fixture, NULL);
        g_free(get(fixture, two));
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), ==, pid);
        kill(pid, SIGKILL);
        get_until(fixture, one, "Another page");
        g_free(get(fixture, two));
}

static void test_echo(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = g_strdup_printf("127.0.0.1:%u", port_free_find());
        g_autofree char *answer = NULL;

        example_write(fixture, "echo.socket", "127.0.0.1:7007", address, NULL);
        example_write(fixture, "echo.service", NULL);
        fixture_start(fixture, NULL);
        answer = ask(address, SOCK_DGRAM);
        g_assert_cmpstr(answer, ==, "hello");
}

static void test_counter(void) {
        _fixture_ Fixture *fixture = fixture_new();

        example_write(fixture, "counter.memfd", NULL);
        example_write(fixture, "counter-writer.service", NULL);
        example_write(fixture, "counter-reader.service", "Restart=on-failure",
                      "Restart=on-failure\nStandardOutput=append:@dir@/out", NULL);
        fixture_start(fixture, NULL);
        unit_expect(fixture, "counter-writer.service", "active", "running");
        unit_expect(fixture, "counter-reader.service", "active", "running");
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;
        for (;;) {
                g_autofree char *out = file_read(fixture, "out");
                if (strchr(out, '\n'))
                        break;
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                g_usleep(1000);
        }
}

static const TestCase cases[] = {
        { "web", test_web, AS_BOTH, 0 },
        { "echo", test_echo, AS_BOTH, 0 },
        { "counter", test_counter, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
