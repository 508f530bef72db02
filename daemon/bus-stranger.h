/* SPDX-License-Identifier: MIT */
/* A stranger's connection goes through here to the sd-bus that refuses it: sd-bus makes room for a
 * whole message, up to 128 MiB, before it shows anything of it; a stranger gets to send a few KiB
 * in all, which is plenty for being refused. It owns the stranger's socket and its end of the pair.
 */
#pragma once

#include <systemd/sd-event.h>

#include "macros.h"

#define BUS_STRANGER_BYTES (16 * 1024)

typedef struct BusStranger BusStranger;

/* Consumes fd, also on failure.
 * @closed: called once when either side has ended or has said too much; must not free it
 * @ret_inner: the end to serve, the caller's */
int bus_stranger_new(sd_event *event, int fd, void (*closed)(void *userdata), void *userdata,
                     BusStranger **ret, int *ret_inner);
BusStranger *bus_stranger_free(BusStranger *stranger);
DEFINE_CLEANUP(BusStranger, bus_stranger_free)
