/* SPDX-License-Identifier: MIT */
/* Unit names as people type them. */
#include "ctl.h"
#include "unit-name.h"

char *ctl_unit_name(const char *argument, const char *suffix) {
        return unit_name_complete(argument, suffix);
}

GStrv ctl_unit_names(char **arguments, const char *suffix) {
        GPtrArray *names = g_ptr_array_new();
        for (; *arguments; arguments++)
                g_ptr_array_add(names, ctl_unit_name(*arguments, suffix));
        g_ptr_array_add(names, NULL);
        return (GStrv)g_ptr_array_free(names, false);
}
