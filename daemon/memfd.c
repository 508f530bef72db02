/* SPDX-License-Identifier: MIT */
/* The runtime memfd: made at its start, made anew when its source changes or somebody asks, and
 * given to the services that run. */
#include "memfd.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "clock.h"
#include "fd.h"
#include "log.h"
#include "manager.h"
#include "recipient.h"
#include "service.h"
#include "value.h"

static const MemfdSettings *memfd_settings(const Memfd *memfd) {
        return MEMFD_SETTINGS(memfd->unit.settings);
}

/* ---- snapshots ---- */

static const char *make_error_to_string(int error) {
        switch (error) {
        case -EFBIG:
                return "larger than MaxSize=";
        case -EINVAL:
                return "not a plain file, or not possible on this kernel";
        default:
                return g_strerror(-error);
        }
}

static void memfd_note_source(Memfd *memfd) {
        struct stat st;
        if (memfd_settings(memfd)->source && stat(memfd_settings(memfd)->source, &st) == 0)
                memfd->source = (struct MemfdSource){ st.st_dev, st.st_ino, st.st_mtim };
}

int memfd_snapshot(Memfd *memfd, char **ret_error) {
        const MemfdSettings *settings = memfd_settings(memfd);
        const char *step;
        uint64_t size;
        /* Before the copy: what changes during it is another change. */
        memfd_note_source(memfd);
        int fd = memfd_make(settings, &size, &step);
        if (fd < 0) {
                *ret_error = g_strdup_printf("%s%s%s: %s", step, settings->source ? " " : "",
                                             settings->source ?: "", make_error_to_string(fd));
                return fd;
        }
        item_unref(memfd->item);
        memfd->item = item_new(fd, memfd_settings_item_name(settings), BELLHOP_KIND_MEMFD,
                               settings->delivery.signal);
        memfd->size = size;
        memfd->made_usec = clock_usec(CLOCK_REALTIME);
        memfd->generation++;
        return 0;
}

int memfd_refresh(Unit *unit, char **ret_error) {
        Memfd *memfd = MEMFD(unit);
        if (memfd->state != MEMFD_HELD) {
                *ret_error = g_strdup_printf("%s isn't active: start it first", unit->name);
                return -ENOENT;
        }
        int r = memfd_snapshot(memfd, ret_error);
        if (r < 0)
                return r;
        if (!memfd->watch)
                memfd_watch(memfd);
        log_info(unit->name, "new snapshot, %" G_GUINT64_FORMAT " bytes", memfd->size);
        manager_provide(unit->manager, unit);
        return 0;
}

/* ---- giving ---- */

/* Each recipient gets an open file of its own: those that share one share its offset, and the
 * second to read would find the end. */
static Item *memfd_reopen(const Memfd *memfd) {
        bool writable = !(fcntl(memfd->item->fd, F_GET_SEALS) & F_SEAL_WRITE);
        int fd = fd_reopen(memfd->item->fd, writable ? O_RDWR : O_RDONLY);
        if (fd < 0)
                return item_ref(memfd->item);
        return item_new(fd, memfd->item->name, memfd->item->kind, memfd->item->signal);
}

static void memfd_provide(Unit *unit, Recipient *recipient) {
        Memfd *memfd = MEMFD(unit);
        if (!memfd->item)
                return;
        _cleanup_(item_unref_cleanup) Item *item = memfd_reopen(memfd);
        recipient_deliver(recipient, item, unit->name, &memfd_settings(memfd)->delivery, true);
}

/* ---- the vtable ---- */

static int memfd_start(Unit *unit) {
        Memfd *memfd = MEMFD(unit);
        g_autofree char *error = NULL;
        if (memfd->state == MEMFD_HELD)
                return 0;
        unit_clear_failure(unit);
        /* The watch first: a change between the two would be missed the other way round. */
        memfd_watch(memfd);
        int r = memfd_snapshot(memfd, &error);
        if (r < 0) {
                memfd_unwatch(memfd);
                unit_set_failure(unit, "%s", error);
                memfd_handle(memfd, MEMFD_EVENT_FAILED);
                return r;
        }
        memfd_handle(memfd, MEMFD_EVENT_MADE);
        manager_provide(unit->manager, unit);
        return 0;
}

static int memfd_stop(Unit *unit) {
        recipients_withdraw(unit->manager, unit->name);
        memfd_handle(MEMFD(unit), MEMFD_EVENT_STOP);
        return 0;
}

static void memfd_reset(Unit *unit) {
        if (MEMFD(unit)->state == MEMFD_FAILED && !unit->job)
                memfd_handle(MEMFD(unit), MEMFD_EVENT_STOP);
}

static void memfd_done(Unit *unit) {
        Memfd *memfd = MEMFD(unit);
        memfd_unwatch(memfd);
        item_unref(memfd->item);
}

/* Nobody is to read his configuration again because of a new Description=. */
static void memfd_reload(Unit *unit, UnitSettings *settings) {
        const MemfdSettings *old = MEMFD_SETTINGS(unit->settings), *new = MEMFD_SETTINGS(settings);
        MEMFD(unit)->outdated =
                g_strcmp0(old->source, new->source) != 0 ||
                !value_lines.equal(&old->content, &new->content) || old->size != new->size ||
                old->seals != new->seals || old->huge_pages != new->huge_pages ||
                old->max_size != new->max_size || old->delivery.signal != new->delivery.signal ||
                g_strcmp0(old->fd_name, new->fd_name) != 0;
}

static void memfd_reloaded(Unit *unit) {
        Memfd *memfd = MEMFD(unit);
        g_autofree char *error = NULL;
        if (memfd->state != MEMFD_HELD)
                return;
        memfd_watch(memfd);
        if (memfd->outdated && memfd_refresh(unit, &error) < 0)
                log_warning(unit->name, "%s; the last good snapshot stays", error);
}

static const char *memfd_sub_state(const Unit *unit) {
        return memfd_state_to_string(MEMFD((Unit *)unit)->state);
}

static void memfd_show(Unit *unit, GVariantDict *properties) {
        const Memfd *memfd = MEMFD(unit);
        g_variant_dict_insert(properties, "SnapshotSize", "t", memfd->size);
        g_variant_dict_insert(properties, "SnapshotUSec", "t", memfd->made_usec);
        g_variant_dict_insert(properties, "NSnapshots", "u", memfd->generation);
}

const UnitVTable memfd_vtable = {
        .size = sizeof(Memfd),
        .done = memfd_done,
        .start = memfd_start,
        .stop = memfd_stop,
        .reload = memfd_reload,
        .reloaded = memfd_reloaded,
        .reset = memfd_reset,
        .active_state = memfd_active_state,
        .sub_state = memfd_sub_state,
        .provide = memfd_provide,
        .show = memfd_show,
};
