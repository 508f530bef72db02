/* SPDX-License-Identifier: MIT */
/* The states of a service: which event leads from which to which. */
#include "service.h"

/* clang-format off */

/* Short, so that the table can be seen as one. */
enum {
        DE = SERVICE_DEAD,
        CO = SERVICE_CONDITION,
        PR = SERVICE_START_PRE,
        ST = SERVICE_START,
        PO = SERVICE_START_POST,
        RU = SERVICE_RUNNING,
        EX = SERVICE_EXITED,
        RE = SERVICE_RELOAD,
        RS = SERVICE_RELOAD_SIGNAL,
        RN = SERVICE_RELOAD_NOTIFY,
        SO = SERVICE_STOP,
        SW = SERVICE_STOP_WATCHDOG,
        SS = SERVICE_STOP_SIGTERM,
        SK = SERVICE_STOP_SIGKILL,
        SP = SERVICE_STOP_POST,
        FW = SERVICE_FINAL_WATCHDOG,
        FS = SERVICE_FINAL_SIGTERM,
        FK = SERVICE_FINAL_SIGKILL,
        AR = SERVICE_AUTO_RESTART,
        FA = SERVICE_FAILED,
        __ = SERVICE_STATE_COUNT, /* it can't happen */
};

/* One column for each event, from left to right:
 * condition, pre, start, post, ready, remain, reload, signal, notify, stop, abort,
 * terminate, kill, stop-post, final-abort, final-terminate, final-kill, exited, restart,
 * failure. */
const uint8_t service_table[SERVICE_STATE_COUNT][SERVICE_EVENT_COUNT] = {
        [DE] = { CO, PR, ST, __, __, __, __, __, __, __, __, __, __, SP, __, __, __, __, AR, FA },
        [CO] = { __, PR, ST, __, __, __, __, __, __, __, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [PR] = { __, __, ST, __, __, __, __, __, __, __, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [ST] = { __, __, __, PO, RU, EX, __, __, __, SO, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [PO] = { __, __, __, __, RU, EX, __, __, __, SO, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [RU] = { __, __, __, __, __, EX, RE, RS, RN, SO, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [EX] = { __, __, __, __, __, __, RE, __, __, SO, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [RE] = { __, __, __, __, RU, EX, __, __, RN, SO, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [RS] = { __, __, __, __, RU, EX, __, __, RN, SO, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [RN] = { __, __, __, __, RU, EX, __, __, __, SO, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [SO] = { __, __, __, __, __, __, __, __, __, __, SW, SS, SK, SP, FW, FS, FK, DE, AR, FA },
        [SW] = { __, __, __, __, __, __, __, __, __, __, __, __, SK, SP, FW, FS, FK, DE, AR, FA },
        [SS] = { __, __, __, __, __, __, __, __, __, __, SW, __, SK, SP, FW, FS, FK, DE, AR, FA },
        [SK] = { __, __, __, __, __, __, __, __, __, __, __, __, __, SP, FW, FS, FK, DE, AR, FA },
        [SP] = { __, __, __, __, __, __, __, __, __, __, __, __, __, __, FW, FS, FK, DE, AR, FA },
        [FW] = { __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, FK, DE, AR, FA },
        [FS] = { __, __, __, __, __, __, __, __, __, __, __, __, __, __, FW, __, FK, DE, AR, FA },
        [FK] = { __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, DE, AR, FA },
        [AR] = { CO, PR, ST, __, __, __, __, __, __, __, __, __, __, SP, __, __, __, DE, AR, FA },
        [FA] = { CO, PR, ST, __, __, __, __, __, __, __, __, __, __, SP, __, __, __, DE, AR, FA },
};
/* clang-format on */

static const char *const event_names[SERVICE_EVENT_COUNT] = {
        [SERVICE_EVENT_CONDITION] = "condition",
        [SERVICE_EVENT_START_PRE] = "pre",
        [SERVICE_EVENT_START] = "start",
        [SERVICE_EVENT_START_POST] = "post",
        [SERVICE_EVENT_READY] = "ready",
        [SERVICE_EVENT_REMAIN] = "remain",
        [SERVICE_EVENT_RELOAD] = "reload",
        [SERVICE_EVENT_RELOAD_SIGNAL] = "signal",
        [SERVICE_EVENT_RELOAD_NOTIFY] = "notify",
        [SERVICE_EVENT_STOP] = "stop",
        [SERVICE_EVENT_ABORT] = "abort",
        [SERVICE_EVENT_TERMINATE] = "terminate",
        [SERVICE_EVENT_KILL] = "kill",
        [SERVICE_EVENT_STOP_POST] = "stop-post",
        [SERVICE_EVENT_FINAL_ABORT] = "final-abort",
        [SERVICE_EVENT_FINAL_TERMINATE] = "final-terminate",
        [SERVICE_EVENT_FINAL_KILL] = "final-kill",
        [SERVICE_EVENT_EXITED] = "exited",
        [SERVICE_EVENT_RESTART] = "restart",
        [SERVICE_EVENT_FAILURE] = "failure",
};

const char *service_event_to_string(ServiceEvent event) {
        return event_names[event];
}
