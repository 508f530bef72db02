/* SPDX-License-Identifier: MIT */
/* Opens what a Listen*= line says: the only place that calls socket(2), bind(2) and listen(2). */
#pragma once

#include "settings.h"

/* Returns: a descriptor (non-blocking, close-on-exec), the caller's; or negative errno with the
 * step that failed in *ret_step, a static string ("bind"). What was made in the file system is gone
 * again then, but for folders. */
int socket_open(const Address *address, const SocketSettings *settings, const char **ret_step);

/* What one of these has failed at: "bind [::]:80: Address already in use" (g_free). */
char *socket_open_failure(const Address *address, const SocketSettings *settings, const char *step,
                          int error);

/* The options that may be changed on an open socket: Backlog=, NoDelay=, SocketMode=, SocketUser=,
 * SocketGroup=; those in which the settings differ. Returns: as above. */
int socket_adjust(int fd, const Address *address, const SocketSettings *old,
                  const SocketSettings *settings, const char **ret_step);

/* Whether the difference between the settings needs this address opened anew. */
bool socket_must_reopen(const Address *address, const SocketSettings *old,
                        const SocketSettings *settings);
