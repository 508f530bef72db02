/* SPDX-License-Identifier: MIT */
/* Socket options that the libc's headers are too old for, or have in headers that collide. */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "rights.h" /* SO_PASSRIGHTS */

#ifndef SO_PASSPIDFD
#        define SO_PASSPIDFD 76 /* Linux 6.5 */
#endif
#ifndef SCTP_NODELAY
#        define SCTP_NODELAY 3
#endif
#ifndef IPV6_FREEBIND
#        define IPV6_FREEBIND 78
#endif
#ifndef IPPROTO_MPTCP
#        define IPPROTO_MPTCP 262
#endif
