/* SPDX-License-Identifier: MIT */
/* The part of a bus daemon that clients expect: org.freedesktop.DBus, as far as a bus with one
 * client and one service (org.bellhop) has any use for it. With it busctl works unchanged. */
#pragma once

#include "bus-client.h"

int bus_driver_register(BusClient *client);
