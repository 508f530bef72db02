/* SPDX-License-Identifier: MIT */
/* One connection: the sd-bus server at this end of it, its limits, its answers. */
#include "bus-client.h"

#include <sys/socket.h>
#include <unistd.h>

#include "bus-driver.h"
#include "bus-manager.h"
#include "bus-stranger.h"
#include "bus-value.h"
#include "fd.h"
#include "log.h"

/* Deliveries come first: a storm of calls must not delay a claim. */
#define CLIENT_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 20)

/* A stranger has this long to read why it isn't welcome, anybody this long for the first call. */
#define STRANGER_USEC (5 * USEC_PER_SEC)
#define IDLE_USEC     (30 * USEC_PER_SEC)

/* sd-bus asks for 8 MiB; what the kernel holds is charged to the client like the rest. */
#define CLIENT_SEND_BUFFER (256 * 1024)

#define STRANGER_QUEUE_MESSAGES 16

/* Where sd-bus tells of the connection itself. */
#define LOCAL_PATH      "/org/freedesktop/DBus/Local"
#define LOCAL_INTERFACE "org.freedesktop.DBus.Local"

bool bus_uid_is_stranger(uid_t uid) {
        return uid != 0 && uid != getuid();
}

/* Marks it to be freed from the event loop. */
static void bus_client_doom(BusClient *client) {
        if (client->doomed)
                return;
        client->doomed = true;
        bus_reap_later(client->bus);
}

/* Called after everything that was queued. */
static void client_charge(BusClient *client, uint64_t bytes) {
        uint64_t messages = 0;
        if (sd_bus_get_n_queued_write(client->connection, &messages) < 0 || messages == 0) {
                client->queued = 0;
                return;
        }
        client->queued += bytes;
        uint64_t limit = client->stranger ? STRANGER_QUEUE_MESSAGES : BUS_CLIENT_QUEUE_MESSAGES;
        if (messages <= limit && client->queued <= BUS_CLIENT_QUEUE_BYTES)
                return;
        if (!client->doomed && !client->stranger)
                log_warning(NULL, "control bus: pid %d doesn't read what it is sent, dropped",
                            client->pid);
        bus_client_doom(client);
}

static int client_send(BusClient *client, sd_bus_message *message, GVariant *body) {
        uint64_t bytes = 256;
        int r = 0;
        if (body) {
                r = bus_value_append_body(message, body);
                bytes += g_variant_get_size(body);
        }
        if (r >= 0)
                r = sd_bus_send(NULL, message, NULL);
        client_charge(client, bytes);
        return r;
}

int bus_client_reply(BusClient *client, sd_bus_message *call, GVariant *body) {
        g_autoptr(GVariant) owned = body ? g_variant_ref_sink(body) : NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = sd_bus_message_new_method_return(call, &reply);
        if (r < 0)
                return r;
        r = client_send(client, reply, owned);
        return r < 0 ? r : 1;
}

void bus_client_emit(BusClient *client, const char *member, GVariant *body) {
        if (client->matches == 0 || client->stranger || client->doomed ||
            sd_bus_is_ready(client->connection) <= 0)
                return;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *signal = NULL;
        int r = sd_bus_message_new_signal(client->connection, &signal, BUS_PATH, BUS_INTERFACE,
                                          member);
        if (r >= 0)
                r = client_send(client, signal, body);
        if (r < 0)
                bus_client_doom(client);
}

static int client_refuse(BusClient *client, sd_bus_error *ret_error) {
        client_charge(client, 256);
        if (getuid() == 0)
                return sd_bus_error_set(ret_error, BUS_ERROR_ACCESS_DENIED,
                                        "only root may talk to this manager");
        return sd_bus_error_setf(ret_error, BUS_ERROR_ACCESS_DENIED,
                                 "only root and uid %u may talk to this manager", getuid());
}

/* Every message passes here before any object sees it. */
static int client_filter(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        if (client->doomed)
                return 1;
        if (sd_bus_message_is_signal(message, LOCAL_INTERFACE, NULL) > 0)
                return 0;
        if (!client->stranger) {
                client->deadline = sd_event_source_disable_unref(client->deadline);
                client_charge(client, 0);
                return 0;
        }
        /* The greeting is answered, so that a client that greets lives to read the refusal. */
        if (sd_bus_message_is_method_call(message, NULL, NULL) <= 0 ||
            sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello") > 0)
                return 0;
        return client_refuse(client, ret_error);
}

static int client_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        bus_client_doom(userdata);
        return 0;
}

static int client_leftover(sd_event_source *source, void *userdata) {
        BusClient *client = userdata;
        int r = sd_bus_process(client->connection, NULL);
        if (r > 0)
                r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        if (r < 0)
                bus_client_doom(client);
        return 0;
}

/* A call that arrives together with the end of the greeting, in one read, lies in sd-bus's buffer
 * (252) until more arrives: a client that waits for the answer would wait for ever. So it is told
 * to look once more, from outside of its own callback. */
static int client_connected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        return sd_event_source_set_enabled(client->leftover, SD_EVENT_ONESHOT);
}

static int client_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        bus_client_doom(userdata);
        return 0;
}

static void client_stranger_closed(void *userdata) {
        bus_client_doom(userdata);
}

/* Consumes fd. */
static int client_connect(BusClient *client, int fd, sd_id128_t server) {
        _cleanup_fd_ int owned = fd;
        int r = 0;
        if (client->stranger)
                r = bus_stranger_new(client->manager->event, TAKE_FD(owned), client_stranger_closed,
                                     client, &client->relay, &owned);
        if (r >= 0)
                r = sd_bus_new(&client->connection);
        if (r >= 0)
                r = sd_bus_set_server(client->connection, true, server);
        /* A stranger's name is checked on its own socket; the relay's here is the manager's. */
        if (r >= 0)
                r = sd_bus_set_anonymous(client->connection, client->stranger);
        /* sd-bus would wait, at the end of the loop, for clients that don't read. */
        if (r >= 0)
                r = sd_bus_set_close_on_exit(client->connection, false);
        if (r >= 0)
                r = sd_bus_negotiate_fds(client->connection, false);
        if (r >= 0)
                r = sd_bus_set_connected_signal(client->connection, true);
        if (r >= 0)
                r = sd_bus_set_fd(client->connection, owned, owned);
        if (r < 0)
                return r;
        fd = TAKE_FD(owned);
        r = sd_bus_start(client->connection);
        if (r < 0)
                return r;
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ CLIENT_SEND_BUFFER }, sizeof(int));
        return 0;
}

static int client_attach(BusClient *client) {
        int r = sd_bus_add_filter(client->connection, NULL, client_filter, client);
        if (r >= 0)
                r = sd_bus_match_signal(client->connection, NULL, NULL, LOCAL_PATH, LOCAL_INTERFACE,
                                        "Connected", client_connected, client);
        if (r >= 0)
                r = sd_bus_match_signal(client->connection, NULL, NULL, LOCAL_PATH, LOCAL_INTERFACE,
                                        "Disconnected", client_disconnected, client);
        if (r >= 0)
                r = bus_driver_register(client);
        if (r >= 0)
                r = bus_manager_register(client);
        if (r >= 0)
                r = sd_bus_attach_event(client->connection, client->manager->event,
                                        CLIENT_PRIORITY);
        if (r >= 0)
                r = sd_event_add_defer(client->manager->event, &client->leftover, client_leftover,
                                       client);
        if (r >= 0)
                r = sd_event_source_set_enabled(client->leftover, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_source_set_priority(client->leftover, CLIENT_PRIORITY);
        if (r >= 0)
                r = sd_event_add_time_relative(client->manager->event, &client->deadline,
                                               CLOCK_MONOTONIC,
                                               client->stranger ? STRANGER_USEC : IDLE_USEC,
                                               USEC_PER_SEC, client_timeout, client);
        return r < 0 ? r : 0;
}

int bus_client_new(const BusClientOptions *options, int fd, BusClient **ret) {
        _cleanup_(bus_client_free_cleanup) BusClient *client = g_new0(BusClient, 1);
        client->bus = options->bus;
        client->manager = options->manager;
        client->name = g_strdup_printf(":1.%u", options->id);
        client->pid = options->peer.pid;
        client->uid = options->peer.uid;
        client->stranger = bus_uid_is_stranger(client->uid);
        g_queue_init(&client->requests);

        int r = client_connect(client, fd, options->server);
        if (r >= 0)
                r = client_attach(client);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(client);
        return 0;
}

void bus_client_flush(BusClient *client) {
        uint64_t before = UINT64_MAX, queued;
        client->doomed = true; /* so that calls that come in now are swallowed */
        while (sd_bus_get_n_queued_write(client->connection, &queued) >= 0 && queued > 0 &&
               queued < before) {
                before = queued;
                if (sd_bus_process(client->connection, NULL) < 0)
                        return;
        }
}

BusClient *bus_client_free(BusClient *client) {
        if (!client)
                return NULL;
        GList *link;
        while ((link = g_queue_pop_head_link(&client->requests))) {
                BusRequest *request = link->data;
                request->message = sd_bus_message_unref(request->message);
                request->client = NULL;
        }
        sd_event_source_disable_unref(client->deadline);
        sd_event_source_disable_unref(client->leftover);
        sd_bus_close_unref(client->connection);
        bus_stranger_free(client->relay);
        g_free(client->name);
        g_free(client);
        return NULL;
}

BusRequest *bus_request_new(BusClient *client, sd_bus_message *call) {
        if (g_queue_get_length(&client->requests) >= BUS_CLIENT_REQUESTS)
                return NULL;
        BusRequest *request = g_new0(BusRequest, 1);
        request->client = client;
        request->message = sd_bus_message_ref(call);
        request->link.data = request;
        g_queue_push_tail_link(&client->requests, &request->link);
        return request;
}

BusRequest *bus_request_free(BusRequest *request) {
        if (request->client)
                g_queue_unlink(&request->client->requests, &request->link);
        sd_bus_message_unref(request->message);
        g_free(request);
        return NULL;
}
