/* SPDX-License-Identifier: MIT */
/* Makes the child's plan from a request: all that it needs, copied, so that the caller needn't keep
 * anything. */
#include "spawn-plan.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <unistd.h>

#include "fd.h"

/* Standard error goes where standard output goes unless it is told otherwise; one open file for
 * both, so that neither overwrites the other. */
static bool outputs_are_same(const Output *output, const Output *error) {
        if (error->kind == OUTPUT_INHERIT)
                return output->kind != OUTPUT_INHERIT;
        if (error->kind != output->kind)
                return false;
        return error->kind == OUTPUT_NULL || error->kind == OUTPUT_JOURNAL ||
               g_strcmp0(error->path, output->path) == 0;
}

/* The lines of a stream to the journal: identifier, unit, priority, whether a line may begin with
 * its own, and whether to forward to syslog, kmsg and the console. The unit stays empty: it is the
 * journal's own manager's to name. */
static void plan_add_journal(SpawnPlan *plan, const char *identifier) {
        const ExecContext *context = plan->context;

        if (context && context->syslog_identifier)
                identifier = context->syslog_identifier;
        plan->journal_header =
                g_strdup_printf("%s\n\n%d\n%d\n0\n0\n0\n", identifier ?: "bellhop",
                                context ? context->syslog_priority : LOG_DAEMON | LOG_INFO,
                                !context || !context->no_level_prefix);
        plan->journal_header_length = strlen(plan->journal_header);
}

/* Output goes where input comes from if that is a socket, as it does under inetd. */
static void plan_add_given(SpawnPlan *plan, const SpawnRequest *request) {
        const ExecContext *context = plan->context;
        bool both = context && context->input_is_socket;
        OutputKind output = request->standard_output.kind, error = request->standard_error.kind;
        bool takes_socket[3] = { both,
                                 output == OUTPUT_SOCKET || (both && output == OUTPUT_INHERIT),
                                 error == OUTPUT_SOCKET };

        for (int target = 0; target < 3; target++) {
                bool socket = takes_socket[target] && request->socket_fd > STDERR_FILENO;

                plan->given_fds[target] = socket ? request->socket_fd : -EBADF;
        }
        if (context && context->input_fd >= 0)
                plan->given_fds[0] = context->input_fd;
        /* Standard error inherits what standard output is. */
        plan->outputs[1].same |= error == OUTPUT_INHERIT && plan->given_fds[1] >= 0;
        for (int target = 0; target < 3; target++)
                if (plan->given_fds[target] >= 0)
                        plan->steps |= SPAWN_STEP_BIT(SPAWN_STEP_GIVEN);
}

/* The pid isn't known yet: there is room for one. */
static void plan_add_listen(SpawnPlan *plan, const SpawnRequest *request) {
        static const char name[] = "LISTEN_PID=";
        guint count = plan->environment ? g_strv_length(plan->environment) : 0;
        char *entry;

        if (request->listen_count == 0)
                return;
        entry = g_malloc0(sizeof(name) + 3 * sizeof(pid_t));
        strcpy(entry, name);
        plan->environment = g_renew(char *, plan->environment, count + 2);
        plan->environment[count] = entry;
        plan->environment[count + 1] = NULL;
        plan->listen_pid = entry + strlen(name);
        plan->listen_fds = g_memdup2(request->listen_fds, request->listen_count * sizeof(int));
        plan->listen_count = request->listen_count;
        plan->steps |= SPAWN_STEP_BIT(SPAWN_STEP_LISTEN);
        plan->steps &= ~SPAWN_STEP_BIT(SPAWN_STEP_DESCRIPTORS);
}

static void plan_add_outputs(SpawnPlan *plan, const SpawnRequest *request) {
        const Output *output = &request->standard_output, *error = &request->standard_error;

        plan->outputs[0] =
                (SpawnPlanOutput){ .kind = output->kind, .path = g_strdup(output->path) };
        plan->outputs[1] = (SpawnPlanOutput){ .kind = error->kind,
                                              .path = g_strdup(error->path),
                                              .same = outputs_are_same(output, error) };
        if (output->kind == OUTPUT_JOURNAL || error->kind == OUTPUT_JOURNAL)
                plan_add_journal(plan, request->identifier);
}

/* An ordinary user may name itself, which changes nothing; setgroups() would be refused. */
static void plan_add_ids(SpawnPlan *plan, const SpawnRequest *request) {
        uid_t uid;
        gid_t gid;

        if (request->uid == (uid_t)-1 && request->gid == (gid_t)-1)
                return;
        uid = geteuid();
        gid = getegid();
        plan->uid = request->uid == (uid_t)-1 ? uid : request->uid;
        plan->gid = request->gid == (gid_t)-1 ? gid : request->gid;
        plan->change_ids =
                uid == 0 || plan->uid != uid || plan->gid != gid || request->groups_asked;
        plan->groups = g_memdup2(request->groups, request->group_count * sizeof(gid_t));
        plan->group_count = request->group_count;
}

static void plan_add_hold(SpawnPlan *plan) {
        plan->hold = g_new0(SpawnHold, 1);
        plan->hold->parent = getpid();
        plan->steps |= SPAWN_STEP_BIT(SPAWN_STEP_HOLD);
}

/* The one global state: there is one limit that the manager was started with. */
static struct rlimit descriptor_limit;
static bool descriptor_limit_set;

void spawn_set_descriptor_limit(const struct rlimit *limit) {
        descriptor_limit = *limit;
        descriptor_limit_set = true;
}

static bool look_at_input(void) {
        struct stat st;

        return fstat(STDIN_FILENO, &st) == 0 && S_ISCHR(st.st_mode) &&
               st.st_rdev == makedev(1, 3) && !(fcntl(STDIN_FILENO, F_GETFD) & FD_CLOEXEC);
}

/* The manager's standard input stays what it was at first. */
static bool input_is_null(void) {
        static bool looked, is_null;

        if (!looked)
                is_null = look_at_input();
        looked = true;
        return is_null;
}

SpawnPlan *spawn_plan_new(const SpawnRequest *request) {
        SpawnPlan *plan = g_new0(SpawnPlan, 1);
        ExecContext *context = exec_context_ref(request->context);

        plan->context = context;
        plan->steps = SPAWN_STEPS_ALWAYS | (context ? context->steps : 0);
        plan->path = g_strdup(request->path);
        plan->descriptor_limit = descriptor_limit_set ? &descriptor_limit : NULL;
        if (context && context->has_descriptor_limit)
                plan->descriptor_limit = &context->descriptor_limit;
        if (plan->descriptor_limit)
                plan->steps |= SPAWN_STEP_BIT(SPAWN_STEP_DESCRIPTOR_LIMIT);
        plan->argv = g_strdupv((char **)request->argv);
        plan->environment = g_strdupv((char **)request->environment);
        plan->working_directory = g_strdup(request->working_directory);
        plan->working_directory_optional = request->working_directory_optional;
        plan->input_is_null = input_is_null();
        plan->cgroup_fd = -EBADF;
        plan->report_fd = -EBADF;
        plan_add_ids(plan, request);
        plan_add_outputs(plan, request);
        plan_add_given(plan, request);
        plan_add_listen(plan, request);
        if (request->hold)
                plan_add_hold(plan);
        return plan;
}

SpawnPlan *spawn_plan_free(SpawnPlan *plan) {
        if (!plan)
                return NULL;

        g_free(plan->path);
        g_strfreev(plan->argv);
        g_strfreev(plan->environment);
        g_free(plan->groups);
        g_free(plan->listen_fds);
        g_free(plan->working_directory);
        g_free(plan->outputs[0].path);
        g_free(plan->outputs[1].path);
        g_free(plan->journal_header);
        g_free(plan->hold);
        exec_context_unref(plan->context);
        g_free(plan);
        return NULL;
}

const char *spawn_step_to_string(SpawnStep step) {
        static const char *const names[SPAWN_STEP_COUNT] = {
                [SPAWN_STEP_SESSION] = "setsid",
                [SPAWN_STEP_CGROUP] = "cgroup",
                [SPAWN_STEP_INPUT] = "standard input",
                [SPAWN_STEP_OUTPUT] = "standard output",
                [SPAWN_STEP_ERROR_OUTPUT] = "standard error",
                [SPAWN_STEP_DESCRIPTORS] = "descriptors",
                [SPAWN_STEP_GROUPS] = "setgroups",
                [SPAWN_STEP_GROUP] = "setgid",
                [SPAWN_STEP_USER] = "setuid",
                [SPAWN_STEP_DIRECTORY] = "chdir",
                [SPAWN_STEP_DESCRIPTOR_LIMIT] = "descriptor limit",
                [SPAWN_STEP_GIVEN] = "standard input",
                [SPAWN_STEP_LISTEN] = "descriptors",
                [SPAWN_STEP_RUNTIME_FOLDERS] = "runtime directory",
                [SPAWN_STEP_STATE_FOLDERS] = "state directory",
                [SPAWN_STEP_CACHE_FOLDERS] = "cache directory",
                [SPAWN_STEP_LOGS_FOLDERS] = "logs directory",
                [SPAWN_STEP_CONFIGURATION_FOLDERS] = "configuration directory",
                [SPAWN_STEP_OOM_SCORE] = "OOM score",
                [SPAWN_STEP_COREDUMP_FILTER] = "core dump filter",
                [SPAWN_STEP_NICE] = "nice",
                [SPAWN_STEP_SCHEDULER] = "scheduler",
                [SPAWN_STEP_AFFINITY] = "CPU affinity",
                [SPAWN_STEP_NUMA] = "NUMA policy",
                [SPAWN_STEP_IO_PRIORITY] = "I/O priority",
                [SPAWN_STEP_TIMER_SLACK] = "timer slack",
                [SPAWN_STEP_PERSONALITY] = "personality",
                [SPAWN_STEP_ROOT] = "chroot",
                [SPAWN_STEP_LIMITS] = "limits",
                [SPAWN_STEP_BOUNDING] = "capability bounding set",
                [SPAWN_STEP_KEEP_CAPABILITIES] = "keep capabilities",
                [SPAWN_STEP_KEYRING] = "keyring",
                [SPAWN_STEP_AMBIENT] = "ambient capabilities",
                [SPAWN_STEP_SECURE_BITS] = "secure bits",
                [SPAWN_STEP_NO_NEW_PRIVILEGES] = "no new privileges",
                [SPAWN_STEP_HOLD] = "exec",
                [SPAWN_STEP_EXEC] = "exec",
        };

        return step < SPAWN_STEP_COUNT ? names[step] : "spawn";
}
