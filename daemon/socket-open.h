/* SPDX-License-Identifier: MIT */
/* Opens what a Listen*= line says: the only place that binds and listens. USB functions are not
 * opened here (socket-usb.h): they need more than their line. */
#pragma once

#include "settings.h"

/* Options that can't be set are warnings in the log.
 * Returns: a descriptor (close-on-exec; non-blocking where the manager accepts, so not with
 * Accept=no), the caller's; or negative errno with the step that failed in *ret_step, a static
 * string ("bind"). What was made in the file system is gone again then, but for folders. */
int socket_open(const Address *address, const SocketSettings *settings, const char **ret_step);

/* RemoveOnStop=: takes away what was made for it. */
void socket_remove(const Address *address);

/* What one of these has failed at: "bind [::]:80: Address already in use" (g_free). */
char *socket_open_failure(const Address *address, const SocketSettings *settings, const char *step,
                          int error);

/* What may be changed on an open one and differs between the settings: Backlog=, the options, mode
 * and owner in the file system. Returns: as above. */
int socket_adjust(int fd, const Address *address, const SocketSettings *old,
                  const SocketSettings *settings, const char **ret_step);

/* Whether the difference between the settings needs this address opened anew. */
bool socket_must_reopen(const Address *address, const SocketSettings *old,
                        const SocketSettings *settings);
