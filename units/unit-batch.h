/* SPDX-License-Identifier: MIT */
/* Many units loaded at once, by as many threads as there are processors. That of one needs nothing
 * of another's, so what comes of it is the same as one after the other. */
#pragma once

#include "diagnostics.h"
#include "settings.h"
#include "unit-path.h"

#define UNIT_BATCH_THREADS_MAX 4

typedef struct BatchUnit {
        const char *name;         /* within its file's path */
        int result;               /* of unit_load_file() */
        UnitSettings *settings;   /* the batch's, unless they are taken; NULL: result is an error */
        Diagnostics *diagnostics; /* NULL: there is nothing to say */
} BatchUnit;

typedef struct UnitBatch {
        BatchUnit *units; /* in the order of the files */
        size_t count;
} UnitBatch;

/* Loads the units of files, as unit_path_list_files() says them; they and the path are only read,
 * and must stay until the batch is freed. Returns when all is done and no thread is left.
 *
 * The threads have the caller's signal mask: what a signalfd is to get must be blocked. Where none
 * may be made the caller does it alone.
 *
 * @threads: how many there may be, the caller among them; no more than there are processors, than
 * UNIT_BATCH_THREADS_MAX, and than are worth their making are made */
UnitBatch *unit_batch_load(const UnitPath *path, const GArray *files, size_t threads);
UnitBatch *unit_batch_free(UnitBatch *batch);
DEFINE_CLEANUP(UnitBatch, unit_batch_free)
