/* SPDX-License-Identifier: MIT */
/* Enums of what starts processes. */
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <syslog.h>

#include "value-process.h"

static const EnumName cpu_policies[] = {
        { "other", SCHED_OTHER, NULL }, { "batch", SCHED_BATCH, NULL },
        { "idle", SCHED_IDLE, NULL },   { "fifo", SCHED_FIFO, NULL },
        { "rr", SCHED_RR, NULL },       { NULL, 0, NULL },
};

static const EnumName io_classes[] = {
        { "none", 0, NULL }, { "realtime", 1, NULL }, { "best-effort", 2, NULL },
        { "idle", 3, NULL }, { NULL, 0, NULL },
};

static const EnumName numa_policies[] = {
        { "default", MPOL_DEFAULT, NULL }, { "preferred", MPOL_PREFERRED, NULL },
        { "bind", MPOL_BIND, NULL },       { "interleave", MPOL_INTERLEAVE, NULL },
        { "local", MPOL_LOCAL, NULL },     { NULL, 0, NULL },
};

static const EnumName keyring_modes[] = {
        { "inherit", KEYRING_INHERIT, NULL },
        { "private", KEYRING_PRIVATE, NULL },
        { "shared", KEYRING_SHARED, NULL },
        { NULL, 0, NULL },
};

static const EnumName preserve_modes[] = {
        { "no", PRESERVE_NO, NULL },
        { "restart", PRESERVE_RESTART, NULL },
        { "yes", PRESERVE_YES, NULL },
        { NULL, 0, NULL },
};

static const EnumName tri_states[] = {
        { "", TRI_DEFAULT, NULL },
        { "no", TRI_NO, NULL },
        { "yes", TRI_YES, NULL },
        { NULL, 0, NULL },
};

/* What this machine can run: itself, and its own kind with 32 bits. */
static const EnumName personalities[] = {
        { "", 0, NULL },
#if defined(__x86_64__)
        { "x86-64", PER_LINUX + 1, NULL },
        { "x86", PER_LINUX32 + 1, NULL },
#elif defined(__i386__)
        { "x86", PER_LINUX + 1, NULL },
#elif defined(__aarch64__)
        { "arm64", PER_LINUX + 1, NULL },
        { "arm", PER_LINUX32 + 1, NULL },
#elif defined(__arm__)
        { "arm", PER_LINUX + 1, NULL },
#elif defined(__powerpc64__)
        { "ppc64-le", PER_LINUX + 1, NULL },
        { "ppc-le", PER_LINUX32 + 1, NULL },
#elif defined(__s390x__)
        { "s390x", PER_LINUX + 1, NULL },
        { "s390", PER_LINUX32 + 1, NULL },
#endif
        { NULL, 0, NULL },
};

static const EnumName syslog_facilities[] = {
        { "kern", LOG_KERN, NULL },
        { "user", LOG_USER, NULL },
        { "mail", LOG_MAIL, NULL },
        { "daemon", LOG_DAEMON, NULL },
        { "auth", LOG_AUTH, NULL },
        { "syslog", LOG_SYSLOG, NULL },
        { "lpr", LOG_LPR, NULL },
        { "news", LOG_NEWS, NULL },
        { "uucp", LOG_UUCP, NULL },
        { "cron", LOG_CRON, NULL },
        { "authpriv", LOG_AUTHPRIV, NULL },
        { "ftp", LOG_FTP, NULL },
        { "local0", LOG_LOCAL0, NULL },
        { "local1", LOG_LOCAL1, NULL },
        { "local2", LOG_LOCAL2, NULL },
        { "local3", LOG_LOCAL3, NULL },
        { "local4", LOG_LOCAL4, NULL },
        { "local5", LOG_LOCAL5, NULL },
        { "local6", LOG_LOCAL6, NULL },
        { "local7", LOG_LOCAL7, NULL },
        { NULL, 0, NULL },
};

static const EnumName syslog_levels[] = {
        { "emerg", LOG_EMERG, NULL },
        { "alert", LOG_ALERT, NULL },
        { "crit", LOG_CRIT, NULL },
        { "err", LOG_ERR, NULL },
        { "warning", LOG_WARNING, NULL },
        { "notice", LOG_NOTICE, NULL },
        { "info", LOG_INFO, NULL },
        { "debug", LOG_DEBUG, NULL },
        { NULL, 0, NULL },
};

/* From here on nothing comes of a choice: its number is its place. */
static const EnumName protect_systems[] = {
        { "no", 0, NULL },     { "yes", 1, NULL }, { "full", 2, NULL },
        { "strict", 3, NULL }, { NULL, 0, NULL },
};

static const EnumName protect_homes[] = {
        { "no", 0, NULL },    { "yes", 1, NULL }, { "read-only", 2, NULL },
        { "tmpfs", 3, NULL }, { NULL, 0, NULL },
};

static const EnumName protect_procs[] = {
        { "default", 0, NULL },    { "noaccess", 1, NULL }, { "invisible", 2, NULL },
        { "ptraceable", 3, NULL }, { NULL, 0, NULL },
};

static const EnumName proc_subsets[] = {
        { "all", 0, NULL },
        { "pid", 1, NULL },
        { NULL, 0, NULL },
};

static const EnumName protect_hostnames[] = {
        { "no", 0, NULL },
        { "yes", 1, NULL },
        { "private", 2, NULL },
        { NULL, 0, NULL },
};

static const EnumName protect_cgroups[] = {
        { "no", 0, NULL },     { "yes", 1, NULL }, { "private", 2, NULL },
        { "strict", 3, NULL }, { NULL, 0, NULL },
};

static const EnumName private_tmps[] = {
        { "no", 0, NULL },
        { "yes", 1, NULL },
        { "disconnected", 2, NULL },
        { NULL, 0, NULL },
};

static const EnumName private_users[] = {
        { "no", 0, NULL },   { "yes", 1, NULL },     { "self", 2, NULL }, { "identity", 3, NULL },
        { "full", 4, NULL }, { "managed", 5, NULL }, { NULL, 0, NULL },
};

static const EnumName device_policies[] = {
        { "auto", 0, NULL },
        { "closed", 1, NULL },
        { "strict", 2, NULL },
        { NULL, 0, NULL },
};

static const EnumName managed_ooms[] = {
        { "auto", 0, NULL },
        { "kill", 1, NULL },
        { NULL, 0, NULL },
};

static const EnumName oom_preferences[] = {
        { "none", 0, NULL },
        { "avoid", 1, NULL },
        { "omit", 2, NULL },
        { NULL, 0, NULL },
};

static const EnumName pressure_watches[] = {
        { "auto", 0, NULL }, { "no", 1, NULL },   { "yes", 2, NULL }, { "off", 1, NULL },
        { "on", 2, NULL },   { "skip", 3, NULL }, { NULL, 0, NULL },
};

static const EnumName mount_flags[] = {
        { "", 0, NULL },
        { "shared", MS_SHARED >> 12, NULL },
        { "slave", MS_SLAVE >> 12, NULL },
        { "private", MS_PRIVATE >> 12, NULL },
        { NULL, 0, NULL },
};

static const EnumName utmp_modes[] = {
        { "init", 0, NULL },
        { "login", 1, NULL },
        { "user", 2, NULL },
        { NULL, 0, NULL },
};

/* A number is an older way to write some of them. argument: how many bits it is shifted by. */
static int parse_numbered(const DirectiveContext *context, const Directive *directive, void *field,
                          const char *value) {
        uint64_t number;

        if (parse_number(value, 255, &number) < 0 ||
            !enum_to_string(directive->value->names, (int)number << directive->argument))
                return value_enum_parse(context, directive, field, value);
        *(int *)field = (int)number << directive->argument;
        return 0;
}
#define NUMBERED_VALUE(table)                                                                     \
        {                                                                                         \
                .name = "one of a few words, or its number", .size = sizeof(int), .names = table, \
                .parse = parse_numbered, .equal = value_enum_equal, .show = value_enum_show,      \
        }

const ValueType value_cpu_policy = NUMBERED_VALUE(cpu_policies);
const ValueType value_numa_policy = ENUM_VALUE(int, numa_policies);
const ValueType value_keyring_mode = ENUM_VALUE(KeyringMode, keyring_modes);
const ValueType value_preserve = ENUM_VALUE(PreserveMode, preserve_modes);
const ValueType value_tri_state = ENUM_VALUE(TriState, tri_states);
const ValueType value_personality = ENUM_VALUE(int, personalities);
const ValueType value_syslog_facility = NUMBERED_VALUE(syslog_facilities);
const ValueType value_syslog_level = NUMBERED_VALUE(syslog_levels);
const ValueType value_io_class = NUMBERED_VALUE(io_classes);
const ValueType value_protect_system = ENUM_VALUE(int, protect_systems);
const ValueType value_protect_home = ENUM_VALUE(int, protect_homes);
const ValueType value_protect_proc = ENUM_VALUE(int, protect_procs);
const ValueType value_proc_subset = ENUM_VALUE(int, proc_subsets);
const ValueType value_protect_hostname = ENUM_VALUE(int, protect_hostnames);
const ValueType value_protect_cgroups = ENUM_VALUE(int, protect_cgroups);
const ValueType value_private_tmp = ENUM_VALUE(int, private_tmps);
const ValueType value_private_users = ENUM_VALUE(int, private_users);
const ValueType value_device_policy = ENUM_VALUE(int, device_policies);
const ValueType value_managed_oom = ENUM_VALUE(int, managed_ooms);
const ValueType value_oom_preference = ENUM_VALUE(int, oom_preferences);
const ValueType value_pressure_watch = ENUM_VALUE(int, pressure_watches);
const ValueType value_mount_flags = ENUM_VALUE(int, mount_flags);
const ValueType value_utmp_mode = ENUM_VALUE(int, utmp_modes);
