/* SPDX-License-Identifier: MIT */
/* Presets: what the distribution and the administrator want to be enabled, systemd.preset(5). */
#pragma once

#include "diagnostics.h"
#include "unit-path.h"

typedef enum PresetAction {
        PRESET_ENABLE,
        PRESET_DISABLE,
        PRESET_IGNORE, /* it stays as it is */
} PresetAction;

/* By the first matching line of all *.preset files in the folders "preset" of the search path, in
 * the order of the files' names; a file hides those of the same name in later folders. Without a
 * match, or when a file can't be read: PRESET_ENABLE.
 *
 * @ret_instances: of a template, the instances that the line names (g_strfreev); NULL: none */
PresetAction preset_of(const UnitPath *path, const char *unit, GStrv *ret_instances);

/* Adds a warning for each line that says nothing. */
void preset_check(const UnitPath *path, Diagnostics *diagnostics);
