/* SPDX-License-Identifier: MIT */
/* Whose process is it? */
#include "cgroup-tree.h"
#include "service-internal.h"

static bool service_has_pid(Service *service, pid_t pid, const char *path) {
        if (!service->cgroup)
                return service_trace_has_pid(service, pid);
        return path && cgroup_has_path(service->cgroup, path);
}

Unit *service_of_pid(Manager *manager, pid_t pid) {
        Unit *found = service_of_main_pid(manager, pid);
        g_autofree char *path = NULL;
        GHashTableIter iterator;
        gpointer value;

        if (found)
                return found;
        /* Once for all units: strangers can make us ask as often as they like. */
        if (manager->cgroups)
                (void)cgroup_of_process(pid, &path);
        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                Unit *unit = value;

                if (unit->vtable == &service_vtable && !unit_is_down(unit) &&
                    service_has_pid(SERVICE(unit), pid, path))
                        return unit;
        }
        return NULL;
}
