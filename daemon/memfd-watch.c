/* SPDX-License-Identifier: MIT */
/* RedeliverOnChange=: follows the source by watching its folder, so that a file that is renamed
 * over it, or a link that is turned to another file, is seen like a write. */
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "clock.h"
#include "log.h"
#include "manager.h"
#include "memfd.h"

#define WATCH_EVENTS \
        (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR)

/* As many changes are followed at once; beyond that, after a pause. */
#define CHANGES_PER_SEC 10
#define PAUSE_USEC      (100 * USEC_PER_MSEC)

static const char *memfd_source(const Memfd *memfd) {
        return MEMFD_SETTINGS(memfd->unit.settings)->source;
}

/* Whether the path leads to another file, or another state of it, than the snapshot is of. */
static bool source_is_other(const Memfd *memfd) {
        struct stat st;
        return stat(memfd_source(memfd), &st) == 0 &&
               (st.st_dev != memfd->source.device || st.st_ino != memfd->source.inode ||
                st.st_mtim.tv_sec != memfd->source.changed.tv_sec ||
                st.st_mtim.tv_nsec != memfd->source.changed.tv_nsec);
}

/* A plain file that was just created is about to be written: its close is what counts. */
static bool source_is_being_made(const Memfd *memfd) {
        struct stat st;
        return lstat(memfd_source(memfd), &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

static bool event_is_change(const Memfd *memfd, const struct inotify_event *event, bool own) {
        if (own && (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)))
                return true;
        if (own && (event->mask & IN_CREATE) && source_is_being_made(memfd))
                return false;
        /* Another name: a link on the way to the source may have been turned. */
        return (event->mask & (IN_MOVED_TO | IN_CREATE)) && source_is_other(memfd);
}

static void memfd_redeliver(Memfd *memfd) {
        g_autofree char *error = NULL;
        if (memfd_refresh(&memfd->unit, &error) < 0)
                log_warning(memfd->unit.name, "%s; the last good snapshot stays", error);
}

static int on_pause_end(sd_event_source *source, uint64_t usec, void *userdata) {
        Memfd *memfd = userdata;
        memfd->pause = sd_event_source_disable_unref(memfd->pause);
        memfd_redeliver(memfd);
        return 0;
}

/* Who may write the source may do so all day; what it was last is what counts. */
static void memfd_changed(Memfd *memfd) {
        if (memfd->pause)
                return;
        if (ratelimit_below(&memfd->changes, clock_usec(CLOCK_MONOTONIC), USEC_PER_SEC,
                            CHANGES_PER_SEC) ||
            sd_event_add_time_relative(memfd->unit.manager->event, &memfd->pause, CLOCK_MONOTONIC,
                                       PAUSE_USEC, USEC_PER_MSEC, on_pause_end, memfd) < 0)
                memfd_redeliver(memfd);
}

static int on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Memfd *memfd = userdata;
        g_autofree char *base = g_path_get_basename(memfd_source(memfd));
        bool own = event->len > 0 && strcmp(event->name, base) == 0;
        if (event->mask & IN_Q_OVERFLOW) {
                if (source_is_other(memfd))
                        memfd_changed(memfd);
        } else if (event->mask & IN_IGNORED) {
                log_warning(memfd->unit.name,
                            "the folder of %s has gone: it isn't followed until the next refresh",
                            memfd_source(memfd));
                memfd->watch = sd_event_source_disable_unref(memfd->watch);
        } else if (own && (event->mask & (IN_DELETE | IN_MOVED_FROM))) {
                log_warning(memfd->unit.name, "%s has gone; the last good snapshot stays",
                            memfd_source(memfd));
        } else if (event_is_change(memfd, event, own)) {
                memfd_changed(memfd);
        }
        return 0;
}

void memfd_unwatch(Memfd *memfd) {
        memfd->watch = sd_event_source_disable_unref(memfd->watch);
        memfd->pause = sd_event_source_disable_unref(memfd->pause);
}

void memfd_watch(Memfd *memfd) {
        const MemfdSettings *settings = MEMFD_SETTINGS(memfd->unit.settings);
        bool follows = settings->source && settings->redeliver_on_change;
        if (!follows)
                memfd->pause = sd_event_source_disable_unref(memfd->pause);
        memfd->watch = sd_event_source_disable_unref(memfd->watch);
        if (!follows)
                return;
        g_autofree char *folder = g_path_get_dirname(settings->source);
        int r = sd_event_add_inotify(memfd->unit.manager->event, &memfd->watch, folder,
                                     WATCH_EVENTS, on_inotify, memfd);
        if (r < 0)
                log_warning(memfd->unit.name, "can't follow %s: %s", settings->source,
                            g_strerror(-r));
}
