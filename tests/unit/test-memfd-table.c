/* SPDX-License-Identifier: MIT */
/* Every cell of the memfds' table, by what the setter does in it. */
#include <stdio.h>

#include "manager-fixture.h"
#include "memfd.h"

#define NEVER MEMFD_STATE_COUNT

static const MemfdState expected[MEMFD_STATE_COUNT][MEMFD_EVENT_COUNT] = {
        /* made, failed, stop */
        [MEMFD_DEAD] = { MEMFD_HELD, MEMFD_FAILED, MEMFD_DEAD },
        [MEMFD_HELD] = { MEMFD_HELD, NEVER, MEMFD_DEAD },
        [MEMFD_FAILED] = { MEMFD_HELD, MEMFD_FAILED, MEMFD_DEAD },
};

static const ActiveState active[MEMFD_STATE_COUNT] = {
        [MEMFD_DEAD] = ACTIVE_INACTIVE,
        [MEMFD_HELD] = ACTIVE_ACTIVE,
        [MEMFD_FAILED] = ACTIVE_FAILED,
};

static void check_cell(Unit *unit, MemfdState from, MemfdEvent event) {
        Memfd *memfd = MEMFD(unit);
        MemfdState to = expected[from][event], now = to == NEVER ? from : to;
        g_autofree char *error = NULL;
        g_test_message("%s, %s", memfd_state_to_string(from), memfd_event_to_string(event));
        g_assert_cmpuint(memfd_table[from][event], ==, to);

        memfd->state = from;
        unit->state_usec = 0;
        if (from == MEMFD_HELD || event == MEMFD_EVENT_MADE)
                g_assert_cmpint(memfd_snapshot(memfd, &error), ==, 0);
        memfd_handle(memfd, event);
        g_assert_cmpint(memfd->state, ==, now);
        g_assert_cmpint(unit_active_state(unit), ==, active[now]);
        g_assert_cmpstr(unit_sub_state(unit), ==, memfd_state_to_string(now));
        g_assert_cmpint(unit->state_usec != 0, ==, now != from);
        g_assert_cmpint(memfd->item != NULL, ==, now == MEMFD_HELD);
        memfd->item = item_unref(memfd->item);
        memfd->state = MEMFD_DEAD;
}

static void test_table(void) {
        ManagerFixture fixture;
        manager_fixture_init(&fixture);
        manager_fixture_write(&fixture, "x.memfd", "[Memfd]\nContent=x\n");
        Unit *unit = manager_fixture_load(&fixture, "x.memfd");
        for (MemfdState from = 0; from < MEMFD_STATE_COUNT; from++)
                for (MemfdEvent event = 0; event < MEMFD_EVENT_COUNT; event++)
                        check_cell(unit, from, event);
        manager_fixture_done(&fixture);
}

int main(int argc, char **argv) {
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return EXIT_SUCCESS;
        }
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/memfd-table/every-cell", test_table);
        return g_test_run();
}
