/* SPDX-License-Identifier: MIT */
/* Every cell of the service's table, and the table of Restart=. */
#include "service-internal.h"

static void test_cells(void) {
        for (ServiceState state = 0; state < SERVICE_STATE_COUNT; state++)
                for (ServiceEvent event = 0; event < SERVICE_EVENT_COUNT; event++)
                        g_assert_cmpuint(service_table[state][event], <=, SERVICE_STATE_COUNT);
}

static void test_names(void) {
        for (ServiceState state = 0; state < SERVICE_STATE_COUNT; state++)
                g_assert_nonnull(service_state_to_string(state));
        for (ServiceEvent event = 0; event < SERVICE_EVENT_COUNT; event++)
                g_assert_nonnull(service_event_to_string(event));
        for (ServiceResult result = 0; result < SERVICE_RESULT_COUNT; result++)
                g_assert_nonnull(service_result_to_string(result));
}

static unsigned int states_from(ServiceState begin) {
        unsigned int reached = 1U << begin, before;

        do {
                before = reached;
                for (ServiceState state = 0; state < SERVICE_STATE_COUNT; state++)
                        for (ServiceEvent event = 0; event < SERVICE_EVENT_COUNT; event++)
                                if (reached & 1U << state &&
                                    service_table[state][event] < SERVICE_STATE_COUNT)
                                        reached |= 1U << service_table[state][event];
        } while (reached != before);
        return reached;
}

/* From everywhere to everywhere: no state is out of reach, and none is a trap. */
static void test_reachable(void) {
        for (ServiceState state = 0; state < SERVICE_STATE_COUNT; state++)
                g_assert_cmpuint(states_from(state), ==, (1U << SERVICE_STATE_COUNT) - 1);
}

/* A state that holds a process is left by each way in which a process can end. */
static void test_ends(void) {
        static const ServiceState with_process[] = {
                SERVICE_CONDITION,     SERVICE_START_PRE,      SERVICE_START,
                SERVICE_START_POST,    SERVICE_RUNNING,        SERVICE_RELOAD,
                SERVICE_STOP,          SERVICE_STOP_SIGTERM,   SERVICE_STOP_SIGKILL,
                SERVICE_STOP_POST,     SERVICE_FINAL_SIGTERM,  SERVICE_FINAL_SIGKILL,
                SERVICE_STOP_WATCHDOG, SERVICE_FINAL_WATCHDOG,
        };

        for (size_t i = 0; i < ARRAY_SIZE(with_process); i++) {
                const uint8_t *row = service_table[with_process[i]];

                g_assert_cmpuint(row[SERVICE_EVENT_EXITED], ==, SERVICE_DEAD);
                g_assert_cmpuint(row[SERVICE_EVENT_FAILURE], ==, SERVICE_FAILED);
                g_assert_cmpuint(row[SERVICE_EVENT_RESTART], ==, SERVICE_AUTO_RESTART);
        }
}

/* systemd.service(5), the table "Exit causes and the effect of the Restart= settings". */
static void test_restart(void) {
        static const struct {
                ServiceResult result;
                /* no, always, on-success, -failure, -abnormal, -abort, -watchdog */
                const char *policies;
        } rows[] = {
                { SERVICE_RESULT_SUCCESS, "-yy----" },
                { SERVICE_RESULT_EXIT_CODE, "-y-y---" },
                { SERVICE_RESULT_SIGNAL, "-y-yyy-" },
                { SERVICE_RESULT_CORE_DUMP, "-y-yyy-" },
                { SERVICE_RESULT_TIMEOUT, "-y-yy--" },
                { SERVICE_RESULT_START_LIMIT_HIT, "-------" },
                { SERVICE_RESULT_WATCHDOG, "-y-yy-y" },
                { SERVICE_RESULT_EXEC_CONDITION, "-------" },
        };
        static const RestartPolicy policies[] = { RESTART_NO,          RESTART_ALWAYS,
                                                  RESTART_ON_SUCCESS,  RESTART_ON_FAILURE,
                                                  RESTART_ON_ABNORMAL, RESTART_ON_ABORT,
                                                  RESTART_ON_WATCHDOG };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                for (size_t j = 0; j < ARRAY_SIZE(policies); j++)
                        g_assert_cmpint(service_result_restarts(rows[i].result, policies[j]), ==,
                                        rows[i].policies[j] == 'y');
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/service-table/cells", test_cells);
        g_test_add_func("/service-table/names", test_names);
        g_test_add_func("/service-table/reachable", test_reachable);
        g_test_add_func("/service-table/ends", test_ends);
        g_test_add_func("/service-table/restart", test_restart);
        return g_test_run();
}
