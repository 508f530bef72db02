/* SPDX-License-Identifier: MIT */
/* Orphans: processes that have lost their parent and so became our children, because we are a
 * subreaper. Nothing but the INVOCATION_ID in their environment says which start of which service
 * they come from, and who has cleared that can't be told from anybody else's. Here it is read and
 * remembered; and at the very end whoever is left is ended. Nothing here concerns a process that
 * isn't our child, or descends from one. */
#pragma once

#include <systemd/sd-id128.h>

#include "manager.h"
#include "process-tree.h"

typedef struct Orphans Orphans;

/* Who is our child by then was there before us, and is left alone. */
Orphans *orphans_new(void);
/* Takes NULL. Returns: NULL. */
Orphans *orphans_free(Orphans *orphans);

/* The start that a child of ours comes from, by its environment; SD_ID128_NULL: nobody knows. To be
 * asked of one that is nobody's main process or command: it is read once.
 * @stat: as of now */
sd_id128_t orphan_invocation(Manager *manager, pid_t pid, const ProcessStat *stat);
/* It isn't one any more: it has been reaped, or is somebody's. */
void orphan_forget(Manager *manager, pid_t pid);

/* ---- orphan-end.c ---- */

/* All units are down. Where there are no cgroups, ends what is left of our children, but for what
 * was there before us and what a unit lets live (KillMode=process, none); then the event loop. */
void orphans_end(Manager *manager);
/* One of our children has been reaped. */
void orphans_check_end(Manager *manager);
