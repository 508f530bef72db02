/* SPDX-License-Identifier: MIT */
/* Unit names as people type them. */
#include "ctl.h"
#include "unit-name.h"

char *ctl_unit_name(const char *argument, const char *suffix) {
        if (unit_name_type(argument) != UNIT_TYPE_INVALID)
                return g_strdup(argument);
        return g_strconcat(argument, suffix, NULL);
}

GStrv ctl_unit_names(char **arguments, const char *suffix) {
        GPtrArray *names = g_ptr_array_new();
        for (; *arguments; arguments++)
                g_ptr_array_add(names, ctl_unit_name(*arguments, suffix));
        g_ptr_array_add(names, NULL);
        return (GStrv)g_ptr_array_free(names, false);
}
