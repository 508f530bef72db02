/* SPDX-License-Identifier: MIT */
/* Which processes belong to a service that has no cgroup: those of the sessions that were begun for
 * it, their descendants, whoever was one of them when we looked last, and orphans that have the
 * service's INVOCATION_ID. A process that has left its session and lost its parent between two
 * looks, and has none in its environment, isn't found. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "notify.h"
#include "orphan.h"
#include "process-tree.h"
#include "service-internal.h"
#include "spawn-spare.h"

#define PROCESSES_MAX        16384
#define TRACE_PAUSE_FACTOR   9
#define TRACE_PAUSE_MIN_USEC (5 * USEC_PER_MSEC)
#define ANCESTORS_MAX        64 /* deeper than any wrapper nests */

typedef struct Trace {
        pid_t pid;
        unsigned long long start_time; /* tells it from a later process of the same pid */
} Trace;

/* By pid, because a service may have as many as it likes: what is kept is the start time. */
static GHashTable *trace_index(const GArray *trace) {
        GHashTable *index = g_hash_table_new(NULL, NULL);

        for (guint i = 0; trace && i < trace->len; i++) {
                const Trace *entry = &g_array_index(trace, Trace, i);

                process_table_add(index, entry->pid, entry->start_time);
        }
        return index;
}

static bool trace_has(const GArray *trace, pid_t pid, const ProcessStat *stat) {
        for (guint i = 0; trace && i < trace->len; i++) {
                const Trace *entry = &g_array_index(trace, Trace, i);

                if (entry->pid == pid && entry->start_time == stat->start_time)
                        return true;
        }
        return false;
}

/* ---- sessions ---- */

static Unit *leader_unit(Manager *manager, pid_t pid) {
        return service_of_main_pid(manager, pid) ?: command_unit(manager, pid);
}

static bool is_running(const Service *service, pid_t pid) {
        return (service->main_pid > 0 && pid == service->main_pid) ||
               (service->control && pid == command_pid(service->control));
}

void service_trace_begin(Service *service, pid_t leader) {
        if (service->cgroup)
                return;
        if (!service->sessions)
                service->sessions = g_array_new(FALSE, FALSE, sizeof(pid_t));
        g_array_append_val(service->sessions, leader);
}

static bool sessions_have(const GArray *sessions, pid_t session) {
        for (guint i = 0; sessions && i < sessions->len; i++)
                if (g_array_index(sessions, pid_t, i) == session)
                        return true;
        return false;
}

/* The number of a session isn't given to another process while one of the session is there. After
 * that it may be another unit's. */
static bool session_is_ours(const Service *service, pid_t session) {
        const Unit *other;

        if (is_running(service, session))
                return true;
        if (!sessions_have(service->sessions, session))
                return false;
        other = leader_unit(service->unit.manager, session);
        return !other || other == &service->unit;
}

/* Those that nobody is in any more. */
static void sessions_prune(Service *service, const GArray *seen) {
        for (guint i = service->sessions ? service->sessions->len : 0; i-- > 0;) {
                pid_t session = g_array_index(service->sessions, pid_t, i);

                if (!is_running(service, session) && !sessions_have(seen, session))
                        g_array_remove_index_fast(service->sessions, i);
        }
}

void service_trace_forget(Service *service) {
        g_clear_pointer(&service->trace, g_array_unref);
        g_clear_pointer(&service->sessions, g_array_unref);
}

/* ---- orphans and their starts ---- */

static bool is_orphan(Manager *manager, pid_t pid, const ProcessStat *stat) {
        return stat->parent == getpid() && pid != spawn_spare_pid() && !leader_unit(manager, pid);
}

static bool has_invocation(const Service *service, sd_id128_t invocation) {
        return !service->cgroup && !sd_id128_is_null(invocation) &&
               sd_id128_equal(invocation, service->invocation);
}

/* Whether it is an orphan of the service's last start. */
static bool is_our_orphan(const Service *service, pid_t pid, const ProcessStat *stat) {
        Manager *manager = service->unit.manager;

        return is_orphan(manager, pid, stat) &&
               has_invocation(service, orphan_invocation(manager, pid, stat));
}

Service *service_of_orphan(Manager *manager, pid_t pid, const ProcessStat *stat) {
        sd_id128_t invocation;
        GHashTableIter iterator;
        gpointer value;

        if (!is_orphan(manager, pid, stat))
                return NULL;
        invocation = orphan_invocation(manager, pid, stat);
        g_hash_table_iter_init(&iterator, manager->units);
        while (!sd_id128_is_null(invocation) && g_hash_table_iter_next(&iterator, NULL, &value)) {
                Unit *unit = value;

                if (unit->vtable == &service_vtable && has_invocation(SERVICE(unit), invocation))
                        return SERVICE(unit);
        }
        return NULL;
}

/* ---- processes ---- */

/* Mostly so when the one service of a socket has ended: /proc needn't be asked. */
static bool is_childless(void) {
        siginfo_t info;

        return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* Everything of ours descends from us, a subreaper, parents before children; but whoever descends
 * from another unit's process never becomes this one's. */
static GArray *service_candidates(const Service *service) {
        g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(pid_t));
        GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

        if (is_childless())
                return pids;
        process_add_children(children, getpid(), PROCESSES_MAX);
        for (guint i = 0; i < children->len; i++) {
                pid_t pid = g_array_index(children, pid_t, i);
                const Unit *unit = leader_unit(service->unit.manager, pid);

                if (pid != spawn_spare_pid() && (!unit || unit == &service->unit))
                        g_array_append_val(pids, pid);
        }
        for (guint i = 0; i < pids->len && pids->len < PROCESSES_MAX; i++)
                process_add_children(pids, g_array_index(pids, pid_t, i), PROCESSES_MAX);
        return pids;
}

void service_trace_update(Service *service) {
        g_autoptr(GArray) pids = service_candidates(service);
        g_autoptr(GArray) trace = g_array_new(FALSE, FALSE, sizeof(Trace));
        g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(pid_t));
        g_autoptr(GHashTable) before = trace_index(service->trace);
        g_autoptr(GHashTable) found = trace_index(NULL);

        for (guint i = 0; i < pids->len; i++) {
                pid_t pid = g_array_index(pids, pid_t, i);
                ProcessStat stat;
                Trace entry;

                if (!process_stat(pid, &stat))
                        continue;
                if (sessions_have(service->sessions, stat.session) &&
                    !sessions_have(seen, stat.session))
                        g_array_append_val(seen, stat.session);
                if (stat.state == 'Z')
                        continue;
                entry = (Trace){ .pid = pid, .start_time = stat.start_time };
                if (session_is_ours(service, pid) || session_is_ours(service, stat.session) ||
                    g_hash_table_contains(found, GINT_TO_POINTER(stat.parent)) ||
                    process_table_has(before, pid, &stat) || is_our_orphan(service, pid, &stat)) {
                        g_array_append_val(trace, entry);
                        g_hash_table_add(found, GINT_TO_POINTER(pid));
                }
        }
        sessions_prune(service, seen);
        g_clear_pointer(&service->trace, g_array_unref);
        service->trace = g_steal_pointer(&trace);
}

unsigned int service_trace_kill(Service *service, int sig) {
        service_trace_update(service);
        for (guint i = 0; i < service->trace->len; i++) {
                const Trace *entry = &g_array_index(service->trace, Trace, i);

                (void)process_signal(entry->pid, entry->start_time, sig);
        }
        return service->trace->len;
}

static bool service_has_process(const Service *service, pid_t pid, const ProcessStat *stat) {
        return session_is_ours(service, stat->session) || trace_has(service->trace, pid, stat);
}

/* The one whose main process is the nearest ancestor; *ret_child is the one that is our own child,
 * or 0. */
static Unit *ancestor_unit(Manager *manager, pid_t pid, pid_t *ret_child) {
        pid_t child = 0;

        *ret_child = 0;
        for (unsigned int depth = 0; depth < ANCESTORS_MAX && pid > 1; depth++) {
                Unit *unit = service_of_main_pid(manager, pid);

                if (unit)
                        return SERVICE(unit)->cgroup ? NULL : unit;
                if (pid == getpid()) {
                        *ret_child = child;
                        break;
                }
                child = pid;
                pid = process_parent(pid);
        }
        return NULL;
}

static Unit *session_unit(Manager *manager, pid_t pid, const ProcessStat *stat) {
        GHashTableIter iterator;
        gpointer value;

        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                Unit *unit = value;

                if (unit->vtable == &service_vtable && !SERVICE(unit)->cgroup &&
                    !unit_is_down(unit) && service_has_process(SERVICE(unit), pid, stat))
                        return unit;
        }
        return NULL;
}

/* Strangers can make us ask as often as they like: the process is looked at once for all units. One
 * that has lost its parent is still of the session, or descends from one that says whose it is. */
Unit *service_trace_find(Manager *manager, pid_t pid) {
        Service *service = NULL;
        pid_t child;
        Unit *found = ancestor_unit(manager, pid, &child);
        ProcessStat stat;

        if (!found && process_stat(pid, &stat))
                found = session_unit(manager, pid, &stat);
        if (!found && child > 0 && process_stat(child, &stat))
                service = service_of_orphan(manager, child, &stat);
        if (service && !unit_is_down(&service->unit))
                found = &service->unit;
        return found;
}

GArray *service_pids(const Service *service) {
        GArray *pids = NULL;

        if (service->cgroup && cgroup_pids(service->cgroup, &pids) >= 0)
                return pids;
        pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
        for (guint i = 0; service->trace && i < service->trace->len; i++)
                g_array_append_val(pids, g_array_index(service->trace, Trace, i).pid);
        return pids;
}

bool service_trace_is_empty(const Service *service) {
        return !service->trace || service->trace->len == 0;
}

/* ---- orphans ---- */

/* It has no main process and no cgroup, and what is next depends on its other processes. */
static bool service_waits_for_trace(const Service *service) {
        return !service->cgroup && service->main_pid == 0 && !service->control &&
               (service_is_killed(service) || service->state == SERVICE_RUNNING ||
                (service->state == SERVICE_START && service_awaits_pid_file(service)));
}

/* The table of units may change when a service ends, so it isn't walked then. */
static GPtrArray *services_waiting_for_trace(Manager *manager) {
        GPtrArray *waiting = g_ptr_array_new();
        GHashTableIter iterator;
        gpointer value;

        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                Unit *unit = value;

                if (unit->vtable == &service_vtable && service_waits_for_trace(SERVICE(unit)))
                        g_ptr_array_add(waiting, unit);
        }
        return waiting;
}

static void services_check_traces(Manager *manager);

static int on_pause_end(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        manager->trace_pause = sd_event_source_disable_unref(manager->trace_pause);
        if (manager->trace_is_due)
                services_check_traces(manager);
        return 0;
}

/* One of those that were waited for may have been the last. A service that has thousands which end
 * one after the other gets a tenth of our time for that. */
static void services_check_traces(Manager *manager) {
        g_autoptr(GPtrArray) waiting = NULL;
        uint64_t begin, pause;

        manager->trace_is_due = manager->trace_pause != NULL;
        if (manager->trace_is_due)
                return;
        begin = clock_usec(CLOCK_MONOTONIC);
        waiting = services_waiting_for_trace(manager);
        for (guint i = 0; i < waiting->len; i++) {
                Service *service = SERVICE((Unit *)waiting->pdata[i]);

                service_trace_update(service);
                if (service_trace_is_empty(service))
                        service_others_gone(service);
        }
        pause = TRACE_PAUSE_FACTOR * (clock_usec(CLOCK_MONOTONIC) - begin);
        if (pause >= TRACE_PAUSE_MIN_USEC)
                (void)sd_event_add_time_relative(manager->event, &manager->trace_pause,
                                                 CLOCK_MONOTONIC, pause, USEC_PER_MSEC,
                                                 on_pause_end, manager);
}

static int on_child(sd_event_source *source, const struct signalfd_siginfo *signal,
                    void *userdata) {
        Manager *manager = userdata;
        bool orphans = false;

        notify_socket_catch_up(manager->notify);
        for (;;) {
                siginfo_t info = { 0 };
                Unit *unit;

                if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 ||
                    info.si_pid == 0)
                        break;
                orphan_forget(manager, info.si_pid);
                unit = service_of_main_pid(manager, info.si_pid);
                if (unit) {
                        service_main_ended(SERVICE(unit));
                        continue;
                }
                if (command_reap(manager, info.si_pid))
                        continue;
                (void)waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG | __WALL);
                orphans = true;
        }
        if (orphans) {
                services_check_traces(manager);
                orphans_check_end(manager);
        }
        return 0;
}

int service_reap_orphans(Manager *manager) {
        sd_event_source *source;
        int r;

        r = sd_event_add_signal(manager->event, &source, SIGCHLD, on_child, manager);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(source, "orphans");
        (void)sd_event_source_set_priority(source, SD_EVENT_PRIORITY_NORMAL + 20);
        r = sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
        return r;
}
