/* SPDX-License-Identifier: MIT */
/* The control bus: D-Bus without a bus daemon, peer to peer on RUNTIME_DIRECTORY/bus. Root and the
 * manager's own user may call; anybody else gets org.bellhop.Error.AccessDenied. It owns the
 * listening socket and a BusClient per connection, and limits how many of those strangers may have.
 * It never decides anything: methods are rows of a vtable (bus-manager.c), and each only
 * translates, arguments in, a manager_*() call, an answer out. */
#pragma once

#include "bus-names.h"
#include "delivery.h"
#include "manager.h"

int bus_new(Manager *manager, Bus **ret);
/* Lets nobody in any more; who is in stays. Takes NULL. */
void bus_close(Bus *bus);
Bus *bus_free(Bus *bus); /* flushes what is to be sent, without blocking */

/* Signals to every client that is connected. bus may be NULL (unit tests). */
void bus_emit_unit_changed(Bus *bus, Unit *unit); /* UnitChanged(s name, s active, s sub) */
void bus_emit_delivery_changed(Bus *bus,
                               Delivery *delivery); /* DeliveryChanged(t id, s unit, s name,
                                                       s recipient, i pid, s state, s reason) */
void bus_emit_reloaded(Bus *bus);                   /* Reloaded() */
