/* SPDX-License-Identifier: MIT */
/* The options of what a Listen*= line opens: one table of which key becomes which option of which
 * kind of descriptor. An option that can't be set is a warning in the log, and the unit goes on
 * without it, as in systemd; only BindToDevice= is a must. */
#pragma once

#include "settings.h"

/* The protocol for socket(2): SocketProtocol= where it goes with the address. */
int socket_options_protocol(const Address *address, const SocketSettings *settings);

/* Sets what the settings give, on a descriptor that isn't bound yet.
 * Returns: 0, or negative errno with the option's name in *ret_step. */
int socket_options_apply(int fd, const Address *address, const SocketSettings *settings,
                         const char **ret_step);

/* Sets them on a connection that was accepted at the address: not all are inherited. What can't be
 * set was told for the listener. */
void socket_options_apply_connection(int fd, const Address *address,
                                     const SocketSettings *settings);

/* Sets those in which the settings differ. What isn't given any more goes back to what a new
 * descriptor has. */
void socket_options_adjust(int fd, const Address *address, const SocketSettings *old,
                           const SocketSettings *settings);

/* Whether they differ in one that an open descriptor can't change. */
bool socket_options_need_reopen(const Address *address, const SocketSettings *old,
                                const SocketSettings *settings);

/* Says which of those that are given fit none of the unit's addresses. */
void socket_options_report(const SocketSettings *settings);
