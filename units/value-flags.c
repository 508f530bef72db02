/* SPDX-License-Identifier: MIT */
/* Sets of names, a bit each. The capabilities are named here and not by libcap: that would be a
 * library for forty words, and which of them a file may have would hang on its version. */
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <string.h>

#include "value-process.h"
#include "word.h"

typedef struct FlagName {
        const char *name;
        uint64_t bits;
} FlagName;

#define BIT(number) (UINT64_C(1) << (number))

/* In the order of their numbers; a name's place is its number. */
static const char *const capability_names[] = {
        "cap_chown",
        "cap_dac_override",
        "cap_dac_read_search",
        "cap_fowner",
        "cap_fsetid",
        "cap_kill",
        "cap_setgid",
        "cap_setuid",
        "cap_setpcap",
        "cap_linux_immutable",
        "cap_net_bind_service",
        "cap_net_broadcast",
        "cap_net_admin",
        "cap_net_raw",
        "cap_ipc_lock",
        "cap_ipc_owner",
        "cap_sys_module",
        "cap_sys_rawio",
        "cap_sys_chroot",
        "cap_sys_ptrace",
        "cap_sys_pacct",
        "cap_sys_admin",
        "cap_sys_boot",
        "cap_sys_nice",
        "cap_sys_resource",
        "cap_sys_time",
        "cap_sys_tty_config",
        "cap_mknod",
        "cap_lease",
        "cap_audit_write",
        "cap_audit_control",
        "cap_setfcap",
        "cap_mac_override",
        "cap_mac_admin",
        "cap_syslog",
        "cap_wake_alarm",
        "cap_block_suspend",
        "cap_audit_read",
        "cap_perfmon",
        "cap_bpf",
        "cap_checkpoint_restore",
};
_Static_assert(ARRAY_SIZE(capability_names) > CAP_BPF, "a name for each capability");

static const FlagName secure_bits[] = {
        { "keep-caps", BIT(SECURE_KEEP_CAPS) },
        { "keep-caps-locked", BIT(SECURE_KEEP_CAPS_LOCKED) },
        { "no-setuid-fixup", BIT(SECURE_NO_SETUID_FIXUP) },
        { "no-setuid-fixup-locked", BIT(SECURE_NO_SETUID_FIXUP_LOCKED) },
        { "noroot", BIT(SECURE_NOROOT) },
        { "noroot-locked", BIT(SECURE_NOROOT_LOCKED) },
        { NULL, 0 },
};

/* core(5) */
#define COREDUMP_DEFAULT (BIT(0) | BIT(1) | BIT(4) | BIT(5))
static const FlagName coredump_parts[] = {
        { "private-anonymous", BIT(0) },   { "shared-anonymous", BIT(1) },
        { "private-file-backed", BIT(2) }, { "shared-file-backed", BIT(3) },
        { "elf-headers", BIT(4) },         { "private-huge", BIT(5) },
        { "shared-huge", BIT(6) },         { "private-dax", BIT(7) },
        { "shared-dax", BIT(8) },          { "all", UINT32_MAX },
        { "default", COREDUMP_DEFAULT },   { NULL, 0 },
};

static const FlagName namespaces[] = {
        { "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC }, { "net", CLONE_NEWNET },
        { "mnt", CLONE_NEWNS },        { "pid", CLONE_NEWPID }, { "user", CLONE_NEWUSER },
        { "uts", CLONE_NEWUTS },       { "time", 0x00000080 },  { NULL, 0 },
};
#define NAMESPACES_ALL                                                                          \
        (uint64_t)(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | \
                   CLONE_NEWUSER | CLONE_NEWUTS | 0x00000080)

static const FlagName controllers[] = {
        { "cpu", BIT(0) },
        { "cpuacct", BIT(1) },
        { "cpuset", BIT(2) },
        { "io", BIT(3) },
        { "blkio", BIT(4) },
        { "memory", BIT(5) },
        { "devices", BIT(6) },
        { "pids", BIT(7) },
        { "bpf-firewall", BIT(8) },
        { "bpf-devices", BIT(9) },
        { "bpf-foreign", BIT(10) },
        { "bpf-socket-bind", BIT(11) },
        { "bpf-restrict-network-interfaces", BIT(12) },
        { "hugetlb", BIT(13) },
        { NULL, 0 },
};

static bool flag_find(const FlagName *names, const char *word, uint64_t *ret) {
        for (; names->name; names++)
                if (!strcmp(names->name, word)) {
                        *ret = names->bits;
                        return true;
                }
        return false;
}

typedef bool (*FlagLookup)(const char *word, uint64_t *ret);

/* The bits of a value's words. what: all that there are; NULL: a kernel may have others, which are
 * left out with a warning. */
static int words_to_flags(const DirectiveContext *context, const char *value, FlagLookup lookup,
                          const char *what, uint64_t *ret) {
        g_autoptr(GString) word = g_string_new(NULL);
        uint64_t flags = 0, bits;
        const char *why;
        int r;

        while ((r = word_next(&value, WORD_RETAIN, word, NULL, &why)) > 0) {
                if (lookup(word->str, &bits))
                        flags |= bits;
                else if (what) {
                        (void)value_is_not(context, word->str, what);
                        return -EINVAL;
                } else
                        value_warn(context, "'%.80s' is left out: nothing here is called that",
                                   word->str);
        }
        if (r < 0) {
                (void)value_error(context, "%s", why);
                return -EINVAL;
        }
        *ret = flags;
        return 0;
}

static gboolean flags_equal(const void *a, const void *b) {
        return *(const uint64_t *)a == *(const uint64_t *)b;
}

static GVariant *show_names(const FlagName *names, uint64_t flags) {
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
        for (; names->name; names++)
                if (names->bits && (flags & names->bits) == names->bits) {
                        g_variant_builder_add(&builder, "s", names->name);
                        flags &= ~names->bits;
                }
        return g_variant_builder_end(&builder);
}

/* ---- capabilities ---- */

int parse_capability(const char *name) {
        for (size_t i = 0; i < ARRAY_SIZE(capability_names); i++)
                if (!g_ascii_strcasecmp(name, capability_names[i]))
                        return (int)i;
        return -EINVAL;
}

static bool capability_find(const char *word, uint64_t *ret) {
        uint64_t number;
        int named = parse_capability(word);

        if (parse_number(word, ARRAY_SIZE(capability_names) - 1, &number) >= 0) {
                *ret = BIT(number);
                return true;
        }
        if (named >= 0)
                *ret = BIT(named);
        return named >= 0;
}

/* The first line says what the set is, further ones add to it; with "~" they take away, the first
 * one from all. argument 1: a set that is full unless it is given, and so is kept inverted. An
 * empty value is the empty set, whatever came before: it is no way to the default. */
static int parse_capabilities(const DirectiveContext *context, const Directive *directive,
                              void *field, const char *value) {
        uint64_t *set = field, flags, now;
        bool full = directive->argument == 1, invert = value[0] == '~';
        int r;

        r = words_to_flags(context, value + invert, capability_find, NULL, &flags);
        if (r < 0)
                return r;
        now = full ? ~*set : *set;
        if (flags == 0 || *set == 0)
                now = invert ? ~flags : flags;
        else
                now = invert ? now & ~flags : now | flags;
        *set = full ? ~now : now;
        return 0;
}

static GVariant *show_capabilities(const UnitSettings *settings, const Directive *directive,
                                   const void *field) {
        uint64_t set =
                directive->argument == 1 ? ~*(const uint64_t *)field : *(const uint64_t *)field;
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
        for (size_t i = 0; i < ARRAY_SIZE(capability_names); i++)
                if (set & BIT(i))
                        g_variant_builder_add(&builder, "s", capability_names[i]);
        return g_variant_builder_end(&builder);
}

const ValueType value_capabilities = {
        .name = "list of capabilities",
        .size = sizeof(uint64_t),
        .takes_empty = true,
        .parse = parse_capabilities,
        .equal = flags_equal,
        .show = show_capabilities,
};

/* ---- the others ---- */

static bool secure_bit_find(const char *word, uint64_t *ret) {
        return flag_find(secure_bits, word, ret);
}

static int parse_secure_bits(const DirectiveContext *context, const Directive *directive,
                             void *field, const char *value) {
        uint64_t flags;
        int r = words_to_flags(context, value, secure_bit_find, NULL, &flags);

        if (r >= 0)
                *(uint64_t *)field |= flags;
        return r;
}

static GVariant *show_secure_bits(const UnitSettings *settings, const Directive *directive,
                                  const void *field) {
        return show_names(secure_bits, *(const uint64_t *)field);
}

const ValueType value_secure_bits = {
        .name = "list of secure bits",
        .size = sizeof(uint64_t),
        .parse = parse_secure_bits,
        .equal = flags_equal,
        .show = show_secure_bits,
};

static bool coredump_part_find(const char *word, uint64_t *ret) {
        char *end;

        if (flag_find(coredump_parts, word, ret))
                return true;
        if (!g_ascii_isxdigit(word[0]) || strlen(word) > 8)
                return false;
        *ret = g_ascii_strtoull(word, &end, 16);
        return *end == '\0';
}

static int parse_coredump_filter(const DirectiveContext *context, const Directive *directive,
                                 void *field, const char *value) {
        uint64_t flags;
        int r = words_to_flags(context, value, coredump_part_find,
                               "a part of memory as core(5) has them: private-anonymous, ..., all, "
                               "default, or a hexadecimal mask",
                               &flags);

        if (r >= 0)
                *(uint64_t *)field |= flags | COREDUMP_FILTER_GIVEN;
        return r;
}

static GVariant *show_coredump_filter(const UnitSettings *settings, const Directive *directive,
                                      const void *field) {
        uint64_t flags = *(const uint64_t *)field;

        return g_variant_new_take_string(
                g_strdup_printf("0x%" PRIx64, flags ? flags & UINT32_MAX : COREDUMP_DEFAULT));
}

const ValueType value_coredump_filter = {
        .name = "parts of memory",
        .size = sizeof(uint64_t),
        .parse = parse_coredump_filter,
        .equal = flags_equal,
        .show = show_coredump_filter,
};

static bool namespace_find(const char *word, uint64_t *ret) {
        return flag_find(namespaces, word, ret);
}

/* The field has those that are forbidden, so that its zero is none. */
static int parse_namespaces(const DirectiveContext *context, const Directive *directive,
                            void *field, const char *value) {
        uint64_t *forbidden = field, flags;
        bool invert = value[0] == '~';
        int r = parse_boolean(value);

        if (r >= 0) {
                *forbidden = r ? NAMESPACES_ALL : 0;
                return 0;
        }
        r = words_to_flags(context, value + invert, namespace_find,
                           "a boolean, or of cgroup, ipc, net, mnt, pid, user, uts, time", &flags);
        if (r < 0)
                return r;
        if (invert)
                *forbidden |= flags;
        else
                *forbidden = (*forbidden ? *forbidden : NAMESPACES_ALL) & ~flags;
        return 0;
}

/* Those that are allowed. */
static GVariant *show_namespaces(const UnitSettings *settings, const Directive *directive,
                                 const void *field) {
        return show_names(namespaces, NAMESPACES_ALL & ~*(const uint64_t *)field);
}

const ValueType value_namespaces = {
        .name = "boolean or list of namespaces",
        .size = sizeof(uint64_t),
        .parse = parse_namespaces,
        .equal = flags_equal,
        .show = show_namespaces,
};

static bool controller_find(const char *word, uint64_t *ret) {
        return flag_find(controllers, word, ret);
}

static int parse_controllers(const DirectiveContext *context, const Directive *directive,
                             void *field, const char *value) {
        uint64_t flags;
        int r = parse_boolean(value);

        if (r >= 0 && directive->argument == 1) {
                *(uint64_t *)field = r ? CONTROLLERS_ALL : 0;
                return 0;
        }
        r = words_to_flags(context, value, controller_find,
                           "a controller: cpu, cpuset, io, memory, pids, ...", &flags);
        if (r >= 0)
                *(uint64_t *)field |= flags;
        return r;
}

static GVariant *show_controllers(const UnitSettings *settings, const Directive *directive,
                                  const void *field) {
        uint64_t flags = *(const uint64_t *)field;

        if (directive->argument == 1 && (flags == 0 || flags == CONTROLLERS_ALL))
                return g_variant_new_boolean(flags != 0);
        return show_names(controllers, flags);
}

const ValueType value_controllers = {
        .name = "controllers",
        .size = sizeof(uint64_t),
        .parse = parse_controllers,
        .equal = flags_equal,
        .show = show_controllers,
};
