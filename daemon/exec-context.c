/* SPDX-License-Identifier: MIT */
/* From the keys that a unit gives to what the child does of them: a row for each key. */
#include "exec-context.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include "directive.h"
#include "fd.h"
#include "spawn-child.h"
#include "value-process.h"

#define IO_CLASS_SHIFT 13

/* The field of a key, or what it is by default. */
#define GIVEN_OR(settings, property, Type, default_)                     \
        ({                                                               \
                Type const *given_ = settings_given(settings, property); \
                given_ ? *given_ : (default_);                           \
        })

static void add_step(ExecContext *context, SpawnStep step) {
        context->steps |= SPAWN_STEP_BIT(step);
}

static void add_umask(ExecContext *context, const ExecOptions *options, const void *field) {
        context->umask = *(const mode_t *)field;
}

static void add_sigpipe(ExecContext *context, const ExecOptions *options, const void *field) {
        context->ignore_sigpipe = *(const bool *)field;
}

static void add_nice(ExecContext *context, const ExecOptions *options, const void *field) {
        context->nice = *(const int *)field;
        add_step(context, SPAWN_STEP_NICE);
}

/* ---- what belongs to the memory: the kernel would set it for the manager as well ---- */

static void add_oom_score(ExecContext *context, const ExecOptions *options, const void *field) {
        context->oom_score_length =
                snprintf(context->oom_score_adjust, sizeof(context->oom_score_adjust), "%d",
                         *(const int *)field);
        context->needs_copy = true;
        add_step(context, SPAWN_STEP_OOM_SCORE);
}

static void add_coredump_filter(ExecContext *context, const ExecOptions *options,
                                const void *field) {
        context->coredump_filter_length =
                snprintf(context->coredump_filter, sizeof(context->coredump_filter), "0x%x",
                         (unsigned int)*(const uint64_t *)field);
        context->needs_copy = true;
        add_step(context, SPAWN_STEP_COREDUMP_FILTER);
}

/* ---- scheduling ---- */

static void add_scheduler(ExecContext *context, const ExecOptions *options, const void *field) {
        const UnitSettings *settings = options->settings;

        context->policy = GIVEN_OR(settings, "CPUSchedulingPolicy", int, SCHED_OTHER);
        context->priority = GIVEN_OR(settings, "CPUSchedulingPriority", int, 0);
        if (context->policy == SCHED_FIFO || context->policy == SCHED_RR)
                context->priority = MAX(context->priority, 1);
        else
                context->priority = 0;
        if (GIVEN_OR(settings, "CPUSchedulingResetOnFork", bool, false))
                context->policy |= SCHED_RESET_ON_FORK;
        add_step(context, SPAWN_STEP_SCHEDULER);
}

static void add_affinity(ExecContext *context, const ExecOptions *options, const void *field) {
        const CpuSet *set = field;

        if (set->count == 0)
                return;
        context->cpus_size = CPUS_MAX / 8;
        context->cpus = g_memdup2(set->bits, context->cpus_size);
        add_step(context, SPAWN_STEP_AFFINITY);
}

/* "all" has numbers that the kernel knows no nodes for. */
static void numa_keep_possible(uint64_t *nodes) {
        g_autofree char *text = NULL;
        g_auto(GStrv) ranges = NULL;
        uint64_t possible[NUMA_NODES_MAX / 64] = { 0 };
        unsigned int first, last;

        if (!g_file_get_contents("/sys/devices/system/node/has_memory", &text, NULL, NULL))
                return;
        ranges = g_strsplit(text, ",", -1);
        for (char **range = ranges; *range; range++) {
                int found = sscanf(*range, "%u-%u", &first, &last);

                for (unsigned int node = first;
                     found > 0 && node <= (found > 1 ? last : first) && node < NUMA_NODES_MAX;
                     node++)
                        possible[node / 64] |= UINT64_C(1) << node % 64;
        }
        for (size_t i = 0; i < ARRAY_SIZE(possible); i++)
                nodes[i] &= possible[i];
}

static void add_numa(ExecContext *context, const ExecOptions *options, const void *field) {
        const CpuSet *mask = settings_given(options->settings, "NUMAMask");

        context->numa_policy = *(const int *)field;
        add_step(context, SPAWN_STEP_NUMA);
        if (!mask || mask->count == 0 || context->numa_policy == MPOL_DEFAULT ||
            context->numa_policy == MPOL_LOCAL)
                return;
        context->numa_nodes = g_memdup2(mask->bits, NUMA_NODES_MAX / 8);
        if (mask->count == CPUS_MAX)
                numa_keep_possible(context->numa_nodes);
}

/* A priority alone is within the class that a process without one is in. */
static void add_io_priority(ExecContext *context, const ExecOptions *options, const void *field) {
        int class = GIVEN_OR(options->settings, "IOSchedulingClass", int, 2);
        int priority = GIVEN_OR(options->settings, "IOSchedulingPriority", int, 4);

        context->io_priority = class << IO_CLASS_SHIFT | (class == 1 || class == 2 ? priority : 0);
        add_step(context, SPAWN_STEP_IO_PRIORITY);
}

static void add_timer_slack(ExecContext *context, const ExecOptions *options, const void *field) {
        context->timer_slack = *(const uint64_t *)field;
        add_step(context, SPAWN_STEP_TIMER_SLACK);
}

static void add_personality(ExecContext *context, const ExecOptions *options, const void *field) {
        context->personality = (unsigned long)*(const int *)field - 1;
        add_step(context, SPAWN_STEP_PERSONALITY);
}

static void add_root(ExecContext *context, const ExecOptions *options, const void *field) {
        const char *path = *(char *const *)field;

        if (options->is_unrooted || !strcmp(path, "/"))
                return;
        context->root_directory = g_strdup(path);
        add_step(context, SPAWN_STEP_ROOT);
}

static void add_bounding(ExecContext *context, const ExecOptions *options, const void *field) {
        context->dropped_capabilities = *(const uint64_t *)field;
        add_step(context, SPAWN_STEP_BOUNDING);
}

static void add_ambient(ExecContext *context, const ExecOptions *options, const void *field) {
        context->ambient_capabilities = *(const uint64_t *)field;
        if (context->ambient_capabilities == 0)
                return;
        add_step(context, SPAWN_STEP_KEEP_CAPABILITIES);
        add_step(context, SPAWN_STEP_AMBIENT);
}

static void add_secure_bits(ExecContext *context, const ExecOptions *options, const void *field) {
        context->secure_bits = (uint32_t) * (const uint64_t *)field;
        add_step(context, SPAWN_STEP_KEEP_CAPABILITIES);
        add_step(context, SPAWN_STEP_AMBIENT); /* gives back the right to set them */
        add_step(context, SPAWN_STEP_SECURE_BITS);
}

static void add_no_new_privileges(ExecContext *context, const ExecOptions *options,
                                  const void *field) {
        if (*(const bool *)field)
                add_step(context, SPAWN_STEP_NO_NEW_PRIVILEGES);
}

static void add_keyring(ExecContext *context, const ExecOptions *options, const void *field) {
        KeyringMode mode = *(const KeyringMode *)field;

        if (mode == KEYRING_INHERIT)
                return;
        context->keyring_is_shared = mode == KEYRING_SHARED;
        add_step(context, SPAWN_STEP_KEYRING);
}

static void add_folders(ExecContext *context, const ExecOptions *options, const void *field) {
        if (context->folder_count > 0)
                return; /* all kinds at once */
        exec_folders_add(context, options);
        for (unsigned int i = 0; i < context->folder_count; i++)
                add_step(context,
                         (SpawnStep)(SPAWN_STEP_RUNTIME_FOLDERS + context->folders[i].kind));
}

/* ---- input and output ---- */

static void add_syslog(ExecContext *context, const ExecOptions *options, const void *field) {
        const UnitSettings *settings = options->settings;

        g_free(context->syslog_identifier);
        context->syslog_identifier = g_strdup(GIVEN_OR(settings, "SyslogIdentifier", char *, NULL));
        context->syslog_priority = GIVEN_OR(settings, "SyslogFacility", int, LOG_DAEMON) |
                                   GIVEN_OR(settings, "SyslogLevel", int, LOG_INFO);
        context->no_level_prefix = !GIVEN_OR(settings, "SyslogLevelPrefix", bool, true);
}

static void add_input(ExecContext *context, const ExecOptions *options, const void *field) {
        const Input *input = field;

        context->input_is_socket = input->kind == INPUT_SOCKET;
        if (input->kind == INPUT_FILE)
                context->input_path = g_strdup(input->path);
}

typedef struct ExecKey {
        const char *property;
        /* NULL: it is read with another key, or elsewhere. */
        void (*add)(ExecContext *context, const ExecOptions *options, const void *field);
        bool is_restriction; /* not for what is unconfined */
        ExecTime time;
} ExecKey;

static const ExecKey keys[] = {
        { "UMask", add_umask, false, EXEC_TIME_FILE },
        { "IgnoreSIGPIPE", add_sigpipe, false, EXEC_TIME_FILE },
        { "Nice", add_nice, false, EXEC_TIME_FILE },
        { "OOMScoreAdjust", add_oom_score, false, EXEC_TIME_FILE },
        { "CoredumpFilter", add_coredump_filter, false, EXEC_TIME_FILE },
        { "CPUSchedulingPolicy", add_scheduler, false, EXEC_TIME_FILE },
        { "CPUSchedulingPriority", add_scheduler, false, EXEC_TIME_FILE },
        { "CPUSchedulingResetOnFork", add_scheduler, false, EXEC_TIME_FILE },
        { "CPUAffinity", add_affinity, false, EXEC_TIME_FILE },
        { "NUMAPolicy", add_numa, false, EXEC_TIME_FILE },
        { "NUMAMask", NULL, false, EXEC_TIME_START },
        { "IOSchedulingClass", add_io_priority, false, EXEC_TIME_FILE },
        { "IOSchedulingPriority", add_io_priority, false, EXEC_TIME_FILE },
        { "TimerSlackNSec", add_timer_slack, false, EXEC_TIME_FILE },
        { "Personality", add_personality, false, EXEC_TIME_FILE },
        { "RootDirectory", add_root, false, EXEC_TIME_FILE },
        { "CapabilityBoundingSet", add_bounding, true, EXEC_TIME_FILE },
        { "AmbientCapabilities", add_ambient, true, EXEC_TIME_FILE },
        { "SecureBits", add_secure_bits, true, EXEC_TIME_FILE },
        { "NoNewPrivileges", add_no_new_privileges, true, EXEC_TIME_FILE },
        { "KeyringMode", add_keyring, true, EXEC_TIME_FILE },
        { "RuntimeDirectory", add_folders, false, EXEC_TIME_HOME },
        { "RuntimeDirectoryMode", NULL, false, EXEC_TIME_FILE },
        { "StateDirectory", add_folders, false, EXEC_TIME_HOME },
        { "StateDirectoryMode", NULL, false, EXEC_TIME_FILE },
        { "CacheDirectory", add_folders, false, EXEC_TIME_HOME },
        { "CacheDirectoryMode", NULL, false, EXEC_TIME_FILE },
        { "LogsDirectory", add_folders, false, EXEC_TIME_HOME },
        { "LogsDirectoryMode", NULL, false, EXEC_TIME_FILE },
        { "ConfigurationDirectory", add_folders, false, EXEC_TIME_HOME },
        { "ConfigurationDirectoryMode", NULL, false, EXEC_TIME_FILE },
        { "SyslogIdentifier", add_syslog, false, EXEC_TIME_FILE },
        { "SyslogFacility", add_syslog, false, EXEC_TIME_FILE },
        { "SyslogLevel", add_syslog, false, EXEC_TIME_FILE },
        { "SyslogLevelPrefix", add_syslog, false, EXEC_TIME_FILE },
        { "StandardInput", add_input, false, EXEC_TIME_FILE },
        { "StandardInputData", NULL, false, EXEC_TIME_FILE }, /* exec_is_late() asks for both */
        { "StandardOutput", NULL, false, EXEC_TIME_FILE },
        { "StandardError", NULL, false, EXEC_TIME_FILE },
        { "ExecSearchPath", NULL, false, EXEC_TIME_FILE },
        { "PassEnvironment", NULL, false, EXEC_TIME_FILE },
        { "UnsetEnvironment", NULL, false, EXEC_TIME_FILE },
        { "SetLoginEnvironment", NULL, false, EXEC_TIME_START },
        { "DynamicUser", NULL, false, EXEC_TIME_START },
        { "SupplementaryGroups", NULL, false, EXEC_TIME_START },
};

static const ExecKey *find_key(const char *property) {
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                if (!strcmp(property, keys[i].property))
                        return &keys[i];
        return NULL;
}

static void add_limit(ExecContext *context, const Directive *directive, const Limit *limit) {
        struct rlimit rlimit = { .rlim_cur = limit->soft, .rlim_max = limit->hard };

        if (!limit->given)
                return;
        if (directive->argument == RLIMIT_NOFILE) {
                context->descriptor_limit = rlimit;
                context->has_descriptor_limit = true;
                return;
        }
        context->limits[context->limit_count++] =
                (ExecLimit){ .resource = directive->argument, .limit = rlimit };
        add_step(context, SPAWN_STEP_LIMITS);
}

typedef struct ExecBuild {
        const ExecOptions *options;
        ExecContext *context;
} ExecBuild;

static void add_key(const Directive *directive, const void *field, void *userdata) {
        const ExecBuild *build = userdata;
        const ExecKey *key;

        if (directive->value == &value_limit) {
                if (!build->options->is_unconfined)
                        add_limit(build->context, directive, field);
                return;
        }
        key = find_key(directive->property);
        if (key && key->add && !(key->is_restriction && build->options->is_unconfined))
                key->add(build->context, build->options, field);
}

/* A text that is given is read, unless something else is said. */
static bool input_is_text(const UnitSettings *settings) {
        const Input *input = settings_given(settings, "StandardInput");

        return input ? input->kind == INPUT_DATA
                     : settings_given(settings, "StandardInputData") != NULL;
}

static GBytes *input_text(const UnitSettings *settings) {
        GBytes *const *text = settings_given(settings, "StandardInputData");

        if (!input_is_text(settings))
                return NULL;
        return text && *text ? g_bytes_ref(*text) : g_bytes_new_static("", 0);
}

static int context_add_text(ExecContext *context, const UnitSettings *settings) {
        g_autoptr(GBytes) text = input_text(settings);
        _cleanup_fd_ int fd = -EBADF;
        const char *data;
        size_t length;

        if (!text)
                return 0;
        data = g_bytes_get_data(text, &length);
        fd = memfd_create("standard-input", MFD_CLOEXEC);
        if (fd < 0)
                return -errno;
        for (size_t written = 0; written < length;) {
                ssize_t n = pwrite(fd, data + written, length - written, (off_t)written);

                if (n < 0)
                        return -errno;
                written += (size_t)n;
        }
        context->input_fd = TAKE_FD(fd);
        return 0;
}

int exec_context_new(const ExecOptions *options, ExecContext **ret) {
        _cleanup_(exec_context_unref_cleanup) ExecContext *context = NULL;
        ExecBuild build = { .options = options };
        int r;

        if (!options->settings->sparse) {
                *ret = NULL;
                return 0;
        }
        context = g_rc_box_new0(ExecContext);
        context->umask = 022;
        context->ignore_sigpipe = true;
        context->syslog_priority = LOG_DAEMON | LOG_INFO;
        context->input_fd = -EBADF;
        build.context = context;
        settings_each_given(options->settings, add_key, &build);
        r = context_add_text(context, options->settings);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(context);
        return 0;
}

ExecContext *exec_context_ref(ExecContext *context) {
        return context ? g_rc_box_acquire(context) : NULL;
}

static void context_clear(gpointer pointer) {
        ExecContext *context = pointer;

        exec_folders_free(context);
        fd_close(context->input_fd);
        g_free(context->cpus);
        g_free(context->numa_nodes);
        g_free(context->root_directory);
        g_free(context->input_path);
        g_free(context->syslog_identifier);
}

ExecContext *exec_context_unref(ExecContext *context) {
        if (context)
                g_rc_box_release_full(context, context_clear);
        return NULL;
}

bool exec_wants_socket(const UnitSettings *settings) {
        const Input *input = settings_given(settings, "StandardInput");
        const Output *output = settings_given(settings, "StandardOutput");
        const Output *error = settings_given(settings, "StandardError");

        if (settings->type != UNIT_SERVICE)
                return false;
        return (input && input->kind == INPUT_SOCKET) ||
               (output && output->kind == OUTPUT_SOCKET) || (error && error->kind == OUTPUT_SOCKET);
}

ExecTime exec_key_time(const char *property) {
        const ExecKey *key = find_key(property);

        return key ? key->time : EXEC_TIME_NONE;
}

typedef struct ExecLook {
        bool user_mode, is_late;
} ExecLook;

static void look_at_key(const Directive *directive, const void *field, void *userdata) {
        ExecLook *look = userdata;
        ExecTime time = exec_key_time(directive->property);

        look->is_late = look->is_late || time == EXEC_TIME_START ||
                        (time == EXEC_TIME_HOME && look->user_mode);
}

/* A text and a socket take a descriptor. */
bool exec_is_late(const UnitSettings *settings, bool user_mode) {
        ExecLook look = { .user_mode = user_mode };

        look.is_late = input_is_text(settings) || exec_wants_socket(settings);
        settings_each_given(settings, look_at_key, &look);
        return look.is_late;
}
