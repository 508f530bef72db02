/* SPDX-License-Identifier: MIT */
/* Jobs: start and stop units in the order that After=, Before= and Requires= ask for. A unit has at
 * most one job. A transaction is one request (units plus what they require or want) and its answer;
 * it ends when the jobs of the units that were asked for have ended. */
#pragma once

#include "unit-keys.h"
#include "unit.h"

typedef enum JobType {
        JOB_START,
        JOB_STOP,
        JOB_RESTART, /* a stop, then a start */
} JobType;

const char *job_type_to_string(JobType type);
JobType job_type(const Job *job); /* of a unit's pending job */

/* Called once when all asked-for jobs have ended. errors: one line per unit that failed, each
 * naming the unit and why; empty on success. */
typedef void (*TransactionDone)(void *userdata, GStrv errors);

/* Starts or stops units with all that belongs to it: start pulls in Requires= and Wants= and, for a
 * service, the sockets and memfds that provide for it, and stops what conflicts with any of those;
 * stop takes along what requires the unit.
 * @done: may be NULL. Called from the event loop, never from within.
 * Returns: 0, or -EINVAL with *ret_error (g_free) naming the ordering cycle, the missing unit or
 * the conflict: then nothing was begun. */
int transaction_run(Manager *manager, JobType type, Unit *const *units, size_t count,
                    TransactionDone done, void *userdata, char **ret_error);

/* The same in one of the ways of OnFailureJobMode=. */
int transaction_run_mode(Manager *manager, JobType type, JobMode mode, Unit *const *units,
                         size_t count, TransactionDone done, void *userdata, char **ret_error);

/* Why an operator's own request isn't followed (RefuseManualStart= and RefuseManualStop=), or NULL.
 */
const char *unit_refuses(const Unit *unit, JobType type);

/* A unit's active state has changed, or its settings: see whether its job has ended. */
void job_unit_changed(Unit *unit);

/* Drops the unit's job, as cancelled (the unit goes away). */
void job_cancel(Unit *unit);
