/* SPDX-License-Identifier: MIT */
/* `deliver`: hands what units have to a service that runs, or to any process. */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "manager.h"
#include "process-tree.h"
#include "providers.h"
#include "recipient.h"
#include "ring.h"
#include "service.h"
#include "socket.h"

static int check_units(Unit *const *units, size_t count, char **ret_error) {
        for (size_t i = 0; i < count; i++) {
                const Unit *unit = units[i];
                if (!unit_gives_to_all(unit)) {
                        *ret_error = g_strdup_printf("%s has nothing that can be delivered: name "
                                                     "a socket with Accept=no, or a memfd",
                                                     unit->name);
                        return -EINVAL;
                }
                if (unit_active_state(unit) != ACTIVE_ACTIVE) {
                        *ret_error = g_strdup_printf("%s isn't active: start it first", unit->name);
                        return -ENOENT;
                }
        }
        return 0;
}

static int find_service(Manager *manager, const char *name, Recipient **ret, char **ret_error) {
        Unit *unit = manager_find_unit(manager, name);
        if (!unit || unit->settings->type != UNIT_SERVICE) {
                *ret_error = g_strdup_printf("there is no service %s", name);
                return -ENOENT;
        }
        Recipient *recipient = service_recipient(unit);
        if (!recipient) {
                *ret_error = g_strdup_printf("%s isn't running: start it first", name);
                return -ESRCH;
        }
        *ret = recipient;
        return 0;
}

/* The pidfd, and the right to signal it: what the call itself would check later. */
static int open_process(pid_t pid, char **ret_error) {
        if (pid <= 0) {
                *ret_error = g_strdup_printf("%d is not a process", (int)pid);
                return -EINVAL;
        }
        if (pid == getpid()) {
                *ret_error = g_strdup_printf("pid %d is bellhopd itself, which claims nothing: "
                                             "name the process that shall have it",
                                             (int)pid);
                return -EINVAL;
        }
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0 || syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0) {
                int error = errno;
                *ret_error = g_strdup_printf("pid %d: %s", (int)pid, g_strerror(error));
                return -error;
        }
        return TAKE_FD(pidfd);
}

/* What check_units() has let pass: a socket with Accept=no, or a memfd. */
static uint64_t unit_signals(Unit *unit) {
        if (unit->settings->type == UNIT_SOCKET)
                return socket_signals(SOCKET(unit));
        return BELLHOP_SIGNAL_BIT(MEMFD_SETTINGS(unit->settings)->delivery.signal
                                          ?: BELLHOP_SIGNAL_MEMFD);
}

/* A service of ours is waited for until it is ready. Somebody else's process may never be, and who
 * has named it waits for the answer: so nothing is begun. */
static int check_process(Unit *const *units, size_t count, pid_t pid, int pidfd, char **ret_error) {
        uint64_t signals = 0;
        for (size_t i = 0; i < count; i++)
                signals |= unit_signals(units[i]);
        return ring_look(pid, pidfd, signals, ret_error);
}

static int add_visitor(Manager *manager, pid_t pid, int pidfd, Recipient **ret, char **ret_error) {
        g_autofree char *label = process_label(pid);
        RecipientOptions options = {
                .label = label,
                .pid = pid,
                .pidfd = pidfd,
                .access = CLAIM_ACCESS_MAIN,
                .watch = true,
        };
        Recipient *recipient;
        int r = recipient_new(manager, &options, &recipient);
        if (r < 0) {
                *ret_error = g_strdup_printf("%s: %s", label, g_strerror(-r));
                return r;
        }
        manager->visitors = g_list_prepend(manager->visitors, recipient);
        *ret = recipient;
        return 0;
}

static int find_process(Manager *manager, Unit *const *units, size_t count, pid_t pid,
                        Recipient **ret, char **ret_error) {
        Recipient *known = g_hash_table_lookup(manager->recipients, GINT_TO_POINTER(pid));
        if (known) {
                int r = check_process(units, count, pid, known->pidfd, ret_error);
                if (r >= 0)
                        *ret = known;
                return r;
        }
        _cleanup_fd_ int pidfd = open_process(pid, ret_error);
        if (pidfd < 0)
                return pidfd;
        int r = check_process(units, count, pid, pidfd, ret_error);
        return r < 0 ? r : add_visitor(manager, pid, pidfd, ret, ret_error);
}

int manager_deliver(Manager *manager, Unit *const *units, size_t count, const char *service,
                    pid_t pid, char **ret_error) {
        Recipient *recipient;
        int r = check_units(units, count, ret_error);
        if (r < 0)
                return r;
        r = service ? find_service(manager, service, &recipient, ret_error)
                    : find_process(manager, units, count, pid, &recipient, ret_error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                units[i]->vtable->provide(units[i], recipient);
        recipient_ring(recipient);
        return 0;
}
