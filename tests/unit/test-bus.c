/* SPDX-License-Identifier: MIT */
/* The control bus over its socket, with a manager made by hand: what is behind the methods is
 * replaced here by functions that note how they were called. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "bus.h"
#include "fd.h"
#include "job.h"
#include "log.h"
#include "memfd.h"
#include "recipient.h"
#include "service.h"
#include "socket.h"

#define STRANGER_UID 54321

/* What the replacements were told, and what they are to say. */
static struct {
        TransactionDone done;
        void *done_userdata;
        JobType type;
        unsigned int unit_count;
        pid_t pid;
        bool shut_down;
} calls;

int manager_load_unit(Manager *manager, const char *name, Unit **ret) {
        Unit *unit = g_hash_table_lookup(manager->units, name);
        if (!unit)
                return g_hash_table_contains(manager->broken, name) ? -EBADMSG : -ENOENT;
        *ret = unit;
        return 0;
}

int transaction_run_mode(Manager *manager, JobType type, JobMode mode, Unit *const *units,
                         size_t count, TransactionDone done, void *userdata, char **ret_error) {
        if (g_str_equal(units[0]->name, "cycle.service")) {
                *ret_error = g_strdup("cycle.service waits for itself");
                return -EINVAL;
        }
        calls.type = type;
        calls.unit_count = (unsigned int)count;
        calls.done = done;
        calls.done_userdata = userdata;
        return 0;
}

void manager_reload_units(Manager *manager, Unit *const *units, size_t count, TransactionDone done,
                          void *userdata) {
        calls.unit_count = (unsigned int)count;
        calls.done = done;
        calls.done_userdata = userdata;
}

int manager_reload(Manager *manager, GStrv *ret_errors) {
        const char *lines[] = { "web.socket:3: Lisen: unknown key", NULL };
        *ret_errors = g_strdupv((char **)lines);
        bus_emit_reloaded(manager->bus);
        return 0;
}

int memfd_refresh(Unit *unit, char **ret_error) {
        *ret_error = g_strdup("open /x: No such file or directory");
        return -ENOENT;
}

int manager_deliver(Manager *manager, Unit *const *units, size_t count, const char *service,
                    pid_t pid, char **ret_error) {
        calls.pid = pid;
        calls.unit_count = (unsigned int)count;
        return 0;
}

void manager_shutdown(Manager *manager) {
        calls.shut_down = true;
}

static ActiveState fake_active_state(const Unit *unit) {
        return ACTIVE_ACTIVE;
}

static const char *fake_sub_state(const Unit *unit) {
        return "running";
}

static void fake_show(Unit *unit, GVariantDict *properties) {
        g_variant_dict_insert(properties, "MainPID", "i", 4242);
}

static const UnitVTable fake_vtable = {
        .active_state = fake_active_state,
        .sub_state = fake_sub_state,
        .show = fake_show,
};

/* A unit has room for the largest type that the bus looks into. */
static void unit_destroy(gpointer data) {
        Unit *unit = data;
        settings_unref(unit->settings);
        g_free(unit->name);
        g_free(unit->failure);
        g_free(SOCKET(unit));
}

typedef struct Fixture {
        Manager manager;
        Recipient recipient;
        Delivery delivery;
        unsigned int descriptors; /* open before all this */
} Fixture;

static unsigned int descriptors_count(void) {
        unsigned int count = 0;
        g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
        g_assert_nonnull(directory);
        while (g_dir_read_name(directory))
                count++;
        return count;
}

static Unit *fixture_add_unit(Fixture *fixture, UnitType type, const char *name) {
        Socket *socket = g_new0(Socket, 1);
        Unit *unit = &socket->unit;
        unit->manager = &fixture->manager;
        unit->vtable = &fake_vtable;
        unit->name = g_strdup(name);
        unit->settings = settings_new(type, name, NULL);
        unit->state_usec = 1000000;
        g_hash_table_insert(fixture->manager.units, unit->name, unit);
        return unit;
}

static void fixture_add_delivery(Fixture *fixture) {
        fixture->recipient = (Recipient){
                .manager = &fixture->manager,
                .label = (char *)"web.service",
                .pid = 4242,
                .deliveries = g_ptr_array_new(),
        };
        fixture->delivery = (Delivery){
                .recipient = &fixture->recipient,
                .name = (char *)"http",
                .unit = (char *)"web.socket",
                .kind = BELLHOP_KIND_LISTENER,
                .signal = BELLHOP_SIGNAL_LISTENER,
                .state = DELIVERY_CLAIMED,
                .reason = (char *)"n\xffo", /* no UTF-8 */
                .id = 7,
        };
        g_ptr_array_add(fixture->recipient.deliveries, &fixture->delivery);
        g_hash_table_insert(fixture->manager.recipients, GINT_TO_POINTER(4242),
                            &fixture->recipient);
}

static void fixture_set_up(Fixture *fixture, gconstpointer data) {
        Manager *manager = &fixture->manager;
        calls = (typeof(calls)){ 0 };
        fixture->descriptors = descriptors_count();
        g_assert_cmpint(sd_event_new(&manager->event), >=, 0);
        manager->runtime_directory = g_dir_make_tmp("bellhop-bus-XXXXXX", NULL);
        g_assert_cmpint(chmod(manager->runtime_directory, 0755), ==, 0);
        manager->units = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, unit_destroy);
        manager->broken = g_hash_table_new(g_str_hash, g_str_equal);
        manager->recipients = g_hash_table_new(NULL, NULL);
        manager->unit_path = unit_path_new(false, manager->runtime_directory);
        fixture_add_unit(fixture, UNIT_SERVICE, "web.service");
        fixture_add_unit(fixture, UNIT_SOCKET, "web.socket");
        fixture_add_unit(fixture, UNIT_MEMFD, "conf.memfd");
        fixture_add_unit(fixture, UNIT_SERVICE, "cycle.service");
        g_hash_table_insert(manager->broken, (char *)"broken.service",
                            (char *)"broken.service:2: ExecStart: no such thing");
        fixture_add_delivery(fixture);
        g_assert_cmpint(bus_new(manager, &manager->bus), ==, 0);
}

static void fixture_tear_down(Fixture *fixture, gconstpointer data) {
        Manager *manager = &fixture->manager;
        manager->bus = bus_free(manager->bus);
        g_ptr_array_unref(fixture->recipient.deliveries);
        g_hash_table_unref(manager->units);
        g_hash_table_unref(manager->broken);
        g_hash_table_unref(manager->recipients);
        unit_path_free(manager->unit_path);
        sd_event_unref(manager->event);
        g_assert_cmpint(g_rmdir(manager->runtime_directory), ==, 0);
        g_free(manager->runtime_directory);
        g_assert_cmpuint(descriptors_count(), ==, fixture->descriptors);
}

/* A client in this process, on the manager's own event loop. */
static int socket_connect(const Fixture *fixture) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(fd, >=, 0);
        (void)g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus",
                         fixture->manager.runtime_directory);
        g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
        return fd;
}

static sd_bus *client_open(const Fixture *fixture) {
        sd_bus *bus;
        int fd = socket_connect(fixture);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, fd, fd), >=, 0);
        g_assert_cmpint(sd_bus_set_method_call_timeout(bus, 60 * USEC_PER_SEC), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(bus, fixture->manager.event, 0), >=, 0);
        return bus;
}

static int reply_take(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        *(sd_bus_message **)userdata = sd_bus_message_ref(message);
        return 0;
}

static void loop_once(const Fixture *fixture) {
        g_assert_cmpint(sd_event_run(fixture->manager.event, 60 * USEC_PER_SEC), >, 0);
}

/* Sends a call; *reply is set once the answer is here. */
static void call_send(sd_bus *client, sd_bus_message **reply, const char *member, const char *types,
                      ...) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        va_list arguments;
        *reply = NULL;
        g_assert_cmpint(sd_bus_message_new_method_call(client, &call, BUS_NAME, BUS_PATH,
                                                       BUS_INTERFACE, member),
                        >=, 0);
        va_start(arguments, types);
        g_assert_cmpint(sd_bus_message_appendv(call, types, arguments), >=, 0);
        va_end(arguments);
        g_assert_cmpint(sd_bus_call_async(client, NULL, call, reply_take, reply, 0), >=, 0);
}

#define CALL(client, member, ...)                                \
        ({                                                       \
                sd_bus_message *reply_ = NULL;                   \
                call_send(client, &reply_, member, __VA_ARGS__); \
                while (!reply_)                                  \
                        loop_once(fixture);                      \
                reply_;                                          \
        })

static void assert_error(sd_bus_message *reply, const char *name, const char *text) {
        const sd_bus_error *error = sd_bus_message_get_error(reply);
        g_assert_nonnull(error);
        g_assert_cmpstr(error->name, ==, name);
        g_assert_cmpstr(error->message, ==, text);
        sd_bus_message_unref(reply);
}

static void assert_done(sd_bus_message *reply) {
        g_assert_null(sd_bus_message_get_error(reply));
        sd_bus_message_unref(reply);
}

static void test_list(Fixture *fixture, gconstpointer data) {
        static const char *const members[] = { "ListUnits", "ListSockets", "ListDeliveries" };
        sd_bus *client = client_open(fixture);
        for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
                sd_bus_message *reply = CALL(client, members[i], "");
                g_assert_cmpstr(sd_bus_message_get_signature(reply, true), ==, "aa{sv}");
                assert_done(reply);
        }
        sd_bus_close_unref(client);
}

/* Every call that is wrong says what is wrong with it. */
static void test_errors(Fixture *fixture, gconstpointer data) {
        g_autofree char *nowhere =
                g_strdup_printf("there is no unit unheard-of.target: no such file in %s",
                                fixture->manager.runtime_directory);
        sd_bus *client = client_open(fixture);
        assert_error(CALL(client, "Show", "s", "wbe.service"), BUS_ERROR_NO_SUCH_UNIT,
                     "there is no unit wbe.service; did you mean web.service?");
        assert_error(CALL(client, "Status", "s", "brken.service"), BUS_ERROR_NO_SUCH_UNIT,
                     "there is no unit brken.service; did you mean broken.service?");
        assert_error(CALL(client, "Show", "s", "unheard-of.target"), BUS_ERROR_NO_SUCH_UNIT,
                     nowhere);
        assert_error(CALL(client, "Show", "s", "web.timer"), BUS_ERROR_NO_SUCH_UNIT,
                     "there is no unit web.timer: bellhop has none of this type");
        assert_error(CALL(client, "Show", "s", "broken.service"), BUS_ERROR_BAD_UNIT_FILE,
                     "broken.service isn't loaded: broken.service:2: ExecStart: no such thing");
        assert_error(CALL(client, "Start", "as", 1, "web@.service"), BUS_ERROR_BAD_REQUEST,
                     "web@.service is a template: name an instance of it");
        assert_error(CALL(client, "Start", "as", 0), BUS_ERROR_BAD_REQUEST, "no unit was named");
        assert_error(CALL(client, "Start", "as", 1, "cycle.service"), BUS_ERROR_JOB_REFUSED,
                     "cycle.service waits for itself");
        assert_error(CALL(client, "Refresh", "s", "web.socket"), BUS_ERROR_BAD_REQUEST,
                     "web.socket isn't a memfd unit: there is nothing to refresh");
        assert_error(
                CALL(client, "Refresh", "s", "conf.memfd"), BUS_ERROR_REFRESH_FAILED,
                "conf.memfd: open /x: No such file or directory; the last good snapshot stays");
        assert_error(CALL(client, "Deliver", "assi", 1, "web.socket", "", 0), BUS_ERROR_BAD_REQUEST,
                     "give either a service or a process to deliver to");
        assert_error(CALL(client, "Deliver", "assi", 1, "web.socket", "web.service", 1),
                     BUS_ERROR_BAD_REQUEST, "give either a service or a process to deliver to");
        assert_error(CALL(client, "Kill", "assi", 1, "web.service", "most", 1),
                     BUS_ERROR_BAD_REQUEST, "'most' isn't one of main, control and all");
        assert_error(CALL(client, "Kill", "assi", 1, "web.service", "all", 65),
                     BUS_ERROR_BAD_REQUEST, "65 isn't a signal");
        assert_error(CALL(client, "Kill", "assi", 1, "web.service", "all", 64),
                     BUS_ERROR_NO_PROCESS, "web.service has no process");
        sd_bus_close_unref(client);
}

static void test_calls(Fixture *fixture, gconstpointer data) {
        sd_bus *client = client_open(fixture);
        assert_done(CALL(client, "Show", "s", "web.service"));
        assert_done(CALL(client, "Status", "s", "web.service"));
        assert_done(CALL(client, "Deliver", "assi", 2, "web.socket", "conf.memfd", "", 77));
        g_assert_cmpint(calls.pid, ==, 77);
        g_assert_cmpuint(calls.unit_count, ==, 2);
        sd_bus_message *reply = CALL(client, "Reload", "");
        const char *warning;
        g_assert_cmpint(sd_bus_message_read(reply, "as", 1, &warning), >=, 0);
        g_assert_cmpstr(warning, ==, "web.socket:3: Lisen: unknown key");
        assert_done(reply);
        assert_done(CALL(client, "Shutdown", ""));
        g_assert_true(calls.shut_down);
        sd_bus_close_unref(client);
}

/* Start is answered when the job has ended, not before. */
static void test_deferred(Fixture *fixture, gconstpointer data) {
        const char *errors[] = { "web.service: exec /x: No such file or directory",
                                 "web.socket: bind: Address already in use", NULL };
        sd_bus *client = client_open(fixture);
        sd_bus_message *started, *other;
        call_send(client, &started, "Restart", "as", 3, "web.service", "web.socket", "web.service");
        while (!calls.done)
                loop_once(fixture);
        g_assert_cmpint(calls.type, ==, JOB_RESTART);
        g_assert_cmpuint(calls.unit_count, ==, 2); /* each once */
        other = CALL(client, "ListUnits", "");
        assert_done(other);
        g_assert_null(started);
        calls.done(calls.done_userdata, (char **)errors);
        while (!started)
                loop_once(fixture);
        assert_error(started, BUS_ERROR_JOB_FAILED,
                     "web.service: exec /x: No such file or directory\n"
                     "web.socket: bind: Address already in use");
        sd_bus_close_unref(client);
}

/* So is a reload of services. */
static void test_deferred_reload(Fixture *fixture, gconstpointer data) {
        const char *errors[] = { NULL };
        sd_bus *client = client_open(fixture);
        sd_bus_message *reloaded;
        call_send(client, &reloaded, "ReloadUnits", "as", 2, "web.service", "web.service");
        while (!calls.done)
                loop_once(fixture);
        g_assert_cmpuint(calls.unit_count, ==, 1);
        g_assert_null(reloaded);
        calls.done(calls.done_userdata, (char **)errors);
        while (!reloaded)
                loop_once(fixture);
        assert_done(reloaded);
        sd_bus_close_unref(client);
}

/* A client that doesn't wait for its answer leaves nothing behind. */
static void test_gone(Fixture *fixture, gconstpointer data) {
        sd_bus *client = client_open(fixture), *witness = client_open(fixture);
        sd_bus_message *never;
        call_send(client, &never, "Start", "as", 1, "web.service");
        while (!calls.done)
                loop_once(fixture);
        assert_done(CALL(witness, "ListUnits", ""));
        unsigned int before = descriptors_count();
        sd_bus_close_unref(client);
        while (descriptors_count() > before - 2) /* both ends */
                loop_once(fixture);
        calls.done(calls.done_userdata, NULL);
        assert_done(CALL(witness, "ListUnits", ""));
        sd_bus_close_unref(witness);
}

static int signal_count(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        unsigned int *count = userdata;
        *count += sd_bus_message_is_signal(message, BUS_INTERFACE, NULL) > 0;
        return 0;
}

/* What a client that is on a message bus does to get signals. */
static void client_match(Fixture *fixture, sd_bus *client, const char *method) {
        sd_bus_message *reply = NULL;
        g_assert_cmpint(sd_bus_call_method_async(client, NULL, "org.freedesktop.DBus",
                                                 "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                                 method, reply_take, &reply, "s", "type='signal'"),
                        >=, 0);
        while (!reply)
                loop_once(fixture);
        assert_done(reply);
}

static void test_signals(Fixture *fixture, gconstpointer data) {
        enum { CLIENTS = 3 };
        sd_bus *clients[CLIENTS];
        unsigned int counts[CLIENTS] = { 0 };
        for (size_t i = 0; i < CLIENTS; i++) {
                clients[i] = client_open(fixture);
                g_assert_cmpint(sd_bus_add_filter(clients[i], NULL, signal_count, &counts[i]), >=,
                                0);
                client_match(fixture, clients[i], "AddMatch");
        }
        Unit *unit = g_hash_table_lookup(fixture->manager.units, "web.service");
        bus_emit_unit_changed(fixture->manager.bus, unit);
        bus_emit_delivery_changed(fixture->manager.bus, &fixture->delivery);
        bus_emit_reloaded(fixture->manager.bus);
        for (size_t i = 0; i < CLIENTS; i++) {
                while (counts[i] < 3)
                        loop_once(fixture);
                sd_bus_close_unref(clients[i]);
        }
}

/* Who only waits for an answer isn't sent what it hasn't asked for, however much happens. */
static void test_no_signals(Fixture *fixture, gconstpointer data) {
        sd_bus *client = client_open(fixture);
        client_match(fixture, client, "AddMatch");
        client_match(fixture, client, "RemoveMatch");
        Unit *unit = g_hash_table_lookup(fixture->manager.units, "web.service");
        for (unsigned int i = 0; i < 20000; i++)
                bus_emit_unit_changed(fixture->manager.bus, unit);
        assert_done(CALL(client, "ListUnits", ""));
        sd_bus_close_unref(client);
}

/* Says who it is and then never reads again. */
static int mute_open(Fixture *fixture) {
        static const char anonymous[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
        int fd = socket_connect(fixture);
        g_assert_cmpint(send(fd, anonymous, sizeof(anonymous) - 1, MSG_NOSIGNAL), ==,
                        sizeof(anonymous) - 1);
        return fd;
}

static void test_never_reads(Fixture *fixture, gconstpointer data) {
        sd_bus *mute = client_open(fixture), *witness = client_open(fixture);
        client_match(fixture, mute, "AddMatch");
        g_assert_cmpint(sd_bus_detach_event(mute), >=, 0);
        client_match(fixture, witness, "AddMatch");
        unsigned int before = descriptors_count();
        Unit *unit = g_hash_table_lookup(fixture->manager.units, "web.service");
        unsigned int emitted = 0;
        for (; descriptors_count() == before; emitted++) {
                g_assert_cmpuint(emitted, <, 200000);
                bus_emit_unit_changed(fixture->manager.bus, unit);
                /* Turns of the loop let the witness read, and the bus free who is doomed. */
                for (unsigned int i = 0; i < 3; i++)
                        g_assert_cmpint(sd_event_run(fixture->manager.event, 0), >=, 0);
        }
        g_assert_cmpuint(descriptors_count(), ==, before - 1); /* the bus's end of the mute one */
        assert_done(CALL(witness, "ListUnits", ""));
        sd_bus_close_unref(witness);
        sd_bus_close_unref(mute);
}

/* Nor does the end wait for one that doesn't read. */
static void test_exit(Fixture *fixture, gconstpointer data) {
        sd_bus *mute = client_open(fixture);
        client_match(fixture, mute, "AddMatch");
        g_assert_cmpint(sd_bus_detach_event(mute), >=, 0);
        Unit *unit = g_hash_table_lookup(fixture->manager.units, "web.service");
        for (unsigned int i = 0; i < 8000; i++)
                bus_emit_unit_changed(fixture->manager.bus, unit);
        g_assert_cmpint(sd_event_exit(fixture->manager.event, 0), >=, 0);
        g_assert_cmpint(sd_event_loop(fixture->manager.event), ==, 0);
        sd_bus_close_unref(mute);
}

static int child_ended(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        *(bool *)userdata = true;
        return 0;
}

/* Runs a stranger's program of a few lines; its exit status is the result. That it has ended shows
 * at a pipe which only it holds open. */
static int stranger_run(Fixture *fixture, int (*program)(Fixture *fixture)) {
        int status, ends[2];
        bool ended = false;
        sd_event_source *source;
        g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
        pid_t pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                if (setresgid(STRANGER_UID, STRANGER_UID, STRANGER_UID) < 0 ||
                    setresuid(STRANGER_UID, STRANGER_UID, STRANGER_UID) < 0)
                        _exit(99);
                _exit(program(fixture));
        }
        close(ends[1]);
        g_assert_cmpint(sd_event_add_io(fixture->manager.event, &source, ends[0], EPOLLIN,
                                        child_ended, &ended),
                        >=, 0);
        while (!ended)
                loop_once(fixture);
        sd_event_source_disable_unref(source);
        close(ends[0]);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* Asks, and passes if the answer is the refusal. */
static int program_ask(Fixture *fixture) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus *bus;
        int fd = socket_connect(fixture);
        if (sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
            sd_bus_set_bus_client(bus, true) < 0 || sd_bus_start(bus) < 0)
                return 1;
        int r = sd_bus_call_method(bus, BUS_NAME, BUS_PATH, BUS_INTERFACE, "Shutdown", &error, NULL,
                                   "");
        sd_bus_close_unref(bus);
        if (r >= 0 || !sd_bus_error_has_name(&error, BUS_ERROR_ACCESS_DENIED))
                return 2;
        return strstr(error.message, "only root") ? 0 : 3;
}

/* Announces a message of 100 MiB and sends as much of it as it may. */
static int program_flood(Fixture *fixture) {
        static const unsigned char header[] = {
                'l', 1, 0, 1, 0, 0, 64, 6, 1, 0, 0, 0, 16, 0, 0, 0
        };
        static const char zeros[4096];
        int fd = mute_open(fixture);
        if (send(fd, header, sizeof(header), MSG_NOSIGNAL) < 0)
                return 1;
        for (size_t sent = 0; sent < 4 * 1024 * 1024; sent += sizeof(zeros))
                if (send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL) < 0)
                        return errno == EPIPE || errno == ECONNRESET ? 0 : 2;
        return 3;
}

/* Passes if it is let in a few times and then no more, counting those that stay open. */
static int program_crowd(Fixture *fixture) {
        enum { CROWD = 50 };
        unsigned int closed = 0;
        int fds[CROWD];
        for (size_t i = 0; i < CROWD; i++)
                fds[i] = socket_connect(fixture);
        /* The last one's fate is known when the one before it has been seen to: in order. */
        for (size_t i = CROWD; i-- > 4;) {
                char byte;
                closed += recv(fds[i], &byte, 1, 0) <= 0;
        }
        return closed == CROWD - 4 ? 0 : 1;
}

static void test_stranger(Fixture *fixture, gconstpointer program) {
        int (*run)(Fixture *) = (int (*)(Fixture *))program;
        if (getuid() != 0) {
                g_test_skip("only root can become somebody else");
                return;
        }
        sd_bus *witness = client_open(fixture);
        for (size_t i = 0; i < 3; i++)
                g_assert_cmpint(stranger_run(fixture, run), ==, 0);
        g_assert_false(calls.shut_down);
        assert_done(CALL(witness, "ListUnits", ""));
        sd_bus_close_unref(witness);
}

#define ADD(path, data, function) \
        g_test_add(path, Fixture, data, fixture_set_up, function, fixture_tear_down)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("/bus/list", NULL, test_list);
        ADD("/bus/errors", NULL, test_errors);
        ADD("/bus/calls", NULL, test_calls);
        ADD("/bus/deferred", NULL, test_deferred);
        ADD("/bus/deferred-reload", NULL, test_deferred_reload);
        ADD("/bus/gone", NULL, test_gone);
        ADD("/bus/signals", NULL, test_signals);
        ADD("/bus/no-signals", NULL, test_no_signals);
        ADD("/bus/never-reads", NULL, test_never_reads);
        ADD("/bus/exit", NULL, test_exit);
        ADD("/bus/stranger/asks", (gconstpointer)program_ask, test_stranger);
        ADD("/bus/stranger/floods", (gconstpointer)program_flood, test_stranger);
        ADD("/bus/stranger/crowds", (gconstpointer)program_crowd, test_stranger);
        return g_test_run();
}
