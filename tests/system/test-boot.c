/* SPDX-License-Identifier: MIT */
/* What is started when nobody says what, and what is said of the files that it comes from. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

static void expect_logged(const Fixture *fixture, const char *text) {
        g_autofree char *log = fixture_log(fixture);

        if (!strstr(log, text))
                g_error("\"%s\" isn't in the log:\n%s", text, log);
}

static void expect_not_logged(const Fixture *fixture, const char *text) {
        g_autofree char *log = fixture_log(fixture);

        if (strstr(log, text))
                g_error("\"%s\" is in the log:\n%s", text, log);
}

/* What nothing orders isn't started by chance. */
static void test_by_name(void) {
        static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *log = NULL;
        const char *last;

        for (size_t i = ARRAY_SIZE(names); i-- > 0;) {
                g_autofree char *service = g_strconcat(names[i], ".service", NULL);

                service_write(fixture, service, "ExecStart=@claimer@ --never\n");
        }
        fixture_start(fixture, NULL);
        last = log = fixture_log(fixture);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                g_autofree char *start = g_strconcat("\n", names[i], ".service: dead -> ", NULL);
                const char *found = strstr(log, start);

                g_assert_nonnull(found);
                g_assert_true(found >= last);
                last = found;
        }
}

/* More than one thread reads. */
static void test_hundreds(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *last = fixture_expand(fixture, "@dir@/s299"), *error = NULL;

        for (int i = 0; i < 300; i++) {
                g_autofree char *name = g_strdup_printf("s%d.socket", i);

                unit_write(fixture, name, "[Socket]\nListenStream=@dir@/s%d\nService=web.service\n",
                           i);
        }
        service_write(fixture, "web.service", "ExecStart=@claimer@ --follow\n");
        unit_write(fixture, "wrong.socket", "[Socket]\nListenStream=nonsense\n");
        fixture_start(fixture, NULL);
        expect_logged(fixture, "ready, 301 units loaded, 1 not");
        ask_name(last, SOCK_STREAM, "s299.socket");
        unit_write(fixture, "s299.socket", "[Socket]\nListenStream=nonsense\n");
        g_assert_cmpint(bus_reload(fixture, &error), <, 0);
        g_assert_nonnull(strstr(error, "wrong.socket:2: error: "));
        g_assert_nonnull(strstr(error, "\ns299.socket is loaded as its file was before"));
        g_assert_null(strstr(error, "wrong.socket is loaded"));
        expect_logged(fixture, "reload refused");
        ask_name(last, SOCK_STREAM, "s299.socket");
}

/* Somebody has enabled one unit, and with it put an end to "all sockets". */
static void test_left_out(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        pair_write(fixture, "mail", "ListenStream=@dir@/mail", "mail.socket", "");
        unit_write(fixture, "own.service",
                   "[Service]\nExecStart=@claimer@ --never\n[Install]\nWantedBy=default.target\n");
        fixture_start(fixture, NULL);
        unit_expect(fixture, "mail.socket", "active", "listening");
        expect_not_logged(fixture, "doesn't want them");
        g_assert_cmpint(ctl(fixture, &output, "enable", "own", NULL), ==, 0);
        fixture_stop(fixture);
        fixture_start(fixture, NULL);
        unit_expect(fixture, "mail.socket", "inactive", "dead");
        expect_logged(fixture, "mail.socket: not started, nor 1 more of the sockets and memfds: "
                               "default.target doesn't want them");
}

/* Before the first who connects finds out. */
static void test_broken_service(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\n");
        service_write(fixture, "web.service", "ExecStart=relative/path\n");
        fixture_start(fixture, NULL);
        unit_expect(fixture, "web.socket", "active", "listening");
        expect_logged(fixture, "web.socket: web.service can't be started: ");
}

/* Masked: it isn't said at each start that it is, but to whoever asks for it. */
static void test_masked(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *mask = g_build_filename(fixture->units, "off.service", NULL);
        g_autofree char *output = NULL;

        g_assert_cmpint(symlink("/dev/null", mask), ==, 0);
        unit_write(fixture, "empty.service", "%s", "");
        service_write(fixture, "on.service", "ExecStart=@claimer@ --never\n");
        fixture_start(fixture, NULL);
        g_assert_cmpint(ctl(fixture, &output, "status", "off", NULL), ==, 4);
        g_assert_nonnull(strstr(output, "masked"));
        expect_not_logged(fixture, "masked");
        unit_write(fixture, "on.service", "%s", "");
        bus_reload(fixture, NULL);
        expect_logged(fixture, "on.service: it is masked now: it stays until it stops");
        expect_logged(fixture, "reloaded: 0 changed, 0 new, 1 gone");
}

/* A folder that was there: what was in it has gone, and that isn't passed over in silence. */
static void test_folder_gone(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *folder = fixture_expand(fixture, "@dir@/more");
        g_autofree char *file = g_build_filename(folder, "more.service", NULL);
        g_autofree char *option = g_strdup_printf("--unit-path=%s:%s", fixture->units, folder);
        g_autofree char *output = NULL, *list = NULL;

        g_assert_cmpint(mkdir(folder, 0755), ==, 0);
        g_assert_true(g_file_set_contents(file, "[Service]\nExecStart=/bin/true\n", -1, NULL));
        service_write(fixture, "own.service", "ExecStart=@claimer@ --never\n");
        fixture_start(fixture, option, NULL);
        g_assert_cmpint(unlink(file), ==, 0);
        g_assert_cmpint(rmdir(folder), ==, 0);
        g_assert_cmpint(ctl(fixture, &output, "daemon-reload", NULL), ==, 0);
        g_assert_nonnull(strstr(output, "/more:1: warning: there is no such folder"));
        unit_expect(fixture, "own.service", "active", "running");
        g_assert_cmpint(run(fixture, &list, "bellhopctl", option, "list-unit-files", NULL), ==, 0);
        g_assert_nonnull(strstr(list, "/more:1: warning: there is no such folder"));
        g_assert_nonnull(strstr(list, "own.service"));
        /* One that is none can't be read, not even by root. */
        g_assert_true(g_file_set_contents(folder, "", -1, NULL));
        g_free(g_steal_pointer(&list));
        g_assert_cmpint(run(fixture, &list, "bellhopctl", option, "list-unit-files", NULL), ==, 1);
        g_assert_nonnull(strstr(list, "/more:1: error: no unit files can be read from here"));
}

static const TestCase cases[] = {
        { "by name", test_by_name, AS_BOTH, 0 },
        { "hundreds", test_hundreds, AS_BOTH, 0 },
        { "left out by default.target", test_left_out, AS_BOTH, 0 },
        { "a service that can't be loaded", test_broken_service, AS_BOTH, 0 },
        { "masked", test_masked, AS_BOTH, 0 },
        { "a folder that has gone", test_folder_gone, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
