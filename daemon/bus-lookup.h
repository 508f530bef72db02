/* SPDX-License-Identifier: MIT */
/* Units by the names that callers give, and what to say when there is none. */
#pragma once

#include <systemd/sd-bus.h>

#include "manager.h"

/* The unit, loaded if need be. Returns: 0, or negative errno with *ret_error set to what
 * is wrong and what to do about it. */
int bus_lookup_unit(Manager *manager, const char *name, Unit **ret, sd_bus_error *ret_error);

/* All of them, at least one: *ret is of borrowed Unit *. */
int bus_lookup_units(Manager *manager, char *const *names, GPtrArray **ret,
                     sd_bus_error *ret_error);
