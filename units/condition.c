/* SPDX-License-Identifier: MIT */
/* Conditions: what kinds there are, and what several of them together mean. */
#include "condition.h"

#include <string.h>

#include "condition-internal.h"
#include "value.h"

#define CONDITION_NAME(kind_, name_) [kind_] = name_,
static const char *const names[] = { CONDITION_KINDS(CONDITION_NAME) };

typedef enum ParameterShape {
        SHAPE_TEXT,
        SHAPE_PATH,
        SHAPE_BOOLEAN,
        SHAPE_PRESSURE,
} ParameterShape;

static const struct {
        int (*test)(const char *parameter);
        ParameterShape shape;
} kinds[CONDITION_KIND_COUNT] = {
        [CONDITION_AC_POWER] = { condition_ac_power, SHAPE_BOOLEAN },
        [CONDITION_ARCHITECTURE] = { condition_architecture, SHAPE_TEXT },
        [CONDITION_CPU_FEATURE] = { condition_cpu_feature, SHAPE_TEXT },
        [CONDITION_CPU_PRESSURE] = { condition_cpu_pressure, SHAPE_PRESSURE },
        [CONDITION_CPUS] = { condition_cpus, SHAPE_TEXT },
        [CONDITION_CAPABILITY] = { condition_capability, SHAPE_TEXT },
        [CONDITION_CONTROL_GROUP_CONTROLLER] = { condition_control_group_controller, SHAPE_TEXT },
        [CONDITION_CREDENTIAL] = { condition_credential, SHAPE_TEXT },
        [CONDITION_DIRECTORY_NOT_EMPTY] = { condition_directory_not_empty, SHAPE_PATH },
        [CONDITION_ENVIRONMENT] = { condition_environment, SHAPE_TEXT },
        [CONDITION_FILE_IS_EXECUTABLE] = { condition_file_is_executable, SHAPE_PATH },
        [CONDITION_FILE_NOT_EMPTY] = { condition_file_not_empty, SHAPE_PATH },
        [CONDITION_FIRMWARE] = { condition_firmware, SHAPE_TEXT },
        [CONDITION_FIRST_BOOT] = { condition_first_boot, SHAPE_BOOLEAN },
        [CONDITION_GROUP] = { condition_group, SHAPE_TEXT },
        [CONDITION_HOST] = { condition_host, SHAPE_TEXT },
        [CONDITION_IO_PRESSURE] = { condition_io_pressure, SHAPE_PRESSURE },
        [CONDITION_KERNEL_COMMAND_LINE] = { condition_kernel_command_line, SHAPE_TEXT },
        [CONDITION_KERNEL_MODULE_LOADED] = { condition_kernel_module_loaded, SHAPE_TEXT },
        [CONDITION_KERNEL_VERSION] = { condition_kernel_version, SHAPE_TEXT },
        [CONDITION_MEMORY] = { condition_memory, SHAPE_TEXT },
        [CONDITION_MEMORY_PRESSURE] = { condition_memory_pressure, SHAPE_PRESSURE },
        [CONDITION_NEEDS_UPDATE] = { condition_needs_update, SHAPE_PATH },
        [CONDITION_OS_RELEASE] = { condition_os_release, SHAPE_TEXT },
        [CONDITION_PATH_EXISTS] = { condition_path_exists, SHAPE_PATH },
        [CONDITION_PATH_EXISTS_GLOB] = { condition_path_exists_glob, SHAPE_PATH },
        [CONDITION_PATH_IS_DIRECTORY] = { condition_path_is_directory, SHAPE_PATH },
        [CONDITION_PATH_IS_ENCRYPTED] = { condition_path_is_encrypted, SHAPE_PATH },
        [CONDITION_PATH_IS_MOUNT_POINT] = { condition_path_is_mount_point, SHAPE_PATH },
        [CONDITION_PATH_IS_READ_WRITE] = { condition_path_is_read_write, SHAPE_PATH },
        [CONDITION_PATH_IS_SOCKET] = { condition_path_is_socket, SHAPE_PATH },
        [CONDITION_PATH_IS_SYMBOLIC_LINK] = { condition_path_is_symbolic_link, SHAPE_PATH },
        [CONDITION_SECURITY] = { condition_security, SHAPE_TEXT },
        [CONDITION_USER] = { condition_user, SHAPE_TEXT },
        [CONDITION_VERSION] = { condition_version, SHAPE_TEXT },
        [CONDITION_VIRTUALIZATION] = { condition_virtualization, SHAPE_TEXT },
};

const char *condition_prefix(const char *value, bool *ret_trigger, bool *ret_negate) {
        *ret_trigger = value[0] == '|';
        if (*ret_trigger)
                value += 1 + strspn(value + 1, " \t");
        *ret_negate = value[0] == '!';
        if (*ret_negate)
                value += 1 + strspn(value + 1, " \t");
        return value;
}

Condition *condition_new(ConditionKind kind, bool trigger, bool negate, const char *parameter) {
        size_t length = strlen(parameter);
        Condition *condition = g_malloc0(sizeof(*condition) + length + 1);

        condition->kind = kind;
        condition->trigger = trigger;
        condition->negate = negate;
        memcpy(condition->parameter, parameter, length);
        return condition;
}

Condition *conditions_free(Condition *list) {
        while (list) {
                Condition *next = list->next;

                g_free(list);
                list = next;
        }
        return NULL;
}

void conditions_append(Condition **list, Condition *condition) {
        if (*list)
                (*list)->last->next = condition;
        else
                *list = condition;
        (*list)->last = condition;
}

bool conditions_equal(const Condition *a, const Condition *b) {
        for (; a && b; a = a->next, b = b->next)
                if (a->kind != b->kind || a->trigger != b->trigger || a->negate != b->negate ||
                    strcmp(a->parameter, b->parameter) != 0)
                        return false;
        return !a && !b;
}

bool condition_is_of_path(ConditionKind kind) {
        return kinds[kind].shape == SHAPE_PATH;
}

bool condition_is_of_percentage(ConditionKind kind) {
        return kinds[kind].shape == SHAPE_PRESSURE;
}

const char *condition_check(ConditionKind kind, const char *parameter) {
        if (kinds[kind].shape == SHAPE_PATH && !path_is_normal(parameter))
                return "an absolute path without '..'";
        if (kinds[kind].shape == SHAPE_BOOLEAN && parse_boolean(parameter) < 0)
                return "a boolean: yes or no";
        if (kinds[kind].shape == SHAPE_PRESSURE && !condition_pressure_is_valid(parameter))
                return "a threshold such as '10%', '10%/1min' or 'web.slice:10%/10sec'";
        return NULL;
}

const char *condition_kind_to_string(ConditionKind kind) {
        return names[kind];
}

char *condition_to_string(const Condition *condition, const char *prefix) {
        return g_strdup_printf("%s%s=%s%s%s", prefix, names[condition->kind],
                               condition->trigger ? "|" : "", condition->negate ? "!" : "",
                               condition->parameter);
}

/* Asks. Returns: 1 it is so (with "!" taken into account), 0 it isn't, negative errno: it can't be
 * told, or the parameter makes no sense. */
static int condition_test(const Condition *condition) {
        int r = kinds[condition->kind].test(condition->parameter);

        return r < 0 ? r : (r > 0) != condition->negate;
}

bool conditions_hold(const Condition *list, const Condition **ret_unmet) {
        const Condition *untriggered = NULL;
        bool triggered = false;

        *ret_unmet = NULL;
        for (const Condition *condition = list; condition; condition = condition->next) {
                bool holds;

                if (condition->trigger && triggered)
                        continue;
                holds = condition_test(condition) > 0;
                if (condition->trigger) {
                        triggered = holds;
                        untriggered = untriggered ? untriggered : condition;
                } else if (!holds) {
                        *ret_unmet = condition;
                        return false;
                }
        }
        if (!untriggered || triggered)
                return true;
        *ret_unmet = untriggered;
        return false;
}
