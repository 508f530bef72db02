/* SPDX-License-Identifier: MIT */
/* Unit names as people type them. One of systemd's other types stays what it is: that a
 * "clean.timer" isn't there is to be said of it, not of a "clean.timer.service". So does a path,
 * as which no unit is called. */
#include <string.h>

#include "ctl.h"
#include "unit-name.h"

char *ctl_unit_name(const char *argument, const char *suffix) {
        if (unit_name_type(argument) != UNIT_TYPE_INVALID || unit_name_is_foreign(argument) ||
            strchr(argument, '/'))
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
