/* SPDX-License-Identifier: MIT */
/* Which socket and memfd provides for which service. A unit provides for the service of its own
 * name, for those its Service= names, and for those that name it in Sockets= or Memfds=. Only what
 * the files say explicitly is indexed; the rest follows from the names, and thousands of pairs of a
 * socket and its service cost nothing. Asked about through manager_providers() and
 * manager_consumers(). */
#pragma once

#include "manager.h"

typedef struct Providers Providers;

Providers *providers_new(void);
Providers *providers_free(Providers *providers);

/* A unit was loaded, or is about to be unloaded or to get other settings. */
void providers_add(Providers *providers, Unit *unit);
void providers_remove(Providers *providers, Unit *unit);

/* Whether what a unit has is for each of its services alike: a memfd, or listeners. A socket that
 * accepts has nothing until there is a connection. */
bool unit_gives_to_all(const Unit *unit);
