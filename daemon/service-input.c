/* SPDX-License-Identifier: MIT */
/* StandardInput=socket and its like: which of the sockets that provide for a service is meant. */
#include "exec-context.h"
#include "service-internal.h"
#include "socket.h"

static GPtrArray *service_offers(Service *service) {
        GPtrArray *providers = manager_providers(service->unit.manager, service->unit.name);
        GPtrArray *items = g_ptr_array_new();

        for (guint i = 0; providers && i < providers->len; i++) {
                Unit *provider = providers->pdata[i];

                if (provider->settings->type == UNIT_SOCKET)
                        socket_offer(SOCKET(provider), &service->unit, items);
        }
        return items;
}

void service_has_socket(Service *service) {
        GPtrArray *providers = manager_providers(service->unit.manager, service->unit.name);

        for (guint i = 0; providers && i < providers->len; i++) {
                Unit *provider = providers->pdata[i];

                if (provider->settings->type != UNIT_SOCKET)
                        continue;
                socket_connection_taken(SOCKET(provider), service->unit.name);
                socket_leave_ports(SOCKET(provider));
        }
}

int service_find_socket(Service *service, int *ret_fd) {
        g_autoptr(GPtrArray) items = NULL;

        if (!exec_wants_socket(service->unit.settings)) {
                *ret_fd = 0;
                return 0;
        }
        items = service_offers(service);
        if (items->len != 1) {
                unit_set_failure(&service->unit,
                                 items->len == 0 ? "standard input: no socket is open for it"
                                                 : "standard input: %u sockets could be meant",
                                 items->len);
                return -EINVAL;
        }
        *ret_fd = ((const Item *)items->pdata[0])->fd;
        return 0;
}
