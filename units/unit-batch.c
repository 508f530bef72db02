/* SPDX-License-Identifier: MIT */
/* Many units loaded at once. */
#include "unit-batch.h"

#include <pthread.h>

#include "unit-load.h"
#include "unit-name.h"

/* What a thread takes at a time: few enough that all end together. For less than two of these no
 * thread is worth its making. */
#define SHARE 64

typedef struct BatchWork {
        const UnitPath *path;
        const GArray *files;
        UnitBatch *batch;
        gint next; /* the first that nobody has taken; atomic */
} BatchWork;

/* Most files have nothing wrong in them, so the thread's diagnostics stay unused for the next. */
static void load_one(const BatchWork *work, size_t i, Diagnostics **diagnostics) {
        BatchUnit *unit = &work->batch->units[i];
        const UnitFile *file = &g_array_index(work->files, UnitFile, i);

        if (!*diagnostics)
                *diagnostics = diagnostics_new();
        unit->name = unit_name_of_file(file->path);
        unit->result = unit_load_file(work->path, file, *diagnostics, &unit->settings);
        if ((*diagnostics)->list->len > 0)
                unit->diagnostics = TAKE_POINTER(*diagnostics);
}

static void *load_shares(void *pointer) {
        BatchWork *work = pointer;
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = NULL;
        size_t count = work->batch->count, begin;

        while ((begin = (size_t)g_atomic_int_add(&work->next, SHARE)) < count)
                for (size_t i = begin; i < MIN(begin + SHARE, count); i++)
                        load_one(work, i, &diagnostics);
        return NULL;
}

/* g_thread_try_new() takes no answer but EAGAIN, and ends the process: a sandbox gives others. */
UnitBatch *unit_batch_load(const UnitPath *path, const GArray *files, size_t threads) {
        UnitBatch *batch = g_new0(UnitBatch, 1);
        BatchWork work = { .path = path, .files = files, .batch = batch };
        pthread_t helpers[UNIT_BATCH_THREADS_MAX - 1];
        size_t wanted, count = 0;

        batch->count = files->len;
        batch->units = g_new0(BatchUnit, batch->count);
        wanted = MIN(MIN(g_get_num_processors(), threads), batch->count / SHARE);
        while (count + 1 < MIN(wanted, UNIT_BATCH_THREADS_MAX) &&
               pthread_create(&helpers[count], NULL, load_shares, &work) == 0)
                count++;
        (void)load_shares(&work);
        while (count > 0)
                (void)pthread_join(helpers[--count], NULL);
        return batch;
}

UnitBatch *unit_batch_free(UnitBatch *batch) {
        if (!batch)
                return NULL;
        for (size_t i = 0; i < batch->count; i++) {
                settings_unref(batch->units[i].settings);
                diagnostics_free(batch->units[i].diagnostics);
        }
        g_free(batch->units);
        g_free(batch);
        return NULL;
}
