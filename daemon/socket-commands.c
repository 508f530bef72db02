/* SPDX-License-Identifier: MIT */
/* The commands of a socket: ExecStartPre=, ExecStartPost=, ExecStopPre=, ExecStopPost=, one after
 * the other. Most sockets have none, so what they need is made with the first. */
#include <signal.h>

#include "cgroup-limits.h"
#include "command.h"
#include "directive.h"
#include "exec-context.h"
#include "log.h"
#include "manager.h"
#include "socket.h"

struct SocketCommands {
        Command *running;       /* NULL: none */
        UnitSettings *settings; /* while some are to run: theirs, whatever a reload brings */
        guint next;             /* of the state's commands */
        bool stopping;          /* a stop was asked for while it ran, and it has its signal */
        Cgroup *cgroup;         /* NULL: none can be made */
};

static KillMode kill_mode(const Socket *socket) {
        const KillMode *mode = settings_given(socket->unit.settings, "KillMode");
        return mode ? *mode : KILL_CONTROL_GROUP;
}

static int kill_signal(const Socket *socket) {
        return *(const int *)settings_value(socket->unit.settings, "KillSignal");
}

static int final_signal(const Socket *socket) {
        const bool *sends = settings_given(socket->unit.settings, "SendSIGKILL");
        const int *given = settings_given(socket->unit.settings, "FinalKillSignal");
        if (sends && !*sends)
                return 0;
        return given ? *given : SIGKILL;
}

static bool sends_hup(const Socket *socket) {
        const bool *given = settings_given(socket->unit.settings, "SendSIGHUP");
        return given && *given;
}

static void socket_make_commands(Socket *socket) {
        CgroupTree *tree = socket->unit.manager->cgroups;
        bool first = !socket->commands;
        if (first)
                socket->commands = g_new0(SocketCommands, 1);
        int r = 0;
        if (!socket->commands->cgroup && tree)
                r = cgroup_new(tree, socket->unit.name, &socket->commands->cgroup);
        if (r < 0)
                log_warning(socket->unit.name, "no cgroup: %s", g_strerror(-r));
        if (first || socket->commands->cgroup)
                cgroup_limit(tree, socket->commands->cgroup, &socket->unit);
}

static void socket_fail_command(Socket *socket, const char *failure) {
        unit_set_failure(&socket->unit, "%s: %s", socket_state_commands(socket->state), failure);
}

static SocketEvent socket_run_next(Socket *socket, const GPtrArray *list);
static SocketEvent socket_end_commands(Socket *socket, SocketEvent event);

static const GPtrArray *socket_command_list(const Socket *socket, const UnitSettings *settings) {
        GPtrArray *const *list = settings_given(settings, socket_state_commands(socket->state));
        return list ? *list : NULL;
}

static void on_command_end(const CommandEnd *end, void *userdata) {
        Socket *socket = userdata;
        SocketCommands *commands = socket->commands;
        SocketEvent event = SOCKET_EVENT_COMMANDS_FAILED;
        commands->running = NULL;
        if (commands->stopping) {
                commands->stopping = false;
                event = socket_end_commands(socket, SOCKET_EVENT_STOP);
        } else if (end->success) {
                event = socket_run_next(socket, socket_command_list(socket, commands->settings));
        } else {
                socket_fail_command(socket, end->failure);
        }
        if (event != SOCKET_EVENT_COUNT)
                socket_handle(socket, event);
}

/* PassFileDescriptorsToExec=: what is open, and what sd_listen_fds(3) asks the environment for. */
static GStrv socket_pass_listeners(const Socket *socket, GArray *fds) {
        const bool *pass = settings_given(socket->unit.settings, "PassFileDescriptorsToExec");
        g_autoptr(GString) names = g_string_new("LISTEN_FDNAMES=");
        for (guint i = 0; pass && *pass && i < socket->port_count; i++) {
                const Item *item = socket->ports[i]->item;
                if (!item)
                        continue;
                g_string_append_printf(names, "%s%s", fds->len > 0 ? ":" : "", item->name);
                g_array_append_val(fds, item->fd);
                socket->ports[i]->item->is_shared = true;
        }
        if (fds->len == 0)
                return NULL;
        GStrv environment = g_new0(char *, 3);
        environment[0] = g_strdup_printf("LISTEN_FDS=%u", fds->len);
        environment[1] = g_string_free(g_steal_pointer(&names), FALSE);
        return environment;
}

/* Returns: 0: it runs. */
static int socket_run_command(Socket *socket, const ExecCommand *exec, char **ret_failure) {
        const uint64_t *timeout = settings_value(socket->unit.settings, "TimeoutUSec");
        g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
        g_auto(GStrv) environment = socket_pass_listeners(socket, fds);
        const CommandRequest request = {
                .unit = &socket->unit,
                .exec = exec,
                .environment = environment,
                .listen_fds = (const int *)fds->data,
                .listen_count = fds->len,
                .cgroup = socket->commands->cgroup,
                .timeout_usec = *timeout,
                .stop_signal = kill_signal(socket),
                .final_signal = final_signal(socket),
                .send_hup = sends_hup(socket),
                .no_final = final_signal(socket) == 0,
                .kill_mode = kill_mode(socket),
        };
        return command_start(&request, on_command_end, socket, &socket->commands->running,
                             ret_failure);
}

/* What has begun goes on as it was when it began; what it was isn't needed any more. */
static SocketEvent socket_end_commands(Socket *socket, SocketEvent event) {
        socket->commands->settings = settings_unref(socket->commands->settings);
        return event;
}

static SocketEvent socket_run_next(Socket *socket, const GPtrArray *list) {
        SocketCommands *commands = socket->commands;
        while (list && commands->next < list->len) {
                const ExecCommand *exec = list->pdata[commands->next++];
                g_autofree char *failure = NULL;
                if (socket_run_command(socket, exec, &failure) >= 0)
                        return SOCKET_EVENT_COUNT;
                if (exec->ignore_failure)
                        continue;
                socket_fail_command(socket, failure);
                return socket_end_commands(socket, SOCKET_EVENT_COMMANDS_FAILED);
        }
        return socket_end_commands(socket, socket->failing ? SOCKET_EVENT_COMMANDS_FAILED
                                                           : SOCKET_EVENT_COMMANDS_DONE);
}

SocketEvent socket_commands_begin(Socket *socket) {
        const GPtrArray *list = socket_command_list(socket, socket->unit.settings);
        if (!list || list->len == 0)
                return socket->failing ? SOCKET_EVENT_COMMANDS_FAILED : SOCKET_EVENT_COMMANDS_DONE;
        socket_make_commands(socket);
        settings_unref(socket->commands->settings);
        socket->commands->settings = settings_ref(socket->unit.settings);
        socket->commands->next = 0;
        return socket_run_next(socket, list);
}

/* ---- their end ---- */

static void socket_signal_commands(const Socket *socket, int sig) {
        KillMode mode = kill_mode(socket);
        if (mode == KILL_CONTROL_GROUP && socket->commands->cgroup)
                (void)cgroup_kill(socket->commands->cgroup, sig);
        else if (mode != KILL_NONE)
                command_kill(socket->commands->running, sig);
}

bool socket_commands_interrupt(Socket *socket) {
        SocketCommands *commands = socket->commands;
        if (!commands || !commands->running)
                return false;
        commands->stopping = true;
        socket_signal_commands(socket, kill_signal(socket));
        if (sends_hup(socket))
                socket_signal_commands(socket, SIGHUP);
        socket_signal_commands(socket, SIGCONT); /* who is stopped hears nothing */
        return true;
}

int socket_commands_signal(Unit *unit, SignalTarget target, int sig) {
        const SocketCommands *commands = SOCKET(unit)->commands;
        if (target == SIGNAL_ALL && commands && commands->cgroup &&
            cgroup_kill(commands->cgroup, sig) > 0)
                return 0;
        if (target == SIGNAL_MAIN || !commands || !commands->running)
                return -ESRCH;
        command_kill(commands->running, sig);
        return 0;
}

/* What the commands have left behind. */
void socket_commands_finish(Socket *socket) {
        SocketCommands *commands = socket->commands;
        exec_folders_remove(socket->unit.settings, socket->unit.manager->user_mode, false);
        if (!commands || !commands->cgroup)
                return;
        KillMode mode = kill_mode(socket);
        int sig = final_signal(socket);
        if ((mode == KILL_CONTROL_GROUP || mode == KILL_MIXED) && sig > 0 &&
            !cgroup_is_empty(commands->cgroup))
                (void)cgroup_kill(commands->cgroup, sig);
}

void socket_commands_done(Socket *socket) {
        SocketCommands *commands = socket->commands;
        if (!commands)
                return;
        command_free(commands->running);
        cgroup_free(commands->cgroup);
        settings_unref(commands->settings);
        g_clear_pointer(&socket->commands, g_free);
}

pid_t socket_commands_pid(const Socket *socket) {
        const SocketCommands *commands = socket->commands;
        return commands && commands->running ? command_pid(commands->running) : 0;
}
