/* SPDX-License-Identifier: MIT */
/* The values of [Unit] and [Install]: dependencies, conditions, what is to be done at an end. */
#include <string.h>

#include "condition.h"
#include "unit-keys.h"
#include "unit-name.h"
#include "value.h"
#include "word.h"

/* ---- lists of names ---- */

/* Turns an expanded word into what is kept, "" for nothing, or into NULL after a diagnostic. */
typedef char *(*WordCheck)(const DirectiveContext *context, char *word);

static int parse_checked_list(const DirectiveContext *context, void *field, const char *value,
                              WordCheck check) {
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) word = g_string_new(NULL);
        const char *why;
        int r;

        while ((r = word_next(&value, WORD_RETAIN, word, NULL, &why)) > 0) {
                char *expanded = NULL, *kept;

                r = value_expand(context, word->str, &expanded);
                if (r < 0)
                        return r;
                kept = check(context, expanded);
                if (!kept)
                        return -EINVAL;
                if (*kept)
                        g_ptr_array_add(words, kept);
                else
                        g_free(kept);
        }
        return r < 0 ? value_error(context, "%s", why) : value_list_append(context, field, words);
}

static bool name_is_valid(const char *name) {
        return unit_name_type(name) != UNIT_TYPE_INVALID || unit_name_is_foreign(name);
}

static char *refuse_name(const DirectiveContext *context, char *name) {
        g_autofree char *owned = name;

        (void)value_is_not(context, owned,
                           "a unit name: up to 255 letters, digits and :-_.\\@, with its .type");
        return NULL;
}

/* A template stands for its instance of the same name as the unit's own, or else of the unit. */
static char *fill_template(const DirectiveContext *context, const char *name) {
        g_autofree char *instance = unit_name_instance(context->settings->name);

        if (!instance)
                instance = unit_name_prefix(context->settings->name);
        return unit_name_instantiate(name, instance);
}

static char *check_dependency(const DirectiveContext *context, char *word) {
        g_autofree char *name = word, *filled = NULL;
        char *other;

        if (!name_is_valid(name))
                return refuse_name(context, g_steal_pointer(&name));
        if (unit_name_is_template(name))
                filled = fill_template(context, name);
        other = value_resolve_alias(context, filled ? filled : name);
        if (!strcmp(other, context->settings->name)) {
                value_warn(context, "%s can't depend on itself; this is left out", other);
                *other = '\0';
        }
        return other;
}

static int parse_dependencies(const DirectiveContext *context, const Directive *directive,
                              void *field, const char *value) {
        return parse_checked_list(context, field, value, check_dependency);
}

const ValueType value_dependencies = {
        .name = "list of unit names",
        .size = sizeof(GStrv),
        .parse = parse_dependencies,
        .clear = value_strv_clear,
        .equal = value_strv_equal,
        .show = value_strv_show,
};

static char *check_install_name(const DirectiveContext *context, char *word) {
        /* systemd runs such a unit: [Install] is for enable alone. */
        if (!name_is_valid(word)) {
                value_warn(context, "'%.80s' is not a unit name; it is left out", word);
                *word = '\0';
        }
        return word;
}

static int parse_install_names(const DirectiveContext *context, const Directive *directive,
                               void *field, const char *value) {
        return parse_checked_list(context, field, value, check_install_name);
}

const ValueType value_install_names = {
        .name = "list of unit names",
        .size = sizeof(GStrv),
        .parse = parse_install_names,
        .clear = value_strv_clear,
        .equal = value_strv_equal,
        .show = value_strv_show,
};

/* It becomes part of a name. */
static int parse_instance(const DirectiveContext *context, const Directive *directive, void *field,
                          const char *value) {
        g_autofree char *instance = NULL, *name = NULL;
        int r;

        r = value_expand(context, value, &instance);
        if (r < 0)
                return r;
        name = g_strdup_printf("a@%s.service", instance);
        if (unit_name_type(name) != UNIT_SERVICE || !*instance)
                return value_is_not(context, instance, "an instance: letters, digits and :-_.\\@");
        value_string_clear(field);
        *(char **)field = g_steal_pointer(&instance);
        return 0;
}

const ValueType value_instance = {
        .name = "instance",
        .size = sizeof(char *),
        .parse = parse_instance,
        .clear = value_string_clear,
        .equal = value_string_equal,
        .show = value_string_show,
};

static char *check_mount_path(const DirectiveContext *context, char *word) {
        g_autofree char *owned = word;

        if (path_is_normal(word))
                return g_steal_pointer(&owned);
        (void)value_is_not(context, word, "an absolute path without '..'");
        return NULL;
}

static int parse_mount_paths(const DirectiveContext *context, const Directive *directive,
                             void *field, const char *value) {
        return parse_checked_list(context, field, value, check_mount_path);
}

const ValueType value_mount_paths = {
        .name = "list of paths",
        .size = sizeof(GStrv),
        .parse = parse_mount_paths,
        .clear = value_strv_clear,
        .equal = value_strv_equal,
        .show = value_strv_show,
};

/* ---- conditions ---- */

/* Takes out slashes that are doubled or at the end. */
static void strip_slashes(char *path) {
        char *out = path;

        for (const char *p = path; *p; p++)
                if (*p != '/' || (p[1] != '/' && (p[1] != '\0' || out == path)))
                        *out++ = *p;
        *out = '\0';
}

/* "10%" has no specifiers, but may come with its percent sign doubled. */
static int expand_parameter(const DirectiveContext *context, ConditionKind kind, const char *value,
                            char **ret) {
        g_auto(GStrv) parts = NULL;

        if (!condition_is_of_percentage(kind))
                return value_expand(context, value, ret);
        parts = g_strsplit(value, "%%", -1);
        *ret = g_strjoinv("%", parts);
        return 0;
}

static int parse_condition(const DirectiveContext *context, const Directive *directive, void *field,
                           const char *value) {
        ConditionKind kind = (ConditionKind)directive->argument;
        g_autofree char *parameter = NULL;
        bool trigger, negate;
        const char *what;
        int r;

        value = condition_prefix(value, &trigger, &negate);
        r = expand_parameter(context, kind, value, &parameter);
        if (r < 0)
                return r;
        what = condition_check(kind, parameter);
        if (what)
                return value_is_not(context, parameter, what);
        if (condition_is_of_path(kind))
                strip_slashes(parameter);
        conditions_append(field, condition_new(kind, trigger, negate, parameter));
        return 0;
}

static void conditions_clear(void *field) {
        Condition **list = field;

        *list = conditions_free(*list);
}

static gboolean conditions_are_equal(const void *a, const void *b) {
        return conditions_equal(*(Condition *const *)a, *(Condition *const *)b);
}

/* As systemd has them: type, trigger, negated, parameter, and the last result, which settings don't
 * know: 0. */
static GVariant *show_conditions(const UnitSettings *settings, const Directive *directive,
                                 const void *field) {
        const char *prefix = !g_strcmp0(directive->property, "Asserts") ? "Assert" : "Condition";
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("a(sbbsi)"));
        for (const Condition *c = *(Condition *const *)field; c; c = c->next) {
                g_autofree char *type =
                        g_strconcat(prefix, condition_kind_to_string(c->kind), NULL);

                g_variant_builder_add(
                        &builder, "(sbb@si)", type, c->trigger, c->negate,
                        g_variant_new_take_string(g_utf8_make_valid(c->parameter, -1)), 0);
        }
        return g_variant_builder_end(&builder);
}

const ValueType value_condition = {
        .name = "condition",
        .size = sizeof(Condition *),
        .parse = parse_condition,
        .clear = conditions_clear,
        .equal = conditions_are_equal,
        .show = show_conditions,
};

/* ---- words ---- */

static const EnumName job_modes[] = {
        { "replace", JOB_MODE_REPLACE, NULL },
        { "fail", JOB_MODE_FAIL, NULL },
        { "replace-irreversibly", JOB_MODE_REPLACE_IRREVERSIBLY, NULL },
        { "isolate", JOB_MODE_ISOLATE, NULL },
        { "flush", JOB_MODE_FLUSH, NULL },
        { "ignore-dependencies", JOB_MODE_IGNORE_DEPENDENCIES, NULL },
        { "ignore-requirements", JOB_MODE_IGNORE_REQUIREMENTS, NULL },
        { NULL, 0, NULL },
};

/* OnFailureIsolate=: the same as a boolean. */
static const EnumName isolate_modes[] = {
        { "no", JOB_MODE_REPLACE, NULL },
        { "yes", JOB_MODE_ISOLATE, NULL },
        { NULL, 0, NULL },
};

static const EnumName collect_modes[] = {
        { "inactive", COLLECT_INACTIVE, NULL },
        { "inactive-or-failed", COLLECT_INACTIVE_OR_FAILED, NULL },
        { NULL, 0, NULL },
};

static const EnumName emergency_actions[] = {
        { "none", EMERGENCY_NONE, NULL },
        { "exit", EMERGENCY_EXIT, NULL },
        { "exit-force", EMERGENCY_EXIT_FORCE, NULL },
        { "reboot", EMERGENCY_REBOOT, NULL },
        { "reboot-force", EMERGENCY_REBOOT_FORCE, NULL },
        { "reboot-immediate", EMERGENCY_REBOOT_IMMEDIATE, NULL },
        { "poweroff", EMERGENCY_POWEROFF, NULL },
        { "poweroff-force", EMERGENCY_POWEROFF_FORCE, NULL },
        { "poweroff-immediate", EMERGENCY_POWEROFF_IMMEDIATE, NULL },
        { "soft-reboot", EMERGENCY_SOFT_REBOOT, NULL },
        { "soft-reboot-force", EMERGENCY_SOFT_REBOOT_FORCE, NULL },
        { "kexec", EMERGENCY_KEXEC, NULL },
        { "kexec-force", EMERGENCY_KEXEC_FORCE, NULL },
        { "halt", EMERGENCY_HALT, NULL },
        { "halt-force", EMERGENCY_HALT_FORCE, NULL },
        { "halt-immediate", EMERGENCY_HALT_IMMEDIATE, NULL },
        { NULL, 0, NULL },
};

const ValueType value_job_mode = ENUM_VALUE(JobMode, job_modes);
const ValueType value_isolate = ENUM_VALUE(JobMode, isolate_modes);
const ValueType value_collect_mode = ENUM_VALUE(CollectMode, collect_modes);
const ValueType value_emergency_action = ENUM_VALUE(EmergencyAction, emergency_actions);

/* ---- exit status ---- */

static int parse_exit_status(const DirectiveContext *context, const Directive *directive,
                             void *field, const char *value) {
        uint64_t number;

        if (!strcmp(value, "-1")) {
                *(int *)field = -1;
                return 0;
        }
        if (parse_number(value, 255, &number) < 0)
                return value_is_not(context, value, "an exit status from 0 to 255");
        *(int *)field = (int)number;
        return 0;
}

static GVariant *show_exit_status(const UnitSettings *settings, const Directive *directive,
                                  const void *field) {
        return g_variant_new_int32(*(const int *)field);
}

const ValueType value_exit_status = {
        .name = "exit status",
        .size = sizeof(int),
        .parse = parse_exit_status,
        .equal = value_enum_equal,
        .show = show_exit_status,
};
