/* SPDX-License-Identifier: MIT */
/* A socket that can't do anything for what has come in, for want of something that others may give
 * back: descriptors, processes, memory, a condition that is met. It doesn't look for a while, and
 * longer each time; what comes in waits in the kernel. */
#include "log.h"
#include "manager.h"
#include "service.h"
#include "socket.h"

#define PAUSE_FIRST_USEC (100 * USEC_PER_MSEC)
/* Doubled as often as that: 3.2 s. */
#define PAUSE_DOUBLINGS 5

bool errno_is_shortage(int error) {
        switch (error) {
        case EAGAIN: /* of clone() and execve(): processes */
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
                return true;
        }
        return false;
}

static int on_pause_end(sd_event_source *source, uint64_t usec, void *userdata) {
        Socket *socket = userdata;
        socket->pause = sd_event_source_disable_unref(socket->pause);
        socket_retry_instances(socket);
        socket_rewatch(socket);
        return 0;
}

void socket_pause(Socket *socket, const char *format, ...) {
        if (socket->pause)
                return;
        va_list arguments;
        va_start(arguments, format);
        g_autofree char *why = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        /* Once, until it has been better in between. */
        log_message(socket->pauses == 0 ? LOG_WARNING : LOG_DEBUG, socket->unit.name,
                    "%s: what comes in waits", why);
        uint64_t usec = PAUSE_FIRST_USEC << MIN(socket->pauses, PAUSE_DOUBLINGS);
        int r = sd_event_add_time_relative(socket->unit.manager->event, &socket->pause,
                                           CLOCK_MONOTONIC, usec, USEC_PER_MSEC, on_pause_end,
                                           socket);
        if (r < 0) {
                log_warning(socket->unit.name, "pause: %s", g_strerror(-r));
                return;
        }
        if (socket->pauses < PAUSE_DOUBLINGS)
                socket->pauses++;
        socket_rewatch(socket);
}

void socket_pause_end(Socket *socket) {
        socket->pause = sd_event_source_disable_unref(socket->pause);
}

/* ---- a service that was started for nothing ---- */

bool socket_service_is_short(const Unit *service) {
        return errno_is_shortage(-SERVICE((Unit *)service)->start_error);
}

/* It never began: a condition isn't met, something that it requires isn't there, its process could
 * not be made. No limit need count that, and what has come in is still there. */
bool socket_started_in_vain(const Socket *socket, const Unit *service) {
        return service->state_usec == socket->trigger_usec ||
               SERVICE((Unit *)service)->start_error < 0;
}
