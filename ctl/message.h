/* SPDX-License-Identifier: MIT */
/* D-Bus message to GVariant: answers are read once, whatever their type, and then are plain values.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

/* Reads the whole body as a tuple. Returns: 0 and *ret with one reference; negative errno, -EBADMSG
 * if the message is garbled, -EOPNOTSUPP if it carries descriptors. */
int message_read_body(sd_bus_message *message, GVariant **ret);
