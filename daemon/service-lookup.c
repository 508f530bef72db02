/* SPDX-License-Identifier: MIT */
/* Whose process is it? */
#include "cgroup-tree.h"
#include "service-internal.h"

static Unit *service_of_cgroup(Manager *manager, const char *path) {
        GHashTableIter iterator;
        gpointer value;

        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                Unit *unit = value;

                if (unit->vtable == &service_vtable && SERVICE(unit)->cgroup &&
                    !unit_is_down(unit) && cgroup_has_path(SERVICE(unit)->cgroup, path))
                        return unit;
        }
        return NULL;
}

Unit *service_of_pid(Manager *manager, pid_t pid) {
        Unit *found = service_of_main_pid(manager, pid);
        g_autofree char *path = NULL;

        if (!found && manager->cgroups && cgroup_of_process(pid, &path) >= 0)
                found = service_of_cgroup(manager, path);
        return found ?: service_trace_find(manager, pid);
}
