/* SPDX-License-Identifier: MIT */
/* Values of [Service]: what counts as success, what is to be done about a failure, who may speak.
 */
#include <string.h>

#include "exit-status.h"
#include "value.h"
#include "word.h"

/* ---- enums ---- */

static const EnumName exit_types[] = {
        { "main", EXIT_TYPE_MAIN, NULL },
        { "cgroup", EXIT_TYPE_CGROUP, NULL },
        { NULL, 0, NULL },
};

static const EnumName notify_accesses[] = {
        { "none", NOTIFY_ACCESS_NONE, NULL },
        { "main", NOTIFY_ACCESS_MAIN, NULL },
        { "exec", NOTIFY_ACCESS_EXEC, NULL },
        { "all", NOTIFY_ACCESS_ALL, NULL },
        { NULL, 0, NULL },
};

static const EnumName restart_modes[] = {
        { "normal", RESTART_MODE_NORMAL, NULL },
        { "direct", RESTART_MODE_DIRECT, NULL },
        { "debug", RESTART_MODE_DEBUG, "treated as 'normal': nothing listens to DEBUG_INVOCATION" },
        { "handover", RESTART_MODE_HANDOVER,
          "treated as 'normal': the old process ends before the new one begins" },
        { NULL, 0, NULL },
};

static const EnumName failure_modes[] = {
        { "terminate", FAILURE_MODE_TERMINATE, NULL },
        { "abort", FAILURE_MODE_ABORT, NULL },
        { "kill", FAILURE_MODE_KILL, NULL },
        { NULL, 0, NULL },
};

static const EnumName oom_policies[] = {
        { "continue", OOM_POLICY_CONTINUE, NULL },
        { "stop", OOM_POLICY_STOP, NULL },
        { "kill", OOM_POLICY_KILL, NULL },
        { NULL, 0, NULL },
};

const ValueType value_exit_type = ENUM_VALUE(ExitType, exit_types);
const ValueType value_notify_access = ENUM_VALUE(NotifyAccess, notify_accesses);
const ValueType value_restart_mode = ENUM_VALUE(RestartMode, restart_modes);
const ValueType value_failure_mode = ENUM_VALUE(FailureMode, failure_modes);
const ValueType value_oom_policy = ENUM_VALUE(OomPolicy, oom_policies);

/* ---- sets of exit statuses and signals ---- */

/* A number or a name of an exit status, or a signal's name. */
static int add_status(const DirectiveContext *context, ExitStatusSet *set, const char *word) {
        uint64_t number;
        int status, sig;

        status = parse_number(word, 255, &number) == 0 ? (int)number : exit_status_from_name(word);
        if (status >= 0) {
                set->statuses[status / 64] |= UINT64_C(1) << (status % 64);
                return 0;
        }
        sig = parse_signal(word);
        if (sig < 0)
                return value_is_not(context, word,
                                    "an exit status from 0 to 255, the name of one, or a signal");
        set->signals |= UINT64_C(1) << (sig - 1);
        return 0;
}

static int parse_statuses(const DirectiveContext *context, const Directive *directive, void *field,
                          const char *value) {
        g_autoptr(GString) word = g_string_new(NULL);
        ExitStatusSet set = *(const ExitStatusSet *)field;
        const char *why;
        int r;

        while ((r = word_next(&value, WORD_RELAX, word, NULL, &why)) > 0) {
                r = add_status(context, &set, word->str);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return value_error(context, "%s", why);
        *(ExitStatusSet *)field = set;
        return 0;
}

static gboolean statuses_equal(const void *a, const void *b) {
        return !memcmp(a, b, sizeof(ExitStatusSet));
}

static void show_bits(GVariantBuilder *builder, const uint64_t *bits, int count, int first) {
        g_variant_builder_open(builder, G_VARIANT_TYPE("ai"));
        for (int i = 0; i < count; i++)
                if (bits[i / 64] >> (i % 64) & 1)
                        g_variant_builder_add(builder, "i", first + i);
        g_variant_builder_close(builder);
}

static GVariant *show_statuses(const UnitSettings *settings, const Directive *directive,
                               const void *field) {
        const ExitStatusSet *set = field;
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("(aiai)"));
        show_bits(&builder, set->statuses, 256, 0);
        show_bits(&builder, &set->signals, 64, 1);
        return g_variant_builder_end(&builder);
}

const ValueType value_exit_statuses = {
        .name = "list of exit statuses and signals",
        .size = sizeof(ExitStatusSet),
        .parse = parse_statuses,
        .equal = statuses_equal,
        .show = show_statuses,
};
