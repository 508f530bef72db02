/* SPDX-License-Identifier: MIT */
/* What the files of the manager share. */
#pragma once

#include "diagnostics.h"
#include "manager.h"

/* ---- manager-units.c ---- */

/* What forgets units that are down, from the event loop. Returns: 0 or negative errno. */
int manager_add_unload_source(Manager *manager);

/* Whether there are descriptors left to read the files of some units at a time. What can't be read
 * for want of them would count as wrong, or as gone. Returns: of how many, 1 to units; or -EMFILE.
 */
int manager_check_room(Manager *manager, size_t units);

/* As of now, in no order (g_ptr_array_unref). */
GPtrArray *manager_all_units(Manager *manager);

/* Puts a unit that isn't loaded yet into the tables. Consumes the reference to settings. */
Unit *manager_add_unit(Manager *manager, UnitSettings *settings);

/* Notes that a unit's file has errors: the first one is what is told when it is asked for. An
 * instance's errors are its template's. */
void manager_note_broken(GHashTable *broken, const char *name, const Diagnostics *diagnostics);
