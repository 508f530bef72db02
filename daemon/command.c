/* SPDX-License-Identifier: MIT */
/* One command line of a unit: its process from spawn to end. */
#include "command.h"

#include <signal.h>
#include <sys/syscall.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "cgroup.h"
#include "fd.h"
#include "log.h"
#include "notify.h"
#include "process-tree.h"
#include "service-internal.h"
#include "value.h"

/* As the main process's end: after what it has said before. */
#define END_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)

struct Command {
        Unit *unit;
        CommandDone done;
        void *userdata;
        char *name;    /* the program, for messages */
        char *failure; /* of a step before exec, or of the timeout */
        bool ignore_failure;
        unsigned int timeouts; /* so far */
        int stop_signal, final_signal;
        bool send_hup, no_final;
        KillMode kill_mode;
        Cgroup *cgroup;
        uint64_t timeout_usec;
        pid_t pid;
        ProcessWatch *watch; /* NULL: it hasn't been started, or its end has been seen */
        Spawn *spawn;        /* until exec */
        sd_event_source *timer;
};

pid_t command_pid(const Command *command) {
        return command->pid;
}

void command_kill(const Command *command, int sig) {
        (void)syscall(SYS_pidfd_send_signal, command->watch->pidfd, sig, NULL, 0);
}

Command *command_free(Command *command) {
        if (!command)
                return NULL;

        if (command->watch)
                command_kill(command, SIGKILL); /* whoever reaps orphans reaps it */
        spawn_free(command->spawn);
        process_watch_free(command->watch);
        sd_event_source_disable_unref(command->timer);
        if (command->pid > 0)
                g_hash_table_remove(command->unit->manager->commands,
                                    GINT_TO_POINTER(command->pid));
        g_free(command->name);
        g_free(command->failure);
        g_free(command);
        return NULL;
}

/* ---- its end ---- */

static char *end_to_string(const Command *command, const siginfo_t *info) {
        char sig[SIGNAL_NAME_SIZE];

        if (info->si_pid == 0)
                return g_strdup_printf("%s has ended, and nobody knows how", command->name);
        if (info->si_code == CLD_EXITED)
                return g_strdup_printf("%s exited with status %d", command->name, info->si_status);
        return g_strdup_printf("%s was killed by %s", command->name,
                               signal_to_name(info->si_status, sig, sizeof(sig)));
}

static void command_end(Command *command, const siginfo_t *info) {
        bool clean = info->si_code == CLD_EXITED && info->si_status == 0 &&
                     command->timeouts == 0 && !command->failure;
        CommandEnd end = {
                .code = info->si_code,
                .status = info->si_status,
                .timed_out = command->timeouts > 0,
                .success = clean || (command->ignore_failure && command->timeouts == 0),
        };
        CommandDone done = command->done;
        void *userdata = command->userdata;
        g_autofree char *failure = g_steal_pointer(&command->failure);

        if (!clean && !failure)
                failure = end_to_string(command, info);
        end.failure = failure;
        command->watch = process_watch_free(command->watch);
        command_free(command);
        done(&end, userdata);
}

static void command_look(Command *command) {
        siginfo_t info = { 0 };
        int r;

        if (command->spawn)
                spawn_collect(command->spawn);
        r = process_reap(command->watch->pidfd, command->pid, &info);
        /* Somebody else has reaped it: its pidfd would wake us for ever, and no status comes. */
        if (r > 0 || (r < 0 && process_has_ended(command->watch->pidfd)))
                command_end(command, &info);
}

static int on_end(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Command *command = userdata;

        notify_socket_catch_up(command->unit->manager->notify);
        if (sd_event_source_get_enabled(source, NULL) > 0) /* that was not its end */
                command_look(command);
        return 0;
}

Unit *command_unit(Manager *manager, pid_t pid) {
        const Command *command = g_hash_table_lookup(manager->commands, GINT_TO_POINTER(pid));

        return command ? command->unit : NULL;
}

bool command_reap(Manager *manager, pid_t pid) {
        Command *command = g_hash_table_lookup(manager->commands, GINT_TO_POINTER(pid));

        if (!command)
                return false;
        command_look(command);
        return true;
}

/* ---- its time ---- */

static void command_signal(const Command *command, int sig) {
        bool all = command->kill_mode == KILL_CONTROL_GROUP ||
                   (command->kill_mode == KILL_MIXED && command->timeouts > 1);

        if (command->kill_mode == KILL_NONE)
                return;
        if (all && command->cgroup)
                (void)cgroup_kill(command->cgroup, sig);
        else
                command_kill(command, sig);
}

/* Who doesn't end is left to itself: whoever reaps orphans reaps it. */
static void command_give_up(Command *command) {
        CommandDone done = command->done;
        void *userdata = command->userdata;
        g_autofree char *failure = g_steal_pointer(&command->failure);
        CommandEnd end = { .timed_out = true, .failure = failure };

        command->watch = process_watch_free(command->watch);
        command_free(command);
        done(&end, userdata);
}

/* Returns: whether it is worth to wait for its end. */
static bool command_stop(Command *command) {
        switch (command->timeouts++) {
        case 0:
                g_free(command->failure);
                command->failure = g_strdup_printf("%s is still there after %g s", command->name,
                                                   (double)command->timeout_usec / USEC_PER_SEC);
                command_signal(command, command->stop_signal);
                if (command->send_hup)
                        command_signal(command, SIGHUP);
                command_signal(command, SIGCONT);
                return command->kill_mode != KILL_NONE; /* nobody has told it to end */
        case 1:
                if (command->no_final)
                        break;
                command_signal(command, command->final_signal);
                return true;
        }
        return false;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        Command *command = userdata;
        int r;

        if (!command_stop(command)) {
                command_give_up(command);
                return 0;
        }
        r = sd_event_source_set_time_relative(source, command->timeout_usec);
        if (r >= 0)
                r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        if (r < 0)
                command_signal(command, SIGKILL);
        return 0;
}

/* ---- its beginning ---- */

static void on_spawned(int error, const char *step, void *userdata) {
        Command *command = userdata;
        ExecCommand exec = { .path = command->name };

        command->spawn = NULL;
        if (error < 0 && !command->failure)
                command->failure = service_command_failure(command->unit, &exec, error, step);
}

static int command_watch(Command *command) {
        process_watch_tell(command->watch, END_PRIORITY, on_end, command);
        if (command->timeout_usec == TIME_INFINITY)
                return 0;
        return sd_event_add_time_relative(command->unit->manager->event, &command->timer,
                                          CLOCK_MONOTONIC, command->timeout_usec, USEC_PER_MSEC,
                                          on_timeout, command);
}

static int command_spawn(Command *command, const CommandRequest *request, char **ret_failure) {
        _cleanup_(service_command_clear) ServiceCommand line = { .credentials = CREDENTIALS_INIT };
        SpawnRequest spawn;
        const char *step;
        int r;

        r = service_command_build(request->unit, request->exec, false, request->environment, &line,
                                  ret_failure);
        if (r < 0)
                return r;
        spawn = service_command_request(request->unit, &line);
        if (request->cgroup)
                spawn.cgroup_fd = request->apart ? cgroup_control_fd(request->cgroup)
                                                 : cgroup_fd(request->cgroup);
        spawn.listen_fds = request->listen_fds;
        spawn.listen_count = request->listen_count;
        r = spawn_start(request->unit->manager->event, &spawn, on_spawned, command, &command->spawn,
                        &command->pid, &command->watch, &step);
        if (r < 0) {
                *ret_failure = service_command_failure(request->unit, request->exec, r, step);
                return r;
        }
        g_hash_table_insert(request->unit->manager->commands, GINT_TO_POINTER(command->pid),
                            command);
        return 0;
}

int command_start(const CommandRequest *request, CommandDone done, void *userdata, Command **ret,
                  char **ret_failure) {
        Command *command = g_new(Command, 1);
        int r;

        *command = (Command){
                .unit = request->unit,
                .done = done,
                .userdata = userdata,
                .name = g_strdup(request->exec->path),
                .ignore_failure = request->exec->ignore_failure,
                .stop_signal = request->stop_signal ?: SIGTERM,
                .final_signal = request->final_signal ?: SIGKILL,
                .send_hup = request->send_hup,
                .no_final = request->no_final,
                .kill_mode = request->kill_mode,
                .cgroup = request->cgroup,
                .timeout_usec = request->timeout_usec,
        };
        r = command_spawn(command, request, ret_failure);
        if (r >= 0) {
                r = command_watch(command);
                if (r < 0)
                        *ret_failure = g_strdup_printf("watch: %s", g_strerror(-r));
        }
        if (r < 0) {
                command_free(command); /* kills it */
                return r;
        }
        *ret = command;
        return 0;
}
