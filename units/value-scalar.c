/* SPDX-License-Identifier: MIT */
/* Booleans, numbers, modes, sizes and times. */
#include <string.h>

#include "value.h"

int parse_boolean(const char *value) {
        static const char *const names[2][6] = {
                { "0", "no", "n", "false", "f", "off" },
                { "1", "yes", "y", "true", "t", "on" },
        };

        for (int b = 0; b < 2; b++)
                for (size_t i = 0; i < ARRAY_SIZE(names[b]); i++)
                        if (!g_ascii_strcasecmp(value, names[b][i]))
                                return b;
        return -EINVAL;
}

int parse_unsigned(const char *value, uint64_t max, uint64_t *ret) {
        uint64_t number = 0;

        if (!*value)
                return -EINVAL;
        for (const char *p = value; *p; p++) {
                if (!g_ascii_isdigit(*p) || __builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, (uint64_t)(*p - '0'), &number))
                        return -EINVAL;
        }
        if (number > max)
                return -EINVAL;
        *ret = number;
        return 0;
}

/* As strtoul(3) reads them, and with "0b" and "0o": what systemd takes. */
static unsigned int number_base(const char **value) {
        const char *p = *value;

        if (p[0] != '0' || !p[1])
                return 10;
        *value += 2;
        switch (g_ascii_tolower(p[1])) {
        case 'x':
                return 16;
        case 'o':
                return 8;
        case 'b':
                return 2;
        default:
                *value -= 1;
                return 8;
        }
}

int parse_number(const char *value, uint64_t max, uint64_t *ret) {
        uint64_t number = 0;
        unsigned int base;

        value += *value == '+';
        base = number_base(&value);
        if (!*value)
                return -EINVAL;
        for (const char *p = value; *p; p++) {
                int digit = g_ascii_xdigit_value(*p);

                if (digit < 0 || (unsigned int)digit >= base ||
                    __builtin_mul_overflow(number, base, &number) ||
                    __builtin_add_overflow(number, (uint64_t)digit, &number))
                        return -EINVAL;
        }
        if (number > max)
                return -EINVAL;
        *ret = number;
        return 0;
}

int parse_mode(const char *value, mode_t *ret) {
        mode_t mode = 0;

        if (!*value || strlen(value) > 5)
                return -EINVAL;
        for (const char *p = value; *p; p++) {
                if (*p < '0' || *p > '7')
                        return -EINVAL;
                mode = mode * 8 + (mode_t)(*p - '0');
        }
        if (mode > 07777)
                return -EINVAL;
        *ret = mode;
        return 0;
}

/* A number with decimals, times a unit, rounded down. Returns: the end of what was read, or NULL.
 */
static const char *scan_decimal(const char *p, uint64_t *ret_whole, uint64_t *ret_millionths) {
        uint64_t whole = 0, fraction = 0, place = 100000;
        bool digits = false;

        p += *p == '+';
        for (; g_ascii_isdigit(*p); p++, digits = true)
                if (__builtin_mul_overflow(whole, 10, &whole) ||
                    __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole))
                        return NULL;
        if (*p == '.') {
                for (p++, digits = false; g_ascii_isdigit(*p); p++, digits = true, place /= 10)
                        fraction += (uint64_t)(*p - '0') * place;
        }
        if (!digits)
                return NULL;
        *ret_whole = whole;
        *ret_millionths = fraction;
        return p;
}

/* ret = (whole + millionths / 10^6) * unit. */
static int multiply(uint64_t whole, uint64_t millionths, uint64_t unit, uint64_t *ret) {
        uint64_t product, part = (uint64_t)((unsigned __int128)millionths * unit / 1000000);

        if (__builtin_mul_overflow(whole, unit, &product) ||
            __builtin_add_overflow(product, part, &product))
                return -EINVAL;
        *ret = product;
        return 0;
}

int parse_size(const char *value, uint64_t *ret) {
        static const char suffixes[] = "BKMGTPE";
        uint64_t whole, millionths, unit = 1;
        const char *p, *suffix;

        if (!strcmp(value, "infinity")) {
                *ret = UINT64_MAX;
                return 0;
        }
        p = scan_decimal(value, &whole, &millionths);
        if (!p)
                return -EINVAL;
        p += strspn(p, " ");
        if (*p) {
                suffix = strchr(suffixes, *p);
                if (!suffix || p[1])
                        return -EINVAL;
                unit <<= 10 * (suffix - suffixes);
        }
        return multiply(whole, millionths, unit, ret);
}

typedef struct TimeUnit {
        const char *name;
        uint64_t usec;
} TimeUnit;

static const TimeUnit time_units[] = {
        { "", USEC_PER_SEC },
        { "us", 1 },
        { "usec", 1 },
        { "\xc2\xb5s", 1 }, /* micro sign */
        { "\xce\xbcs", 1 }, /* Greek mu */
        { "ms", USEC_PER_MSEC },
        { "msec", USEC_PER_MSEC },
        { "s", USEC_PER_SEC },
        { "sec", USEC_PER_SEC },
        { "second", USEC_PER_SEC },
        { "seconds", USEC_PER_SEC },
        { "m", 60 * USEC_PER_SEC },
        { "min", 60 * USEC_PER_SEC },
        { "minute", 60 * USEC_PER_SEC },
        { "minutes", 60 * USEC_PER_SEC },
        { "h", 3600 * USEC_PER_SEC },
        { "hr", 3600 * USEC_PER_SEC },
        { "hour", 3600 * USEC_PER_SEC },
        { "hours", 3600 * USEC_PER_SEC },
        { "d", 86400 * USEC_PER_SEC },
        { "day", 86400 * USEC_PER_SEC },
        { "days", 86400 * USEC_PER_SEC },
        { "w", 604800 * USEC_PER_SEC },
        { "week", 604800 * USEC_PER_SEC },
        { "weeks", 604800 * USEC_PER_SEC },
        { "M", 2629800 * USEC_PER_SEC },
        { "month", 2629800 * USEC_PER_SEC },
        { "months", 2629800 * USEC_PER_SEC },
        { "y", 31557600 * USEC_PER_SEC },
        { "year", 31557600 * USEC_PER_SEC },
        { "years", 31557600 * USEC_PER_SEC },
};

/* Returns: its microseconds; 0: no unit of that name. */
static uint64_t time_unit(const char *name, size_t length) {
        for (size_t i = 0; i < ARRAY_SIZE(time_units); i++)
                if (strlen(time_units[i].name) == length &&
                    !memcmp(time_units[i].name, name, length))
                        return time_units[i].usec;
        return 0;
}

static const char blanks[] = " \t\n\r";

/* "1.5h" and what follows it. Returns: the end, or NULL. */
static const char *scan_time(const char *p, uint64_t *total) {
        uint64_t whole, millionths, unit, usec;
        const char *number_end;
        size_t length;

        number_end = scan_decimal(p, &whole, &millionths);
        if (!number_end)
                return NULL;
        p = number_end + strspn(number_end, blanks);
        length = strcspn(p, " \t\n\r.0123456789");
        unit = time_unit(p, length);
        /* "1.2.3" is no time. What is next to the end of time is refused where systemd refuses it.
         */
        if (unit == 0 || (p == number_end && length == 0 && *p) || whole > INT64_MAX ||
            whole >= TIME_INFINITY / unit || multiply(whole, millionths, unit, &usec) < 0 ||
            __builtin_add_overflow(*total, usec, total))
                return NULL;
        p += length;
        return p + strspn(p, blanks);
}

int parse_time_span(const char *value, uint64_t *ret) {
        uint64_t total = 0;
        const char *p = value + strspn(value, blanks);

        if (g_str_has_prefix(p, "infinity") && !p[8 + strspn(p + 8, blanks)]) {
                *ret = TIME_INFINITY;
                return 0;
        }
        do
                p = scan_time(p, &total);
        while (p && *p);
        if (!p || total == TIME_INFINITY)
                return -EINVAL;
        *ret = total;
        return 0;
}

#define SCALAR_EQUAL(type)                                                   \
        static gboolean equal_##type(const void *a, const void *b) {         \
                return *(const type##_value *)a == *(const type##_value *)b; \
        }

typedef bool boolean_value;
typedef unsigned int unsigned_value;
typedef uint64_t wide_value;
SCALAR_EQUAL(boolean)
SCALAR_EQUAL(unsigned)
SCALAR_EQUAL(wide)

static GVariant *show_boolean(const UnitSettings *settings, const Directive *directive,
                              const void *field) {
        return g_variant_new_boolean(*(const bool *)field);
}

static GVariant *show_unsigned(const UnitSettings *settings, const Directive *directive,
                               const void *field) {
        return g_variant_new_uint32(*(const unsigned int *)field);
}

static GVariant *show_wide(const UnitSettings *settings, const Directive *directive,
                           const void *field) {
        return g_variant_new_uint64(*(const uint64_t *)field);
}

static int parse_boolean_value(const DirectiveContext *context, const Directive *directive,
                               void *field, const char *value) {
        int b = parse_boolean(value);

        if (b < 0)
                return value_is_not(context, value, "a boolean: yes or no");
        *(bool *)field = b;
        return 0;
}

const ValueType value_boolean = {
        .name = "boolean",
        .size = sizeof(bool),
        .parse = parse_boolean_value,
        .equal = equal_boolean,
        .show = show_boolean,
};

static int parse_unsigned_value(const DirectiveContext *context, const Directive *directive,
                                void *field, const char *value) {
        uint64_t max = directive->argument > 0 ? (uint64_t)directive->argument : UINT_MAX, number;
        char what[48];

        if (parse_number(value, max, &number) < 0) {
                g_snprintf(what, sizeof(what), "a number from 0 to %llu", (unsigned long long)max);
                return value_is_not(context, value, what);
        }
        *(unsigned int *)field = (unsigned int)number;
        return 0;
}

const ValueType value_unsigned = {
        .name = "number",
        .size = sizeof(unsigned int),
        .parse = parse_unsigned_value,
        .equal = equal_unsigned,
        .show = show_unsigned,
};

/* What an unset TriggerLimitBurst= is depends on Accept=. */
static GVariant *show_trigger_burst(const UnitSettings *settings, const Directive *directive,
                                    const void *field) {
        const SocketSettings *socket = container_of(settings, SocketSettings, unit);

        return g_variant_new_uint32(socket_settings_trigger_burst(socket));
}

const ValueType value_trigger_burst = {
        .name = "number",
        .size = sizeof(unsigned int),
        .parse = parse_unsigned_value,
        .equal = equal_unsigned,
        .show = show_trigger_burst,
};

static int parse_mode_value(const DirectiveContext *context, const Directive *directive,
                            void *field, const char *value) {
        if (parse_mode(value, field) < 0)
                return value_is_not(context, value, "an octal file mode from 0 to 7777");
        return 0;
}

/* As systemctl shows it: people read modes in octal only. */
static GVariant *show_mode(const UnitSettings *settings, const Directive *directive,
                           const void *field) {
        return g_variant_new_take_string(g_strdup_printf("%04o", *(const mode_t *)field));
}

const ValueType value_mode = {
        .name = "octal mode",
        .size = sizeof(mode_t),
        .parse = parse_mode_value,
        .equal = equal_unsigned,
        .show = show_mode,
};

static int parse_size_value(const DirectiveContext *context, const Directive *directive,
                            void *field, const char *value) {
        uint64_t size;

        if (parse_size(value, &size) < 0)
                return value_is_not(context, value,
                                    "a size: bytes, or a number with K, M, G, T, P or E");
        if ((directive->argument == 1 && size == 0) ||
            (directive->argument != 0 && size > INT64_MAX))
                return value_is_not(context, value, "a size that a file can have");
        *(uint64_t *)field = size;
        return 0;
}

const ValueType value_size = {
        .name = "size",
        .size = sizeof(uint64_t),
        .parse = parse_size_value,
        .equal = equal_wide,
        .show = show_wide,
};

static int parse_time_value(const DirectiveContext *context, const Directive *directive,
                            void *field, const char *value) {
        uint64_t usec;

        if (parse_time_span(value, &usec) < 0)
                return value_is_not(context, value,
                                    "a time span: seconds, or '5min 20s', '100ms', 'infinity'");
        if (directive->argument == 1 && usec == 0)
                usec = TIME_INFINITY;
        *(uint64_t *)field = usec;
        return 0;
}

const ValueType value_time_span = {
        .name = "time span",
        .size = sizeof(uint64_t),
        .parse = parse_time_value,
        .equal = equal_wide,
        .show = show_wide,
};

_Static_assert(offsetof(ServiceSettings, timeout_stop) ==
                       offsetof(ServiceSettings, timeout_start) + sizeof(uint64_t),
               "TimeoutSec= sets both");

static int parse_time_pair(const DirectiveContext *context, const Directive *directive, void *field,
                           const char *value) {
        uint64_t *pair = field;
        int r;

        r = parse_time_value(context, directive, &pair[0], value);
        if (r >= 0)
                pair[1] = pair[0];
        return r;
}

const ValueType value_time_span_pair = {
        .name = "time span",
        .size = 2 * sizeof(uint64_t),
        .parse = parse_time_pair,
        .equal = equal_wide,
        .show = show_wide,
};
