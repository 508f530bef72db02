/* SPDX-License-Identifier: MIT */
/* Signals to the processes of a service: who gets which by KillMode= and its like
 * (systemd.kill(5)). */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "directive.h"
#include "job.h"
#include "service-internal.h"

typedef enum KillTarget {
        TARGET_NOBODY,
        TARGET_MAIN, /* and a command that runs beside it */
        TARGET_ALL,
} KillTarget;

static const struct {
        KillTarget first; /* who gets KillSignal= and WatchdogSignal= */
        KillTarget last;  /* who gets FinalKillSignal= */
        bool waits;       /* a stop ends only when all processes have gone */
} kill_modes[] = {
        [KILL_CONTROL_GROUP] = { TARGET_ALL, TARGET_ALL, true },
        [KILL_MIXED] = { TARGET_MAIN, TARGET_ALL, true },
        [KILL_PROCESS] = { TARGET_MAIN, TARGET_MAIN, false },
        [KILL_NONE] = { TARGET_NOBODY, TARGET_NOBODY, false },
};

static bool service_is_external(const Service *service) {
        return service_settings(service)->service_type == SERVICE_EXTERNAL;
}

static int signal_given(const Service *service, const char *property, int otherwise) {
        const int *given = settings_given(service->unit.settings, property);

        return given ? *given : otherwise;
}

static bool flag_given(const Service *service, const char *property, bool otherwise) {
        const bool *given = settings_given(service->unit.settings, property);

        return given ? *given : otherwise;
}

bool service_sends_sigkill(const Service *service) {
        return flag_given(service, "SendSIGKILL", true);
}

bool service_waits_for_others(const Service *service) {
        return kill_modes[service_settings(service)->kill_mode].waits &&
               !service_is_external(service);
}

bool service_has_others(Service *service) {
        if (!service_state_has_processes(service) || service_is_external(service))
                return false;
        if (service->cgroup)
                return !cgroup_is_empty(service->cgroup);
        service_trace_update(service);
        return !service_trace_is_empty(service);
}

static int operation_signal(const Service *service, KillOperation operation) {
        int kill_signal = service_settings(service)->kill_signal;
        const Job *job = service->unit.job;

        switch (operation) {
        case KILL_OPERATION_ABORT:
                return signal_given(service, "WatchdogSignal", SIGABRT);
        case KILL_OPERATION_KILL:
                return signal_given(service, "FinalKillSignal", SIGKILL);
        case KILL_OPERATION_TERMINATE:
                break;
        }
        return job && job_type(job) == JOB_RESTART
                       ? signal_given(service, "RestartKillSignal", kill_signal)
                       : kill_signal;
}

static void main_signal(const Service *service, int sig) {
        if (service->main_watch)
                (void)syscall(SYS_pidfd_send_signal, service->main_watch->pidfd, sig, NULL, 0);
        if (service->control)
                command_kill(service->control, sig);
}

static void all_signal(Service *service, int sig) {
        if (!service->cgroup) {
                if (service_trace_kill(service, sig) == 0)
                        main_signal(service, sig);
                return;
        }
        /* MAINPID= may name a process from elsewhere; and there may be no descriptor left for any
         * but the one that is held. */
        bool elsewhere =
                service->main_pid > 0 && !cgroup_has_pid(service->cgroup, service->main_pid);
        if (cgroup_kill(service->cgroup, sig) <= 0 || elsewhere)
                main_signal(service, sig);
}

static void target_signal(Service *service, KillTarget target, int sig) {
        if (target == TARGET_ALL)
                all_signal(service, sig);
        else
                main_signal(service, sig);
}

void service_signal_main(const Service *service, int sig) {
        if (service->main_watch)
                (void)syscall(SYS_pidfd_send_signal, service->main_watch->pidfd, sig, NULL, 0);
}

/* What wasn't started by us is let go of. */
static bool external_kill(Service *service) {
        service_forget_main(service);
        if (service->control)
                command_kill(service->control, SIGKILL);
        return service->control != NULL;
}

static bool target_is_there(Service *service, KillTarget target) {
        bool processes = service->main_pid > 0 || service->control;

        return processes || (target == TARGET_ALL && service_has_others(service));
}

/* What wasn't started by us is no more than its main process. */
static int all_signal_asked(Service *service, int sig) {
        if (service_is_external(service) || !service_has_others(service)) {
                if (!target_is_there(service, TARGET_MAIN))
                        return -ESRCH;
                main_signal(service, sig);
        } else {
                all_signal(service, sig);
        }
        return 0;
}

int service_signal(Unit *unit, SignalTarget target, int sig) {
        Service *service = SERVICE(unit);

        switch (target) {
        case SIGNAL_MAIN:
                if (!service->main_watch)
                        return -ESRCH;
                service_signal_main(service, sig);
                return 0;
        case SIGNAL_CONTROL:
                if (!service->control)
                        return -ESRCH;
                command_kill(service->control, sig);
                return 0;
        case SIGNAL_ALL:
                return all_signal_asked(service, sig);
        case SIGNAL_TARGET_COUNT:
                break;
        }
        return -EINVAL;
}

bool service_kill(Service *service, KillOperation operation) {
        KillMode mode = service_settings(service)->kill_mode;
        KillTarget target =
                operation == KILL_OPERATION_KILL ? kill_modes[mode].last : kill_modes[mode].first;
        int sig = operation_signal(service, operation);

        if (service_is_external(service))
                return external_kill(service);
        if (target == TARGET_NOBODY || !target_is_there(service, target))
                return false;
        target_signal(service, target, sig);
        if (operation == KILL_OPERATION_TERMINATE && flag_given(service, "SendSIGHUP", false))
                target_signal(service, target, SIGHUP);
        /* A stopped process shall see its signal. */
        if (sig != SIGKILL && sig != SIGCONT)
                target_signal(service, target, SIGCONT);
        return true;
}
