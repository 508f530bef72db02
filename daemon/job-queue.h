/* SPDX-License-Identifier: MIT */
/* What job.c (the life of a job) and transaction.c (which jobs a request needs, in which order)
 * share. A job is owned by its unit while it is pending; it is freed when it ends. */
#pragma once

#include <systemd/sd-event.h>

#include "follow.h"
#include "job.h"
#include "manager.h"

/* One request. It ends when the last job it asked for has ended. */
typedef struct Transaction {
        unsigned int pending; /* jobs that were asked for and have not ended */
        GPtrArray *errors;    /* of char * */
        TransactionDone done;
        void *userdata;
} Transaction;

struct Job {
        Unit *unit;
        JobType type;
        UnitSettings *settings; /* the unit's when the job was made: what it is registered under */
        bool queued;            /* in the queue's ready list */
        bool running;           /* start or stop was called */
        bool calling;           /* ... and has not returned */
        bool stopping;          /* a restart, or a start of what was stopping: first half */
        bool irreversible;      /* may not be ended for another one */
        sd_event_source *timer; /* JobTimeoutSec= or JobRunningTimeoutSec=; NULL: none */
        GHashTable *waits_for;  /* set of Job *, borrowed; NULL: none */
        GHashTable *blocks;     /* set of Job *, borrowed; NULL: none */
        /* Of two restarts the later one stops first and starts last: the other waits for the first
         * half of this one, and this one, between its halves, begins to wait for the other. */
        GHashTable *half_blocks; /* a part of blocks */
        GHashTable *then_waits;  /* becomes waits_for */
        GHashTable *then_blocks; /* the way back */
        GPtrArray *askers;       /* of Transaction *, borrowed; NULL: nobody waits for it */
};

struct JobQueue {
        GQueue ready;          /* of Job *: nothing holds them back */
        GQueue ended;          /* of Transaction *: to be answered */
        GHashTable *mentions;  /* unit name -> set of Job * whose units name it in After= or Before=
                                */
        FollowUps *follow_ups; /* what changes of state lead to */
        GArray *plan_entries, *plan_edges, *plan_work; /* of the last plan, empty, for the next one;
                                                          NULL: it is at work, or was large */
        sd_event_source *source;
};

int job_queue_new(Manager *manager, JobQueue **ret);
/* All jobs must have been cancelled. Answers what is to be answered. */
JobQueue *job_queue_free(JobQueue *queue);

/* Runs what is ready, now: for a callback of the event loop that has nothing left to do, and a
 * client who waits. */
void job_queue_run(JobQueue *queue);

/* Something is to be done: runs from the event loop. */
void job_queue_wake(JobQueue *queue);

/* Makes the unit's job; it must have none. It runs once job_release() is called. */
Job *job_new(Unit *unit, JobType type);
void job_wait_for(Job *job, Job *other);
/* Both are restarts: later is After= earlier. */
void job_nest(Job *later, Job *earlier);
void job_add_asker(Job *job, Transaction *transaction);
/* Runs it from the event loop, unless it waits for others. */
void job_release(Job *job);
/* Ends the unit's job and frees it. error: NULL on success. */
void job_end(Job *job, const char *error);

Transaction *transaction_new(TransactionDone done, void *userdata);
/* All its jobs were made, or one that it waits for has ended: it may end. Without a queue it is
 * answered at once. */
void transaction_seal(JobQueue *queue, Transaction *transaction);
