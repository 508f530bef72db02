/* SPDX-License-Identifier: MIT */
/* Numbers of what starts processes: limits, weights, shares, small times. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "value-process.h"

#define LIMIT_UNSET UINT64_MAX /* as systemd shows what isn't set */

/* ---- numbers in a range ---- */

static int range_low(int argument) {
        return (int)((unsigned int)argument >> 16) - 0x4000;
}

static int range_high(int argument) {
        return (int)((unsigned int)argument & 0xffff) - 0x4000;
}

static int parse_integer(const DirectiveContext *context, const Directive *directive, void *field,
                         const char *value) {
        int low = range_low(directive->argument), high = range_high(directive->argument), number;
        bool negative = value[0] == '-';
        char what[48];
        uint64_t size;

        number = parse_number(value + negative, 0x4000, &size);
        if (negative && value[1] == '+') /* one sign will do */
                number = -EINVAL;
        if (number >= 0)
                number = negative ? -(int)size : (int)size;
        else
                number = high + 1;
        if (number < low || number > high) {
                g_snprintf(what, sizeof(what), "a number from %d to %d", low, high);
                return value_is_not(context, value, what);
        }
        *(int *)field = number;
        return 0;
}

static GVariant *show_integer(const UnitSettings *settings, const Directive *directive,
                              const void *field) {
        return g_variant_new_int32(*(const int *)field);
}

const ValueType value_integer = {
        .name = "number in a range",
        .size = sizeof(int),
        .parse = parse_integer,
        .equal = value_enum_equal,
        .show = show_integer,
};

/* ---- resource limits ---- */

static int parse_seconds(const char *value, uint64_t *ret) {
        uint64_t usec;
        int r = parse_time_span(value, &usec);

        if (r >= 0)
                *ret = usec / USEC_PER_SEC + (usec % USEC_PER_SEC > 0);
        return r;
}

/* Without a unit: microseconds. */
static int parse_microseconds(const char *value, uint64_t *ret) {
        const char *digits = value + (value[0] == '+');

        return parse_unsigned(digits, UINT64_MAX - 1, ret) < 0 ? parse_time_span(value, ret) : 0;
}

/* The kernel counts 1 to 40 for what is 19 to -20 elsewhere; with a sign it is the latter. */
static int parse_nice_limit(const char *value, uint64_t *ret) {
        uint64_t number;
        int r;

        if (value[0] != '+' && value[0] != '-')
                return parse_number(value, 40, ret);
        r = parse_unsigned(value + 1, value[0] == '-' ? 20 : 19, &number);
        if (r >= 0)
                *ret = value[0] == '-' ? 20 + number : 20 - number;
        return r;
}

static int parse_count(const char *value, uint64_t *ret) {
        return parse_number(value, UINT64_MAX - 1, ret);
}

typedef struct LimitKind {
        int (*parse)(const char *text, uint64_t *ret);
        const char *what;
} LimitKind;

static const LimitKind limit_bytes = { parse_size, "a limit: bytes, or a number with K, M, G, T" };
static const LimitKind limit_seconds = { parse_seconds, "a limit: a time, in seconds" };
static const LimitKind limit_usec = { parse_microseconds, "a limit: a time, in microseconds" };
static const LimitKind limit_nice = { parse_nice_limit,
                                      "a limit of niceness: 0 to 40, or -20 to +19 with a sign" };
static const LimitKind limit_count = { parse_count, "a limit: a number" };

static const LimitKind *limit_kind(int resource) {
        switch (resource) {
        case RLIMIT_CPU:
                return &limit_seconds;
        case RLIMIT_RTTIME:
                return &limit_usec;
        case RLIMIT_NICE:
                return &limit_nice;
        case RLIMIT_NOFILE:
        case RLIMIT_NPROC:
        case RLIMIT_LOCKS:
        case RLIMIT_SIGPENDING:
        case RLIMIT_RTPRIO:
                return &limit_count;
        default:
                return &limit_bytes;
        }
}

/* All may be infinite but niceness. */
static int limit_parse(const LimitKind *kind, const char *text, uint64_t *ret) {
        if (kind == &limit_nice || strcmp(text, "infinity"))
                return kind->parse(text, ret);
        *ret = RLIM_INFINITY;
        return 0;
}

static int parse_limit(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        const LimitKind *kind = limit_kind(directive->argument);
        g_autofree char *soft_text = g_strndup(value, strcspn(value, ":"));
        const char *hard_text = strchr(value, ':');
        Limit limit = { .given = true };

        if (limit_parse(kind, soft_text, &limit.soft) < 0 ||
            limit_parse(kind, hard_text ? hard_text + 1 : value, &limit.hard) < 0)
                return value_is_not(context, value, kind->what);
        if (limit.soft > limit.hard)
                return value_is_not(context, value, "SOFT:HARD: the soft limit is the higher one");
        *(Limit *)field = limit;
        return 0;
}

static gboolean limit_equal(const void *a, const void *b) {
        const Limit *x = a, *y = b;

        return x->given == y->given && x->soft == y->soft && x->hard == y->hard;
}

/* A limit that isn't set is whatever bellhopd has, which no file knows. */
static GVariant *show_limit_of(const Limit *limit, uint64_t value) {
        return limit->given ? g_variant_new_uint64(value) : g_variant_new_string("");
}

static GVariant *show_limit(const UnitSettings *settings, const Directive *directive,
                            const void *field) {
        const Limit *limit = field;

        return show_limit_of(limit, limit->hard);
}

static GVariant *show_soft_limit(const void *field) {
        const Limit *limit = field;

        return show_limit_of(limit, limit->soft);
}

const ValueType value_limit = {
        .name = "limit, or SOFT:HARD",
        .size = sizeof(Limit),
        .parse = parse_limit,
        .equal = limit_equal,
        .show = show_limit,
        .companion = "Soft",
        .show_companion = show_soft_limit,
};

/* ---- weights ---- */

static gboolean wide_equal(const void *a, const void *b) {
        return *(const uint64_t *)a == *(const uint64_t *)b;
}

static GVariant *show_wide(const UnitSettings *settings, const Directive *directive,
                           const void *field) {
        return g_variant_new_uint64(*(const uint64_t *)field);
}

static int parse_weight(const DirectiveContext *context, const Directive *directive, void *field,
                        const char *value) {
        bool idle = directive->argument < 0;
        uint64_t max = (uint64_t)(idle ? -directive->argument : directive->argument), weight;
        char what[64];

        if (idle && !strcmp(value, "idle"))
                weight = WEIGHT_IDLE;
        else if (parse_number(value, max, &weight) < 0 || weight == 0) {
                g_snprintf(what, sizeof(what), "a weight from 1 to %u%s", (unsigned int)max,
                           idle ? ", or 'idle'" : "");
                return value_is_not(context, value, what);
        }
        *(uint64_t *)field = weight;
        return 0;
}

/* As systemd: what isn't set is the highest number, idle is 0. */
static GVariant *show_weight(const UnitSettings *settings, const Directive *directive,
                             const void *field) {
        uint64_t weight = *(const uint64_t *)field;

        if (weight == 0)
                return g_variant_new_uint64(LIMIT_UNSET);
        return g_variant_new_uint64(weight == WEIGHT_IDLE ? 0 : weight);
}

const ValueType value_weight = {
        .name = "weight",
        .size = sizeof(uint64_t),
        .parse = parse_weight,
        .equal = wide_equal,
        .show = show_weight,
};

/* ---- parts of something ---- */

/* "12.5%" in hundredths of a percent. */
static int parse_permyriad(const char *value, uint64_t max, uint64_t *ret) {
        g_autofree char *number = NULL;
        size_t length = strlen(value), whole_length;
        uint64_t whole, fraction = 0;
        const char *point;

        if (length < 2 || value[length - 1] != '%')
                return -EINVAL;
        number = g_strndup(value, length - 1);
        point = strchr(number, '.');
        whole_length = point ? (size_t)(point - number) : strlen(number);
        if (point) {
                size_t digits = strlen(point + 1);

                if (digits < 1 || digits > 2 || parse_unsigned(point + 1, 99, &fraction) < 0)
                        return -EINVAL;
                if (digits == 1)
                        fraction *= 10;
                number[whole_length] = '\0';
        }
        if (parse_unsigned(number, max / 100, &whole) < 0 || whole * 100 + fraction > max)
                return -EINVAL;
        *ret = whole * 100 + fraction;
        return 0;
}

static uint64_t part_of(uint64_t total, uint64_t permyriad) {
        return (uint64_t)((unsigned __int128)total * permyriad / 10000);
}

static uint64_t memory_total(void) {
        return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int parse_memory(const DirectiveContext *context, const Directive *directive, void *field,
                        const char *value) {
        uint64_t part, amount;

        if (parse_permyriad(value, 10000, &part) >= 0)
                amount = part_of(memory_total(), part);
        else if (parse_size(value, &amount) < 0)
                return value_is_not(context, value,
                                    "an amount of memory: bytes, or a number with K, M, G, T, or a "
                                    "percentage, or 'infinity'");
        if (amount == 0 && directive->argument == 1)
                return value_is_not(context, value, "an amount of memory that something fits into");
        *(uint64_t *)field = amount;
        return 0;
}

const ValueType value_memory = {
        .name = "amount of memory",
        .size = sizeof(uint64_t),
        .parse = parse_memory,
        .equal = wide_equal,
        .show = show_wide,
};

static uint64_t read_limit(const char *file) {
        g_autofree char *text = NULL;
        uint64_t limit;

        if (!g_file_get_contents(file, &text, NULL, NULL) ||
            parse_unsigned(g_strchomp(text), INT32_MAX, &limit) < 0 || limit == 0)
                return 32768;
        return limit;
}

/* The kernel's own limits can't be told without reading files of it, which is cheap and never
 * blocks. */
static uint64_t tasks_total(void) {
        uint64_t pids = read_limit("/proc/sys/kernel/pid_max");
        uint64_t threads = read_limit("/proc/sys/kernel/threads-max");

        /* There is no process 0. */
        return MIN(pids - 1, threads);
}

static int parse_tasks(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        uint64_t *tasks = field, part;

        if (!strcmp(value, "infinity"))
                *tasks = UINT64_MAX;
        else if (parse_permyriad(value, 10000, &part) >= 0)
                *tasks = part_of(tasks_total(), part);
        else if (parse_number(value, UINT64_MAX - 1, &part) >= 0 && part > 0)
                *tasks = part;
        else
                return value_is_not(context, value,
                                    "a number of tasks from 1, a percentage, or 'infinity'");
        return 0;
}

const ValueType value_tasks = {
        .name = "number of tasks",
        .size = sizeof(uint64_t),
        .parse = parse_tasks,
        .equal = wide_equal,
        .show = show_wide,
};

static int parse_quota(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        uint64_t part;

        if (parse_permyriad(value, UINT32_MAX, &part) < 0 || part == 0)
                return value_is_not(context, value,
                                    "a percentage of one processor's time: more than 0%, and "
                                    "beyond 100% for several processors");
        *(uint64_t *)field = part_of(USEC_PER_SEC, part);
        return 0;
}

static GVariant *show_quota(const UnitSettings *settings, const Directive *directive,
                            const void *field) {
        uint64_t quota = *(const uint64_t *)field;

        return g_variant_new_uint64(quota ? quota : TIME_INFINITY);
}

const ValueType value_quota = {
        .name = "percentage",
        .size = sizeof(uint64_t),
        .parse = parse_quota,
        .equal = wide_equal,
        .show = show_quota,
};

static int parse_share(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        uint64_t part;

        if (parse_permyriad(value, 10000, &part) < 0)
                return value_is_not(context, value, "a percentage from 0% to 100%");
        *(unsigned int *)field = (unsigned int)part_of(UINT32_MAX, part);
        return 0;
}

static GVariant *show_share(const UnitSettings *settings, const Directive *directive,
                            const void *field) {
        return g_variant_new_uint32(*(const unsigned int *)field);
}

const ValueType value_share = {
        .name = "percentage",
        .size = sizeof(unsigned int),
        .parse = parse_share,
        .equal = value_enum_equal,
        .show = show_share,
};

/* ---- nanoseconds, errors ---- */

/* Without a unit, or with one that is smaller than what time spans know. */
static int parse_nsec(const char *value, uint64_t *ret) {
        const char *digits = value + (value[0] == '+');
        g_autofree char *number = g_strndup(digits, strspn(digits, "0123456789"));
        const char *unit = digits + strlen(number);
        uint64_t usec;

        unit += strspn(unit, " ");
        if (!*unit || !strcmp(unit, "ns") || !strcmp(unit, "nsec"))
                return parse_unsigned(number, UINT64_MAX - 1, ret);
        if (parse_time_span(value, &usec) < 0)
                return -EINVAL;
        if (usec == TIME_INFINITY)
                *ret = UINT64_MAX;
        else if (__builtin_mul_overflow(usec, 1000, ret))
                return -EINVAL;
        return 0;
}

static int parse_nanoseconds(const DirectiveContext *context, const Directive *directive,
                             void *field, const char *value) {
        if (parse_nsec(value, field) < 0)
                return value_is_not(context, value, "a time: nanoseconds, or '50us', '1ms'");
        return 0;
}

const ValueType value_nanoseconds = {
        .name = "time, in nanoseconds",
        .size = sizeof(uint64_t),
        .parse = parse_nanoseconds,
        .equal = wide_equal,
        .show = show_wide,
};

/* strerrorname_np(3) is the only list of their names that there is. */
static int errno_find(const char *name) {
        for (int number = 1; number < 4096; number++)
                if (g_strcmp0(strerrorname_np(number), name) == 0)
                        return number;
        return -EINVAL;
}

static int parse_errno(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        uint64_t number;
        int found = 0;

        if (parse_number(value, 4095, &number) >= 0)
                found = number > 0 ? (int)number : -EINVAL;
        else if (strcmp(value, "kill"))
                found = errno_find(value);
        if (found < 0)
                return value_is_not(context, value, "an error: EPERM, 1 to 4095, or 'kill'");
        *(int *)field = found;
        return 0;
}

const ValueType value_errno = {
        .name = "error",
        .size = sizeof(int),
        .parse = parse_errno,
        .equal = value_enum_equal,
        .show = show_integer,
};
