/* SPDX-License-Identifier: MIT */
/* The parent's half of a spawn: begins it, waits in the event loop for its report, puts an end to a
 * child that gets nowhere. */
#include "spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "process-tree.h"
#include "spawn-clone.h"
#include "spawn-plan.h"

/* When a child's exec is of no interest, its report is looked at so much later: the end of the pipe
 * would wake the manager just when the new program begins. */
#define LOOK_LATER_USEC (100 * USEC_PER_MSEC)

struct Spawn {
        SpawnDone done; /* NULL: nobody asks any more */
        void *userdata;
        SpawnPlan *plan;
        SpawnStack *stack;
        int report_fd; /* our end of the pipe */
        int pidfd;
        int error;        /* as reported, negative errno */
        const char *step; /* static */
        bool late;        /* the timer has killed it */
        bool ended;       /* the pipe has, and so has the child's use of this memory */
        uint64_t deadline_usec;
        sd_event_source *timer;  /* there as long as the spawn is */
        sd_event_source *report; /* NULL: not watched yet */
};

static void spawn_kill(Spawn *spawn) {
        (void)syscall(SYS_pidfd_send_signal, spawn->pidfd, SIGKILL, NULL, 0);
}

/* Only when the pipe has ended: before, the child may still be running on this memory. */
static void spawn_release(Spawn *spawn) {
        spawn_plan_free(spawn->plan);
        spawn_stack_free(spawn->stack);
        fd_close(spawn->report_fd);
        fd_close(spawn->pidfd);
        g_free(spawn);
}

/* The timer is gone: after the end of the pipe, or with the event loop. In the latter case the
 * child is dying of SIGKILL, and its new owner has no say in how long that takes. */
static void on_timer_destroyed(void *userdata) {
        Spawn *spawn = userdata;
        struct pollfd end = { .fd = spawn->report_fd };

        if (!spawn->ended && poll(&end, 1, 1000) <= 0)
                return; /* it can't be killed: its memory is left to it */
        spawn_release(spawn);
}

/* A source of a spawn that nobody asks for any more belongs to the event loop. */
static void source_drop(const Spawn *spawn, sd_event_source *source) {
        if (spawn->done)
                sd_event_source_disable_unref(source);
        else if (source)
                (void)sd_event_source_set_floating(source, false);
}

/* The pipe has ended. */
static void spawn_finish(Spawn *spawn) {
        SpawnDone done = spawn->done;
        void *userdata = spawn->userdata;
        const char *step = spawn->step;
        int error = spawn->error;

        spawn->ended = true;
        if (error == 0 && spawn->late) {
                error = -ETIMEDOUT;
                step = spawn_step_to_string(spawn->plan->step);
        }
        /* The source goes before its descriptor: the pipe stays open, and polled, in other children
         * that haven't exec'd yet. */
        source_drop(spawn, spawn->report);
        source_drop(spawn, spawn->timer); /* frees the spawn */
        if (done)
                done(error, step, userdata);
}

/* A report comes before the pipe's end, and in between the child still is on its stack: nothing is
 * freed until the end. */
static bool spawn_read(Spawn *spawn) {
        SpawnReport report;
        ssize_t n;

        while ((n = read(spawn->report_fd, &report, sizeof(report))) == (ssize_t)sizeof(report)) {
                spawn->error = -report.error;
                spawn->step = spawn_step_to_string((SpawnStep)report.step);
        }
        return n == 0;
}

static int on_report(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        if (spawn_read(userdata))
                spawn_finish(userdata);
        return 0;
}

static int spawn_watch_report(Spawn *spawn) {
        int r;

        if (spawn->report)
                return 0;
        r = sd_event_add_io(sd_event_source_get_event(spawn->timer), &spawn->report,
                            spawn->report_fd, EPOLLIN, on_report, spawn);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(spawn->report, "spawn-report");
        /* Before the end of the process, which the service watches. */
        return sd_event_source_set_priority(spawn->report, SD_EVENT_PRIORITY_IMPORTANT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Spawn *spawn = userdata;

        if (spawn_read(spawn)) {
                spawn_finish(spawn);
                return 0;
        }
        (void)spawn_watch_report(spawn);
        if (usec >= spawn->deadline_usec) {
                spawn->late = true;
                spawn_kill(spawn); /* the pipe's end follows */
                return 0;
        }
        (void)sd_event_source_set_time(source, spawn->deadline_usec);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int spawn_watch(Spawn *spawn, sd_event *event, const SpawnRequest *request) {
        uint64_t timeout = request->timeout_usec ?: SPAWN_TIMEOUT_USEC;
        uint64_t first = request->report_exec ? timeout : MIN(timeout, LOOK_LATER_USEC);
        uint64_t now;
        int r;

        r = sd_event_now(event, CLOCK_MONOTONIC, &now);
        if (r < 0)
                return r;
        spawn->deadline_usec = now + timeout;
        r = sd_event_add_time(event, &spawn->timer, CLOCK_MONOTONIC, now + first,
                              100 * USEC_PER_MSEC, on_timer, spawn);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(spawn->timer, "spawn-timer");
        if (request->report_exec) {
                r = spawn_watch_report(spawn);
                if (r < 0)
                        return r;
        }
        return sd_event_source_set_destroy_callback(spawn->timer, on_timer_destroyed);
}

/* Our end of the pipe doesn't block; the child's is kept clear of 0 to 2, which it replaces. */
static int pipe_open(int *ret_read, int *ret_write) {
        _cleanup_fd_ int reader = -EBADF, writer = -EBADF;
        int fds[2];

        if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        reader = fds[0];
        writer = fds[1];
        if (writer <= STDERR_FILENO) {
                int copy = fd_dup(writer);

                if (copy < 0)
                        return copy;
                fd_close(writer);
                writer = copy;
        }
        *ret_read = TAKE_FD(reader);
        *ret_write = TAKE_FD(writer);
        return 0;
}

/* Failures from here on are the parent's; the child is killed, and its pid is still reported to
 * nobody: whoever reaps orphans reaps it. */
static void spawn_abandon(Spawn *spawn) {
        struct pollfd end = { .fd = spawn->report_fd };

        spawn_kill(spawn);
        sd_event_source_disable_unref(spawn->report);
        sd_event_source_disable_unref(spawn->timer); /* has no destroy callback yet */
        if (poll(&end, 1, 1000) > 0)
                spawn_release(spawn);
}

int spawn_start(sd_event *event, const SpawnRequest *request, SpawnDone done, void *userdata,
                Spawn **ret, pid_t *ret_pid, int *ret_pidfd, const char **ret_step) {
        _cleanup_fd_ int reader = -EBADF, writer = -EBADF, pidfd = -EBADF;
        _cleanup_(spawn_plan_free_cleanup) SpawnPlan *plan = NULL;
        Spawn *spawn;
        pid_t pid;
        int r;

        *ret_step = "pipe";
        r = pipe_open(&reader, &writer);
        if (r < 0)
                return r;

        spawn = g_new(Spawn, 1);
        plan = spawn_plan_new(request, writer);
        *spawn = (Spawn){ .done = done,
                          .userdata = userdata,
                          .step = spawn_step_to_string(SPAWN_STEP_EXEC),
                          .pidfd = -EBADF };
        r = spawn_clone(plan, request->cgroup_fd, &spawn->stack, &pid, &pidfd);
        if (r < 0) {
                g_free(spawn);
                *ret_step = "clone";
                return r;
        }
        spawn->plan = TAKE_POINTER(plan);
        spawn->report_fd = TAKE_FD(reader);
        writer = fd_close(writer);
        spawn->pidfd = TAKE_FD(pidfd);

        *ret_step = "watch";
        pidfd = fd_dup(spawn->pidfd);
        r = pidfd < 0 ? pidfd : spawn_watch(spawn, event, request);
        if (r < 0) {
                spawn_abandon(spawn);
                return r;
        }
        *ret = spawn;
        *ret_pid = pid;
        *ret_pidfd = TAKE_FD(pidfd);
        return 0;
}

void spawn_collect(Spawn *spawn) {
        bool ended = process_has_ended(spawn->pidfd);

        if (spawn_read(spawn) || ended)
                spawn_finish(spawn);
}

static void on_done_ignored(int error, const char *step, void *userdata) {
}

/* Gives a source to the event loop. */
static void source_detach(sd_event_source *source) {
        (void)sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
}

Spawn *spawn_free(Spawn *spawn) {
        if (!spawn)
                return NULL;

        if (spawn_read(spawn)) {
                spawn->done = on_done_ignored;
                spawn_finish(spawn);
                return NULL;
        }
        /* It lives on in the event loop until the child has let go of its memory. */
        spawn_kill(spawn);
        spawn->done = NULL;
        (void)spawn_watch_report(spawn);
        (void)sd_event_source_set_enabled(spawn->timer, SD_EVENT_OFF);
        source_detach(spawn->timer);
        if (spawn->report)
                source_detach(spawn->report);
        return NULL;
}
