/* SPDX-License-Identifier: MIT */
/* sd_notify(3) by hand, as a program without libsystemd does it. */
#pragma once

#include "macros.h"

/* Reports what goes wrong. */
void notify_send(const char *text);

/* For ever, as fast as it can. */
_noreturn_ void notify_flood(const char *text);
