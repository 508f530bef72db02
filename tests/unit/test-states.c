/* SPDX-License-Identifier: MIT */
/* docs/STATES.md shows the state tables as they are. On a difference the right text is printed, to
 * be pasted. */
#include <glib.h>

#include "delivery.h"
#include "memfd.h"
#include "service.h"
#include "socket.h"

typedef struct Table {
        const char *name;
        const uint8_t *cells;
        unsigned int states, events;
        const char *(*state_name)(int state);
        const char *(*event_name)(int event);
} Table;

/* The objects' own functions take their own enums; these give them one type. */
#define NAMES(object, State, Event)                            \
        static const char *object##_state_name(int state) {    \
                return object##_state_to_string((State)state); \
        }                                                      \
        static const char *object##_event_name(int event) {    \
                return object##_event_to_string((Event)event); \
        }
NAMES(socket, SocketState, SocketEvent)
NAMES(memfd, MemfdState, MemfdEvent)
NAMES(service, ServiceState, ServiceEvent)
NAMES(delivery, DeliveryState, DeliveryEvent)

#define TABLE(object, OBJECT)                                                                    \
        {                                                                                        \
                .name = #object, .cells = &object##_table[0][0], .states = OBJECT##_STATE_COUNT, \
                .events = OBJECT##_EVENT_COUNT, .state_name = object##_state_name,               \
                .event_name = object##_event_name                                                \
        }

static const Table tables[] = {
        TABLE(socket, SOCKET),
        TABLE(memfd, MEMFD),
        TABLE(service, SERVICE),
        TABLE(delivery, DELIVERY),
};

static char *table_to_markdown(const Table *table) {
        GString *text = g_string_new("| state |");

        for (unsigned int event = 0; event < table->events; event++)
                g_string_append_printf(text, " %s |", table->event_name((int)event));
        g_string_append(text, "\n|---|");
        for (unsigned int event = 0; event < table->events; event++)
                g_string_append(text, "---|");
        for (unsigned int state = 0; state < table->states; state++) {
                g_string_append_printf(text, "\n| **%s** |", table->state_name((int)state));
                for (unsigned int event = 0; event < table->events; event++) {
                        uint8_t next = table->cells[state * table->events + event];

                        g_string_append_printf(text, " %s |",
                                               next == table->states ? ""
                                                                     : table->state_name(next));
                }
        }
        g_string_append_c(text, '\n');
        return g_string_free(text, FALSE);
}

static void test_document(gconstpointer data) {
        const Table *table = data;
        g_autofree char *expected = table_to_markdown(table), *document = NULL;
        g_autofree char *path =
                g_build_filename(g_getenv("G_TEST_SRCDIR"), "..", "..", "docs", "STATES.md", NULL);

        g_assert_true(g_file_get_contents(path, &document, NULL, NULL));
        if (!strstr(document, expected))
                g_test_message("docs/STATES.md should have:\n%s", expected);
        g_assert_nonnull(strstr(document, expected));
}

/* Every state but the first is some cell's next, so no state is there for nothing. */
static void test_reachable(gconstpointer data) {
        const Table *table = data;

        for (unsigned int state = 1; state < table->states; state++) {
                bool reachable = false;

                for (unsigned int cell = 0; cell < table->states * table->events; cell++)
                        reachable |= table->cells[cell] == state && cell / table->events != state;
                if (!reachable)
                        g_test_message("%s: %s", table->name, table->state_name((int)state));
                g_assert_true(reachable);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
                g_autofree char *document = g_strdup_printf("/states/%s/document", tables[i].name);
                g_autofree char *reachable =
                        g_strdup_printf("/states/%s/reachable", tables[i].name);

                g_test_add_data_func(document, &tables[i], test_document);
                g_test_add_data_func(reachable, &tables[i], test_reachable);
        }
        return g_test_run();
}
