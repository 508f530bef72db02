/* SPDX-License-Identifier: MIT */
/* The socket transport: a bell that names a claim socket, and a desk that comes to it. */
#include "transport-socket.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"
#include "fd.h"
#include "manager.h"
#include "process-tree.h"
#include "ring.h"

/* A desk in another user namespace that was told to trust us has come by then (a second). */
#define FOREIGN_BELLS_MAX 10

/* The processes of a service that are rung. */
#define PROCESSES_MAX 1024

/* ---- where it lives ---- */

static ClaimSocket *find_socket(TransportSocket *transport, const NamespaceId *net) {
        if (namespace_equal(net, &transport->own_socket->net))
                return transport->own_socket;
        for (guint i = 0; i < transport->other_sockets->len; i++) {
                ClaimSocket *socket = transport->other_sockets->pdata[i];

                if (namespace_equal(net, &socket->net))
                        return socket;
        }
        return NULL;
}

/* Returns: 0 with a new reference, or negative errno. */
static int get_socket(TransportSocket *transport, pid_t pid, ClaimSocket **ret) {
        _cleanup_fd_ int netns_fd = -EBADF;
        ClaimSocket *socket;
        NamespaceId net;

        netns_fd = namespace_open(pid, "net", &net);
        if (netns_fd < 0)
                return netns_fd;
        socket = find_socket(transport, &net);
        if (!socket)
                return claim_socket_new(transport, netns_fd, &net, ret);
        *ret = claim_socket_ref(socket);
        return 0;
}

/* A process may move. What can't be looked at is taken to be where we are. */
static int update_socket(TransportSocket *transport, Recipient *recipient, char **ret_reason) {
        Announced *announced = recipient->transport_data;
        ClaimSocket *socket;
        NamespaceId net;
        int r;

        if (namespace_of(recipient->pid, "net", &net) < 0 ||
            namespace_equal(&net, &announced->socket->net))
                return 0;
        r = get_socket(transport, recipient->pid, &socket);
        if (r < 0) {
                *ret_reason = g_strdup_printf("pid %d is in another network namespace, where this "
                                              "manager can't make a claim socket: %s",
                                              (int)recipient->pid, g_strerror(-r));
                return -EOPNOTSUPP;
        }
        claim_socket_unref(announced->socket);
        announced->socket = socket;
        return 0;
}

static int update_namespaces(TransportSocket *transport, Recipient *recipient, char **ret_reason) {
        Announced *announced = recipient->transport_data;
        NamespaceId user;

        announced->foreign_user = namespace_of(recipient->pid, "user", &user) >= 0 &&
                                  !namespace_equal(&user, &transport->user_namespace);
        if (announced->foreign_user && announced->bells >= FOREIGN_BELLS_MAX) {
                *ret_reason = g_strdup_printf("pid %d is in another user namespace, where it can't "
                                              "tell who this manager is",
                                              (int)recipient->pid);
                return -EOPNOTSUPP;
        }
        return update_socket(transport, recipient, ret_reason);
}

/* ---- ringing ---- */

/* One of a service's processes that isn't the main one. The descriptor comes first, so that what
 * is looked at is what is rung. */
static int ring_other(const Recipient *recipient, pid_t pid, uint64_t signals, char **ret_reason) {
        const Announced *announced = recipient->transport_data;
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

        if (pidfd < 0 || !recipient_admits(recipient, pid))
                return -ESRCH;
        return ring_process(pid, pidfd, signals, announced->socket->address, true, ret_reason);
}

static GArray *list_processes(const Recipient *recipient) {
        GArray *pids = NULL;

        if (!recipient->cgroup)
                return process_descendants(recipient->pid, PROCESSES_MAX);
        if (cgroup_pids(recipient->cgroup, &pids) < 0)
                return g_array_new(FALSE, FALSE, sizeof(pid_t));
        return pids;
}

/* Every process that is ready; r is what the main one said.
 * Returns: how many bells were sent, or the error that says most. */
static int ring_others(const Recipient *recipient, uint64_t signals, int r, char **ret_reason) {
        g_autoptr(GArray) pids = list_processes(recipient);
        int sent = MAX(r, 0), error = r;

        for (guint i = 0; i < MIN(pids->len, PROCESSES_MAX); i++) {
                pid_t pid = g_array_index(pids, pid_t, i);

                if (pid == recipient->pid)
                        continue;
                r = ring_other(recipient, pid, signals, ret_reason);
                if (r >= 0) {
                        sent += r;
                        error = 0;
                } else if (error == -ESRCH)
                        error = r;
        }
        return error < 0 ? error : sent;
}

static int ring(Recipient *recipient, bool look, char **ret_reason) {
        const Announced *announced = recipient->transport_data;
        uint64_t signals = recipient_signals(recipient);
        int r;

        r = ring_process(recipient->pid, recipient->pidfd, signals, announced->socket->address,
                         look, ret_reason);
        if (recipient->access != CLAIM_ACCESS_ALL || !look)
                return r;
        return ring_others(recipient, signals, r, ret_reason);
}

/* ---- the verbs ---- */

/* A connection that waits already is older than what we know of this process: whoever made it may
 * have had the same number before. It is judged while the recipient can't be found yet. */
static void drain(TransportSocket *transport) {
        if (transport->peers.pidfd)
                return;
        claim_socket_drain(transport->own_socket);
        for (guint i = 0; i < transport->other_sockets->len; i++)
                claim_socket_drain(transport->other_sockets->pdata[i]);
}

static bool nobody_waits(const TransportSocket *transport) {
        bool busy = claim_socket_is_busy(transport->own_socket);

        for (guint i = 0; !busy && i < transport->other_sockets->len; i++)
                busy = claim_socket_is_busy(transport->other_sockets->pdata[i]);
        return !busy;
}

/* @is_child: it is our own, and can't have ended yet without our knowing. Its number stays its own
 * until we reap it, and then the recipient goes, too. So with no older connection around nobody
 * else can come with that number. */
static void announced_new(TransportSocket *transport, Recipient *recipient, bool is_child) {
        Announced *announced = g_new(Announced, 1);

        drain(transport);
        *announced = (Announced){
                .socket = claim_socket_ref(transport->own_socket),
                .pinned = is_child && nobody_waits(transport),
        };
        if (!announced->pinned)
                announced->process = peer_number(&transport->peers, recipient->pidfd);
        recipient->transport_data = announced;
        if (recipient->access == CLAIM_ACCESS_ALL)
                g_ptr_array_add(transport->shared, recipient);
}

static int transport_socket_announce(Transport *base, Recipient *recipient, char **ret_reason) {
        TransportSocket *transport = transport_socket_of(base);
        bool is_new = !recipient->transport_data, prepared = recipient->prepared;
        Announced *announced;
        int r;

        recipient->prepared = false;
        if (is_new)
                announced_new(transport, recipient, prepared);
        else
                claim_hear_all(transport, recipient);
        announced = recipient->transport_data;
        if (announced->resting && claim_resume(announced->resting))
                return 0;

        /* Where it is, is looked at once, and again when it doesn't answer. */
        if ((is_new && !prepared) || announced->bells > 0) {
                r = update_namespaces(transport, recipient, ret_reason);
                if (r < 0)
                        return r;
        }
        r = ring(recipient, !prepared, ret_reason);
        if (r < 0)
                return r;
        recipient->rings += (unsigned int)r;
        announced->bells++;
        announced->failures = 0;
        return 0;
}

/* At leisure, or before it matters. */
static void transport_socket_look(Transport *base, Recipient *recipient) {
        if (recipient->transport_data)
                claim_hear_all(transport_socket_of(base), recipient);
}

static void transport_socket_forget(Transport *base, Recipient *recipient) {
        TransportSocket *transport = transport_socket_of(base);
        Announced *announced = recipient->transport_data;

        if (!announced)
                return;
        claim_hear_all(transport, recipient); /* what it has taken isn't cancelled */
        for (GList *i = transport->claims.head, *next; i; i = next) {
                Claim *claim = i->data;

                next = i->next;
                if (claim->recipient == recipient)
                        claim_end(claim, NULL);
        }
        if (announced->resting)
                claim_end(announced->resting, NULL);
        (void)g_ptr_array_remove_fast(transport->shared, recipient);
        claim_socket_unref(announced->socket);
        g_free(announced);
        recipient->transport_data = NULL;
}

static Transport *transport_socket_free(Transport *base) {
        TransportSocket *transport = transport_socket_of(base);
        g_autoptr(GList) recipients = g_hash_table_get_values(base->manager->recipients);

        for (GList *i = recipients; i; i = i->next)
                transport_socket_forget(base, i->data);
        claim_socket_unref(transport->own_socket);
        sd_event_source_disable_unref(transport->claim_timer);
        g_ptr_array_unref(transport->other_sockets);
        g_ptr_array_unref(transport->shared);
        g_free(transport);
        return NULL;
}

static const TransportVTable transport_socket_vtable = {
        .name = "socket",
        .announce = transport_socket_announce,
        .look = transport_socket_look,
        .forget = transport_socket_forget,
        .free = transport_socket_free,
};

static int on_claim_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        claim_expire(userdata);
        return 0;
}

static int transport_socket_open(TransportSocket *transport) {
        sd_event *event = transport->transport.manager->event;
        NamespaceId net;
        int r;

        r = peer_support_probe(&transport->peers);
        if (r < 0)
                return r;
        r = namespace_of(0, "user", &transport->user_namespace);
        if (r < 0)
                return r;
        r = namespace_of(0, "net", &net);
        if (r < 0)
                return r;
        r = sd_event_add_time(event, &transport->claim_timer, CLOCK_MONOTONIC, 0,
                              10 * USEC_PER_MSEC, on_claim_timeout, transport);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(transport->claim_timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        return claim_socket_new(transport, -1, &net, &transport->own_socket);
}

int transport_socket_new(Manager *manager, Transport **ret) {
        TransportSocket *transport = g_new(TransportSocket, 1);
        int r;

        *transport = (TransportSocket){
                .transport = { .vtable = &transport_socket_vtable, .manager = manager },
                .other_sockets = g_ptr_array_new(),
                .shared = g_ptr_array_new(),
                .claims = G_QUEUE_INIT,
        };
        r = transport_socket_open(transport);
        if (r < 0) {
                transport_socket_free(&transport->transport);
                return r;
        }
        *ret = &transport->transport;
        return 0;
}
