/* SPDX-License-Identifier: MIT */
/* What the control bus tells of units, sockets and deliveries, as a{sv} dictionaries. All are
 * floating. */
#pragma once

#include <glib.h>

#include "manager.h"

GVariant *properties_of_units(Manager *manager);      /* aa{sv}, by name */
GVariant *properties_of_sockets(Manager *manager);    /* aa{sv}, a row per Listen line */
GVariant *properties_of_deliveries(Manager *manager); /* aa{sv}, in the order they were made */

GVariant *properties_of_unit(Unit *unit);        /* a{sv}: settings, runtime properties, state */
GVariant *properties_of_unit_status(Unit *unit); /* a{sv}: state, deliveries, last lines of log */
