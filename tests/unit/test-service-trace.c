/* SPDX-License-Identifier: MIT */
/* A service without a cgroup that has more processes than anybody expects. */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service-fixture.h"
#include "service-internal.h"
#include "spawn-spare.h"

#define PROCESSES 300

static bool is_down(const void *data) {
        return service_is_down(&((const Service *)data)->unit);
}

static bool is_gone(const void *data) {
        return kill(*(const pid_t *)data, 0) < 0;
}

/* They end one after the other. To look at all that are left each time would be the manager's only
 * work. That the last has ended is seen all the same. */
static void test_many_ends(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nType=forking\nGuessMainPID=no\nExecStart=/bin/sh -c '"
                         "for i in `seq " G_STRINGIFY(PROCESSES) "`; do sleep 1000 & done'\n");
        g_autoptr(GArray) pids = NULL;
        const GArray *last = NULL;
        unsigned int looks = 0;

        service_fixture_start(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        service_trace_update(service);
        pids = service_pids(service);
        g_assert_cmpuint(pids->len, ==, PROCESSES);
        for (guint i = 0; i + 1 < pids->len; i++) {
                pid_t *pid = &g_array_index(pids, pid_t, i);

                g_assert_cmpint(kill(*pid, SIGKILL), ==, 0);
                service_fixture_run_until(fixture, is_gone, pid);
                looks += service->trace != last; /* each makes it anew */
                last = service->trace;
        }
        g_assert_cmpuint(looks, <, PROCESSES / 2);
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        g_assert_cmpint(kill(g_array_index(pids, pid_t, pids->len - 1), SIGKILL), ==, 0);
        service_fixture_run_until(fixture, is_down, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

/* The one that waits for the next start belongs to nobody, not even to a service that had a session
 * of its number once. */
static void test_spare(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n");
        pid_t child = fork(); /* or nobody would look */

        g_assert_cmpint(child, >=, 0);
        if (child == 0)
                for (;;)
                        (void)pause();
        service_fixture_start(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_EXITED);
        spawn_spare_keep(true);
        spawn_spare_make(fixture->manager.manager->event, 0);
        if (spawn_spare_pid() == 0) { /* valgrind knows no clone3() */
                g_test_skip("needs clone3(2)");
        } else {
                while (getsid(spawn_spare_pid()) != spawn_spare_pid())
                        (void)sched_yield();
                service_trace_begin(service, spawn_spare_pid());
                service_trace_update(service);
                g_assert_true(service_trace_is_empty(service));
        }
        spawn_spare_keep(false);
        g_assert_cmpint(kill(child, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
}

/* ---- who has gone away ---- */

/* Whoever begins it goes on when it is alone and has said who it is. */
#define AWAY  "sh %D/away"
#define UNTIL "; until test -s %D/pid; do sleep 0.01; done"

static const struct {
        const char *name;
        const char *lines;
} shapes[] = {
        { "session", "ExecStart=/bin/sh -c '(setsid " AWAY " &)" UNTIL "; exec sleep 1000'\n" },
        { "two sessions", "ExecStart=/bin/sh -c '(setsid sh -c \"setsid " AWAY " &\" &)" UNTIL
                          "; exec sleep 1000'\n" },
        { "no main process",
          "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c '(setsid " AWAY " &)" UNTIL
          "'\n" },
        { "of a command",
          "ExecStartPre=/bin/sh -c '(setsid " AWAY " &)" UNTIL "'\nExecStart=sleep 1000\n" },
};

static void write_away(ServiceFixture *fixture) {
        g_autofree char *path = service_fixture_path(fixture, "away");
        g_autofree char *pid = service_fixture_path(fixture, "pid");
        g_autofree char *text =
                g_strdup_printf("echo $$ >%s.new; mv %s.new %s; exec sleep 1000\n", pid, pid, pid);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static bool has_ended(pid_t pid) {
        ProcessStat stat;

        return !process_stat(pid, &stat) || stat.state == 'Z';
}

static pid_t start_and_take(ServiceFixture *fixture, Service *service) {
        g_autofree char *path = service_fixture_path(fixture, "pid");
        pid_t pid;

        service_fixture_start(fixture, service);
        pid = service_fixture_read_pid(fixture, "pid");
        g_assert_cmpint(unlink(path), ==, 0);
        return pid;
}

/* Neither session nor parent says whose it is. It is found, for who asks as for who kills; and what
 * comes after it is another run's. */
static void test_away(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;
        Service *service;
        pid_t first, second;

        write_away(fixture);
        for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
                g_test_message("%s", shapes[i].name);
                text = g_strconcat("[Service]\n", shapes[i].lines, NULL);
                service = service_fixture_load(fixture, text);
                first = start_and_take(fixture, service);
                g_assert_true(service_of_pid(fixture->manager.manager, first) == &service->unit);
                g_assert_true(service_has_others(service));
                service_fixture_stop(fixture, service);
                g_assert_true(has_ended(first));
                second = start_and_take(fixture, service);
                service_fixture_stop(fixture, service);
                g_assert_true(has_ended(second));
                manager_fixture_remove(&fixture->manager, "x.service");
                manager_unload_unit(fixture->manager.manager, &service->unit);
                manager_fixture_run_pending(&fixture->manager);
                g_clear_pointer(&text, g_free);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
        g_test_add("/service-trace/many-ends", ServiceFixture, GINT_TO_POINTER(false),
                   service_fixture_set_up, test_many_ends, service_fixture_tear_down);
        g_test_add("/service-trace/spare", ServiceFixture, GINT_TO_POINTER(false),
                   service_fixture_set_up, test_spare, service_fixture_tear_down);
        g_test_add("/service-trace/away", ServiceFixture, GINT_TO_POINTER(false),
                   service_fixture_set_up, test_away, service_fixture_tear_down);
        return g_test_run();
}
