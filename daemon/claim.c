/* SPDX-License-Identifier: MIT */
/* Claims: who asks, what they get, and what they say to it. */
#include "claim.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "fd.h"
#include "log.h"
#include "manager.h"
#include "ring.h"
#include "transport-socket.h"

/* Strangers are counted, and spoken of at most this often. */
#define STRANGERS_LOG_USEC (60 * USEC_PER_SEC)

static void note_stranger(TransportSocket *transport, const struct ucred *peer) {
        uint64_t now = (uint64_t)g_get_monotonic_time();

        transport->strangers++;
        if (transport->strangers_logged_usec != 0 &&
            now - transport->strangers_logged_usec < STRANGERS_LOG_USEC)
                return;
        transport->strangers_logged_usec = now;
        log_info(NULL,
                 "claim socket: nothing is there for pid %d of uid %u; %" PRIu64
                 " such connections closed so far",
                 (int)peer->pid, (unsigned int)peer->uid, transport->strangers);
}

static bool is_main_process(const TransportSocket *transport, const Recipient *recipient, int fd) {
        const Announced *announced = recipient->transport_data;

        return announced &&
               (announced->pinned ||
                peer_is_process(&transport->peers, fd, recipient->pidfd, announced->process));
}

/* Main processes first: they are found by number. The rest costs a look into /proc for each service
 * that lets all its processes claim and that something waits for. */
static Recipient *find_recipient(TransportSocket *transport, int fd, const struct ucred *peer) {
        GHashTable *recipients = transport->transport.manager->recipients;
        Recipient *main = g_hash_table_lookup(recipients, GINT_TO_POINTER(peer->pid));

        if (main && recipient_count_ringable(main) > 0 && is_main_process(transport, main, fd))
                return main;

        for (guint i = 0; i < transport->shared->len; i++) {
                Recipient *shared = transport->shared->pdata[i];

                if (recipient_count_ringable(shared) > 0 &&
                    peer_is_admitted(&transport->peers, fd, peer, shared))
                        return shared;
        }
        if (!main)
                note_stranger(transport, peer);
        return NULL;
}

/* ---- sending ---- */

typedef struct Batch {
        Delivery *deliveries[MESSAGE_ITEMS_MAX];
        MessageItem items[MESSAGE_ITEMS_MAX];
        int fds[MESSAGE_ITEMS_MAX];
        unsigned int count;
        uint32_t remaining;
} Batch;

static void batch_add(Batch *batch, Delivery *delivery) {
        unsigned int i = batch->count++;

        batch->deliveries[i] = delivery;
        batch->fds[i] = delivery->item->fd;
        delivery_describe(delivery, &batch->items[i]);
}

static void batch_collect(Batch *batch, const Claim *claim) {
        const GPtrArray *deliveries = claim->recipient->deliveries;
        guint i;

        batch->count = 0;
        batch->remaining = 0;
        (void)recipient_find(claim->recipient, claim->last_id + 1, &i);
        for (; i < deliveries->len; i++) {
                Delivery *delivery = deliveries->pdata[i];

                if (delivery->id > claim->limit_id)
                        break;
                if (delivery->transport != &claim->transport->transport ||
                    !delivery_state_is_ringable(delivery->state))
                        continue;
                if (batch->count < MESSAGE_ITEMS_MAX)
                        batch_add(batch, delivery);
                else
                        batch->remaining++;
        }
}

/* Returns: 0 or negative errno. */
static int batch_send(const Batch *batch, int fd) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(batch->fds))];
        } control;
        uint8_t buffer[MESSAGE_SIZE_MAX];
        struct iovec iov = { .iov_base = buffer };
        struct msghdr message = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = CMSG_SPACE(sizeof(int) * batch->count),
        };
        int r;

        r = message_encode_items(buffer, sizeof(buffer), batch->items, batch->count,
                                 batch->remaining);
        if (r < 0)
                return r;
        iov.iov_len = (size_t)r;
        /* All of it: an odd count leaves room at the end. */
        memset(&control, 0, message.msg_controllen);
        control.header = (struct cmsghdr){
                .cmsg_level = SOL_SOCKET,
                .cmsg_type = SCM_RIGHTS,
                .cmsg_len = CMSG_LEN(sizeof(int) * batch->count),
        };
        memcpy(CMSG_DATA(&control.header), batch->fds, sizeof(int) * batch->count);
        return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static void timer_set(TransportSocket *transport) {
        const Claim *first = g_queue_peek_head(&transport->claims);

        if (!first)
                return;
        (void)sd_event_source_set_time(transport->claim_timer, first->deadline_usec);
        (void)sd_event_source_set_enabled(transport->claim_timer, SD_EVENT_ONESHOT);
}

/* A timer that runs already ends sooner, and is set again then. */
static void timer_start(TransportSocket *transport) {
        if (sd_event_source_get_enabled(transport->claim_timer, NULL) == 0)
                timer_set(transport);
}

/* The clock runs anew with every message, so the one that was sent last is the last to end. Where
 * we don't listen, somebody looks long before. */
static void claim_set_deadline(Claim *claim) {
        TransportSocket *transport = claim->transport;

        claim->deadline_usec = (uint64_t)g_get_monotonic_time() + CLAIM_TIMEOUT_USEC;
        g_queue_unlink(&transport->claims, &claim->link);
        g_queue_push_tail_link(&transport->claims, &claim->link);
        if (claim->source)
                timer_start(transport);
}

static void claim_mark_sent(Claim *claim, const Batch *batch) {
        claim->sent_count = batch->count;
        for (unsigned int i = 0; i < batch->count; i++)
                claim->sent[i] = batch->deliveries[i]->id;
        claim->last_id = claim->sent[batch->count - 1];

        claim->recipient->walks++;
        for (unsigned int i = 0; i < batch->count; i++)
                if (delivery_state_is_ringable(batch->deliveries[i]->state))
                        delivery_handle(batch->deliveries[i], DELIVERY_EVENT_SENT, NULL);
        claim->recipient->walks--;
}

static int on_receipt(sd_event_source *source, int fd, uint32_t events, void *userdata);

/* Returns: false if it can't, and has ended instead. */
static bool claim_listen(Claim *claim) {
        int r;

        if (claim->source)
                return true;
        r = sd_event_add_io(claim->transport->transport.manager->event, &claim->source, claim->fd,
                            EPOLLIN, on_receipt, claim);
        if (r >= 0)
                r = sd_event_source_set_priority(claim->source, SD_EVENT_PRIORITY_IMPORTANT);
        if (r < 0) {
                claim_end(claim, g_strerror(-r));
                return false;
        }
        timer_start(claim->transport);
        return true;
}

/* All has its receipt. A main process keeps the connection, one of them. */
static void claim_rest(Claim *claim) {
        Announced *announced = claim->recipient->transport_data;

        if (claim->pid != claim->recipient->pid) {
                claim_end(claim, NULL);
                return;
        }
        if (announced->resting)
                claim_end(announced->resting, NULL);
        g_queue_unlink(&claim->transport->claims, &claim->link);
        claim->resting = true;
        announced->resting = claim;
        (void)claim_listen(claim);
}

/* The bell beside a message on a connection that rested. The message is what wakes the desk, so
 * there is time for a look, as before every bell: a connection that took the message is no proof
 * that the signal wouldn't kill. Nor does it matter whether it could be sent. */
static void claim_ring(const Claim *claim, const Batch *batch) {
        const Announced *announced = claim->recipient->transport_data;
        g_autofree char *reason = NULL;
        uint64_t signals = 0;
        int r;

        for (unsigned int i = 0; i < batch->count; i++)
                signals |= BELLHOP_SIGNAL_BIT(batch->items[i].signal);
        r = ring_process(claim->pid, claim->recipient->pidfd, signals, announced->socket->address,
                         true, &reason);
        claim->recipient->rings += (unsigned int)MAX(r, 0);
}

/* The next message. Returns: false if there was none, and the conversation rests or has ended. */
static bool claim_send(Claim *claim, bool with_bell) {
        g_autofree char *reason = NULL;
        Batch batch;
        int r;

        batch_collect(&batch, claim);
        if (batch.count == 0) {
                claim_rest(claim);
                return false;
        }
        r = batch_send(&batch, claim->fd);
        if (r >= 0 && with_bell)
                claim_ring(claim, &batch);
        claim_mark_sent(claim, &batch);
        if (r < 0) {
                reason = g_strdup_printf("sending to pid %d: %s", (int)claim->pid, g_strerror(-r));
                claim_end(claim, reason);
                return false;
        }
        claim_set_deadline(claim);
        if (batch.remaining > 0) /* the desk waits, too */
                return claim_listen(claim);
        /* A desk that has all that waited for it now has somebody to serve, and its receipt would
         * have us run instead, on the same processor, for nothing but our own books. */
        if (!claim->source)
                recipient_look_soon(claim->recipient);
        return true;
}

/* ---- receipts ---- */

/* The first so many were taken; the others wait on. */
static void claim_settle(Claim *claim, unsigned int taken, const char *reason) {
        Recipient *recipient = claim->recipient;
        Announced *announced = recipient->transport_data;
        unsigned int count = claim->sent_count;

        claim->sent_count = 0;
        if (taken > 0)
                announced->bells = 0;
        if (taken < count)
                announced->failures++;

        recipient->walks++;
        for (unsigned int i = 0; i < count; i++) {
                Delivery *delivery = recipient_find(recipient, claim->sent[i], NULL);

                if (!delivery || delivery->state != DELIVERY_SENT)
                        continue; /* superseded meanwhile */
                if (i < taken)
                        delivery_handle(delivery, DELIVERY_EVENT_RECEIPT, NULL);
                else
                        delivery_handle(delivery, DELIVERY_EVENT_RETURNED, reason);
        }
        recipient->walks--;
}

Claim *claim_end(Claim *claim, const char *reason) {
        if (claim->sent_count > 0)
                claim_settle(claim, 0, reason);
        if (claim->resting)
                ((Announced *)claim->recipient->transport_data)->resting = NULL;
        else
                g_queue_unlink(&claim->transport->claims, &claim->link);
        sd_event_source_disable_unref(claim->source);
        fd_close(claim->fd);
        g_free(claim);
        return NULL;
}

static void claim_end_for(Claim *claim, const char *what) {
        g_autofree char *reason = g_strdup_printf("pid %d %s", (int)claim->pid, what);

        claim_end(claim, reason);
}

/* One receipt, if it is there. Returns: false if the conversation has ended. */
static bool claim_read(Claim *claim) {
        uint8_t receipt[MESSAGE_HEADER_SIZE];
        unsigned int sent = claim->sent_count;
        ssize_t length;
        int taken;

        /* MSG_TRUNC: the length it had, so that a longer one is seen as such. */
        length = recv(claim->fd, receipt, sizeof(receipt), MSG_DONTWAIT | MSG_TRUNC);
        if (length < 0 && (errno == EAGAIN || errno == EINTR))
                return true;
        if (claim->resting) { /* the desk was closed; or it speaks unasked */
                claim_end(claim, NULL);
                return false;
        }
        if (length <= 0) {
                claim_end_for(claim, "hung up without a receipt");
                return false;
        }
        taken = message_decode_receipt(receipt, (size_t)length, sent);
        if (taken < 0) {
                claim_end_for(claim, "answered out of rule");
                return false;
        }
        claim_settle(claim, (unsigned int)taken,
                     "no room for it in the recipient's descriptor table");
        if ((unsigned int)taken < sent) {
                claim_end(claim, NULL);
                return false;
        }
        return claim_send(claim, false);
}

static int on_receipt(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        (void)claim_read(userdata);
        return 0;
}

static void claim_hear(Claim *claim) {
        if (claim_read(claim))
                (void)claim_listen(claim);
}

/* Whoever walks the deliveries may stand in that very claim. */
static Claim *find_unheard(const TransportSocket *transport, const Recipient *recipient) {
        for (GList *i = transport->claims.head; i; i = i->next) {
                Claim *claim = i->data;

                if (!claim->source && (!recipient || claim->recipient == recipient) &&
                    claim->recipient->walks == 0)
                        return claim;
        }
        return NULL;
}

void claim_hear_all(TransportSocket *transport, const Recipient *recipient) {
        Claim *claim;

        /* What a receipt brings about may end others. */
        while ((claim = find_unheard(transport, recipient)))
                claim_hear(claim);
        /* To those whose recipient is being walked nobody else may come. */
        timer_start(transport);
}

/* What was said in time counts, even if it is we who are late to read it. */
void claim_expire(TransportSocket *transport) {
        uint64_t now = (uint64_t)g_get_monotonic_time();
        Claim *first;

        while ((first = g_queue_peek_head(&transport->claims)) && first->deadline_usec <= now) {
                if (first->source)
                        claim_end_for(first, "gave no receipt within a second");
                else
                        claim_hear(first);
        }
        timer_set(transport);
}

/* ---- beginning ---- */

static Claim *claim_of(const TransportSocket *transport, pid_t pid) {
        for (GList *i = transport->claims.head; i; i = i->next)
                if (((Claim *)i->data)->pid == pid)
                        return i->data;
        return NULL;
}

static unsigned int count_claims(const TransportSocket *transport, uid_t uid) {
        unsigned int count = 0;

        for (GList *i = transport->claims.head; i; i = i->next)
                count += ((Claim *)i->data)->uid == uid;
        return count;
}

static bool has_room(TransportSocket *transport, uid_t uid) {
        if (uid == 0 || count_claims(transport, uid) < CLAIM_PER_UID_MAX)
                return true;
        claim_hear_all(transport, NULL); /* many are done, most often */
        return count_claims(transport, uid) < CLAIM_PER_UID_MAX;
}

/* Limits: what is over them is closed, and comes back at the next bell. */
static bool may_begin(TransportSocket *transport, const Recipient *recipient, uid_t uid) {
        const Announced *announced = recipient->transport_data;

        return announced->failures < CLAIM_FAILURES_MAX && has_room(transport, uid);
}

static uint64_t last_id(const Recipient *recipient) {
        const GPtrArray *deliveries = recipient->deliveries;

        return ((const Delivery *)deliveries->pdata[deliveries->len - 1])->id;
}

static Claim *claim_new(TransportSocket *transport, Recipient *recipient, const struct ucred *peer,
                        int fd) {
        Claim *claim = g_new(Claim, 1);

        *claim = (Claim){
                .transport = transport,
                .recipient = recipient,
                .fd = fd,
                .pid = peer->pid,
                .uid = peer->uid,
                .link = { .data = claim },
                .limit_id = last_id(recipient),
        };
        g_queue_push_tail_link(&transport->claims, &claim->link);
        return claim;
}

bool claim_resume(Claim *claim) {
        ((Announced *)claim->recipient->transport_data)->resting = NULL;
        claim->resting = false;
        claim->last_id = 0;
        claim->limit_id = last_id(claim->recipient);
        g_queue_push_tail_link(&claim->transport->claims, &claim->link);
        return claim_send(claim, true);
}

bool claim_begin(TransportSocket *transport, int fd) {
        _cleanup_fd_ int connection = fd;
        socklen_t length = sizeof(struct ucred);
        Recipient *recipient;
        struct ucred peer;
        Claim *earlier;

        if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
                return false;

        /* A desk that is done may be back before its last receipt was read. One that isn't done has
         * what waits for it. Whoever walks the deliveries may stand in the earlier one: a bell will
         * call again. */
        earlier = claim_of(transport, peer.pid);
        if (earlier && (earlier->recipient->walks > 0 || claim_read(earlier)))
                return false;

        recipient = find_recipient(transport, connection, &peer);
        if (!recipient || !may_begin(transport, recipient, peer.uid))
                return false;
        (void)claim_send(claim_new(transport, recipient, &peer, TAKE_FD(connection)), false);
        return true;
}
