/* SPDX-License-Identifier: MIT */
/* Units of systemd's that stand for a state of the machine. Where there is no file for one, it
 * counts as reached: bellhop doesn't boot the machine, it is started when that has been done, and
 * unit files that were written for systemd order themselves by these names. */
#pragma once

#include <stdbool.h>

/* Why it counts as reached (a static text), or NULL: it doesn't, somebody has to start it. */
const char *unit_well_known(const char *name);

/* One of systemd's own, or of a type that only systemd has: that there is none here is no slip of
 * the pen, where it isn't required. */
bool unit_is_systemds(const char *name);
