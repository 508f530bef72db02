/* SPDX-License-Identifier: MIT */
/* sd_notify(3) by hand, as a program without libsystemd does it. */
#pragma once

/* Reports what goes wrong. */
void notify_send(const char *text);
