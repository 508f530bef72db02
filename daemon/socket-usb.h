/* SPDX-License-Identifier: MIT */
/* ListenUSBFunction=: a folder where functionfs is mounted. Its control endpoint is told what the
 * function is (USBFunctionDescriptors= and USBFunctionStrings= of the service); then the kernel
 * makes a file for each further endpoint, and all of them are the service's. */
#pragma once

#include "settings.h"

/* @service: the settings of the service that the socket is for
 * @ret_endpoints: the further ones in the order of their names, of descriptors (GINT_TO_POINTER),
 *                 the caller's
 * Returns: the control endpoint, non-blocking and close-on-exec, the caller's; or negative errno
 * with the step that failed in *ret_step, a static string. */
int socket_usb_open(const Address *address, const UnitSettings *service, GPtrArray **ret_endpoints,
                    const char **ret_step);
