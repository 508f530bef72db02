/* SPDX-License-Identifier: MIT */
/* Units of systemd's that stand for a state of the machine. Where there is no file for one, it
 * counts as reached: bellhop doesn't boot the machine, it is started when that has been done, and
 * unit files that were written for systemd order themselves by these names. */
#pragma once

#include <stdbool.h>

/* Why it counts as reached (a static text), or NULL: it doesn't, somebody has to start it. */
const char *unit_well_known(const char *name);
