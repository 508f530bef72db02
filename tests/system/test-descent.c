/* SPDX-License-Identifier: MIT */
/* Processes that leave their session and lose their parent are still the service's: nothing is left
 * of them by a stop, nothing is there twice after a restart, and a shutdown leaves nobody at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

/* Whoever begins it goes on when it has said who it is; by then its parent is gone. */
#define FIRST     "rm -f @dir@/pid; "
#define AWAY      "sh @dir@/away"
#define UNTIL_PID "; until test -s @dir@/pid; do sleep 0.01; done"

static const struct {
        const char *name;
        const char *lines;
        bool stays; /* until somebody stops the service */
} shapes[] = {
        { "beside the main process",
          "ExecStart=/bin/sh -c '" FIRST "(setsid " AWAY " &)" UNTIL_PID "; exec sleep 1000'\n",
          true },
        { "two sessions",
          "ExecStart=/bin/sh -c '" FIRST "(setsid sh -c \"setsid " AWAY " &\" &)" UNTIL_PID
          "; exec sleep 1000'\n",
          true },
        { "the main process has ended",
          "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c '" FIRST "(setsid " AWAY
          " &)" UNTIL_PID "'\n",
          true },
        { "the main process ends at once",
          "ExecStart=/bin/sh -c '" FIRST "(setsid " AWAY " &)" UNTIL_PID "'\n", false },
        { "of a command",
          "ExecStartPre=/bin/sh -c '" FIRST "(setsid " AWAY " &)" UNTIL_PID
          "'\nExecStart=sleep 1000\n",
          true },
        { "KillMode=mixed",
          "KillMode=mixed\nExecStart=/bin/sh -c '" FIRST "(setsid " AWAY " &)" UNTIL_PID
          "; exec sleep 1000'\n",
          true },
};

static Fixture *fixture_of_away(void) {
        Fixture *fixture = fixture_idle();

        g_free(file_write(fixture, "away",
                          "echo $$ >%s/pid\n"
                          "test -z \"$STAY\" || trap : TERM\n"
                          "while test \"$STAY\"; do sleep 1000 & wait; done\n"
                          "exec sleep 1000\n",
                          fixture->folder));
        return fixture;
}

/* Of another one than that. */
static pid_t pid_wait(Fixture *fixture, pid_t before) {
        for (;;) {
                g_autofree char *text = file_read(fixture, "pid");
                pid_t pid = (pid_t)atoi(text);

                if (pid > 0 && pid != before)
                        return pid;
                g_usleep(1000);
        }
}

static pid_t start(Fixture *fixture, pid_t before) {
        unit_start(fixture, "web.service");
        return pid_wait(fixture, before);
}

/* Whoever is just about to become another program has to be found, too. */
static void test_hurry(void) {
        _fixture_ Fixture *fixture = fixture_of_away();

        service_write(fixture, "web.service",
                      NO_START_LIMIT "ExecStart=/bin/sh -c '(setsid setsid cat @dir@/alive &); "
                                     "setsid cat @dir@/alive &'\n");
        fifo_make(fixture, "alive");
        fixture_start(fixture, NULL);
        g_autofree char *path = g_build_filename(fixture->folder, "alive", NULL);
        for (unsigned int i = 0; i < 50; i++) {
                unit_start(fixture, "web.service");
                unit_stop(fixture, "web.service");
                int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
                g_assert_cmpint(fd, <, 0); /* nobody reads */
                g_assert_cmpint(errno, ==, ENXIO);
        }
        fixture_stop(fixture);
        g_autofree char *log = fixture_log(fixture);
        g_assert_null(strstr(log, " is left"));
}

static void shape_write(const Fixture *fixture, size_t i) {
        g_autofree char *lines = g_strconcat(NO_START_LIMIT, shapes[i].lines, NULL);

        g_test_message("%s", shapes[i].name);
        service_write(fixture, "web.service", lines);
}

static void test_stop(void) {
        _fixture_ Fixture *fixture = fixture_of_away();
        pid_t before = 0;

        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
                shape_write(fixture, i);
                bus_reload(fixture, NULL);
                pid_t pid = start(fixture, before);
                if (shapes[i].stays)
                        g_assert_true(process_is_alive(pid));
                else
                        unit_wait(fixture, "web.service", "inactive", "dead");
                unit_stop(fixture, "web.service");
                g_assert_false(process_is_alive(pid));
                before = pid;
        }
}

static void test_restart(void) {
        _fixture_ Fixture *fixture = fixture_of_away();
        pid_t before = 0;

        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
                shape_write(fixture, i);
                bus_reload(fixture, NULL);
                pid_t first = start(fixture, before);
                unit_restart(fixture, "web.service");
                pid_t second = pid_wait(fixture, first);
                g_assert_false(process_is_alive(first));
                if (shapes[i].stays)
                        g_assert_true(process_is_alive(second));
                unit_stop(fixture, "web.service");
                g_assert_false(process_is_alive(second));
                before = second;
        }
}

static void test_shutdown(void) {
        _fixture_ Fixture *fixture = fixture_of_away();
        pid_t pid = 0;

        for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
                shape_write(fixture, i);
                fixture_start(fixture, NULL);
                pid = start(fixture, pid);
                fixture_stop(fixture);
                g_assert_false(process_is_alive(pid));
        }
}

/* ---- who can't be told ---- */

static bool by_descent(const Fixture *fixture) {
        g_autofree char *log = fixture_log(fixture);

        return strstr(log, "tracked by descent") != NULL;
}

/* Without a cgroup nothing says whose it is; the daemon's end is its end all the same, even if it
 * doesn't want to and has children of its own. */
static void test_unknown(void) {
        _fixture_ Fixture *fixture = fixture_of_away();

        service_write(fixture, "web.service",
                      "ExecStart=/bin/sh -c '" FIRST "(env -i setsid " AWAY " &)" UNTIL_PID
                      "; exec sleep 1000'\n");
        fixture_start(fixture, NULL);
        pid_t pid = start(fixture, 0);
        unit_stop(fixture, "web.service");
        g_assert_true(process_is_alive(pid) == by_descent(fixture));
        fixture_stop(fixture);
        g_assert_false(process_is_alive(pid));
        g_autofree char *log = fixture_log(fixture);
        g_autofree char *line = g_strdup_printf("(pid %d) is left", (int)pid);
        g_assert_true((strstr(log, line) != NULL) == by_descent(fixture));
}

static void test_unknown_stays(void) {
        _fixture_ Fixture *fixture = fixture_of_away();

        service_write(fixture, "web.service",
                      "ExecStart=/bin/sh -c '" FIRST "(env -i STAY=1 setsid " AWAY " &)" UNTIL_PID
                      "; exec sleep 1000'\n");
        fixture_start(fixture, NULL);
        pid_t pid = start(fixture, 0);
        fixture_stop(fixture);
        g_assert_false(process_is_alive(pid));
}

/* What a unit lets live, and who was there before, isn't ended. */
static void test_let_live(void) {
        _fixture_ Fixture *fixture = fixture_of_away();

        service_write(fixture, "web.service",
                      "KillMode=process\nExecStart=/bin/sh -c '(setsid " AWAY
                      " &); exec sleep 1000'\n");
        fixture_start(fixture, NULL);
        pid_t pid = start(fixture, 0);
        unit_stop(fixture, "web.service");
        g_assert_true(process_is_alive(pid));
        fixture_stop(fixture);
        g_assert_true(process_is_alive(pid));
        process_end(pid); /* whoever is left is ours */
}

static void test_before(void) {
        _fixture_ Fixture *fixture = fixture_of_away();

        g_free(file_write(fixture, "before", "setsid sh %s/away &\nexec \"$@\"\n",
                          fixture->folder));
        g_setenv("BELLHOPD_WRAPPER", "sh @dir@/before", TRUE);
        fixture_start(fixture, NULL);
        pid_t pid = pid_wait(fixture, 0);
        fixture_stop(fixture);
        g_assert_true(process_is_alive(pid));
        process_end(pid);
}

/* ---- the name of a start ---- */

static char *invocation_read(const Fixture *fixture, const char *file) {
        return g_strchomp(file_read(fixture, file));
}

static void test_invocation_id(void) {
        _fixture_ Fixture *fixture = fixture_of_away();

        service_write(fixture, "web.service",
                      "Type=oneshot\nRemainAfterExit=yes\n"
                      "ExecStartPre=/bin/sh -c 'echo $$INVOCATION_ID >@dir@/pre'\n"
                      "ExecStart=/bin/sh -c 'echo $$INVOCATION_ID >@dir@/main'\n"
                      "ExecStopPost=/bin/sh -c 'echo $$INVOCATION_ID >@dir@/post'\n");
        fixture_start(fixture, NULL);
        g_autofree char *none = unit_property(fixture, "web.service", "InvocationID");
        g_assert_cmpstr(none, ==, "");
        unit_start(fixture, "web.service");
        g_autofree char *first = unit_property(fixture, "web.service", "InvocationID");
        g_autofree char *pre = invocation_read(fixture, "pre");
        g_autofree char *main_process = invocation_read(fixture, "main");
        g_assert_cmpuint(strspn(first, "0123456789abcdef"), ==, 32);
        g_assert_cmpuint(strlen(first), ==, 32);
        g_assert_cmpstr(pre, ==, first);
        g_assert_cmpstr(main_process, ==, first);
        unit_restart(fixture, "web.service");
        g_autofree char *second = unit_property(fixture, "web.service", "InvocationID");
        g_autofree char *post = invocation_read(fixture, "post");
        g_assert_cmpuint(strlen(second), ==, 32);
        g_assert_cmpstr(second, !=, first);
        g_assert_cmpstr(post, ==, first);
        g_autofree char *again = invocation_read(fixture, "main");
        g_assert_cmpstr(again, ==, second);
}

static const TestCase cases[] = {
        { "stop", test_stop, AS_BOTH, 0 },
        { "a stop in a hurry", test_hurry, AS_USER, 0 },
        { "restart", test_restart, AS_BOTH, 0 },
        { "shutdown", test_shutdown, AS_BOTH, 0 },
        { "no environment", test_unknown, AS_BOTH, 0 },
        { "no environment and no wish to end", test_unknown_stays, AS_USER, 0 },
        { "what may live", test_let_live, AS_USER, 0 },
        { "who was there before", test_before, AS_USER, 0 },
        { "INVOCATION_ID", test_invocation_id, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
