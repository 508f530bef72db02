/* SPDX-License-Identifier: MIT */
/* How a service ended, and what Restart= makes of it. */
#include <signal.h>
#include <sys/wait.h>

#include "directive.h"
#include "exit-status.h"
#include "service-internal.h"
#include "value.h"

static const char *const result_names[SERVICE_RESULT_COUNT] = {
        [SERVICE_RESULT_SUCCESS] = "success",
        [SERVICE_RESULT_EXIT_CODE] = "exit-code",
        [SERVICE_RESULT_SIGNAL] = "signal",
        [SERVICE_RESULT_CORE_DUMP] = "core-dump",
        [SERVICE_RESULT_TIMEOUT] = "timeout",
        [SERVICE_RESULT_PROTOCOL] = "protocol",
        [SERVICE_RESULT_RESOURCES] = "resources",
        [SERVICE_RESULT_START_LIMIT_HIT] = "start-limit-hit",
        [SERVICE_RESULT_WATCHDOG] = "watchdog",
        [SERVICE_RESULT_EXEC_CONDITION] = "exec-condition",
};

/* The policies that a result restarts by, besides "always": the table of Restart= in
 * systemd.service(5). Who hits the limit, or whose ExecCondition= says no, stays down whatever the
 * policy. */
#define BIT(policy) (1U << (policy))
static const unsigned int restarts[SERVICE_RESULT_COUNT] = {
        [SERVICE_RESULT_SUCCESS] = BIT(RESTART_ON_SUCCESS),
        [SERVICE_RESULT_EXIT_CODE] = BIT(RESTART_ON_FAILURE),
        [SERVICE_RESULT_SIGNAL] =
                BIT(RESTART_ON_FAILURE) | BIT(RESTART_ON_ABNORMAL) | BIT(RESTART_ON_ABORT),
        [SERVICE_RESULT_CORE_DUMP] =
                BIT(RESTART_ON_FAILURE) | BIT(RESTART_ON_ABNORMAL) | BIT(RESTART_ON_ABORT),
        [SERVICE_RESULT_TIMEOUT] = BIT(RESTART_ON_FAILURE) | BIT(RESTART_ON_ABNORMAL),
        [SERVICE_RESULT_PROTOCOL] = BIT(RESTART_ON_FAILURE) | BIT(RESTART_ON_ABNORMAL),
        [SERVICE_RESULT_RESOURCES] = BIT(RESTART_ON_FAILURE) | BIT(RESTART_ON_ABNORMAL),
        [SERVICE_RESULT_WATCHDOG] =
                BIT(RESTART_ON_FAILURE) | BIT(RESTART_ON_ABNORMAL) | BIT(RESTART_ON_WATCHDOG),
        [SERVICE_RESULT_EXEC_CONDITION] = 0,
        [SERVICE_RESULT_START_LIMIT_HIT] = 0,
};

const char *service_result_to_string(ServiceResult result) {
        return result_names[result];
}

bool service_result_restarts(ServiceResult result, RestartPolicy policy) {
        if (result == SERVICE_RESULT_START_LIMIT_HIT || result == SERVICE_RESULT_EXEC_CONDITION)
                return false;
        return policy == RESTART_ALWAYS || restarts[result] & BIT(policy);
}

/* The signals that end a service the way it is expected to end, and the one we sent. */
static bool signal_is_clean(const Service *service, int sig) {
        static const int clean[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };

        /* A command isn't expected to be ended. */
        for (size_t i = 0;
             service_settings(service)->service_type != SERVICE_ONESHOT && i < ARRAY_SIZE(clean);
             i++)
                if (sig == clean[i])
                        return true;
        return service_is_stopping(service) && sig == service_settings(service)->kill_signal;
}

ServiceResult service_result_of_exit(const Service *service, const siginfo_t *info) {
        const GPtrArray *commands = service_settings(service)->exec_start;
        const ExecCommand *command = commands && service->main_index < commands->len
                                             ? commands->pdata[service->main_index]
                                             : NULL;
        const ExitStatusSet *clean = settings_given(service->unit.settings, "SuccessExitStatus");

        if (command && command->ignore_failure)
                return SERVICE_RESULT_SUCCESS;
        if (exit_status_set_has(clean, info->si_code, info->si_status))
                return SERVICE_RESULT_SUCCESS;
        switch (info->si_code) {
        case CLD_EXITED:
                return info->si_status == 0 ? SERVICE_RESULT_SUCCESS : SERVICE_RESULT_EXIT_CODE;
        case CLD_DUMPED:
                return SERVICE_RESULT_CORE_DUMP;
        case CLD_KILLED:
                return signal_is_clean(service, info->si_status) ? SERVICE_RESULT_SUCCESS
                                                                 : SERVICE_RESULT_SIGNAL;
        }
        return SERVICE_RESULT_SUCCESS; /* not our child: nobody tells */
}

char *service_exit_to_string(int code, int status) {
        char sig[SIGNAL_NAME_SIZE];

        if (code == CLD_EXITED)
                return g_strdup_printf("the main process exited with status %d", status);
        if (code == CLD_KILLED || code == CLD_DUMPED)
                return g_strdup_printf("the main process was killed by %s%s",
                                       signal_to_name(status, sig, sizeof(sig)),
                                       code == CLD_DUMPED ? " and dumped core" : "");
        return g_strdup("the main process has ended");
}
