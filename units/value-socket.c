/* SPDX-License-Identifier: MIT */
/* Values that only the options of sockets have. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "value.h"
#include "word.h"

/* ---- signed numbers ---- */

static int parse_small(const char *value, uint64_t max, int *ret) {
        uint64_t number;
        int r = parse_number(value, max, &number);

        if (r >= 0)
                *ret = (int)number;
        return r;
}

static uint64_t signed_max(const Directive *directive) {
        return directive->argument > 0 ? (uint64_t)directive->argument : INT_MAX;
}

static int parse_signed(const DirectiveContext *context, const Directive *directive, void *field,
                        const char *value) {
        uint64_t max = signed_max(directive);
        char what[80];

        if (!strcmp(value, "-1")) {
                *(int *)field = -1;
                return 0;
        }
        if (parse_small(value, max, field) < 0) {
                g_snprintf(what, sizeof(what), "a number from 0 to %llu, or -1: left as it is",
                           (unsigned long long)max);
                return value_is_not(context, value, what);
        }
        return 0;
}

static GVariant *show_signed(const UnitSettings *settings, const Directive *directive,
                             const void *field) {
        return g_variant_new_int32(*(const int *)field);
}

const ValueType value_signed = {
        .name = "number, or -1",
        .size = sizeof(int),
        .parse = parse_signed,
        .equal = value_enum_equal,
        .show = show_signed,
};

/* ---- IPTOS= ---- */

static const EnumName ip_tos_names[] = {
        { "low-delay", 0x10, NULL },
        { "throughput", 0x08, NULL },
        { "reliability", 0x04, NULL },
        { "low-cost", 0x02, NULL },
        { NULL, 0, NULL },
};

static int parse_ip_tos(const DirectiveContext *context, const Directive *directive, void *field,
                        const char *value) {
        for (const EnumName *name = ip_tos_names; name->name; name++)
                if (!strcmp(name->name, value)) {
                        *(int *)field = name->value;
                        return 0;
                }
        if (!strcmp(value, "-1") || parse_small(value, 255, field) >= 0)
                return parse_signed(context, directive, field, value);
        return value_is_not(
                context, value,
                "a number from 0 to 255, or low-delay, throughput, reliability or low-cost");
}

const ValueType value_ip_tos = {
        .name = "IP type of service",
        .size = sizeof(int),
        .parse = parse_ip_tos,
        .equal = value_enum_equal,
        .show = show_signed,
};

/* ---- words ---- */

static const EnumName protocol_names[] = {
        { "udplite", IPPROTO_UDPLITE, NULL },
        { "sctp", IPPROTO_SCTP, NULL },
        { "mptcp", IPPROTO_MPTCP, NULL },
        { NULL, 0, NULL },
};

/* None is an empty string: the address's type says it all. */
static GVariant *show_protocol(const UnitSettings *settings, const Directive *directive,
                               const void *field) {
        const char *name = enum_to_string(protocol_names, *(const int *)field);

        return g_variant_new_string(name ? name : "");
}

const ValueType value_socket_protocol = {
        .name = "one of a few words",
        .size = sizeof(int),
        .names = protocol_names,
        .parse = value_enum_parse,
        .equal = value_enum_equal,
        .show = show_protocol,
};

static const EnumName timestamping_names[] = {
        { "off", TIMESTAMPING_OFF, NULL }, { "us", TIMESTAMPING_US, NULL },
        { "usec", TIMESTAMPING_US, NULL }, { "ns", TIMESTAMPING_NS, NULL },
        { "nsec", TIMESTAMPING_NS, NULL }, { NULL, 0, NULL },
};

/* Both of Unicode's. */
static bool is_micro(const char *value) {
        return !strcmp(value, "\xc2\xb5s") || !strcmp(value, "\xce\xbcs");
}

/* systemd takes a boolean, too: "yes" is the finer one. */
static int parse_timestamping(const DirectiveContext *context, const Directive *directive,
                              void *field, const char *value) {
        int b = parse_boolean(value);

        if (b < 0)
                return value_enum_parse(context, directive, field, is_micro(value) ? "us" : value);
        *(int *)field = b ? TIMESTAMPING_NS : TIMESTAMPING_OFF;
        return 0;
}

const ValueType value_timestamping = {
        .name = "one of a few words",
        .size = sizeof(int),
        .names = timestamping_names,
        .parse = parse_timestamping,
        .equal = value_enum_equal,
        .show = value_enum_show,
};

/* ---- names and paths ---- */

/* What the kernel takes (dev_valid_name()), but for what would be taken for a number or for all. */
bool interface_name_is_valid(const char *name) {
        static const char *const not_names[] = { ".", "..", "all", "default", NULL };
        uint64_t index;

        if (!name[0] || strlen(name) >= IF_NAMESIZE || g_strv_contains(not_names, name) ||
            parse_number(name, UINT64_MAX, &index) >= 0)
                return false;
        for (const char *p = name; *p; p++)
                if (!g_ascii_isgraph(*p) || strchr("/:%", *p))
                        return false;
        return true;
}

static int parse_interface(const DirectiveContext *context, const Directive *directive, void *field,
                           const char *value) {
        return value_parse_checked(context, field, value, interface_name_is_valid,
                                   "the name of a network interface");
}

const ValueType value_interface = {
        .name = "network interface",
        .size = sizeof(char *),
        .parse = parse_interface,
        .clear = value_string_clear,
        .equal = value_string_equal,
        .show = value_string_show,
};

static int parse_symlinks(const DirectiveContext *context, const Directive *directive, void *field,
                          const char *value) {
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) word = g_string_new(NULL);
        const char *why;
        int r;

        while ((r = word_next(&value, WORD_STRICT, word, NULL, &why)) > 0) {
                char *path = NULL;

                r = value_expand_path(context, word->str, &path);
                if (r < 0)
                        return r;
                g_ptr_array_add(paths, path);
        }
        return r < 0 ? value_error(context, "%s", why) : value_list_append(context, field, paths);
}

const ValueType value_symlinks = {
        .name = "list of paths",
        .size = sizeof(GStrv),
        .parse = parse_symlinks,
        .clear = value_strv_clear,
        .equal = value_strv_equal,
        .show = value_strv_show,
};
