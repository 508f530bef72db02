/* SPDX-License-Identifier: MIT */
/* At most so many events in an interval. */
#include "ratelimit.h"

#include <glib.h>

#define SECOND UINT64_C(1000000)

static void test_burst(void) {
        RateLimit limit = { 0 };

        for (unsigned int i = 0; i < 5; i++)
                g_assert_true(ratelimit_below(&limit, SECOND + i, 10 * SECOND, 5));
        g_assert_false(ratelimit_below(&limit, SECOND + 5, 10 * SECOND, 5));
        g_assert_false(ratelimit_below(&limit, 11 * SECOND - 1, 10 * SECOND, 5));
}

static void test_interval(void) {
        RateLimit limit = { 0 };

        g_assert_true(ratelimit_below(&limit, SECOND, SECOND, 1));
        g_assert_false(ratelimit_below(&limit, 2 * SECOND - 1, SECOND, 1));
        /* The interval has passed, and a new one begins with this event. */
        g_assert_true(ratelimit_below(&limit, 2 * SECOND, SECOND, 1));
        g_assert_false(ratelimit_below(&limit, 3 * SECOND - 1, SECOND, 1));
}

static void test_infinite(void) {
        RateLimit limit = { 0 };

        g_assert_true(ratelimit_below(&limit, SECOND, UINT64_MAX, 1));
        g_assert_false(ratelimit_below(&limit, 1000000 * SECOND, UINT64_MAX, 1));
}

static void test_off(void) {
        RateLimit limit = { 0 };

        for (unsigned int i = 0; i < 1000; i++) {
                g_assert_true(ratelimit_below(&limit, SECOND, 0, 5));
                g_assert_true(ratelimit_below(&limit, SECOND, SECOND, 0));
        }
}

static void test_reset(void) {
        RateLimit limit = { 0 };

        g_assert_true(ratelimit_below(&limit, SECOND, SECOND, 1));
        g_assert_false(ratelimit_below(&limit, SECOND, SECOND, 1));
        ratelimit_reset(&limit);
        g_assert_true(ratelimit_below(&limit, SECOND, SECOND, 1));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ratelimit/burst", test_burst);
        g_test_add_func("/ratelimit/interval", test_interval);
        g_test_add_func("/ratelimit/infinite", test_infinite);
        g_test_add_func("/ratelimit/off", test_off);
        g_test_add_func("/ratelimit/reset", test_reset);
        return g_test_run();
}
