/* SPDX-License-Identifier: MIT */
/* Which start of which service an orphan comes from. */
#include "orphan.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "orphan-internal.h"

/* Who is there when we begin; whoever has more has them ended with the others. */
#define FOREIGN_MAX 4096
/* In all, each second. */
#define NAPS_MAX 100
#define NAP_USEC 100

typedef struct Orphan {
        unsigned long long start_time; /* tells it from a later process of the same pid */
        sd_id128_t invocation;
} Orphan;

static void orphans_note_foreign(Orphans *orphans) {
        g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

        process_add_children(pids, getpid(), FOREIGN_MAX);
        for (guint i = 0; i < pids->len; i++) {
                pid_t pid = g_array_index(pids, pid_t, i);
                ProcessStat stat;

                if (process_stat(pid, &stat))
                        process_table_add(orphans->foreign, pid, stat.start_time);
        }
}

Orphans *orphans_new(void) {
        Orphans *orphans = g_new0(Orphans, 1);

        orphans->known = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        orphans->foreign = g_hash_table_new(NULL, NULL);
        orphans_note_foreign(orphans);
        return orphans;
}

Orphans *orphans_free(Orphans *orphans) {
        if (!orphans)
                return NULL;
        sd_event_source_disable_unref(orphans->end_timer);
        g_clear_pointer(&orphans->told, g_hash_table_unref);
        g_hash_table_unref(orphans->foreign);
        g_hash_table_unref(orphans->known);
        g_free(orphans);
        return NULL;
}

/* Within exec a process has no environment, mostly for some microseconds, and one that was opened
 * before has nothing in it. It is as good as there, and who is missed now is lost; but nobody can
 * hold us up by being slow. */
static int invocation_read(Orphans *orphans, pid_t pid, sd_id128_t *ret) {
        g_autofree char *value = NULL;
        int r = process_environment(pid, "INVOCATION_ID", &value);

        if (r == -ENODATA)
                r = process_environment(pid, "INVOCATION_ID", &value);
        while (r == -EAGAIN && ratelimit_below(&orphans->naps, clock_usec(CLOCK_MONOTONIC),
                                               USEC_PER_SEC, NAPS_MAX)) {
                (void)usleep(NAP_USEC);
                r = process_environment(pid, "INVOCATION_ID", &value);
        }
        return r < 0 ? r : sd_id128_from_string(value, ret);
}

sd_id128_t orphan_invocation(Manager *manager, pid_t pid, const ProcessStat *stat) {
        Orphans *orphans = manager->orphans;
        Orphan *orphan = g_hash_table_lookup(orphans->known, GINT_TO_POINTER(pid));
        sd_id128_t invocation = SD_ID128_NULL;

        if (orphan && orphan->start_time == stat->start_time)
                return orphan->invocation;
        if (invocation_read(orphans, pid, &invocation) == -EAGAIN)
                return SD_ID128_NULL; /* not known yet */
        orphan = g_new(Orphan, 1);
        *orphan = (Orphan){ .start_time = stat->start_time, .invocation = invocation };
        g_hash_table_replace(orphans->known, GINT_TO_POINTER(pid), orphan);
        return invocation;
}

void orphan_forget(Manager *manager, pid_t pid) {
        g_hash_table_remove(manager->orphans->known, GINT_TO_POINTER(pid));
        g_hash_table_remove(manager->orphans->foreign, GINT_TO_POINTER(pid));
}
