/* SPDX-License-Identifier: MIT */
/* The source of an event that changes hands. */
#include "process-watch.h"

#include <glib.h>
#include <sys/epoll.h>

#include "fd.h"

static int on_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        ProcessWatch *watch = userdata;

        if (watch->ended)
                return watch->ended(source, fd, revents, watch->userdata);
        return sd_event_source_set_enabled(source, SD_EVENT_OFF); /* until somebody is to be told */
}

int process_watch_new(sd_event *event, int pidfd, ProcessWatch **ret) {
        ProcessWatch *watch = g_new(ProcessWatch, 1);
        int r;

        *watch = (ProcessWatch){ .pidfd = pidfd };
        r = sd_event_add_io(event, &watch->source, pidfd, EPOLLIN, on_ended, watch);
        if (r < 0) {
                process_watch_free(watch);
                return r;
        }
        (void)sd_event_source_set_description(watch->source, "process-end");
        *ret = watch;
        return 0;
}

int process_watch_of(sd_event *event, int pidfd, ProcessWatch **ret) {
        int copy = fd_dup(pidfd);

        return copy < 0 ? copy : process_watch_new(event, copy, ret);
}

void process_watch_tell(ProcessWatch *watch, int64_t priority, sd_event_io_handler_t ended,
                        void *userdata) {
        watch->ended = ended;
        watch->userdata = userdata;
        (void)sd_event_source_set_priority(watch->source, priority);
        (void)sd_event_source_set_enabled(watch->source, SD_EVENT_ON);
}

ProcessWatch *process_watch_free(ProcessWatch *watch) {
        if (!watch)
                return NULL;

        sd_event_source_disable_unref(watch->source);
        fd_close(watch->pidfd);
        g_free(watch);
        return NULL;
}
