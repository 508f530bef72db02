/* SPDX-License-Identifier: MIT */
/* From clone to exec, in system calls. */
#include "spawn-child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bellhop.h"
#include "clone.h"
#include "exec-child.h"
#include "spawn-stack.h"

/* What the child exits with when a step fails: systemd.exec(5), "Process exit codes". */
static const uint8_t exit_statuses[SPAWN_STEP_COUNT] = {
        [SPAWN_STEP_SESSION] = 220,
        [SPAWN_STEP_CGROUP] = 219,
        [SPAWN_STEP_GIVEN] = 208,
        [SPAWN_STEP_LISTEN] = 202,
        [SPAWN_STEP_DESCRIPTORS] = 202,
        [SPAWN_STEP_INPUT] = 208,
        [SPAWN_STEP_OUTPUT] = 209,
        [SPAWN_STEP_ERROR_OUTPUT] = 222,
        [SPAWN_STEP_OOM_SCORE] = 206,
        [SPAWN_STEP_COREDUMP_FILTER] = 205,
        [SPAWN_STEP_NICE] = 201,
        [SPAWN_STEP_SCHEDULER] = 214,
        [SPAWN_STEP_AFFINITY] = 215,
        [SPAWN_STEP_NUMA] = 242,
        [SPAWN_STEP_IO_PRIORITY] = 211,
        [SPAWN_STEP_TIMER_SLACK] = 212,
        [SPAWN_STEP_PERSONALITY] = 230,
        [SPAWN_STEP_RUNTIME_FOLDERS] = 233,
        [SPAWN_STEP_STATE_FOLDERS] = 238,
        [SPAWN_STEP_CACHE_FOLDERS] = 239,
        [SPAWN_STEP_LOGS_FOLDERS] = 240,
        [SPAWN_STEP_CONFIGURATION_FOLDERS] = 241,
        [SPAWN_STEP_LIMITS] = 205,
        [SPAWN_STEP_ROOT] = 210,
        [SPAWN_STEP_BOUNDING] = 218,
        [SPAWN_STEP_GROUPS] = 216,
        [SPAWN_STEP_GROUP] = 216,
        [SPAWN_STEP_KEEP_CAPABILITIES] = 218,
        [SPAWN_STEP_USER] = 217,
        [SPAWN_STEP_KEYRING] = 237,
        [SPAWN_STEP_AMBIENT] = 218,
        [SPAWN_STEP_SECURE_BITS] = 213,
        [SPAWN_STEP_NO_NEW_PRIVILEGES] = 227,
        [SPAWN_STEP_DIRECTORY] = 200,
        [SPAWN_STEP_DESCRIPTOR_LIMIT] = 205,
        [SPAWN_STEP_HOLD] = 203,
        [SPAWN_STEP_EXEC] = 203,
};

#define UMASK_DEFAULT 022

static const struct sockaddr_un journal_address = {
        .sun_family = AF_UNIX,
        .sun_path = "/run/systemd/journal/stdout",
};

/* The kernel's struct sigaction differs between architectures, but zero is SIG_DFL in all. */
static const unsigned long default_action[8];

/* What the parent ignores is ignored over exec; handlers aren't kept, so nothing else is to be
 * reset. For a delivery signal no sigaction() may be called at all: setting SIG_IGN throws away a
 * bell that is already pending. */
_bare_ static void signals_reset(uint64_t signals) {
        for (; signals != 0; signals &= signals - 1)
                (void)CALL4(rt_sigaction, __builtin_ctzll(signals) + 1, default_action, 0,
                            sizeof(uint64_t));
}

/* Puts fd in place as a standard descriptor that survives exec; the original is close-on-exec. */
_bare_ static long descriptor_place(long fd, int target) {
        if (fd == target)
                return CALL3(fcntl, fd, F_SETFD, 0);
        return CALL3(dup3, fd, target, 0);
}

_bare_ static long file_place(const char *path, int flags, int target) {
        long fd = CALL4(openat, AT_FDCWD, path, flags | O_NOCTTY | O_CLOEXEC, 0644);

        return fd < 0 ? fd : descriptor_place(fd, target);
}

/* Without a journal the output stays as it is. */
_bare_ static long journal_place(const SpawnPlan *plan, int target) {
        long fd = CALL3(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return fd;
        if (CALL3(connect, fd, &journal_address, sizeof(journal_address)) < 0)
                return 0;
        (void)CALL2(shutdown, fd, SHUT_RD);
        if (CALL3(write, fd, plan->journal_header, plan->journal_header_length) < 0)
                return 0;
        return descriptor_place(fd, target);
}

_bare_ static long output_place(const SpawnPlan *plan, const SpawnPlanOutput *output, int target) {
        if (output->same)
                return CALL3(dup3, 1, target, 0);

        switch (output->kind) {
        case OUTPUT_INHERIT:
        case OUTPUT_SOCKET: /* it is there already */
                return 0;
        case OUTPUT_KMSG:
                return file_place("/dev/kmsg", O_WRONLY, target);
        case OUTPUT_TRUNCATE:
                return file_place(output->path, O_WRONLY | O_CREAT | O_TRUNC, target);
        case OUTPUT_NULL:
                return file_place("/dev/null", O_WRONLY, target);
        case OUTPUT_JOURNAL:
                return journal_place(plan, target);
        case OUTPUT_FILE:
                return file_place(output->path, O_WRONLY | O_CREAT, target);
        case OUTPUT_APPEND:
                return file_place(output->path, O_WRONLY | O_CREAT | O_APPEND, target);
        }
        return 0;
}

_bare_ static long step_session(const SpawnPlan *plan) {
        mode_t mask = plan->context ? plan->context->umask : UMASK_DEFAULT;

        if (!plan->has_waited || mask != UMASK_DEFAULT)
                (void)CALL1(umask, mask);
        signals_reset(plan->foreign_signals);
        return plan->has_waited ? 0 : CALL0(setsid);
}

_bare_ static long step_cgroup(const SpawnPlan *plan) {
        long fd;

        if (plan->cgroup_fd < 0)
                return 0;
        fd = CALL4(openat, plan->cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC, 0);
        return fd < 0 ? fd : CALL3(write, fd, "0", 1);
}

/* From the change of user on, the child's new owner may stop it: until it is killed it would keep
 * everything open that the manager has open now. Exec would have to close it all anyway. Without a
 * report the table still is the manager's own, and must not be touched before it has been left. */
_bare_ static long step_descriptors(const SpawnPlan *plan) {
        if (plan->has_table)
                return 0;
        if (plan->report_fd < 0) {
                long r = CALL3(close_range, 3, ~0U, CLOSE_RANGE_UNSHARE);

                return r < 0 ? CALL1(unshare, CLONE_FILES) : r;
        }
        if (plan->report_fd > 3)
                (void)CALL3(close_range, 3, plan->report_fd - 1, 0);
        (void)CALL3(close_range, plan->report_fd + 1, ~0U, 0);
        return 0;
}

_bare_ static long step_input(const SpawnPlan *plan) {
        if (plan->given_fds[0] >= 0)
                return 0;
        if (plan->context && plan->context->input_path)
                return file_place(plan->context->input_path, O_RDONLY, 0);
        return plan->input_is_null ? 0 : file_place("/dev/null", O_RDONLY, 0);
}

_bare_ static long step_output(const SpawnPlan *plan) {
        return output_place(plan, &plan->outputs[0], 1);
}

_bare_ static long step_error_output(const SpawnPlan *plan) {
        return output_place(plan, &plan->outputs[1], 2);
}

_bare_ static long step_groups(const SpawnPlan *plan) {
        if (!plan->change_ids)
                return 0;
        return clone_syscall(CLONE_SYS_setgroups, (long)plan->group_count, (long)plan->groups, 0, 0,
                             0);
}

_bare_ static long step_group(const SpawnPlan *plan) {
        if (!plan->change_ids)
                return 0;
        return clone_syscall(CLONE_SYS_setresgid, plan->gid, plan->gid, plan->gid, 0, 0);
}

_bare_ static long step_user(const SpawnPlan *plan) {
        if (!plan->change_ids)
                return 0;
        return clone_syscall(CLONE_SYS_setresuid, plan->uid, plan->uid, plan->uid, 0, 0);
}

/* After the change of user: a home on a network may be closed to root. */
_bare_ static long step_directory(const SpawnPlan *plan) {
        const char *path = plan->working_directory;
        long r;

        if (plan->has_waited && path[0] == '/' && path[1] == '\0')
                return 0;
        r = CALL1(chdir, path);
        return r < 0 && plan->working_directory_optional ? CALL1(chdir, "/") : r;
}

_bare_ static long step_descriptor_limit(const SpawnPlan *plan) {
        return exec_set_limit(RLIMIT_NOFILE, plan->descriptor_limit);
}

/* Its parent may have ended meanwhile, and a child that has changed its user isn't told. */
static const struct timespec hold_look = { .tv_sec = 1 };

_bare_ static long step_hold(const SpawnPlan *plan) {
        SpawnHold *hold = plan->hold;

        while (!atomic_load(&hold->may_exec)) {
                if (CALL0(getppid) != hold->parent)
                        return -ECANCELED;
                atomic_store(&hold->sleeps, 1);
                if (!atomic_load(&hold->may_exec))
                        (void)CALL4(futex, &hold->may_exec, FUTEX_WAIT_PRIVATE, 0, &hold_look);
        }
        return 0;
}

_bare_ static long step_exec(const SpawnPlan *plan) {
        (void)CALL4(rt_sigprocmask, SIG_SETMASK, &plan->delivery_signals, 0, sizeof(uint64_t));
        return CALL3(execve, plan->path, plan->argv, plan->environment);
}

static long (*const steps[SPAWN_STEP_COUNT])(const SpawnPlan *plan) = {
        [SPAWN_STEP_SESSION] = step_session,
        [SPAWN_STEP_CGROUP] = step_cgroup,
        [SPAWN_STEP_DESCRIPTORS] = step_descriptors,
        [SPAWN_STEP_INPUT] = step_input,
        [SPAWN_STEP_OUTPUT] = step_output,
        [SPAWN_STEP_ERROR_OUTPUT] = step_error_output,
        [SPAWN_STEP_GROUPS] = step_groups,
        [SPAWN_STEP_GROUP] = step_group,
        [SPAWN_STEP_USER] = step_user,
        [SPAWN_STEP_DIRECTORY] = step_directory,
        [SPAWN_STEP_DESCRIPTOR_LIMIT] = step_descriptor_limit,
        [SPAWN_STEP_HOLD] = step_hold,
        [SPAWN_STEP_EXEC] = step_exec,
        [SPAWN_STEP_GIVEN] = exec_step_given,
        [SPAWN_STEP_LISTEN] = exec_step_listen,
        [SPAWN_STEP_RUNTIME_FOLDERS] = exec_step_runtime_folders,
        [SPAWN_STEP_STATE_FOLDERS] = exec_step_state_folders,
        [SPAWN_STEP_CACHE_FOLDERS] = exec_step_cache_folders,
        [SPAWN_STEP_LOGS_FOLDERS] = exec_step_logs_folders,
        [SPAWN_STEP_CONFIGURATION_FOLDERS] = exec_step_configuration_folders,
        [SPAWN_STEP_OOM_SCORE] = exec_step_oom_score,
        [SPAWN_STEP_COREDUMP_FILTER] = exec_step_coredump_filter,
        [SPAWN_STEP_NICE] = exec_step_nice,
        [SPAWN_STEP_SCHEDULER] = exec_step_scheduler,
        [SPAWN_STEP_AFFINITY] = exec_step_affinity,
        [SPAWN_STEP_NUMA] = exec_step_numa,
        [SPAWN_STEP_IO_PRIORITY] = exec_step_io_priority,
        [SPAWN_STEP_TIMER_SLACK] = exec_step_timer_slack,
        [SPAWN_STEP_PERSONALITY] = exec_step_personality,
        [SPAWN_STEP_ROOT] = exec_step_root,
        [SPAWN_STEP_LIMITS] = exec_step_limits,
        [SPAWN_STEP_BOUNDING] = exec_step_bounding,
        [SPAWN_STEP_KEEP_CAPABILITIES] = exec_step_keep_capabilities,
        [SPAWN_STEP_KEYRING] = exec_step_keyring,
        [SPAWN_STEP_AMBIENT] = exec_step_ambient,
        [SPAWN_STEP_SECURE_BITS] = exec_step_secure_bits,
        [SPAWN_STEP_NO_NEW_PRIVILEGES] = exec_step_no_new_privileges,
};

_bare_ static void report_failure(SpawnPlan *plan, long error) {
        SpawnReport report = { .step = (int32_t)plan->step, .error = (int32_t)error };

        plan->error = report.error;
        if (plan->report_fd >= 0)
                (void)CALL3(write, plan->report_fd, &report, sizeof(report));
}

/* Returns: 0, or the error that the process can't do without. */
_bare_ static long report_refusal(SpawnPlan *plan, long error) {
        SpawnReport report = { .step = (int32_t)plan->step };

        if (!(SPAWN_STEPS_OPTIONAL & SPAWN_STEP_BIT(plan->step)) ||
            (error != -EPERM && error != -EACCES))
                return error;
        plan->refused |= SPAWN_STEP_BIT(plan->step);
        if (plan->report_fd >= 0)
                (void)CALL3(write, plan->report_fd, &report, sizeof(report));
        return 0;
}

_bare_ void spawn_child(void *argument) {
        SpawnPlan *plan = argument;
        long r = 0;

        for (SpawnStep step = 0; r >= 0 && step < SPAWN_STEP_COUNT; step++) {
                if (!(plan->steps & SPAWN_STEP_BIT(step)))
                        continue;
                plan->step = step;
                r = steps[step](plan);
                if (r < 0)
                        r = report_refusal(plan, r);
        }
        report_failure(plan, -r);
        for (;;)
                (void)CALL1(exit_group, exit_statuses[plan->step]);
}

static const struct timespec no_time;

/* All signals have been blocked, for hours perhaps. What others have sent meanwhile, to everything
 * of the manager's name perhaps, is not for the program that this will be; what the manager has
 * sent since it said go is. */
_bare_ static void signals_drain(uint64_t signals, pid_t parent) {
        uint64_t kept = 0;
        siginfo_t info;
        long sig;

        while ((sig = CALL4(rt_sigtimedwait, &signals, &info, &no_time, sizeof(uint64_t))) > 0)
                if (info.si_pid == parent)
                        kept |= BELLHOP_SIGNAL_BIT(sig);
        for (; kept != 0; kept &= kept - 1)
                (void)CALL2(kill, CALL0(getpid), __builtin_ctzll(kept) + 1);
}

/* What needs no plan, or what most plans want, is done while there is time. It dies with its parent
 * until it has something to do. */
_bare_ void spawn_child_wait(void *argument) {
        SpawnStack *stack = argument;
        SpawnPlan *plan;
        long apart;

        (void)CALL2(prctl, PR_SET_PDEATHSIG, SIGKILL);
        /* It may be too late for that already. */
        if (CALL0(getppid) != stack->parent || CALL1(chdir, "/") < 0)
                (void)CALL1(exit_group, 0);
        (void)CALL0(setsid);
        (void)CALL1(umask, UMASK_DEFAULT);
        apart = CALL3(close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_UNSHARE);
        while (atomic_load(&stack->go) == 0)
                (void)CALL4(futex, &stack->go, FUTEX_WAIT_PRIVATE, 0, 0);

        (void)CALL2(prctl, PR_SET_PDEATHSIG, 0);
        plan = stack->plan;
        signals_drain(~plan->delivery_signals, stack->parent);
        plan->has_waited = true;
        plan->has_table = apart >= 0;
        spawn_child(plan);
}
