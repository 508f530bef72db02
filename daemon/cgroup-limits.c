/* SPDX-License-Identifier: MIT */
/* From the keys that a unit gives to the files of its cgroup: a row for each key. */
#include "cgroup-limits.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgroup-tree.h"
#include "directive.h"
#include "fd.h"
#include "log.h"
#include "manager.h"
#include "value-process.h"

#define QUOTA_PERIOD_USEC     (100 * USEC_PER_MSEC)
#define QUOTA_PERIOD_MIN_USEC USEC_PER_MSEC /* what the kernel takes */
#define QUOTA_PERIOD_MAX_USEC USEC_PER_SEC
#define WEIGHT_DEFAULT        100 /* the kernel's, for processors and devices */
#define QUOTA_MIN_USEC        USEC_PER_MSEC

typedef struct LimitContext {
        CgroupTree *tree;
        Cgroup *cgroup;
        const Unit *unit;
        bool reset; /* what is written is what was before */
} LimitContext;

static int file_write(const Cgroup *cgroup, const char *name, const char *text) {
        _cleanup_fd_ int fd = openat(cgroup->fd, name, O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int _printf_(3, 4)
        file_print(const Cgroup *cgroup, const char *name, const char *format, ...) {
        g_autofree char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        return file_write(cgroup, name, text);
}

/* ---- the kinds of files; each returns 0 or negative errno ---- */

typedef struct LimitRow LimitRow;
typedef int (*LimitWrite)(const LimitContext *context, const LimitRow *row, const void *field);

struct LimitRow {
        const char *property;
        CgroupController controller;
        const char *file;
        LimitWrite write;
        const char *key; /* of limits of single devices */
};

static int write_amount(const LimitContext *context, const LimitRow *row, const void *field) {
        uint64_t amount = *(const uint64_t *)field;

        if (amount == UINT64_MAX)
                return file_write(context->cgroup, row->file, "max");
        return file_print(context->cgroup, row->file, "%" G_GUINT64_FORMAT, amount);
}

/* Idle is another file's; a kernel before 5.15 has none, which is as good as not idle. */
static int write_cpu_weight(const LimitContext *context, const LimitRow *row, const void *field) {
        uint64_t weight = *(const uint64_t *)field ?: WEIGHT_DEFAULT;
        int r = file_write(context->cgroup, "cpu.idle", weight == WEIGHT_IDLE ? "1" : "0");

        if (weight == WEIGHT_IDLE || (r < 0 && r != -ENOENT))
                return r;
        return file_print(context->cgroup, row->file, "%" G_GUINT64_FORMAT, weight);
}

/* The BFQ scheduler has a file, and a scale, of its own. */
static int write_io_weight(const LimitContext *context, const LimitRow *row, const void *field) {
        uint64_t weight = *(const uint64_t *)field ?: WEIGHT_DEFAULT;
        int r = file_print(context->cgroup, row->file, "default %" G_GUINT64_FORMAT, weight);

        if (r != -ENOENT)
                return r;
        if (weight > 100)
                weight = 100 + (weight - 100) * (1000 - 100) / (10000 - 100);
        return file_print(context->cgroup, "io.bfq.weight", "%" G_GUINT64_FORMAT, weight);
}

static uint64_t quota_period(const UnitSettings *settings) {
        const uint64_t *given = settings_given(settings, "CPUQuotaPeriodUSec");

        if (!given || *given == TIME_INFINITY)
                return QUOTA_PERIOD_USEC;
        return CLAMP(*given, QUOTA_PERIOD_MIN_USEC, QUOTA_PERIOD_MAX_USEC);
}

static int write_quota(const LimitContext *context, const LimitRow *row, const void *field) {
        uint64_t period = quota_period(context->unit->settings);
        uint64_t quota = *(const uint64_t *)field * period / USEC_PER_SEC;

        if (quota == 0)
                return file_write(context->cgroup, row->file, "max");
        return file_print(context->cgroup, row->file, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                          MAX(quota, QUOTA_MIN_USEC), period);
}

static int write_set(const LimitContext *context, const LimitRow *row, const void *field) {
        g_autofree char *text = cpu_set_to_string(field, ',');

        /* Nothing at all would be no write. */
        return file_write(context->cgroup, row->file, text[0] ? text : "\n");
}

static int write_switch(const LimitContext *context, const LimitRow *row, const void *field) {
        return file_write(context->cgroup, row->file, *(const bool *)field ? "1" : "0");
}

/* One that can't be had doesn't keep the others from theirs. */
static int write_devices(const LimitContext *context, const LimitRow *row, const void *field) {
        int error = 0;

        for (char **line = *(const GStrv *)field; line && *line; line++) {
                g_autofree char *text = NULL;
                int r = cgroup_device_limit(*line, row->key, context->reset, &text);

                if (r >= 0)
                        r = file_write(context->cgroup, row->file, text);
                if (r < 0)
                        error = r;
        }
        return error;
}

static const LimitRow rows[] = {
        { "CPUWeight", CGROUP_CPU, "cpu.weight", write_cpu_weight, NULL },
        { "CPUQuotaPerSecUSec", CGROUP_CPU, "cpu.max", write_quota, NULL },
        { "AllowedCPUs", CGROUP_CPUSET, "cpuset.cpus", write_set, NULL },
        { "AllowedMemoryNodes", CGROUP_CPUSET, "cpuset.mems", write_set, NULL },
        { "IOWeight", CGROUP_IO, "io.weight", write_io_weight, NULL },
        { "IODeviceWeight", CGROUP_IO, "io.weight", write_devices, NULL },
        { "IOReadBandwidthMax", CGROUP_IO, "io.max", write_devices, "rbps" },
        { "IOWriteBandwidthMax", CGROUP_IO, "io.max", write_devices, "wbps" },
        { "IOReadIOPSMax", CGROUP_IO, "io.max", write_devices, "riops" },
        { "IOWriteIOPSMax", CGROUP_IO, "io.max", write_devices, "wiops" },
        { "IODeviceLatencyTargetUSec", CGROUP_IO, "io.latency", write_devices, "target" },
        { "MemoryMin", CGROUP_MEMORY, "memory.min", write_amount, NULL },
        { "MemoryLow", CGROUP_MEMORY, "memory.low", write_amount, NULL },
        { "MemoryHigh", CGROUP_MEMORY, "memory.high", write_amount, NULL },
        { "MemoryMax", CGROUP_MEMORY, "memory.max", write_amount, NULL },
        { "MemorySwapMax", CGROUP_MEMORY, "memory.swap.max", write_amount, NULL },
        { "MemoryZSwapMax", CGROUP_MEMORY, "memory.zswap.max", write_amount, NULL },
        { "MemoryZSwapWriteback", CGROUP_MEMORY, "memory.zswap.writeback", write_switch, NULL },
        { "TasksMax", CGROUP_PIDS, "pids.max", write_amount, NULL },
};

/* ---- all that are given ---- */

static void _printf_(2, 3) warn(const Unit *unit, const char *format, ...) {
        g_autofree char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        if (manager_is_news(unit->manager, unit->name, text))
                log_warning(unit->name, "%s", text);
}

static const char *enable_strerror(int error) {
        if (error == -EOPNOTSUPP)
                return "the controller isn't there for bellhopd";
        if (error == -EBUSY)
                return "there are other processes in the cgroup of bellhopd";
        return g_strerror(-error);
}

static void limit_apply(const LimitContext *context, const LimitRow *row, const char *key,
                        const void *field) {
        const char *controller = cgroup_controller_to_string(row->controller);
        int r;

        if (!context->cgroup) {
                warn(context->unit, "%s= has no effect: there is no cgroup for it", key);
                return;
        }
        r = cgroup_tree_enable(context->tree, row->controller);
        if (r < 0) {
                warn(context->unit, "%s= has no effect: %s: %s", key, controller,
                     enable_strerror(r));
                return;
        }
        r = row->write(context, row, field);
        if (r < 0)
                warn(context->unit, "%s= has no effect: %s: %s", key, row->file, g_strerror(-r));
}

static const LimitRow *row_find(const Directive *directive) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (strcmp(directive->property, rows[i].property) == 0)
                        return &rows[i];
        return NULL;
}

static void on_given(const Directive *directive, const void *field, void *userdata) {
        const LimitRow *row = row_find(directive);

        if (row)
                limit_apply(userdata, row, directive->key, field);
}

/* What the file gave before, and the folder still has. */
static void on_given_before(const Directive *directive, const void *field, void *userdata) {
        LimitContext *context = userdata;
        const LimitRow *row = row_find(directive);

        if (!row)
                return;
        if (row->write == write_devices) {
                context->reset = true;
                (void)row->write(context, row, field);
                context->reset = false;
        } else if (!settings_given(context->unit->settings, directive->property))
                (void)row->write(context, row,
                                 settings_value(context->unit->settings, directive->property));
}

/* The bits of value_controllers that have a controller of their own. */
static const struct {
        uint64_t bit;
        CgroupController controller;
} delegated[] = {
        { UINT64_C(1) << 0, CGROUP_CPU },    { UINT64_C(1) << 2, CGROUP_CPUSET },
        { UINT64_C(1) << 3, CGROUP_IO },     { UINT64_C(1) << 4, CGROUP_IO },
        { UINT64_C(1) << 5, CGROUP_MEMORY }, { UINT64_C(1) << 7, CGROUP_PIDS },
};

/* "yes" asks for what there is, a list for what it names. */
static void delegate_controllers(const LimitContext *context) {
        const uint64_t *asked = settings_given(context->unit->settings, "Delegate");

        for (size_t i = 0; asked && i < ARRAY_SIZE(delegated); i++) {
                CgroupController controller = delegated[i].controller;
                int r;

                if (!(*asked & delegated[i].bit))
                        continue;
                r = cgroup_tree_enable(context->tree, controller);
                if (r < 0 && !(*asked == CONTROLLERS_ALL && r == -EOPNOTSUPP))
                        warn(context->unit, "Delegate= is without %s: %s",
                             cgroup_controller_to_string(controller), enable_strerror(r));
        }
}

void cgroup_limit(CgroupTree *tree, Cgroup *cgroup, const Unit *unit) {
        LimitContext context = { .tree = tree, .cgroup = cgroup, .unit = unit };
        _cleanup_(settings_unref_cleanup) UnitSettings *before = NULL;

        if (!unit->settings->sparse && !(cgroup && cgroup->limited))
                return;
        if (!cgroup_note_limits(cgroup, unit->settings, &before))
                return;
        if (before)
                settings_each_given(before, on_given_before, &context);
        settings_each_given(unit->settings, on_given, &context);
        if (cgroup)
                delegate_controllers(&context);
}

bool cgroup_is_delegated(const Unit *unit) {
        const uint64_t *asked = settings_given(unit->settings, "Delegate");

        return asked && *asked != 0;
}

void cgroup_delegate(const Cgroup *cgroup, const Unit *unit, uid_t uid, gid_t gid) {
        /* Those that make cgroups below and move processes between them; the limits stay ours. */
        static const char *const files[] = { ".",
                                             "cgroup.procs",
                                             "cgroup.threads",
                                             "cgroup.subtree_control",
                                             "memory.oom.group",
                                             "memory.reclaim" };

        if (!cgroup || !cgroup_is_delegated(unit) || (uid == (uid_t)-1 && gid == (gid_t)-1))
                return;
        for (size_t i = 0; i < ARRAY_SIZE(files); i++)
                if (fchownat(cgroup->fd, files[i], uid, gid, 0) < 0 && errno != ENOENT) {
                        warn(unit, "Delegate= has no effect: %s: %s", files[i], g_strerror(errno));
                        return;
                }
}
