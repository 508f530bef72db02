/* SPDX-License-Identifier: MIT */
/* The fixture's client on the daemon's bus: calls, and waits for signals. See harness.h. */
#include <stdio.h>
#include <string.h>

#include "harness.h"

#define PATH      "/org/bellhop/Manager1"
#define INTERFACE "org.bellhop.Manager1"

static int signal_unit(Fixture *fixture, sd_bus_message *message) {
        const char *name, *active, *sub;

        int r = sd_bus_message_read(message, "sss", &name, &active, &sub);
        if (r > 0)
                g_ptr_array_add(fixture->events,
                                g_strdup_printf("unit %s %s %s", name, active, sub));
        return r;
}

static int signal_delivery(Fixture *fixture, sd_bus_message *message) {
        const char *unit, *name, *recipient, *state, *reason;
        uint64_t id;
        int32_t pid;

        int r = sd_bus_message_read(message, "tsssiss", &id, &unit, &name, &recipient, &pid, &state,
                                    &reason);
        if (r > 0)
                g_ptr_array_add(fixture->events,
                                g_strdup_printf("delivery %" G_GUINT64_FORMAT " %s %s %s %d %s", id,
                                                unit, name, recipient, pid, state));
        return r;
}

static int signal_take(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Fixture *fixture = userdata;
        int r = 0;

        (void)error;
        if (sd_bus_message_is_signal(message, INTERFACE, "UnitChanged"))
                r = signal_unit(fixture, message);
        else if (sd_bus_message_is_signal(message, INTERFACE, "DeliveryChanged"))
                r = signal_delivery(fixture, message);
        else if (sd_bus_message_is_signal(message, INTERFACE, "Reloaded"))
                g_ptr_array_add(fixture->events, g_strdup("reloaded"));
        g_assert_cmpint(r, >=, 0);
        return 0;
}

void bus_open(Fixture *fixture) {
        g_autofree char *address = g_strdup_printf("unix:path=%s/bus", fixture->runtime);

        g_assert_cmpint(sd_bus_new(&fixture->bus), >=, 0);
        g_assert_cmpint(sd_bus_set_address(fixture->bus, address), >=, 0);
        g_assert_cmpint(sd_bus_add_filter(fixture->bus, NULL, signal_take, fixture), >=, 0);
        g_assert_cmpint(sd_bus_set_method_call_timeout(fixture->bus,
                                                       (uint64_t)limit_ms(2 * EVENT_LIMIT) * 1000),
                        >=, 0);
        int r = sd_bus_start(fixture->bus);
        if (r < 0)
                g_error("connect to %s: %s", address, strerror(-r));
        /* Signals go to who asks for them. */
        r = sd_bus_call_method(fixture->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                               "org.freedesktop.DBus", "AddMatch", NULL, NULL, "s",
                               "type='signal'");
        if (r < 0)
                g_error("AddMatch: %s", strerror(-r));
}

/* Dispatches all signals that are there. */
static void bus_drain(Fixture *fixture) {
        int r;

        while ((r = sd_bus_process(fixture->bus, NULL)) > 0)
                ;
        if (r < 0)
                g_error("the bus has closed: %s", strerror(-r));
}

/* Waits for the next signals. Returns: false when the time is over. */
static bool bus_wait_more(Fixture *fixture, int64_t deadline) {
        int64_t left = deadline - g_get_monotonic_time();

        if (left <= 0)
                return false;
        g_assert_cmpint(sd_bus_wait(fixture->bus, (uint64_t)left), >=, 0);
        bus_drain(fixture);
        return true;
}

static int64_t deadline_new(void) {
        return g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;
}

/* Calls. */

static sd_bus_message *call_new(Fixture *fixture, const char *method) {
        sd_bus_message *message;

        g_assert_cmpint(sd_bus_message_new_method_call(fixture->bus, &message, NULL, PATH,
                                                       INTERFACE, method),
                        >=, 0);
        return message;
}

/* Consumes the call. Returns: 0 and the answer (the caller's), or negative errno. */
static int call_send(Fixture *fixture, sd_bus_message *call, sd_bus_message **ret_answer,
                     char **ret_error) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *answer = NULL;

        int r = sd_bus_call(fixture->bus, call, 0, &error, &answer);
        if (r < 0 && !ret_error)
                g_error("%s: %s: %s", sd_bus_message_get_member(call), error.name, error.message);
        if (r < 0)
                *ret_error = g_strdup_printf("%s: %s", error.name, error.message);
        sd_bus_error_free(&error);
        sd_bus_message_unref(call);
        if (r >= 0 && ret_answer)
                *ret_answer = answer;
        else
                sd_bus_message_unref(answer);
        return r < 0 ? r : 0;
}

int bus_units_call(Fixture *fixture, const char *method, char **ret_error, const char *unit, ...) {
        sd_bus_message *call = call_new(fixture, method);
        va_list units;

        sd_bus_message_open_container(call, 'a', "s");
        va_start(units, unit);
        for (; unit; unit = va_arg(units, const char *))
                sd_bus_message_append(call, "s", unit);
        va_end(units);
        sd_bus_message_close_container(call);
        return call_send(fixture, call, NULL, ret_error);
}

void unit_start_begin(Fixture *fixture, const char *unit) {
        sd_bus_message *call = call_new(fixture, "Start");

        sd_bus_message_append(call, "as", 1, unit);
        g_assert_cmpint(sd_bus_message_set_expect_reply(call, 0), >=, 0);
        g_assert_cmpint(sd_bus_send(fixture->bus, call, NULL), >=, 0);
        g_assert_cmpint(sd_bus_flush(fixture->bus), >=, 0);
        sd_bus_message_unref(call);
}

int bus_reload(Fixture *fixture, char **ret_error) {
        return call_send(fixture, call_new(fixture, "Reload"), NULL, ret_error);
}

int bus_refresh(Fixture *fixture, const char *memfd, char **ret_error) {
        sd_bus_message *call = call_new(fixture, "Refresh");

        sd_bus_message_append(call, "s", memfd);
        return call_send(fixture, call, NULL, ret_error);
}

int bus_deliver(Fixture *fixture, const char *unit, const char *service, pid_t pid,
                char **ret_error) {
        sd_bus_message *call = call_new(fixture, "Deliver");

        sd_bus_message_append(call, "assi", 1, unit, service, (int32_t)pid);
        return call_send(fixture, call, NULL, ret_error);
}

/* Values. */

/* A basic value inside a variant as text; NULL for others. */
static char *value_to_string(sd_bus_message *message, char type) {
        union {
                const char *string;
                int boolean;
                uint8_t byte;
                int16_t n;
                uint16_t q;
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
        } value;

        if (!strchr("sogbynqiuxt", type) || sd_bus_message_read_basic(message, type, &value) < 0)
                return NULL;
        switch (type) {
        case 's':
        case 'o':
        case 'g':
                return g_strdup(value.string);
        case 'b':
                return g_strdup(value.boolean ? "yes" : "no");
        case 'y':
                return g_strdup_printf("%u", value.byte);
        case 'n':
                return g_strdup_printf("%d", value.n);
        case 'q':
                return g_strdup_printf("%u", value.q);
        case 'i':
                return g_strdup_printf("%d", value.i);
        case 'u':
                return g_strdup_printf("%u", value.u);
        case 'x':
                return g_strdup_printf("%" G_GINT64_FORMAT, value.x);
        default:
                return g_strdup_printf("%" G_GUINT64_FORMAT, value.t);
        }
}

/* Reads one a{sv} into a table of text; containers are left out. */
static GHashTable *properties_read(sd_bus_message *message) {
        GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        const char *key, *contents;
        char type;

        g_assert_cmpint(sd_bus_message_enter_container(message, 'a', "{sv}"), >, 0);
        while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(message, 's', &key), >, 0);
                g_assert_cmpint(sd_bus_message_peek_type(message, &type, &contents), >, 0);
                if (strlen(contents) == 1) {
                        sd_bus_message_enter_container(message, 'v', contents);
                        g_hash_table_insert(table, g_strdup(key),
                                            value_to_string(message, *contents));
                        sd_bus_message_exit_container(message);
                } else {
                        sd_bus_message_skip(message, "v");
                }
                sd_bus_message_exit_container(message);
        }
        sd_bus_message_exit_container(message);
        return table;
}

/* By Status, which has what changes at run time, or by Show, which has all, and takes long where
 * the daemon is slow. */
static GHashTable *unit_properties(Fixture *fixture, const char *method, const char *unit) {
        sd_bus_message *call = call_new(fixture, method), *answer;

        sd_bus_message_append(call, "s", unit);
        call_send(fixture, call, &answer, NULL);
        GHashTable *table = properties_read(answer);
        sd_bus_message_unref(answer);
        return table;
}

char *unit_property(Fixture *fixture, const char *unit, const char *property) {
        g_autoptr(GHashTable) status = unit_properties(fixture, "Status", unit);

        if (g_hash_table_contains(status, property))
                return g_strdup(g_hash_table_lookup(status, property));
        g_autoptr(GHashTable) all = unit_properties(fixture, "Show", unit);
        return g_strdup(g_hash_table_lookup(all, property));
}

pid_t unit_main_pid(Fixture *fixture, const char *unit) {
        g_autofree char *pid = unit_property(fixture, unit, "MainPID");

        g_assert_nonnull(pid);
        return (pid_t)g_ascii_strtoll(pid, NULL, 10);
}

/* Units. */

static bool unit_is(Fixture *fixture, const char *unit, const char *active, const char *sub,
                    char **ret_state) {
        g_autoptr(GHashTable) table = unit_properties(fixture, "Status", unit);
        const char *is_active = g_hash_table_lookup(table, "ActiveState");
        const char *is_sub = g_hash_table_lookup(table, "SubState");

        *ret_state = g_strdup_printf("%s (%s)", is_active, is_sub);
        return g_strcmp0(active, is_active) == 0 && (!sub || g_strcmp0(sub, is_sub) == 0);
}

void unit_wait(Fixture *fixture, const char *unit, const char *active, const char *sub) {
        g_autofree char *pattern = g_strdup_printf("unit %s %s %s", unit, active, sub ? sub : "*");
        g_autofree char *state = NULL, *end_state = NULL;
        int64_t deadline = deadline_new();

        unsigned int mark = events_mark(fixture);
        if (unit_is(fixture, unit, active, sub, &state))
                return;
        while (!event_seen(fixture, mark, pattern)) {
                if (bus_wait_more(fixture, deadline))
                        continue;
                unit_is(fixture, unit, active, sub, &end_state);
                g_error("%s hasn't become %s (%s): it was %s, it is %s", unit, active, sub, state,
                        end_state);
        }
}

void unit_expect(Fixture *fixture, const char *unit, const char *active, const char *sub) {
        g_autofree char *state = NULL;

        if (!unit_is(fixture, unit, active, sub, &state))
                g_error("%s isn't %s (%s) but %s", unit, active, sub, state);
}

/* Deliveries. */

static GPtrArray *deliveries_list(Fixture *fixture) {
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
        sd_bus_message *answer;

        call_send(fixture, call_new(fixture, "ListDeliveries"), &answer, NULL);
        g_assert_cmpint(sd_bus_message_enter_container(answer, 'a', "a{sv}"), >, 0);
        while (sd_bus_message_at_end(answer, 0) == 0)
                g_ptr_array_add(list, properties_read(answer));
        sd_bus_message_unref(answer);
        return list;
}

static bool delivery_is(GHashTable *delivery, const char *name, pid_t pid, const char *state) {
        const char *its_pid = g_hash_table_lookup(delivery, "Pid");

        return g_strcmp0(g_hash_table_lookup(delivery, "Name"), name) == 0 &&
               (pid == 0 || (its_pid && atoi(its_pid) == pid)) &&
               (!state || g_strcmp0(g_hash_table_lookup(delivery, "State"), state) == 0);
}

/* The reason of the first that fits (g_free), or NULL: there is none. */
static char *delivery_find(Fixture *fixture, const char *name, pid_t pid, const char *state) {
        g_autoptr(GPtrArray) list = deliveries_list(fixture);

        for (guint i = 0; i < list->len; i++) {
                if (delivery_is(list->pdata[i], name, pid, state)) {
                        const char *reason = g_hash_table_lookup(list->pdata[i], "Reason");
                        return g_strdup(reason ? reason : "");
                }
        }
        return NULL;
}

unsigned int delivery_count(Fixture *fixture, const char *name, const char *state) {
        g_autoptr(GPtrArray) list = deliveries_list(fixture);
        unsigned int count = 0;

        for (guint i = 0; i < list->len; i++)
                count += delivery_is(list->pdata[i], name, 0, state);
        return count;
}

static void deliveries_print(Fixture *fixture) {
        g_autoptr(GPtrArray) list = deliveries_list(fixture);

        for (guint i = 0; i < list->len; i++) {
                GHashTable *delivery = list->pdata[i];
                fprintf(stderr, "delivery: %s to %s (%s): %s %s\n",
                        (char *)g_hash_table_lookup(delivery, "Name"),
                        (char *)g_hash_table_lookup(delivery, "Recipient"),
                        (char *)g_hash_table_lookup(delivery, "Pid"),
                        (char *)g_hash_table_lookup(delivery, "State"),
                        (char *)g_hash_table_lookup(delivery, "Reason"));
        }
}

char *delivery_wait(Fixture *fixture, const char *name, pid_t pid, const char *state) {
        int64_t deadline = deadline_new();
        char *reason;

        bus_drain(fixture);
        while (!(reason = delivery_find(fixture, name, pid, state))) {
                if (bus_wait_more(fixture, deadline))
                        continue;
                deliveries_print(fixture);
                g_error("no delivery of %s (pid %d) is %s", name, (int)pid, state);
        }
        return reason;
}

/* Events. */

unsigned int events_mark(Fixture *fixture) {
        bus_drain(fixture);
        return fixture->events->len;
}

static unsigned int events_count(Fixture *fixture, unsigned int mark, const char *pattern,
                                 const char **ret_first) {
        unsigned int count = 0;

        for (unsigned int i = mark; i < fixture->events->len; i++) {
                if (g_pattern_match_simple(pattern, fixture->events->pdata[i]) && count++ == 0)
                        *ret_first = fixture->events->pdata[i];
        }
        return count;
}

bool event_seen(Fixture *fixture, unsigned int mark, const char *pattern) {
        const char *first;

        bus_drain(fixture);
        return events_count(fixture, mark, pattern, &first) > 0;
}

static void events_print(Fixture *fixture, unsigned int mark) {
        for (unsigned int i = mark; i < fixture->events->len; i++)
                fprintf(stderr, "event: %s\n", (char *)fixture->events->pdata[i]);
}

void event_wait_count(Fixture *fixture, unsigned int mark, const char *pattern,
                      unsigned int count) {
        int64_t deadline = deadline_new();
        const char *first;

        bus_drain(fixture);
        while (events_count(fixture, mark, pattern, &first) < count) {
                if (bus_wait_more(fixture, deadline))
                        continue;
                events_print(fixture, mark);
                g_error("no %u events \"%s\"", count, pattern);
        }
}

const char *event_wait(Fixture *fixture, unsigned int mark, const char *pattern) {
        const char *first = NULL;

        event_wait_count(fixture, mark, pattern, 1);
        events_count(fixture, mark, pattern, &first);
        return first;
}
