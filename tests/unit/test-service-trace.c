/* SPDX-License-Identifier: MIT */
/* A service without a cgroup that has more processes than anybody expects. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "service-fixture.h"
#include "service-internal.h"

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

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
        g_test_add("/service-trace/many-ends", ServiceFixture, GINT_TO_POINTER(false),
                   service_fixture_set_up, test_many_ends, service_fixture_tear_down);
        return g_test_run();
}
