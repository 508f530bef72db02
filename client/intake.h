/* SPDX-License-Identifier: MIT */
/* The intake: what becomes of descriptors that come with their signals. On each signal number,
 * where alone there is an order, a manager sends a manifest (message.h) and then the items that it
 * lists. A descriptor is
 *
 *   - the item that is expected next, if it is of the file that the manifest names: it is kept;
 *   - one that was kept before, sent once more: it is closed;
 *   - a manifest, with which all begins anew;
 *   - or refused.
 *
 * The receipt is the manifest's file offset, which the manager shares: how many of the items are
 * here. A manager that finds the signals gone and items missing sends the manifest again,
 * and what is missing; so nothing is lost by a program that throws its signals away, and nothing
 * comes twice. One that gives up waiting, or wants to send no more of it, moves the offset beyond
 * the end: what comes after that is closed, and the manifest is let go of. */
#pragma once

#include "item-queue.h"
#include "parcels.h"
#include "trust.h"

typedef struct Batch Batch;

typedef struct Intake {
        Batch *batches[BELLHOP_SIGNAL_MAX + 1]; /* by signal; NULL: a manifest must come */
        uint64_t begun;                         /* where there is one, BELLHOP_SIGNAL_BIT()s */
} Intake;

/* Consumes the parcel. Returns: 0, with an item appended or not; -EPERM refused, and *ret_reason
 * says why; -EMFILE, -ENFILE, -ENOMEM no room, it stays with the manager. */
int intake_manager(Intake *intake, Trust *trust, const Parcel *parcel, ItemQueue *items,
                   const char **ret_reason);

/* The same for what a peer has sent, which needs no manifest; where there is no room for it, it is
 * lost and refused. */
int intake_peer(Trust *trust, const Parcel *parcel, ItemQueue *items, const char **ret_reason);

/* All signals that were there have been read: lets go of what has been withdrawn. */
void intake_look(Intake *intake);

void intake_done(Intake *intake);
