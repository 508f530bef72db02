/* SPDX-License-Identifier: MIT */
/* The control bus's listening socket: who may connect, how often, and who is told what. */
#include "bus.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bus-client.h"
#include "fd.h"
#include "log.h"
#include "recipient.h"
#include "rights.h"

/* Strangers may keep each other out, never root or the manager's user. Few are enough: each only
 * waits for one refusal. */
#define STRANGERS_PER_UID 4
#define STRANGERS_MAX     32
#define CLIENTS_MAX       256

#define LISTEN_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 30)
/* Without a free descriptor the listener would wake the loop for ever. */
#define PAUSE_USEC USEC_PER_SEC

struct Bus {
        Manager *manager;
        char *path;
        int fd;
        sd_event_source *source;
        sd_event_source *pause;
        sd_event_source *reaper;
        sd_id128_t id;
        unsigned int next_client;
        GPtrArray *clients; /* of BusClient *, owned */
};

static bool bus_has_room(const Bus *bus, uid_t uid) {
        unsigned int same = 0, strangers = 0;
        if (!bus_uid_is_stranger(uid))
                return bus->clients->len < CLIENTS_MAX;
        for (guint i = 0; i < bus->clients->len; i++) {
                const BusClient *client = bus->clients->pdata[i];
                strangers += client->stranger;
                same += client->stranger && client->uid == uid;
        }
        return same < STRANGERS_PER_UID && strangers < STRANGERS_MAX;
}

/* Consumes fd. */
static int bus_add_client(Bus *bus, int fd) {
        _cleanup_fd_ int owned = fd;
        BusClientOptions options = { .bus = bus, .manager = bus->manager, .server = bus->id };
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &options.peer,
                       &(socklen_t){ sizeof(options.peer) }) < 0)
                return -errno;
        if (!bus_has_room(bus, options.peer.uid))
                return -EUSERS;
        options.id = ++bus->next_client;

        BusClient *client;
        int r = bus_client_new(&options, TAKE_FD(owned), &client);
        if (r < 0)
                return r;
        g_ptr_array_add(bus->clients, client);
        return 0;
}

static int bus_resume(sd_event_source *source, uint64_t usec, void *userdata) {
        Bus *bus = userdata;
        return sd_event_source_set_enabled(bus->source, SD_EVENT_ON);
}

static int bus_pause(Bus *bus) {
        int r = sd_event_source_set_time_relative(bus->pause, PAUSE_USEC);
        if (r >= 0)
                r = sd_event_source_set_enabled(bus->pause, SD_EVENT_ONESHOT);
        if (r >= 0)
                r = sd_event_source_set_enabled(bus->source, SD_EVENT_OFF);
        return r;
}

static int bus_accept(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Bus *bus = userdata;
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client < 0) {
                if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
                        return 0; /* it has gone */
                log_warning(NULL, "control bus: accept: %s", g_strerror(errno));
                return bus_pause(bus);
        }
        int r = bus_add_client(bus, client);
        if (r < 0)
                log_debug(NULL, "control bus: connection turned away: %s", g_strerror(-r));
        return 0;
}

void bus_reap_later(Bus *bus) {
        (void)sd_event_source_set_enabled(bus->reaper, SD_EVENT_ONESHOT);
}

static int bus_reap(sd_event_source *source, void *userdata) {
        Bus *bus = userdata;
        for (guint i = bus->clients->len; i-- > 0;) {
                BusClient *client = bus->clients->pdata[i];
                if (client->doomed)
                        g_ptr_array_remove_index_fast(bus->clients, i);
        }
        return 0;
}

static int bus_listen(Bus *bus) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        if (g_strlcpy(address.sun_path, bus->path, sizeof(address.sun_path)) >=
            sizeof(address.sun_path))
                return -ENAMETOOLONG;
        bus->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (bus->fd < 0)
                return -errno;
        socket_refuse_rights(bus->fd);
        /* The runtime directory is locked: what lies there is a dead manager's. */
        if (unlink(bus->path) < 0 && errno != ENOENT)
                return -errno;
        if (bind(bus->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            chmod(bus->path, 0666) < 0 || listen(bus->fd, SOMAXCONN) < 0)
                return -errno;
        return 0;
}

static int bus_watch(Bus *bus) {
        sd_event *event = bus->manager->event;
        int r = sd_event_add_io(event, &bus->source, bus->fd, EPOLLIN, bus_accept, bus);
        if (r >= 0)
                r = sd_event_source_set_priority(bus->source, LISTEN_PRIORITY);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &bus->pause, CLOCK_MONOTONIC, PAUSE_USEC,
                                               USEC_PER_SEC, bus_resume, bus);
        if (r >= 0)
                r = sd_event_source_set_enabled(bus->pause, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_defer(event, &bus->reaper, bus_reap, bus);
        if (r >= 0)
                r = sd_event_source_set_enabled(bus->reaper, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

static void bus_client_destroy(gpointer client) {
        bus_client_free(client);
}

DEFINE_CLEANUP(Bus, bus_free)

int bus_new(Manager *manager, Bus **ret) {
        _cleanup_(bus_free_cleanup) Bus *bus = g_new0(Bus, 1);
        bus->manager = manager;
        bus->fd = -EBADF;
        bus->path = g_build_filename(manager->runtime_directory, BUS_SOCKET_NAME, NULL);
        bus->clients = g_ptr_array_new_with_free_func(bus_client_destroy);

        int r = sd_id128_randomize(&bus->id);
        if (r >= 0)
                r = bus_listen(bus);
        if (r >= 0)
                r = bus_watch(bus);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(bus);
        return 0;
}

void bus_close(Bus *bus) {
        if (!bus || bus->fd < 0)
                return;
        bus->source = sd_event_source_disable_unref(bus->source);
        (void)unlink(bus->path);
        bus->fd = fd_close(bus->fd);
}

Bus *bus_free(Bus *bus) {
        if (!bus)
                return NULL;
        bus_close(bus);
        for (guint i = 0; i < bus->clients->len; i++)
                bus_client_flush(bus->clients->pdata[i]);
        g_ptr_array_unref(bus->clients);
        sd_event_source_disable_unref(bus->pause);
        sd_event_source_disable_unref(bus->reaper);
        g_free(bus->path);
        g_free(bus);
        return NULL;
}

/* body is floating and consumed. */
static void bus_emit(Bus *bus, const char *member, GVariant *body) {
        g_autoptr(GVariant) owned = body ? g_variant_ref_sink(body) : NULL;
        for (guint i = 0; i < bus->clients->len; i++)
                bus_client_emit(bus->clients->pdata[i], member, owned);
}

/* Whether anybody has asked for signals. */
static bool bus_is_heard(const Bus *bus) {
        for (guint i = 0; bus && i < bus->clients->len; i++)
                if (((const BusClient *)bus->clients->pdata[i])->matches > 0)
                        return true;
        return false;
}

void bus_emit_unit_changed(Bus *bus, Unit *unit) {
        if (!bus_is_heard(bus))
                return;
        bus_emit(bus, "UnitChanged",
                 g_variant_new("(sss)", unit->name, active_state_to_string(unit_active_state(unit)),
                               unit_sub_state(unit)));
}

void bus_emit_delivery_changed(Bus *bus, Delivery *delivery) {
        if (!bus_is_heard(bus))
                return;
        g_autofree char *recipient = g_utf8_make_valid(delivery->recipient->label, -1);
        g_autofree char *reason = g_utf8_make_valid(delivery->reason ?: "", -1);
        bus_emit(bus, "DeliveryChanged",
                 g_variant_new("(tsssiss)", delivery->id, delivery->unit, delivery->name, recipient,
                               delivery->recipient->pid, delivery_state_to_string(delivery->state),
                               reason));
}

void bus_emit_reloaded(Bus *bus) {
        if (bus_is_heard(bus))
                bus_emit(bus, "Reloaded", NULL);
}
