/* SPDX-License-Identifier: MIT */
/* org.bellhop.Manager1 for one client: what can be asked of the manager. */
#pragma once

#include "bus-client.h"

int bus_manager_register(BusClient *client);
