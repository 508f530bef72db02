/* SPDX-License-Identifier: MIT */
/* Opens what can be listened on and isn't a socket: FIFOs, special files, message queues. */
#pragma once

#include "settings.h"

/* Returns: a descriptor (non-blocking, close-on-exec), the caller's; or negative errno with the
 * step that failed in *ret_step, a static string. What was made is gone again then, but for
 * folders. */
int socket_open_special(const Address *address, const SocketSettings *settings,
                        const char **ret_step);

/* What differs between the settings and can be changed on an open one. Returns: as above. */
int socket_adjust_special(int fd, const Address *address, const SocketSettings *old,
                          const SocketSettings *settings, const char **ret_step);

bool socket_special_must_reopen(const Address *address, const SocketSettings *old,
                                const SocketSettings *settings);
