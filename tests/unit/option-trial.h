/* SPDX-License-Identifier: MIT */
/* One option in the text of a unit, "x.socket", and what its Listen line opens. */
#pragma once

#include "settings.h"

extern char *trial_folder;

/* Where an option is tried: a Listen line. "%D" becomes the folder, "%P" a free port, "%I" this
 * process. */
typedef enum Place {
        TCP4,
        TCP6,
        ANY6,
        MPTCP,
        SCTP,
        UDP4,
        UDP6,
        UDPLITE,
        UNIX,
        UNIX_DATAGRAM,
        NETLINK,
        VSOCK,
        FIFO,
        QUEUE,
        SPECIAL,
} Place;

typedef struct PlaceLines {
        const char *name, *lines;
} PlaceLines;
extern const PlaceLines places[];

typedef struct Trial {
        SocketSettings *settings;
        const Address *address;
        char *warnings; /* of its file */
} Trial;

/* A unit of this place with this line (key NULL: with none). */
Trial trial_load(Place place, unsigned int port, const char *key, const char *value);
void trial_clear(Trial *trial);
#define _cleanup_trial_ _cleanup_(trial_clear)

/* Returns: a descriptor, or negative errno. */
int trial_try(const Trial *trial);
int trial_open(const Trial *trial);
/* Closes it, and leaves nothing of it: the path and the queue, too, are made anew. */
void trial_close(const Trial *trial, int fd);

/* A TCP port of the loopback address. */
unsigned int trial_free_port(void);
/* The warnings since log_open() or log_close() (g_free). */
char *trial_log(void);
