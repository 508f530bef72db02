/* SPDX-License-Identifier: MIT */
/* Makes the child's plan from a request: all that it needs, copied, so that the caller needn't keep
 * anything. */
#include "spawn-plan.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
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
        plan->journal_header = g_strdup_printf("%s\n\n6\n1\n0\n0\n0\n", identifier ?: "bellhop");
        plan->journal_header_length = strlen(plan->journal_header);
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
        plan->change_ids = uid == 0 || plan->uid != uid || plan->gid != gid;
        plan->groups = g_memdup2(request->groups, request->group_count * sizeof(gid_t));
        plan->group_count = request->group_count;
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

        plan->path = g_strdup(request->path);
        plan->descriptor_limit = descriptor_limit_set ? &descriptor_limit : NULL;
        plan->argv = g_strdupv((char **)request->argv);
        plan->environment = g_strdupv((char **)request->environment);
        plan->working_directory = g_strdup(request->working_directory);
        plan->working_directory_optional = request->working_directory_optional;
        plan->delivery_signals = request->delivery_signals;
        plan->input_is_null = input_is_null();
        plan->cgroup_fd = -EBADF;
        plan->report_fd = -EBADF;
        plan_add_ids(plan, request);
        plan_add_outputs(plan, request);
        return plan;
}

SpawnPlan *spawn_plan_free(SpawnPlan *plan) {
        if (!plan)
                return NULL;

        g_free(plan->path);
        g_strfreev(plan->argv);
        g_strfreev(plan->environment);
        g_free(plan->groups);
        g_free(plan->working_directory);
        g_free(plan->outputs[0].path);
        g_free(plan->outputs[1].path);
        g_free(plan->journal_header);
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
                [SPAWN_STEP_EXEC] = "exec",
        };

        return step < SPAWN_STEP_COUNT ? names[step] : "spawn";
}
