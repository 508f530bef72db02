/* SPDX-License-Identifier: MIT */
/* What the files of the service share. Each function says which file it is in. */
#pragma once

#include "credentials.h"
#include "exec-context.h"
#include "manager.h"
#include "process-tree.h"
#include "service.h"

static inline const ServiceSettings *service_settings(const Service *service) {
        return SERVICE_SETTINGS(service->unit.settings);
}

/* ---- service-state.c ---- */

/* The one setter: looks up the table, lets go of what the new state may not hold, sets the state's
 * timer, tells the world. An event that can't happen is logged as a bug and changes nothing. */
void service_handle(Service *service, ServiceEvent event);
ActiveState service_active_state(const Unit *unit);
bool service_state_has_processes(const Service *service); /* or may have */
bool service_is_stopping(const Service *service);

/* ---- service-command.c ---- */

/* A command line with everything that can be known before the process is there. */
typedef struct ServiceCommand {
        char *path;
        GStrv argv;
        GStrv environment;
        Credentials credentials;
        bool keeps_ids;     /* it runs as the manager whatever the credentials are: "+", "!" */
        bool is_unconfined; /* "+", or what is meant by PermissionsStartOnly= */
        char *working_directory;
        ExecContext *context; /* NULL: nothing more is asked for */
} ServiceCommand;

/* @unit:    a service or a socket
 * @is_main: it is one of ExecStart=; for the others PermissionsStartOnly= and its like may be meant
 * @extra:   "KEY=value" for its environment, or NULL
 * Returns: 0, or negative errno with *ret_failure (g_free) "step: reason". */
int service_command_build(const Unit *unit, const ExecCommand *exec, bool is_main,
                          char *const *extra, ServiceCommand *ret, char **ret_failure);
void service_command_clear(ServiceCommand *command);
/* How to spawn it; valid as long as the command and the unit's settings are. No cgroup, no delivery
 * signals: those are the caller's to add. */
SpawnRequest service_command_request(const Unit *unit, const ServiceCommand *command);
/* The same of a main process, which holds before exec; no socket as a standard descriptor either.
 * Returns: as service_command_build(); valid as long as *ret_command is, which is the caller's. */
int service_main_request(const Service *service, const ExecCommand *exec, sd_id128_t invocation,
                         uint64_t watchdog_usec, ServiceCommand *ret_command, SpawnRequest *ret,
                         char **ret_failure);
/* "exec /usr/bin/web: No such file or directory" (g_free), for a step that failed in a spawn. */
char *service_command_failure(const Unit *unit, const ExecCommand *exec, int error,
                              const char *step);

/* The signals that are kept for deliveries: the defaults, and those of the units that provide. */
uint64_t service_delivery_signals(const Service *service);

/* ---- service-ahead.c ---- */

/* It is down: makes the plan of its next process if there is somebody whom a client may start it
 * by, and the unit says nothing that has to be looked up when it starts. */
void service_look_ahead(Service *service);
/* Its settings change, or it goes. */
void service_forget_ahead(Service *service);
/* A new INVOCATION_ID: that of what was made ahead, or another. */
void service_new_invocation(Service *service);
/* The plan that was made ahead for this start, the caller's, or NULL. */
SpawnPlan *service_take_ahead(Service *service);

/* ---- service-start.c ---- */

/* Begins to start it, whatever that begins with.
 * Returns: 0, or negative errno: it is down again, with the unit's failure set. */
int service_launch(Service *service);
/* Each begins a part of the way up, or the next one if there is nothing to do for it. */
void service_enter_start_pre(Service *service);
void service_enter_start(Service *service);
void service_enter_start_post(Service *service);
/* It is up; or, when nobody is there any more, it remains or stops. */
void service_enter_running(Service *service);
/* Type=oneshot: the next command of ExecStart=. Returns: false if that was the last. */
bool service_next_command(Service *service);
/* What Type= waits for may have come. */
void service_check_ready(Service *service);
void service_make_cgroup(Service *service);

/* ---- service-input.c ---- */

/* StandardInput=socket and its like: the connection, or the one listener, that the main process is
 * to have as a standard descriptor (borrowed); 0: none is asked for.
 * Returns: 0, or negative errno with the unit's failure set. */
int service_find_socket(Service *service, int *ret_fd);
/* The program has it. */
void service_has_socket(Service *service);

/* ---- service-control.c ---- */

/* A list of commands, or NULL. */
GPtrArray *service_commands(const Service *service, ServiceExec list);
/* Begins with a list's first command. Returns: 1; 0: there is none; or negative errno with the
 * unit's failure set. */
int service_run(Service *service, ServiceExec list);
/* "KEY=value" of a main process, besides what the unit's settings say. */
GStrv service_main_environment(const Service *service, sd_id128_t invocation,
                               uint64_t watchdog_usec);

/* ---- service-timer.c ---- */

void service_set_timer(Service *service); /* the state's, from now on */
void service_expire(Service *service);    /* its time is up, from the event loop */
void service_extend_timeout(Service *service, uint64_t usec);
uint64_t service_restart_delay(const Service *service);
void service_set_watchdog(Service *service); /* as the state asks for */
void service_feed_watchdog(Service *service);
uint64_t service_watchdog_setting(const Service *service); /* 0: none */

/* ---- service-main.c ---- */

/* Takes a process as the main one: watches it and makes its recipient. Consumes pidfd, also on
 * failure; then the main process is who it was. */
int service_adopt(Service *service, pid_t pid, int pidfd);
/* The same with a process that is watched already.
 * @prepared: see RecipientOptions */
int service_take(Service *service, pid_t pid, ProcessWatch *watch, bool prepared);
/* Hands the main process what the providing units have. */
void service_provide(Service *service);
/* Its main process is not ours any more: lets go of pidfd, watch and recipient. */
void service_forget_main(Service *service);
/* The main process has ended. */
void service_main_ended(Service *service);

/* ---- service-stop.c ---- */

typedef enum KillOperation {
        KILL_OPERATION_ABORT,     /* WatchdogSignal= */
        KILL_OPERATION_TERMINATE, /* KillSignal=, RestartKillSignal= */
        KILL_OPERATION_KILL,      /* FinalKillSignal= */
} KillOperation;

/* The first thing that went wrong is the result. */
void service_note_result(Service *service, ServiceResult result);
/* Each begins a part of the way down, or the next one if there is nobody to be waited for. */
void service_enter_stop(Service *service);
void service_enter_signal(Service *service, KillOperation operation);
void service_enter_stop_post(Service *service);
void service_enter_final(Service *service, KillOperation operation);
/* No process is left that we wait for: restart, or an end. */
void service_enter_dead(Service *service);
/* RuntimeDirectory=, unless it is to be preserved. */
void service_remove_folders(Service *service, bool restarts);
/* Its processes have been sent a signal. */
bool service_is_killed(const Service *service);
/* A process has gone, and this state waits for that. */
void service_process_gone(Service *service);
/* All have gone that aren't waited for one by one. */
void service_others_gone(Service *service);
void service_watch_others(Service *service);

/* ---- service-kill.c ---- */

/* Signals whom KillMode= says. Returns: whether there was somebody, whose end is to be waited for.
 */
bool service_kill(Service *service, KillOperation operation);
void service_signal_main(const Service *service, int sig);
/* The vtable's: as an operator asks for it. */
int service_signal(Unit *unit, SignalTarget target, int sig);
bool service_sends_sigkill(const Service *service);
/* A stop ends only when all processes have gone. */
bool service_waits_for_others(const Service *service);
/* There are processes, the main process or others. */
bool service_has_others(Service *service);

/* ---- service-timeout.c ---- */

int service_on_timeout(sd_event_source *source, uint64_t usec, void *userdata);
void service_fail_watchdog(Service *service);
/* Type=claim: a delivery has failed, so it can't claim everything any more. */
void service_fail_claim(Service *service);

/* ---- service-reload.c ---- */

bool service_can_reload(const Service *service);
void service_reload_ended(Service *service, ServiceResult result);
void service_reload_timed_out(Service *service);
/* RELOADING=1, and since when by CLOCK_MONOTONIC (TIME_INFINITY: it didn't say); READY=1. */
void service_note_reloading(Service *service, uint64_t since_usec);
void service_note_reloaded(Service *service);
/* It may have left the states of a reload: who waited is told. */
void service_tell_reloaded(Service *service);

/* ---- service-notify.c ---- */

NotifyAccess service_notify_access(const Service *service);

/* ---- service-result.c ---- */

ServiceResult service_result_of_exit(const Service *service, const siginfo_t *info);
bool service_result_restarts(ServiceResult result, RestartPolicy policy);
/* "the main process exited with status 3" (g_free) */
char *service_exit_to_string(int code, int status);

/* ---- service-trace.c ---- */

/* We have started a process for it, which leads a session. */
void service_trace_begin(Service *service, pid_t leader);
void service_trace_forget(Service *service);
/* Without a cgroup: notes the processes that belong to the service now. Cheap enough to call before
 * each signal, too dear to call always. */
void service_trace_update(Service *service);
/* Signals them. Returns: how many there were. */
unsigned int service_trace_kill(Service *service, int sig);
bool service_trace_is_empty(const Service *service); /* as of the last update */
/* The service without a cgroup that a process belongs to, as of the last update, or NULL. */
Unit *service_trace_find(Manager *manager, pid_t pid);
/* The service without a cgroup whose last start an orphan comes from, up or down, or NULL. */
Service *service_of_orphan(Manager *manager, pid_t pid, const ProcessStat *stat);
/* All processes, by cgroup or as of the last update (g_array_unref): of pid_t. */
GArray *service_pids(const Service *service);

/* ---- service-external.c ---- */

/* Takes the process that PIDFile= names, now or when it appears.
 * Returns: 1 it was found; 0 it is waited for; negative errno with the unit's failure set. */
int service_external_look(Service *service);
/* The main process has ended; but it may have left another one in its place, as programs do that
 * replace themselves, and PIDFile= names it: then that is the main one. */
bool service_follow_pid_file(Service *service);
/* PIDFile= doesn't say yet who is the main process; it is watched. */
bool service_awaits_pid_file(const Service *service);
void service_forget_pid_file(Service *service);
/* Neither PID 1, nor the manager, nor a command that has an end of its own. */
bool service_may_be_main(const Service *service, pid_t pid);
/* Type=forking: the first process has ended well. */
void service_find_main(Service *service);

/* ---- service-show.c ---- */

void service_show(Unit *unit, GVariantDict *properties);
