/* SPDX-License-Identifier: MIT */
/* Presets: what the distribution and the administrator want to be enabled, systemd.preset(5). */
#pragma once

#include <stdbool.h>

#include "unit-path.h"

/* By the first matching line of all *.preset files in the folders "preset" of the search path, in
 * the order of the files' names; a file hides those of the same name in later folders. Without a
 * match, or when a file can't be read: true. */
bool preset_enables(const UnitPath *path, const char *unit);
