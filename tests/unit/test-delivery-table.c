/* SPDX-License-Identifier: MIT */
/* Every cell of the delivery's table, through its setter. */
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "manager.h"
#include "recipient.h"

#define NEVER "-"

/* What the design says, written down a second time. */
static const char *const expected[DELIVERY_STATE_COUNT][DELIVERY_EVENT_COUNT] = {
        /* rang, deaf, full, overdue, queued, sent, returned, receipt, failure, cancel */
        { "rung", "not-ready", "queue-full", "late", "queued", "sent", NEVER, NEVER, "failed",
          "cancelled" },
        { "rung", "not-ready", "queue-full", "late", "queued", "sent", NEVER, NEVER, "failed",
          "cancelled" },
        { "rung", "not-ready", "queue-full", "late", "queued", "sent", NEVER, NEVER, "failed",
          "cancelled" },
        { "rung", "not-ready", "queue-full", "late", "queued", "sent", NEVER, NEVER, "failed",
          "cancelled" },
        { "late", "late", "late", NEVER, "queued", "sent", NEVER, NEVER, "failed", "cancelled" },
        { NEVER, NEVER, NEVER, "queued", NEVER, NEVER, "waiting", "claimed", "failed",
          "cancelled" },
        { NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, "waiting", "claimed", NEVER, "cancelled" },
        { NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER },
        { NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER },
        { NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER },
};

typedef struct Seen {
        unsigned int changes;
} Seen;

static void on_changed(Recipient *recipient, Delivery *delivery, void *userdata) {
        ((Seen *)userdata)->changes++;
}

/* Asked of /proc: to valgrind it is an error to use a number that was closed. */
static bool is_open(int fd) {
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

        return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
}

static void check_cell(DeliveryState state, DeliveryEvent event) {
        const char *next = expected[state][event];
        bool possible = strcmp(next, NEVER) != 0;
        Manager manager = { 0 };
        Seen seen = { 0 };
        Recipient recipient = {
                .manager = &manager,
                .label = (char *)"test.service",
                .changed = on_changed,
                .userdata = &seen,
        };
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        Item *item = item_new(fd, "x", BELLHOP_KIND_OTHER, 0);
        Delivery *delivery = delivery_new(&recipient, item, "test.socket", false);

        item_unref(item);
        delivery->state = state;
        recipient.counts[state] = 1;
        delivery_handle(delivery, event, "because");

        g_assert_cmpstr(delivery_state_to_string(delivery->state), ==,
                        possible ? next : delivery_state_to_string(state));
        g_assert_cmpstr(delivery->reason, ==, possible ? "because" : NULL);
        g_assert_cmpuint(seen.changes, ==, possible);
        g_assert_cmpuint(recipient.counts[delivery->state], ==, 1);
        if (possible) {
                /* An end state lets go of the item; the others hold it. */
                g_assert_true(is_open(fd) == delivery_state_is_waiting(delivery->state));
                g_assert_true((delivery->item != NULL) ==
                              delivery_state_is_waiting(delivery->state));
        }
        delivery_free(delivery);
        g_assert_false(is_open(fd));
}

static void test_cells(void) {
        for (int state = 0; state < DELIVERY_STATE_COUNT; state++)
                for (int event = 0; event < DELIVERY_EVENT_COUNT; event++)
                        check_cell((DeliveryState)state, (DeliveryEvent)event);
}

/* Behind a connection somebody waits for its end: it isn't held any longer than needed. */
static void test_connection(void) {
        Manager manager = { 0 };
        Recipient recipient = { .manager = &manager, .label = (char *)"test.service" };
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        Item *item = item_new(fd, "x", BELLHOP_KIND_CONNECTION, 0);
        Delivery *delivery = delivery_new(&recipient, item, "test.socket", false);

        item_unref(item);
        recipient.counts[DELIVERY_WAITING] = 1;
        delivery_handle(delivery, DELIVERY_EVENT_SENT, NULL);
        g_assert_true(is_open(fd)); /* it may come back */
        delivery_handle(delivery, DELIVERY_EVENT_RETURNED, NULL);
        delivery_handle(delivery, DELIVERY_EVENT_QUEUED, NULL);
        g_assert_null(delivery->item);
        g_assert_false(is_open(fd));
        delivery_handle(delivery, DELIVERY_EVENT_RECEIPT, NULL);
        g_assert_cmpint(delivery->state, ==, DELIVERY_CLAIMED);
        delivery_free(delivery);
}

/* What comes back after ClaimTimeoutSec= is late at once. */
static void test_returned_late(void) {
        static const DeliveryEvent ways[] = { DELIVERY_EVENT_QUEUED, DELIVERY_EVENT_SENT };
        Manager manager = { 0 };
        Recipient recipient = { .manager = &manager, .label = (char *)"test.service" };

        for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
                Item *item = item_new(-1, "x", BELLHOP_KIND_OTHER, 0);
                Delivery *delivery = delivery_new(&recipient, item, "test.socket", false);

                item_unref(item);
                recipient.counts[DELIVERY_WAITING] = 1;
                delivery->timeout_usec = USEC_PER_SEC; /* and the deadline is over */
                delivery_handle(delivery, ways[i], NULL);
                delivery_handle(delivery, DELIVERY_EVENT_RETURNED, "no receipt");
                g_assert_cmpint(delivery->state, ==, DELIVERY_LATE);
                recipient.counts[DELIVERY_LATE] = 0;
                delivery_free(delivery);
        }
}

/* A reason stays while it is true. */
static void test_reasons(void) {
        Manager manager = { 0 };
        Seen seen = { 0 };
        Recipient recipient = {
                .manager = &manager,
                .label = (char *)"test.service",
                .changed = on_changed,
                .userdata = &seen,
        };
        Item *item = item_new(-1, "x", BELLHOP_KIND_OTHER, 0);
        Delivery *delivery = delivery_new(&recipient, item, "test.socket", false);

        item_unref(item);
        recipient.counts[DELIVERY_WAITING] = 1;
        delivery_handle(delivery, DELIVERY_EVENT_DEAF, "deaf");
        delivery_handle(delivery, DELIVERY_EVENT_DEAF, "deaf");
        g_assert_cmpuint(seen.changes, ==, 1);
        delivery_handle(delivery, DELIVERY_EVENT_DEAF, "still deaf");
        g_assert_cmpuint(seen.changes, ==, 2);
        delivery_handle(delivery, DELIVERY_EVENT_RANG, NULL);
        g_assert_null(delivery->reason);
        delivery_handle(delivery, DELIVERY_EVENT_SENT, NULL);
        delivery_handle(delivery, DELIVERY_EVENT_RETURNED, "no room");
        delivery_handle(delivery, DELIVERY_EVENT_RANG, NULL);
        g_assert_cmpstr(delivery->reason, ==, "no room");
        delivery_handle(delivery, DELIVERY_EVENT_SENT, NULL);
        delivery_handle(delivery, DELIVERY_EVENT_RECEIPT, NULL);
        g_assert_null(delivery->reason);
        g_assert_cmpuint(recipient.counts[DELIVERY_CLAIMED], ==, 1);
        delivery_free(delivery);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/delivery-table/cells", test_cells);
        g_test_add_func("/delivery-table/connection", test_connection);
        g_test_add_func("/delivery-table/returned-late", test_returned_late);
        g_test_add_func("/delivery-table/reasons", test_reasons);
        return g_test_run();
}
