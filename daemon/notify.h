/* SPDX-License-Identifier: MIT */
/* The socket behind NOTIFY_SOCKET= (sd_notify(3)): takes datagrams, finds out by SCM_CREDENTIALS
 * which service sent them, and hands the fields on. */
#pragma once

#include "manager.h"

int notify_socket_new(Manager *manager, NotifySocket **ret);
NotifySocket *notify_socket_free(NotifySocket *notify);
const char *notify_socket_path(const NotifySocket *notify);

/* A process has ended, and what it said before may still be waiting for its turn. */
void notify_socket_catch_up(NotifySocket *notify);
