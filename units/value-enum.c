/* SPDX-License-Identifier: MIT */
/* Enums: their names, and one value type for each. systemd's names that bellhop doesn't know yet
 * are rows as well, so that the message is better than "unknown". */
#include <string.h>

#include "value.h"

static const EnumName service_types[] = {
        { "simple", SERVICE_SIMPLE, NULL },
        { "exec", SERVICE_EXEC, NULL },
        { "notify", SERVICE_NOTIFY, NULL },
        { "claim", SERVICE_CLAIM, NULL },
        { "external", SERVICE_EXTERNAL, NULL },
        { "forking", SERVICE_FORKING, NULL },
        { "oneshot", SERVICE_ONESHOT, NULL },
        { "notify-reload", SERVICE_NOTIFY_RELOAD, NULL },
        { "idle", SERVICE_IDLE, NULL },
        { "dbus", SERVICE_EXEC, "treated as 'exec': nobody watches the message bus for its name" },
        { NULL, 0, NULL },
};

static const EnumName restart_policies[] = {
        { "no", RESTART_NO, NULL },
        { "on-success", RESTART_ON_SUCCESS, NULL },
        { "on-failure", RESTART_ON_FAILURE, NULL },
        { "on-abnormal", RESTART_ON_ABNORMAL, NULL },
        { "on-abort", RESTART_ON_ABORT, NULL },
        { "on-watchdog", RESTART_ON_WATCHDOG, NULL },
        { "always", RESTART_ALWAYS, NULL },
        { NULL, 0, NULL },
};

static const EnumName kill_modes[] = {
        { "control-group", KILL_CONTROL_GROUP, NULL },
        { "mixed", KILL_MIXED, NULL },
        { "process", KILL_PROCESS, NULL },
        { "none", KILL_NONE, NULL },
        { NULL, 0, NULL },
};

static const EnumName claim_accesses[] = {
        { "main", CLAIM_ACCESS_MAIN, NULL },
        { "all", CLAIM_ACCESS_ALL, NULL },
        { NULL, 0, NULL },
};

static const EnumName accept_modes[] = {
        { "no", ACCEPT_NO, NULL },
        { "yes", ACCEPT_YES, NULL },
        { "dispatch", ACCEPT_DISPATCH, NULL },
        { NULL, 0, NULL },
};

static const EnumName bind_ipv6_onlys[] = {
        { "default", BIND_IPV6_ONLY_DEFAULT, NULL },
        { "both", BIND_IPV6_ONLY_BOTH, NULL },
        { "ipv6-only", BIND_IPV6_ONLY_IPV6_ONLY, NULL },
        { NULL, 0, NULL },
};

static const EnumName transports[] = {
        { "auto", TRANSPORT_AUTO, NULL },
        { "socket", TRANSPORT_SOCKET, NULL },
        { "kernel", TRANSPORT_KERNEL, NULL },
        { NULL, 0, NULL },
};

static const EnumName huge_page_sizes[] = {
        { "no", HUGE_PAGES_NO, NULL },
        { "2M", HUGE_PAGES_2M, NULL },
        { "1G", HUGE_PAGES_1G, NULL },
        { NULL, 0, NULL },
};

const char *enum_to_string(const EnumName *names, int value) {
        for (const EnumName *name = names; name->name; name++)
                if (name->value == value)
                        return name->name;
        return NULL;
}

static const EnumName *enum_find(const EnumName *names, const char *string) {
        for (const EnumName *name = names; name->name; name++)
                if (!strcmp(name->name, string))
                        return name;
        return NULL;
}

/* Where "no" or "yes" is allowed, so is any other way to write it. */
static const EnumName *enum_find_value(const EnumName *names, const char *value) {
        const EnumName *found = enum_find(names, value);
        int b;

        if (found)
                return found;
        b = parse_boolean(value);
        return b < 0 ? NULL : enum_find(names, b ? "yes" : "no");
}

static int refuse_enum(const DirectiveContext *context, const EnumName *names, const char *value) {
        g_autoptr(GString) allowed = g_string_new("one of");
        bool first = true;

        for (const EnumName *name = names; name->name; name++)
                if (!name->note && name->name[0]) {
                        g_string_append_printf(allowed, "%s %s", first ? "" : ",", name->name);
                        first = false;
                }
        return value_is_not(context, value, allowed->str);
}

int value_enum_parse(const DirectiveContext *context, const Directive *directive, void *field,
                     const char *value) {
        const EnumName *names = directive->value->names;
        const EnumName *found = enum_find_value(names, value);

        if (!found)
                return refuse_enum(context, names, value);
        if (found->value < 0)
                return value_error(context, "'%s' is %s", value, found->note);
        if (found->note)
                value_warn(context, "'%s' is %s", value, found->note);
        *(int *)field = found->value;
        return 0;
}

gboolean value_enum_equal(const void *a, const void *b) {
        return *(const int *)a == *(const int *)b;
}

GVariant *value_enum_show(const UnitSettings *settings, const Directive *directive,
                          const void *field) {
        return g_variant_new_string(enum_to_string(directive->value->names, *(const int *)field));
}

const ValueType value_service_type = ENUM_VALUE(ServiceType, service_types);
const ValueType value_restart = ENUM_VALUE(RestartPolicy, restart_policies);
const ValueType value_kill_mode = ENUM_VALUE(KillMode, kill_modes);
const ValueType value_claim_access = ENUM_VALUE(ClaimAccess, claim_accesses);
const ValueType value_accept = ENUM_VALUE(AcceptMode, accept_modes);
/* A boolean does as well. */
static int parse_bind_ipv6_only(const DirectiveContext *context, const Directive *directive,
                                void *field, const char *value) {
        int b = parse_boolean(value);

        if (b < 0)
                return value_enum_parse(context, directive, field, value);
        *(BindIPv6Only *)field = b ? BIND_IPV6_ONLY_IPV6_ONLY : BIND_IPV6_ONLY_BOTH;
        return 0;
}

const ValueType value_bind_ipv6_only = {
        .name = "one of a few words",
        .size = sizeof(BindIPv6Only),
        .names = bind_ipv6_onlys,
        .parse = parse_bind_ipv6_only,
        .equal = value_enum_equal,
        .show = value_enum_show,
};
const ValueType value_transport = ENUM_VALUE(TransportKind, transports);
const ValueType value_huge_pages = ENUM_VALUE(HugePages, huge_page_sizes);

const char *service_type_to_string(ServiceType type) {
        return enum_to_string(service_types, (int)type);
}
