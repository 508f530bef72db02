/* SPDX-License-Identifier: MIT */
/* Which transport an item takes. */
#include "transport.h"

#include "manager.h"

Transport *transport_choose(const Recipient *recipient, const Item *item, TransportKind kind,
                            const char **ret_reason) {
        const Manager *manager = recipient->manager;
        Transport *kernel = manager->kernel_transport;
        const char *reason = "this kernel has no sendfd()";

        if (kind == TRANSPORT_SOCKET)
                return manager->transport;
        if (kernel)
                reason = kernel->vtable->refuses(kernel, recipient, item, kind == TRANSPORT_KERNEL);
        if (!reason)
                return kernel;
        if (kind == TRANSPORT_AUTO)
                return manager->transport;
        *ret_reason = reason;
        return NULL;
}
