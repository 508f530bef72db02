/* SPDX-License-Identifier: MIT */
/* GVariant to D-Bus message: the daemon builds its answers with GLib and sends them with sd-bus. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/* Appends one complete value. Returns: 0, or negative errno; -EINVAL for what D-Bus has no type for
 * (maybe values), -EOPNOTSUPP for descriptors. */
int bus_value_append(sd_bus_message *message, GVariant *value);

/* Appends each member of a tuple: the body of a message. */
int bus_value_append_body(sd_bus_message *message, GVariant *tuple);
