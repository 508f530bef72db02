/* SPDX-License-Identifier: MIT */
/* The parent's half of a spawn: begins it, waits in the event loop for its report, puts an end to a
 * child that gets nowhere. */
#include "spawn.h"

#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "log.h"
#include "oom-score.h"
#include "process-tree.h"
#include "spawn-clone.h"
#include "spawn-plan.h"

/* When a child's exec is of no interest, it is looked at so much later for the first time: the end
 * of a pipe would wake the manager just when the new program begins. */
#define LOOK_LATER_USEC (100 * USEC_PER_MSEC)
#define LOOK_AGAIN_USEC USEC_PER_SEC

struct Spawn {
        char *unit;     /* for what is logged; NULL: nothing will be */
        SpawnDone done; /* NULL: nobody asks any more */
        void *userdata;
        SpawnPlan *plan;
        SpawnChild child;
        bool late; /* the timer has killed it */
        uint64_t look_usec, deadline_usec;
        sd_event_source *end; /* NULL: not watched yet */
        GList link;           /* in spawns */
};

/* All of them, by when they are to be looked at next, and the timer for that: a source for each
 * would have to be made while a client waits. It belongs to the event loop. */
static GQueue spawns = G_QUEUE_INIT;
static sd_event_source *timer; /* NULL: there is no event loop */

/* Most are looked at at a time after all others. */
static void spawn_schedule(Spawn *spawn, uint64_t usec) {
        GList *before = spawns.tail;

        while (before && ((Spawn *)before->data)->look_usec > usec)
                before = before->prev;
        spawn->look_usec = usec;
        g_queue_insert_after_link(&spawns, before, &spawn->link);
}

static void timer_set(uint64_t usec) {
        (void)sd_event_source_set_time(timer, usec);
        (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* One that has waited may have been stopped by whoever stopped the manager, too. */
static void spawn_continue(Spawn *spawn) {
        if (spawn->child.has_waited)
                (void)syscall(SYS_pidfd_send_signal, spawn->child.pidfd, SIGCONT, NULL, 0);
}

/* Whoever reaps orphans hears of those by SIGCHLD. One that has reported a failure is about to end.
 */
static void spawn_tell_end(const Spawn *spawn) {
        int limit_ms = spawn->plan->error != 0 ? 1000 : 0;

        if (spawn->child.has_waited && process_ends_within(spawn->child.pidfd, limit_ms))
                (void)kill(getpid(), SIGCHLD);
}

static void spawn_kill(Spawn *spawn) {
        (void)syscall(SYS_pidfd_send_signal, spawn->child.pidfd, SIGKILL, NULL, 0);
}

/* What is readable at the latest when the child has ended. */
static int spawn_end_fd(const Spawn *spawn) {
        return spawn->child.report_fd >= 0 ? spawn->child.report_fd : spawn->child.pidfd;
}

/* Only when the child has left: before, it may still be running on this memory. */
static void spawn_release(Spawn *spawn) {
        spawn_tell_end(spawn);
        oom_score_regain();
        spawn_plan_free(spawn->plan);
        spawn_clone_end(&spawn->child, timer ? sd_event_source_get_event(timer) : NULL);
        g_free(spawn->unit);
        g_free(spawn);
}

/* The child is dying of SIGKILL, and its new owner has no say in how long that takes. If it can't
 * be killed, its memory is left to it. */
static void spawn_release_killed(Spawn *spawn) {
        struct pollfd end = { .fd = spawn_end_fd(spawn), .events = POLLIN };

        if (poll(&end, 1, 1000) > 0)
                spawn_release(spawn);
}

/* Gone with the event loop, which those that nobody asks for any more were left to. */
static void on_timer_destroyed(void *userdata) {
        GList *link;

        timer = NULL;
        while ((link = g_queue_pop_head_link(&spawns)))
                spawn_release_killed(link->data);
}

/* That of a spawn that nobody asks for any more belongs to the event loop. */
static void spawn_drop_end(Spawn *spawn) {
        if (spawn->done)
                sd_event_source_disable_unref(spawn->end);
        else if (spawn->end)
                (void)sd_event_source_set_floating(spawn->end, false);
}

static void spawn_log_refused(const Spawn *spawn) {
        for (SpawnStep step = 0; spawn->plan->refused && step < SPAWN_STEP_COUNT; step++)
                if (spawn->plan->refused & SPAWN_STEP_BIT(step))
                        log_warning(spawn->unit, "%s: not permitted, started all the same",
                                    spawn_step_to_string(step));
}

/* The child has left this memory. */
static void spawn_finish(Spawn *spawn) {
        SpawnDone done = spawn->done;
        void *userdata = spawn->userdata;
        const char *step = spawn_step_to_string(spawn->plan->step);
        int error = -spawn->plan->error;

        spawn_log_refused(spawn);
        if (error == 0 && spawn->late)
                error = -ETIMEDOUT;
        /* The source goes before its descriptor: the pipe stays open, and polled, in other children
         * that haven't exec'd yet. */
        spawn_drop_end(spawn);
        g_queue_unlink(&spawns, &spawn->link);
        if (!spawns.head)
                (void)sd_event_source_set_enabled(timer, SD_EVENT_OFF);
        spawn_release(spawn);
        if (done)
                done(error, step, userdata);
}

/* A report comes before the pipe's end, and in between the child still is on its stack: nothing is
 * freed until the end. */
static bool spawn_read(Spawn *spawn) {
        SpawnReport report;
        ssize_t n;

        while ((n = read(spawn->child.report_fd, &report, sizeof(report))) ==
               (ssize_t)sizeof(report)) {
                if (report.error == 0) {
                        spawn->plan->refused |= SPAWN_STEP_BIT(report.step);
                        continue;
                }
                spawn->plan->error = report.error;
                spawn->plan->step = (SpawnStep)report.step;
        }
        return n == 0;
}

/* Returns: whether the child has left this memory, by exec or by its end. The kernel doesn't say so
 * there if it dumps core. */
static bool spawn_has_left(Spawn *spawn) {
        if (spawn->child.report_fd >= 0)
                return spawn_read(spawn);
        return atomic_load(&spawn->child.stack->user) == 0 || process_has_ended(spawn->child.pidfd);
}

static int on_end(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        if (spawn_has_left(userdata))
                spawn_finish(userdata);
        return 0;
}

static int spawn_watch_end(Spawn *spawn) {
        int r;

        if (spawn->end)
                return 0;
        r = sd_event_add_io(sd_event_source_get_event(timer), &spawn->end, spawn_end_fd(spawn),
                            EPOLLIN, on_end, spawn);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(spawn->end, "spawn-end");
        /* Before the end of the process, which the service watches. */
        return sd_event_source_set_priority(spawn->end, SD_EVENT_PRIORITY_IMPORTANT);
}

/* From time to time, at a child that has no pipe; and the last time. */
static void spawn_look(Spawn *spawn, uint64_t usec) {
        if (spawn_has_left(spawn)) {
                spawn_finish(spawn);
                return;
        }
        g_queue_unlink(&spawns, &spawn->link);
        if (usec < spawn->deadline_usec) {
                spawn_continue(spawn);
                spawn_schedule(spawn, MIN(usec + LOOK_AGAIN_USEC, spawn->deadline_usec));
                return;
        }
        spawn->late = true;
        (void)spawn_watch_end(spawn);
        spawn_kill(spawn); /* the end follows */
        spawn_schedule(spawn, TIME_INFINITY);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Spawn *first;

        while ((first = g_queue_peek_head(&spawns)) && first->look_usec <= usec)
                spawn_look(first, usec);
        if (first && first->look_usec != TIME_INFINITY)
                timer_set(first->look_usec);
        return 0;
}

/* Gives a source to the event loop. */
static void source_detach(sd_event_source *source) {
        (void)sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
}

static int timer_make(sd_event *event) {
        int r;

        if (timer)
                return 0;
        r = sd_event_add_time(event, &timer, CLOCK_MONOTONIC, 0, 100 * USEC_PER_MSEC, on_timer,
                              NULL);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(timer, "spawn-timer");
        (void)sd_event_source_set_enabled(timer, SD_EVENT_OFF);
        (void)sd_event_source_set_destroy_callback(timer, on_timer_destroyed);
        source_detach(timer);
        return 0;
}

static int spawn_watch(Spawn *spawn, sd_event *event, const SpawnRequest *request) {
        uint64_t timeout = request->timeout_usec ?: SPAWN_TIMEOUT_USEC;
        bool has_pipe = spawn->child.report_fd >= 0;
        uint64_t first = has_pipe ? timeout : MIN(timeout, LOOK_LATER_USEC);
        uint64_t now;
        int r;

        r = timer_make(event);
        if (r >= 0)
                r = sd_event_now(event, CLOCK_MONOTONIC, &now);
        if (r >= 0 && has_pipe)
                r = spawn_watch_end(spawn);
        if (r >= 0 && !spawn->child.watch)
                r = process_watch_of(event, spawn->child.pidfd, &spawn->child.watch);
        if (r < 0)
                return r;
        spawn->deadline_usec = now + timeout;
        spawn_schedule(spawn, now + first);
        if (spawns.head == &spawn->link)
                timer_set(now + first);
        return 0;
}

/* Failures from here on are the parent's; the child is killed, and its pid is still reported to
 * nobody: whoever reaps orphans reaps it. */
static void spawn_abandon(Spawn *spawn) {
        spawn_kill(spawn);
        sd_event_source_disable_unref(spawn->end);
        spawn_release_killed(spawn);
}

int spawn_start(sd_event *event, const SpawnRequest *request, SpawnDone done, void *userdata,
                Spawn **ret, pid_t *ret_pid, ProcessWatch **ret_watch, const char **ret_step) {
        Spawn *spawn = g_new(Spawn, 1);
        int r;

        *spawn = (Spawn){
                .done = done,
                .userdata = userdata,
                .plan = request->plan ?: spawn_plan_new(request),
        };
        spawn->plan->delivery_signals = request->delivery_signals;
        spawn->link.data = spawn;
        if (spawn->plan->steps & SPAWN_STEPS_OPTIONAL)
                spawn->unit = g_strdup(request->identifier);
        oom_score_lend();
        r = spawn_clone(spawn->plan, request->cgroup_fd, request->report_exec, &spawn->child);
        if (r < 0) {
                oom_score_regain();
                spawn_plan_free(spawn->plan);
                g_free(spawn->unit);
                g_free(spawn);
                *ret_step = "clone";
                return r;
        }
        r = spawn_watch(spawn, event, request);
        if (r < 0) {
                spawn_abandon(spawn);
                *ret_step = "watch";
                return r;
        }
        *ret = spawn;
        *ret_pid = spawn->child.pid;
        *ret_watch = TAKE_POINTER(spawn->child.watch);
        return 0;
}

bool spawn_holds(const Spawn *spawn) {
        return spawn->plan->steps & SPAWN_STEP_BIT(SPAWN_STEP_HOLD);
}

void spawn_let_exec(Spawn *spawn) {
        SpawnHold *hold = spawn->plan->hold;

        atomic_store(&hold->may_exec, 1);
        if (atomic_load(&hold->sleeps))
                (void)syscall(SYS_futex, &hold->may_exec, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void spawn_collect(Spawn *spawn) {
        bool ended = process_has_ended(spawn->child.pidfd);

        if (spawn_has_left(spawn) || ended)
                spawn_finish(spawn);
}

static void on_done_ignored(int error, const char *step, void *userdata) {
}

Spawn *spawn_free(Spawn *spawn) {
        if (!spawn)
                return NULL;

        if (spawn_has_left(spawn)) {
                spawn->done = on_done_ignored;
                spawn_finish(spawn);
                return NULL;
        }
        /* It lives on in the event loop until the child has let go of its memory. */
        spawn_kill(spawn);
        spawn->done = NULL;
        (void)spawn_watch_end(spawn);
        g_queue_unlink(&spawns, &spawn->link);
        spawn_schedule(spawn, TIME_INFINITY);
        if (spawn->end)
                source_detach(spawn->end);
        return NULL;
}
