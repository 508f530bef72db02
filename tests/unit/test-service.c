/* SPDX-License-Identifier: MIT */
/* Services from start to end in a real manager, each test with cgroups (where they may be made) and
 * without. The services are shells, and this program itself. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "service-fixture.h"
#include "service-internal.h"

static bool is_down(const void *data) {
        return service_is_down(&((const Service *)data)->unit);
}

static bool is_failed(const void *data) {
        return ((const Service *)data)->state == SERVICE_FAILED;
}

static bool is_running(const void *data) {
        return ((const Service *)data)->state == SERVICE_RUNNING;
}

/* ---- beginnings and ends ---- */

static void test_start_stop(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nExecStart=/bin/sleep 1000\n");
        pid_t pid;

        service_fixture_start(fixture, service);
        pid = service->main_pid;
        g_assert_cmpint(pid, >, 0);
        g_assert_true(service_of_main_pid(fixture->manager.manager, pid) == &service->unit);
        g_assert_nonnull(service_recipient(&service->unit));
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_SUCCESS);
        g_assert_cmpint(service->exit_status, ==, SIGTERM);
        g_assert_cmpint(service->main_pid, ==, 0);
        g_assert_null(service_recipient(&service->unit));
        g_assert_cmpint(kill(pid, 0), ==, -1);
}

/* What Type=simple calls started may still fail. */
static void test_ends(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *command;
                ServiceState state;
                ServiceResult result;
                const char *failure;
        } cases[] = {
                { "/bin/true", SERVICE_DEAD, SERVICE_RESULT_SUCCESS, NULL },
                { "/bin/sh -c 'exit 3'", SERVICE_FAILED, SERVICE_RESULT_EXIT_CODE,
                  "exited with status 3" },
                { "-/bin/sh -c 'exit 3'", SERVICE_DEAD, SERVICE_RESULT_SUCCESS, NULL },
                { "/bin/sh -c 'kill -TERM $$$$'", SERVICE_DEAD, SERVICE_RESULT_SUCCESS, NULL },
                { "/bin/sh -c 'kill -USR1 $$$$'", SERVICE_FAILED, SERVICE_RESULT_SIGNAL,
                  "SIGUSR1" },
                { "/nonexistent", SERVICE_FAILED, SERVICE_RESULT_EXIT_CODE,
                  "exec /nonexistent: No such file" },
                { "/etc/passwd", SERVICE_FAILED, SERVICE_RESULT_EXIT_CODE,
                  "exec /etc/passwd: Permission denied" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text =
                        g_strdup_printf("[Service]\nExecStart=%s\n", cases[i].command);
                Service *service = service_fixture_load(fixture, text);
                g_autofree char *errors = manager_fixture_start(&fixture->manager, &service->unit);

                service_fixture_run_until(fixture, is_down, service);
                g_assert_cmpint(service->state, ==, cases[i].state);
                g_assert_cmpint(service->result, ==, cases[i].result);
                if (cases[i].failure)
                        g_assert_nonnull(strstr(service->unit.failure, cases[i].failure));
                else
                        g_assert_null(service->unit.failure);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

static void test_cannot_start(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *text;
                const char *failure;
        } cases[] = {
                { "ExecStart=no-such-program", "exec no-such-program: No such file" },
                { "ExecStart=/bin/true\nUser=no-such-user", "User=no-such-user: no such name" },
                { "ExecStart=/bin/true\nGroup=no-such-group",
                  "Group=no-such-group: no such name in /etc/group" },
                { "ExecStart=/bin/true\nUser=987654", "Group= is needed" },
                { "ExecStart=/bin/true\nEnvironmentFile=/no/such/file", "/no/such/file: No such" },
                { "ExecStart=/bin/true\nType=exec\nWorkingDirectory=/no/such",
                  "chdir /no/such: No such file" },
                { "ExecStart=/no/such/program\nType=exec", "exec /no/such/program: No such file" },
                { "ExecStart=/bin/true\nType=notify", "exited with status 0 before it was ready" },
                { "ExecStart=/bin/sleep 1000\nType=notify\nTimeoutStartSec=20ms",
                  "start: not ready within 0.02 s (Type=notify)" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text = g_strdup_printf("[Service]\n%s\n", cases[i].text);
                Service *service = service_fixture_load(fixture, text);

                service_fixture_start_failing(fixture, service, cases[i].failure);
                g_assert_cmpint(service->state, ==, SERVICE_FAILED);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* ---- again ---- */

static void test_start_limit(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Unit]\nStartLimitBurst=3\n"
                                                         "StartLimitIntervalSec=1h\n"
                                                         "[Service]\nExecStart=/bin/false\n"
                                                         "Restart=always\nRestartSec=1ms\n");
        g_autofree char *errors = manager_fixture_start(&fixture->manager, &service->unit);

        service_fixture_run_until(fixture, is_failed, service);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_START_LIMIT_HIT);
        g_assert_true(g_str_has_prefix(service->unit.failure, "start-limit-hit: the main process "
                                                              "exited with status 1; started 3 "
                                                              "times within 3600 s; "));
        g_assert_cmpuint(service->restarts, ==, 3);
        g_autofree char *failure = g_strdup(service->unit.failure);
        service_fixture_start_failing(fixture, service, "start-limit-hit");
        g_assert_cmpstr(service->unit.failure, ==, failure);
}

/* A program that can't be started is tried again, too. */
static void test_restart_unstartable(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Unit]\nStartLimitBurst=3\n"
                                                         "[Service]\nExecStart=no-such-program\n"
                                                         "Restart=on-failure\nRestartSec=1ms\n");

        service_fixture_start_failing(fixture, service, "exec no-such-program");
        service_fixture_run_until(fixture, is_failed, service);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_START_LIMIT_HIT);
}

static bool was_restarted(const void *data) {
        const Service *service = data;

        return service->restarts == 1 && service->state == SERVICE_RUNNING;
}

static void test_restart(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nExecStart=/bin/sleep 1000\n"
                                                         "Restart=on-failure\nRestartSec=1ms\n");
        pid_t pid;

        service_fixture_start(fixture, service);
        pid = service->main_pid;
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        service_fixture_run_until(fixture, was_restarted, service);
        g_assert_cmpint(service->main_pid, !=, pid);
        service_fixture_stop(fixture, service); /* and stays down */
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

static bool is_waiting(const void *data) {
        return ((const Service *)data)->state == SERVICE_AUTO_RESTART;
}

static void test_stop_between_restarts(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nExecStart=/bin/false\n"
                                                         "Restart=always\nRestartSec=1h\n");
        g_autofree char *errors = manager_fixture_start(&fixture->manager, &service->unit);

        service_fixture_run_until(fixture, is_waiting, service);
        g_assert_false(service_is_down(&service->unit));
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

/* ---- down ---- */

static bool is_killed(const void *data) {
        return kill(*(const pid_t *)data, 0) < 0;
}

/* The whole family is deaf to SIGTERM: SIGKILL ends it, and that is a failure. */
static void test_stop_timeout(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM; "
                         "sleep 1000 & echo $! > %D/child.new; mv %D/child.new %D/child; "
                         "while :; do wait; done'\nTimeoutStopSec=50ms\n");
        pid_t child;

        service_fixture_start(fixture, service);
        child = service_fixture_read_pid(fixture, "child");
        g_assert_cmpint(kill(child, 0), ==, 0);
        g_free(manager_fixture_stop(&fixture->manager, &service->unit));
        g_assert_cmpint(service->state, ==, SERVICE_FAILED);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_TIMEOUT);
        g_assert_nonnull(strstr(service->unit.failure, "SIGTERM, killed"));
        service_fixture_run_until(fixture, is_killed, &child); /* and reaped */
}

/* The main process ends by itself; what it leaves behind is ended, and only then it is down. */
static void test_leftovers(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nExecStart=/bin/sh -c 'sleep 1000 & "
                         "echo $! > %D/child.new; mv %D/child.new %D/child; exit 4'\n");
        g_autofree char *errors = manager_fixture_start(&fixture->manager, &service->unit);
        pid_t child = service_fixture_read_pid(fixture, "child");

        service_fixture_run_until(fixture, is_down, service);
        g_assert_cmpint(service->state, ==, SERVICE_FAILED);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_EXIT_CODE);
        g_assert_cmpint(service->exit_status, ==, 4);
        service_fixture_run_until(fixture, is_killed, &child); /* and reaped */
}

static void test_kill_mixed(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nKillMode=mixed\nExecStart=/bin/sh -c '"
                         "(trap \"\" TERM; exec sleep 1000) & "
                         "echo $! > %D/child.new; mv %D/child.new %D/child; wait'\n");
        pid_t child;

        service_fixture_start(fixture, service);
        child = service_fixture_read_pid(fixture, "child");
        service_fixture_stop(fixture, service); /* well before TimeoutStopSec= */
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
        service_fixture_run_until(fixture, is_killed, &child); /* and reaped */
}

static void test_kill_process(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nKillMode=process\nExecStart=/bin/sh -c 'sleep 1000 & "
                         "echo $! > %D/child.new; mv %D/child.new %D/child; wait'\n");
        pid_t child;

        service_fixture_start(fixture, service);
        child = service_fixture_read_pid(fixture, "child");
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
        g_assert_cmpint(kill(child, SIGKILL), ==, 0); /* it was left alone */
        g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
}

static void test_kill_none(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nKillMode=none\n"
                                                         "ExecStart=/bin/sleep 1000\n");
        pid_t pid;

        service_fixture_start(fixture, service);
        pid = service->main_pid;
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

static void test_kill_signal(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nKillSignal=SIGUSR2\n"
                                                         "ExecStart=/bin/sleep 1000\n");

        service_fixture_start(fixture, service);
        g_assert_cmpint(kill(service->main_pid, SIGSTOP), ==, 0); /* it is woken up for it */
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
        g_assert_cmpint(service->exit_status, ==, SIGUSR2);
}

/* A grandchild that has lost its parent is reaped, and waited for. */
static void test_orphan(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nExecStart=/bin/sh -c '"
                                              "sh -c \"sleep 1000 & echo \\\\$! > %D/child.new\"; "
                                              "mv %D/child.new %D/child; exec sleep 1000'\n");
        pid_t child;

        service_fixture_start(fixture, service);
        child = service_fixture_read_pid(fixture, "child");
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
        service_fixture_run_until(fixture, is_killed, &child); /* and reaped */
}

/* ---- notifications ---- */

static void test_notify(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nType=notify\nExecStart=%S --ready\n");

        service_fixture_start(fixture, service);
        g_assert_cmpstr(service->status_text, ==, "all is well");
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_SUCCESS);
}

static void test_notify_main_pid(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nType=notify\nExecStart=%S --fork\n");

        service_fixture_start(fixture, service);
        g_assert_cmpint(service->main_pid, ==, service_fixture_read_pid(fixture, "run/../child"));
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

/* The new main process can't be watched: the old one stays, or the service would have none. */
static void test_notify_main_pid_fails(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nExecStart=/bin/sleep 1000\n");
        int file = open("/bin/sleep", O_RDONLY | O_CLOEXEC); /* which epoll refuses */
        pid_t pid;

        service_fixture_start(fixture, service);
        pid = service->main_pid;
        g_assert_cmpint(service_adopt(service, getpid(), file), ==, -EPERM);
        g_assert_cmpint(service->main_pid, ==, pid);
        g_assert_nonnull(service->recipient);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        service_fixture_run_until(fixture, is_down, service);
}

static void test_notify_stopping(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nType=notify\nExecStart=%S --stop\n");

        service_fixture_start(fixture, service);
        service_fixture_run_until(fixture, is_down, service);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_SUCCESS);
}

static void test_exec(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nType=exec\n"
                                                         "ExecStart=/bin/sleep 1000\n");

        service_fixture_start(fixture, service);
        g_assert_null(service->spawn);
        service_fixture_stop(fixture, service);
}

/* Nothing is delivered, so everything has been claimed. */
static void test_claim_nothing(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nType=claim\n"
                                                         "ExecStart=/bin/sleep 1000\n");

        service_fixture_start(fixture, service);
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

/* ---- processes of others ---- */

static pid_t stranger_start(void) {
        pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                        pause();
        }
        return pid;
}

static void write_pid(ServiceFixture *fixture, const char *name, pid_t pid) {
        g_autofree char *path = service_fixture_path(fixture, name);
        g_autofree char *text = g_strdup_printf("%d\n", (int)pid);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_external(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nType=external\nPIDFile=%D/pid\n");
        pid_t pid = stranger_start();

        write_pid(fixture, "pid", pid);
        service_fixture_start(fixture, service);
        g_assert_cmpint(service->main_pid, ==, pid);
        service_fixture_stop(fixture, service); /* lets go, no more */
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
        g_assert_cmpint(kill(pid, 0), ==, 0);

        service_fixture_start(fixture, service);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        service_fixture_run_until(fixture, is_down, service);
}

/* Neither the file nor its folder is there yet. */
static void test_external_waits(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nType=external\nPIDFile=%D/a/b/pid\n");
        g_autofree char *a = service_fixture_path(fixture, "a");
        g_autofree char *b = service_fixture_path(fixture, "a/b");
        pid_t pid = stranger_start();

        g_assert_cmpint(service->unit.vtable->start(&service->unit), ==, 0);
        g_assert_cmpint(service->state, ==, SERVICE_START);
        g_assert_cmpint(mkdir(a, 0755), ==, 0);
        manager_fixture_run_pending(&fixture->manager);
        g_assert_cmpint(mkdir(b, 0755), ==, 0);
        manager_fixture_run_pending(&fixture->manager);
        write_pid(fixture, "a/b/pid", pid);
        service_fixture_run_until(fixture, is_running, service);
        g_assert_cmpint(service->main_pid, ==, pid);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        service_fixture_run_until(fixture, is_down, service);
}

static void test_external_never(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nType=external\nPIDFile=%D/pid\n"
                                              "TimeoutStartSec=20ms\n");

        service_fixture_start_failing(fixture, service, "/pid names no process that runs");
        g_assert_cmpint(service->state, ==, SERVICE_FAILED);
        g_assert_false(service_awaits_pid_file(service));
}

static void test_external_garbage(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nType=external\nPIDFile=%D/pid\n");
        g_autofree char *path = service_fixture_path(fixture, "pid");

        g_assert_true(g_file_set_contents(path, "nginx\n", -1, NULL));
        service_fixture_start_failing(fixture, service, "PID file");
}

/* ---- this program as a service ---- */

static int child_ready(void) {
        (void)sd_notify(0, "STATUS=all is well\nREADY=1");
        return pause();
}

static int child_fork(void) {
        g_autofree char *folder = g_path_get_dirname(g_getenv("NOTIFY_SOCKET"));
        g_autofree char *path = g_build_filename(folder, "..", "child", NULL);
        g_autofree char *text = NULL;
        pid_t pid = fork();

        if (pid == 0)
                for (;;)
                        pause();
        text = g_strdup_printf("%d\n", (int)pid);
        (void)g_file_set_contents(path, text, -1, NULL);
        (void)sd_notifyf(0, "READY=1\nMAINPID=%d", (int)pid);
        return 0;
}

static int child_stop(void) {
        (void)sd_notify(0, "READY=1");
        (void)sd_notify(0, "STOPPING=1");
        return 0;
}

static const struct {
        const char *argument;
        int (*run)(void);
} children[] = {
        { "--ready", child_ready },
        { "--fork", child_fork },
        { "--stop", child_stop },
};

typedef void (*TestFunction)(ServiceFixture *fixture, gconstpointer data);

static const struct {
        const char *name;
        TestFunction function;
} tests[] = {
        { "start-stop", test_start_stop },
        { "ends", test_ends },
        { "cannot-start", test_cannot_start },
        { "start-limit", test_start_limit },
        { "restart-unstartable", test_restart_unstartable },
        { "restart", test_restart },
        { "stop-between-restarts", test_stop_between_restarts },
        { "stop-timeout", test_stop_timeout },
        { "leftovers", test_leftovers },
        { "kill-mixed", test_kill_mixed },
        { "kill-process", test_kill_process },
        { "kill-none", test_kill_none },
        { "kill-signal", test_kill_signal },
        { "orphan", test_orphan },
        { "notify", test_notify },
        { "notify-main-pid", test_notify_main_pid },
        { "notify-main-pid-fails", test_notify_main_pid_fails },
        { "notify-stopping", test_notify_stopping },
        { "exec", test_exec },
        { "claim-nothing", test_claim_nothing },
        { "external", test_external },
        { "external-waits", test_external_waits },
        { "external-never", test_external_never },
        { "external-garbage", test_external_garbage },
};

int main(int argc, char **argv) {
        for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(children); i++)
                if (strcmp(argv[1], children[i].argument) == 0)
                        return children[i].run();

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
        for (int cgroups = 0; cgroups < 2; cgroups++)
                for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
                        g_autofree char *path = g_strdup_printf(
                                "/service/%s/%s", cgroups ? "cgroup" : "descent", tests[i].name);

                        g_test_add(path, ServiceFixture, GINT_TO_POINTER(cgroups),
                                   service_fixture_set_up, tests[i].function,
                                   service_fixture_tear_down);
                }
        return g_test_run();
}
