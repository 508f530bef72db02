/* SPDX-License-Identifier: MIT */
/* Whose process is it? */
#include "service-internal.h"

static bool service_has_pid(Service *service, pid_t pid) {
        return service->cgroup ? cgroup_has_pid(service->cgroup, pid)
                               : service_trace_has_pid(service, pid);
}

Unit *service_of_pid(Manager *manager, pid_t pid) {
        Unit *found = service_of_main_pid(manager, pid);
        GHashTableIter iterator;
        gpointer value;

        if (found)
                return found;
        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                Unit *unit = value;

                if (unit->vtable == &service_vtable && !unit_is_down(unit) &&
                    service_has_pid(SERVICE(unit), pid))
                        return unit;
        }
        return NULL;
}
