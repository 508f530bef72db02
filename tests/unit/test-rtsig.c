/* SPDX-License-Identifier: MIT */
/* Real-time signals by name. */
#include <errno.h>
#include <glib.h>

#include "rtsig.h"

static void test_from_string(void) {
        static const struct {
                const char *string;
                int sig;
        } cases[] = {
                { "RTMIN", 34 },          { "RTMIN+0", 34 },
                { "RTMIN+8", 42 },        { "RTMIN+08", 42 },
                { "RTMIN+30", 64 },       { "RTMAX", 64 },
                { "RTMAX-0", 64 },        { "RTMAX-30", 34 },
                { "SIGRTMIN+1", 35 },     { "SIGRTMAX-1", 63 },
                { "RTMIN+31", -EINVAL },  { "RTMAX-31", -EINVAL },
                { "RTMIN-1", -EINVAL },   { "RTMAX+1", -EINVAL },
                { "RTMIN+", -EINVAL },    { "RTMIN+8 ", -EINVAL },
                { "RTMIN+x", -EINVAL },   { "RTMIN+-8", -EINVAL },
                { "RTMIN+100", -EINVAL }, { "rtmin", -EINVAL },
                { "RTMIN8", -EINVAL },    { "SIG", -EINVAL },
                { "", -EINVAL },          { "42", -EINVAL },
                { "SIGTERM", -EINVAL },   { "SIGSIGRTMIN", -EINVAL },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                g_assert_cmpint(rtsig_from_string(cases[i].string), ==, cases[i].sig);
}

static void test_to_string(void) {
        char name[RTSIG_NAME_SIZE];

        for (int sig = BELLHOP_SIGNAL_MIN; sig <= BELLHOP_SIGNAL_MAX; sig++)
                g_assert_cmpint(rtsig_from_string(rtsig_to_string(sig, name)), ==, sig);
        g_assert_cmpstr(rtsig_to_string(42, name), ==, "RTMIN+8");
        g_assert_cmpstr(rtsig_to_string(64, name), ==, "RTMIN+30");
        g_assert_cmpstr(rtsig_to_string(15, name), ==, "15");
}

static void test_of_kind(void) {
        g_assert_cmpint(rtsig_of_kind(BELLHOP_KIND_LISTENER), ==, rtsig_from_string("RTMIN+8"));
        g_assert_cmpint(rtsig_of_kind(BELLHOP_KIND_DATAGRAM), ==, rtsig_from_string("RTMIN+8"));
        g_assert_cmpint(rtsig_of_kind(BELLHOP_KIND_CONNECTION), ==, rtsig_from_string("RTMIN+9"));
        g_assert_cmpint(rtsig_of_kind(BELLHOP_KIND_MEMFD), ==, rtsig_from_string("RTMIN+10"));
        g_assert_cmpint(rtsig_of_kind(BELLHOP_KIND_OTHER), ==, rtsig_from_string("RTMIN+11"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/rtsig/from-string", test_from_string);
        g_test_add_func("/rtsig/to-string", test_to_string);
        g_test_add_func("/rtsig/of-kind", test_of_kind);
        return g_test_run();
}
