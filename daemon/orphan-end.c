/* SPDX-License-Identifier: MIT */
/* The end of whoever is left when all units are down, and nobody knows whose they are: SIGTERM, and
 * SIGKILL for those that don't go. */
#include <signal.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "orphan-internal.h"
#include "service-internal.h"
#include "spawn-spare.h"

#define LEFT_MAX  16384
#define NAMED_MAX 20

/* How long is waited for the effect. */
#define TERMINATE_USEC (10 * USEC_PER_SEC)
#define KILL_USEC      (2 * USEC_PER_SEC)

static bool is_left(Manager *manager, pid_t pid) {
        const Service *service;
        ProcessStat stat;

        /* Whatever a unit starts has a session of its own: who is of ours helps us
         * (exec-folders.c), or descends from who was there before. */
        if (!process_stat(pid, &stat) || stat.state == 'Z' || stat.session == getsid(0) ||
            process_table_has(manager->orphans->foreign, pid, &stat))
                return false;
        service = service_of_orphan(manager, pid, &stat);
        return !service || (service_waits_for_others(service) && service_sends_sigkill(service));
}

/* With all that descend from them, of pid_t; *ret_orphans: how many of these, the first, are our
 * own children. */
static GArray *orphans_left(Manager *manager, guint *ret_orphans) {
        g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(pid_t));
        GArray *left = g_array_new(FALSE, FALSE, sizeof(pid_t));

        process_add_children(children, getpid(), LEFT_MAX);
        for (guint i = 0; i < children->len; i++) {
                pid_t pid = g_array_index(children, pid_t, i);

                if (is_left(manager, pid))
                        g_array_append_val(left, pid);
        }
        *ret_orphans = left->len;
        for (guint i = 0; i < left->len && left->len < LEFT_MAX; i++)
                process_add_children(left, g_array_index(left, pid_t, i), LEFT_MAX);
        return left;
}

/* Returns: whether its end is to be waited for; whom we may not signal doesn't end for us. */
static bool end_tell(Orphans *orphans, pid_t pid) {
        ProcessStat stat;

        if (!process_stat(pid, &stat) || stat.state == 'Z')
                return false;
        if (process_table_has(orphans->told, pid, &stat))
                return true;
        /* Its parent may have reaped it since, and the number be a stranger's. */
        if (getpid() > 1 && !process_is_descendant(pid, getpid()))
                return false;
        if (process_signal(pid, stat.start_time, orphans->end_signal) < 0)
                return false;
        if (orphans->end_signal != SIGKILL) /* a stopped process shall see its signal */
                (void)process_signal(pid, stat.start_time, SIGCONT);
        process_table_add(orphans->told, pid, stat.start_time);
        return true;
}

/* Returns: whether there is somebody whose end is to be waited for. */
static bool end_tell_all(Manager *manager) {
        guint count;
        g_autoptr(GArray) left = orphans_left(manager, &count);
        bool wait = false;

        for (guint i = 0; i < left->len; i++)
                wait |= end_tell(manager->orphans, g_array_index(left, pid_t, i));
        return wait;
}

static void end_log(Manager *manager) {
        guint count;
        g_autoptr(GArray) left = orphans_left(manager, &count);

        for (guint i = 0; i < count && i < NAMED_MAX; i++) {
                g_autofree char *label = process_label(g_array_index(left, pid_t, i));

                log_warning(NULL, "%s is left, and nothing says of which service: sending SIG%s",
                            label, sigabbrev_np(manager->orphans->end_signal));
        }
        if (count > NAMED_MAX)
                log_warning(NULL, "and so are %u others", count - NAMED_MAX);
}

/* Begins a round. */
static void end_by(Manager *manager, int sig, uint64_t usec);

static int on_end_time(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        if (manager->orphans->end_signal == SIGKILL)
                (void)sd_event_exit(manager->event, 0);
        else
                end_by(manager, SIGKILL, KILL_USEC);
        return 0;
}

static void end_by(Manager *manager, int sig, uint64_t usec) {
        Orphans *orphans = manager->orphans;

        orphans->end_signal = sig;
        orphans->end_timer = sd_event_source_disable_unref(orphans->end_timer);
        g_clear_pointer(&orphans->told, g_hash_table_unref);
        orphans->told = g_hash_table_new(NULL, NULL);
        end_log(manager);
        if (!end_tell_all(manager) ||
            sd_event_add_time_relative(manager->event, &orphans->end_timer, CLOCK_MONOTONIC, usec,
                                       0, on_end_time, manager) < 0)
                (void)sd_event_exit(manager->event, 0);
}

void orphans_end(Manager *manager) {
        spawn_spare_keep(false); /* a child that nobody starts any more */
        if (manager->cgroups)
                (void)sd_event_exit(manager->event, 0);
        else
                end_by(manager, SIGTERM, TERMINATE_USEC);
}

void orphans_check_end(Manager *manager) {
        if (manager->orphans->told && !end_tell_all(manager))
                (void)sd_event_exit(manager->event, 0);
}
