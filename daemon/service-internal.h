/* SPDX-License-Identifier: MIT */
/* What the files of the service share. Each function says which file it is in. */
#pragma once

#include "credentials.h"
#include "manager.h"
#include "service.h"

static inline const ServiceSettings *service_settings(const Service *service) {
        return SERVICE_SETTINGS(service->unit.settings);
}

/* ---- service-state.c ---- */

/* The one setter: looks up the table, lets go of what the new state may not hold, sets the state's
 * timer, tells the world. An event that can't happen is logged as a bug and changes nothing. */
void service_handle(Service *service, ServiceEvent event);
ActiveState service_active_state(const Unit *unit);

/* ---- service-command.c ---- */

/* A command line with everything that can be known before the process is there. */
typedef struct ServiceCommand {
        char *path;
        GStrv argv;
        GStrv environment;
        Credentials credentials;
        bool keeps_ids; /* it runs as the manager whatever the credentials are: "+", "!" */
        char *working_directory;
} ServiceCommand;

/* What a service, or a socket, says of the processes it starts. Everything is the settings' own. */
ServiceSettings command_settings(const Unit *unit);

/* @unit:  a service or a socket
 * @extra: "KEY=value" for its environment, or NULL
 * Returns: 0, or negative errno with *ret_failure (g_free) "step: reason". */
int service_command_build(const Unit *unit, const ExecCommand *exec, char *const *extra,
                          ServiceCommand *ret, char **ret_failure);
void service_command_clear(ServiceCommand *command);
/* How to spawn it; valid as long as the command and the unit's settings are. No cgroup, no delivery
 * signals: those are the caller's to add. */
SpawnRequest service_command_request(const Unit *unit, const ServiceCommand *command);
/* "exec /usr/bin/web: No such file or directory" (g_free), for a step that failed in a spawn. */
char *service_command_failure(const Unit *unit, const ExecCommand *exec, int error,
                              const char *step);

/* The program's file by systemd's fixed search path (g_free).
 * Returns: 0 or negative errno. */
int service_command_find(const char *name, char **ret);

/* The signals that are kept for deliveries: the defaults, and those of the units that provide. */
uint64_t service_delivery_signals(const Service *service);

/* ---- service-start.c ---- */

/* Starts a process, or looks for one (external); event is what a success is. */
int service_launch(Service *service, ServiceEvent event);
/* What Type= waits for may have come. */
void service_check_ready(Service *service);

/* ---- service-main.c ---- */

/* Takes a process as the main one: watches it and makes its recipient. Consumes pidfd, also on
 * failure; then the main process is who it was.
 * @prepared: started by us, see RecipientOptions */
int service_adopt(Service *service, pid_t pid, int pidfd, bool prepared);
/* Hands the main process what the providing units have. */
void service_provide(Service *service);
/* Its main process is not ours any more: lets go of pidfd, watch and recipient. */
void service_forget_main(Service *service);
/* The main process has ended. */
void service_main_ended(Service *service);
/* No process is left that we wait for: restart, or an end. */
void service_finish(Service *service);

/* ---- service-stop.c ---- */

/* Sends KillSignal= and enters STOP by event. */
void service_begin_stop(Service *service, ServiceEvent event);
/* The main process has ended and others may be left: goes on when they have gone, too. */
void service_end_others(Service *service);
/* Type=claim: a delivery has failed, so it can't claim everything any more. */
void service_fail_claim(Service *service);
int service_on_timeout(sd_event_source *source, uint64_t usec, void *userdata);

/* ---- service-result.c ---- */

ServiceResult service_result_of_exit(const Service *service, const siginfo_t *info);
bool service_result_restarts(ServiceResult result, RestartPolicy policy);
/* "the main process exited with status 3" (g_free) */
char *service_exit_to_string(int code, int status);

/* ---- service-trace.c ---- */

/* Without a cgroup: notes the processes that belong to the service now. Cheap enough to call before
 * each signal, too dear to call always. */
void service_trace_update(Service *service);
/* Signals them. Returns: how many there were. */
unsigned int service_trace_kill(Service *service, int sig);
bool service_trace_is_empty(const Service *service); /* as of the last update */
bool service_trace_has_pid(const Service *service, pid_t pid);

/* ---- service-external.c ---- */

/* Type=external: takes the process that PIDFile= names, now or when it appears.
 * Returns: 1 it was found; 0 it is waited for; negative errno with the unit's failure set. */
int service_external_look(Service *service);

/* ---- service-show.c ---- */

void service_show(Unit *unit, GVariantDict *properties);
