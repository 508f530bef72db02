/* SPDX-License-Identifier: MIT */
/* What is done between clone and exec for units that ask for it, in system calls. */
#include "exec-child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/prctl.h>

#include "clone.h"

#define IOPRIO_WHO_PROCESS 1
#define CAPABILITY_COUNT   64

/* Before the manager's descriptors go: they are the last ones that the child sees. */
_bare_ long exec_step_given(const SpawnPlan *plan) {
        long r = 0;

        for (int target = 0; r >= 0 && target < 3; target++)
                if (plan->given_fds[target] >= 0)
                        r = CALL3(dup3, plan->given_fds[target], target, 0);
        return r;
}

_bare_ static void write_pid(char *text) {
        long pid = CALL0(getpid), rest;
        int length = 0;

        for (rest = pid; rest > 0; rest /= 10)
                length++;
        text[length] = '\0';
        for (rest = pid; rest > 0; rest /= 10)
                text[--length] = (char)('0' + rest % 10);
}

/* They may lie where others of them are to be: up and away first, then down into place. */
_bare_ long exec_step_listen(const SpawnPlan *plan) {
        long end = 3 + (long)plan->listen_count, r = 0;

        for (size_t i = 0; i < plan->listen_count; i++) {
                r = CALL3(fcntl, plan->listen_fds[i], F_DUPFD_CLOEXEC, end);
                if (r < 0)
                        return r;
                plan->listen_fds[i] = (int)r;
        }
        for (size_t i = 0; r >= 0 && i < plan->listen_count; i++)
                r = CALL3(dup3, plan->listen_fds[i], 3 + (long)i, 0);
        write_pid(plan->listen_pid);
        if (plan->report_fd > end)
                (void)CALL3(close_range, end, plan->report_fd - 1, 0);
        (void)CALL3(close_range, plan->report_fd >= 0 ? plan->report_fd + 1 : end, ~0U, 0);
        return r;
}

/* ---- folders ---- */

_bare_ static long open_below(long folder, const char *path, bool trusted, uint64_t flags) {
        struct open_how how = { .flags = flags | O_DIRECTORY | O_CLOEXEC };

        /* A link in a folder that is the service's own leads wherever the service wants. */
        if (!trusted)
                how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
        return CALL4(openat2, folder, path, &how, sizeof(how));
}

_bare_ static bool is_itself(const char *path) {
        return path[0] == '.' && path[1] == '\0';
}

/* It is there by now, if only since another start: gets its mode, whatever UMask= says, and its
 * owner. */
_bare_ static long folder_finish(const SpawnPlan *plan, const ExecFolder *folder, long parent) {
        long fd = open_below(parent, folder->name, is_itself(folder->parent), O_RDONLY);
        long r;

        if (fd < 0)
                return fd;
        r = CALL2(fchmod, fd, folder->mode);
        if (r >= 0 && folder->is_owned && plan->change_ids)
                r = clone_syscall(CLONE_SYS_fchown, fd, plan->uid, plan->gid, 0, 0);
        (void)CALL1(close, fd);
        return r;
}

_bare_ static long folder_link(const ExecFolder *folder, long base) {
        long parent = open_below(base, folder->link_parent, is_itself(folder->link_parent), O_PATH);
        long r;

        if (parent < 0)
                return parent;
        r = CALL3(symlinkat, folder->link_target, parent, folder->link);
        (void)CALL1(close, parent);
        return r == -EEXIST ? 0 : r;
}

_bare_ static long folder_make(const SpawnPlan *plan, const ExecFolder *folder, long base) {
        long parent = open_below(base, folder->parent, is_itself(folder->parent), O_PATH);
        bool exists;
        long r;

        if (parent < 0)
                return parent;
        r = CALL3(mkdirat, parent, folder->name, folder->mode);
        exists = r == -EEXIST;
        if (exists)
                r = 0;
        /* What a service doesn't own is the administrator's, once it is there. */
        if (r >= 0 && (folder->is_owned || !exists))
                r = folder_finish(plan, folder, parent);
        (void)CALL1(close, parent);
        return r >= 0 && folder->link ? folder_link(folder, base) : r;
}

_bare_ static long make_folders(const SpawnPlan *plan, ExecFolderKind kind) {
        const ExecContext *context = plan->context;
        long r = 0;

        for (unsigned int i = 0; r >= 0 && i < context->folder_count; i++) {
                const ExecFolder *folder = &context->folders[i];
                long base;

                if (folder->kind != kind)
                        continue;
                base = CALL4(openat, AT_FDCWD, folder->base, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
                r = base < 0 ? base : folder_make(plan, folder, base);
                if (base >= 0)
                        (void)CALL1(close, base);
        }
        return r;
}

_bare_ long exec_step_runtime_folders(const SpawnPlan *plan) {
        return make_folders(plan, EXEC_FOLDER_RUNTIME);
}

_bare_ long exec_step_state_folders(const SpawnPlan *plan) {
        return make_folders(plan, EXEC_FOLDER_STATE);
}

_bare_ long exec_step_cache_folders(const SpawnPlan *plan) {
        return make_folders(plan, EXEC_FOLDER_CACHE);
}

_bare_ long exec_step_logs_folders(const SpawnPlan *plan) {
        return make_folders(plan, EXEC_FOLDER_LOGS);
}

_bare_ long exec_step_configuration_folders(const SpawnPlan *plan) {
        return make_folders(plan, EXEC_FOLDER_CONFIGURATION);
}

/* ---- what belongs to the memory: the child has a copy ---- */

_bare_ static long text_write(const char *path, const char *text, int length) {
        long fd, r;

        fd = CALL4(openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
        if (fd == -EACCES) {
                /* The copy is closed to its own user, as the manager is; not for long. */
                (void)CALL2(prctl, PR_SET_DUMPABLE, 1);
                fd = CALL4(openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
                (void)CALL2(prctl, PR_SET_DUMPABLE, 0);
        }
        if (fd < 0)
                return fd;
        r = CALL3(write, fd, text, length);
        (void)CALL1(close, fd);
        return r;
}

/* Where /proc may not be written to, that is a refusal as any other. */
_bare_ long exec_step_oom_score(const SpawnPlan *plan) {
        long r = text_write("/proc/self/oom_score_adj", plan->context->oom_score_adjust,
                            plan->context->oom_score_length);

        return r == -EROFS ? -EACCES : r;
}

/* A kernel without core dumps has no such file. */
_bare_ long exec_step_coredump_filter(const SpawnPlan *plan) {
        long r = text_write("/proc/self/coredump_filter", plan->context->coredump_filter,
                            plan->context->coredump_filter_length);

        return r == -ENOENT ? 0 : r;
}

/* ---- scheduling ---- */

/* The kernel's limit of niceness is 1 to 40 for 19 to -20, as is what getpriority(2) returns. The
 * nearest that may be had is taken where it is nearer than what there is. */
_bare_ long exec_step_nice(const SpawnPlan *plan) {
        long r = CALL3(setpriority, PRIO_PROCESS, 0, plan->context->nice);
        long now = CALL2(getpriority, PRIO_PROCESS, 0);
        struct rlimit limit;

        if ((r != -EACCES && r != -EPERM) || CALL4(prlimit64, 0, RLIMIT_NICE, 0, &limit) < 0 ||
            now < 0)
                return r;
        if ((long)limit.rlim_cur > now && limit.rlim_cur <= 40)
                (void)CALL3(setpriority, PRIO_PROCESS, 0, 20 - (long)limit.rlim_cur);
        return r;
}

_bare_ long exec_step_scheduler(const SpawnPlan *plan) {
        struct sched_param parameter = { .sched_priority = plan->context->priority };

        return CALL3(sched_setscheduler, 0, plan->context->policy, &parameter);
}

_bare_ long exec_step_affinity(const SpawnPlan *plan) {
        return CALL3(sched_setaffinity, 0, plan->context->cpus_size, plan->context->cpus);
}

/* A kernel without NUMA has one node, which all memory is of. */
_bare_ long exec_step_numa(const SpawnPlan *plan) {
        const ExecContext *context = plan->context;
        long r = CALL3(set_mempolicy, context->numa_policy, context->numa_nodes,
                       context->numa_nodes ? NUMA_NODES_MAX + 1 : 0);

        return r == -ENOSYS ? 0 : r;
}

_bare_ long exec_step_io_priority(const SpawnPlan *plan) {
        return CALL3(ioprio_set, IOPRIO_WHO_PROCESS, 0, plan->context->io_priority);
}

_bare_ long exec_step_timer_slack(const SpawnPlan *plan) {
        return CALL2(prctl, PR_SET_TIMERSLACK, plan->context->timer_slack);
}

_bare_ long exec_step_personality(const SpawnPlan *plan) {
        return CALL1(personality, plan->context->personality);
}

/* ---- limits ---- */

_bare_ long exec_set_limit(int resource, const struct rlimit *limit) {
        struct rlimit nearest;
        long r = CALL4(prlimit64, 0, resource, limit, 0);

        if (r != -EPERM)
                return r;
        r = CALL4(prlimit64, 0, resource, 0, &nearest);
        if (r < 0)
                return r;
        if (limit->rlim_max < nearest.rlim_max)
                nearest.rlim_max = limit->rlim_max;
        nearest.rlim_cur = limit->rlim_cur < nearest.rlim_max ? limit->rlim_cur : nearest.rlim_max;
        r = CALL4(prlimit64, 0, resource, &nearest, 0);
        return r < 0 ? r : -EPERM;
}

_bare_ long exec_step_limits(const SpawnPlan *plan) {
        const ExecContext *context = plan->context;
        long r = 0, refused = 0;

        for (unsigned int i = 0; r >= 0 && i < context->limit_count; i++) {
                r = exec_set_limit(context->limits[i].resource, &context->limits[i].limit);
                if (r == -EPERM) {
                        refused = r;
                        r = 0;
                }
        }
        return r < 0 ? r : refused;
}

/* ---- privileges ---- */

_bare_ long exec_step_root(const SpawnPlan *plan) {
        long r = CALL1(chroot, plan->context->root_directory);

        return r < 0 ? r : CALL1(chdir, "/");
}

typedef struct Capabilities {
        struct __user_cap_header_struct header;
        struct __user_cap_data_struct data[2];
} Capabilities;

_bare_ static long capabilities_get(Capabilities *capabilities) {
        capabilities->header.version = _LINUX_CAPABILITY_VERSION_3;
        capabilities->header.pid = 0;
        return CALL2(capget, &capabilities->header, capabilities->data);
}

/* What is inheritable would come back to root by exec. */
_bare_ long exec_step_bounding(const SpawnPlan *plan) {
        uint64_t dropped = plan->context->dropped_capabilities;
        Capabilities capabilities;
        long r;

        for (int i = 0; i < CAPABILITY_COUNT; i++) {
                if (!(dropped >> i & 1))
                        continue;
                r = CALL2(prctl, PR_CAPBSET_READ, i);
                if (r < 0)
                        break; /* the kernel knows no more */
                if (r > 0)
                        r = CALL2(prctl, PR_CAPBSET_DROP, i);
                if (r < 0)
                        return r;
        }
        r = capabilities_get(&capabilities);
        if (r < 0)
                return r;
        for (int i = 0; i < 2; i++)
                capabilities.data[i].inheritable &= (uint32_t) ~(dropped >> 32 * i);
        return CALL2(capset, &capabilities.header, capabilities.data);
}

_bare_ long exec_step_keep_capabilities(const SpawnPlan *plan) {
        return plan->change_ids ? CALL2(prctl, PR_SET_KEEPCAPS, 1) : 0;
}

/* After the change of user, which has taken the effective ones away. */
_bare_ long exec_step_ambient(const SpawnPlan *plan) {
        uint64_t ambient = plan->context->ambient_capabilities;
        Capabilities capabilities;
        long r = capabilities_get(&capabilities);

        if (r < 0)
                return r;
        for (int i = 0; i < 2; i++) {
                capabilities.data[i].effective = capabilities.data[i].permitted;
                capabilities.data[i].inheritable |=
                        (uint32_t)(ambient >> 32 * i) & capabilities.data[i].permitted;
        }
        r = CALL2(capset, &capabilities.header, capabilities.data);
        for (int i = 0; r >= 0 && i < CAPABILITY_COUNT; i++) {
                /* What the kernel doesn't know, and "~" has named all the same. */
                if (!(ambient >> i & 1) || CALL2(prctl, PR_CAPBSET_READ, i) == -EINVAL)
                        continue;
                r = CALL4(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0);
        }
        return r;
}

_bare_ long exec_step_secure_bits(const SpawnPlan *plan) {
        return CALL2(prctl, PR_SET_SECUREBITS, plan->context->secure_bits);
}

_bare_ long exec_step_no_new_privileges(const SpawnPlan *plan) {
        return CALL2(prctl, PR_SET_NO_NEW_PRIVS, 1);
}

/* A kernel without keyrings, or one that refuses or has no room, isn't a reason not to start. */
_bare_ long exec_step_keyring(const SpawnPlan *plan) {
        long r = CALL2(keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0);

        if (r >= 0 && plan->context->keyring_is_shared)
                r = CALL3(keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING);
        return r == -ENOSYS || r == -EACCES || r == -EPERM || r == -EDQUOT ? 0 : r;
}
