/* SPDX-License-Identifier: MIT */
/* Which Listen*= lines are in each other's way: as the kernel has it for two sockets. */
#include <glib.h>
#include <string.h>

#include "listen-overlap.h"
#include "unit-load.h"

static UnitSettings *socket_load(const char *name, const char *lines) {
        g_autofree char *text = g_strconcat("[Socket]\n", lines, "\n", NULL);
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings = NULL;

        if (unit_load_data(name, name, text, strlen(text), diagnostics, &settings) < 0) {
                g_autofree char *said = diagnostic_to_string(diagnostics->list->pdata[0]);

                g_error("%s: %s", lines, said);
        }
        return settings;
}

static const ListenUse *find_first(const ListenIndex *index, const UnitSettings *unit) {
        const SocketSettings *settings = SOCKET_SETTINGS((UnitSettings *)unit);
        const ListenUse use = { settings, settings->listens->pdata[0] };

        return listen_index_find(index, &use);
}

/* Two units: whether the first line of either is in the other's way. */
static const struct {
        const char *a, *b;
        bool clash;
} pairs[] = {
        { "ListenStream=127.0.0.1:80", "ListenStream=127.0.0.1:80", true },
        { "ListenStream=127.0.0.1:80", "ListenStream=127.0.0.1:81", false },
        { "ListenStream=127.0.0.1:80", "ListenStream=127.0.0.2:80", false },
        { "ListenStream=0.0.0.0:80", "ListenStream=127.0.0.2:80", true },
        { "ListenStream=[::1]:80", "ListenStream=127.0.0.1:80", false },
        { "ListenStream=[::1]:80", "ListenStream=[::]:80\nBindIPv6Only=ipv6-only", true },
        { "ListenStream=80\nBindIPv6Only=both", "ListenStream=0.0.0.0:80", true },
        { "ListenStream=80\nBindIPv6Only=both", "ListenStream=127.0.0.1:80", true },
        { "ListenStream=[::]:80\nBindIPv6Only=ipv6-only", "ListenStream=127.0.0.1:80", false },
        { "ListenStream=[::ffff:127.0.0.1]:80", "ListenStream=127.0.0.1:80", true },
        { "ListenStream=[::ffff:127.0.0.1]:80", "ListenStream=0.0.0.0:80", true },
        { "ListenStream=[fe80::1]:80%%1", "ListenStream=[fe80::1]:80%%2", false },
        { "ListenStream=[fe80::1]:80%%1", "ListenStream=[fe80::1]:80%%1", true },
        { "ListenStream=0.0.0.0:80", "ListenDatagram=0.0.0.0:80", false },
        { "ListenDatagram=0.0.0.0:80", "ListenDatagram=127.0.0.1:80", true },
        { "ListenDatagram=127.0.0.2:80", "ListenDatagram=127.0.0.1:80", false },
        { "ListenDatagram=80\nBindIPv6Only=both", "ListenDatagram=127.0.0.1:80", true },
        { "ListenDatagram=0.0.0.0:80\nSocketProtocol=udplite", "ListenDatagram=127.0.0.1:80",
          false },
        { "ListenDatagram=0.0.0.0:80\nReusePort=yes", "ListenDatagram=127.0.0.1:80\nReusePort=yes",
          false },
        { "ListenDatagram=0.0.0.0:80", "ListenDatagram=0.0.0.0:80", true },
        { "ListenStream=0.0.0.0:80\nReusePort=yes", "ListenStream=127.0.0.1:80\nReusePort=yes",
          false },
        { "ListenStream=0.0.0.0:80\nReusePort=yes", "ListenStream=127.0.0.1:80", true },
        { "ListenStream=0.0.0.0:80\nBindToDevice=a", "ListenStream=0.0.0.0:80\nBindToDevice=b",
          false },
        { "ListenStream=0.0.0.0:80\nBindToDevice=a", "ListenStream=0.0.0.0:80", true },
        { "ListenStream=0.0.0.0:80\nSocketProtocol=sctp", "ListenStream=0.0.0.0:80", false },
        { "ListenStream=0.0.0.0:80\nSocketProtocol=mptcp", "ListenStream=0.0.0.0:80", true },
        { "ListenStream=[fe80::1]:80%%no1", "ListenStream=[fe80::1]:80%%no2", false },
        { "ListenStream=[fe80::1]:80%%no1", "ListenStream=[fe80::1]:80%%no1", true },
        { "ListenStream=/run/a", "ListenFIFO=/run/a", true },
        { "ListenStream=/run/a\nReusePort=yes", "ListenStream=/run/a\nReusePort=yes", true },
        { "ListenStream=@a", "ListenSequentialPacket=@a", false },
        { "ListenMessageQueue=/a", "ListenFIFO=/a", false },
        { "ListenNetlink=route 1", "ListenNetlink=route 1", false },
};

static void test_pairs(void) {
        for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
                _cleanup_(settings_unref_cleanup) UnitSettings *a =
                        socket_load("a.socket", pairs[i].a);
                _cleanup_(settings_unref_cleanup) UnitSettings *b =
                        socket_load("b.socket", pairs[i].b);
                ListenIndex *index = listen_index_new();
                const ListenUse *of_a, *of_b;

                listen_index_add(index, SOCKET_SETTINGS(a));
                listen_index_add(index, SOCKET_SETTINGS(b));
                of_a = find_first(index, a);
                of_b = find_first(index, b);
                if (!of_a == pairs[i].clash || !of_b == pairs[i].clash)
                        g_error("%s and %s: %d, %d", pairs[i].a, pairs[i].b, !!of_a, !!of_b);
                if (of_a)
                        g_assert_true(of_a->settings == SOCKET_SETTINGS(b));
                if (of_b)
                        g_assert_true(of_b->settings == SOCKET_SETTINGS(a));
                listen_index_free(index);
        }
}

/* Of one unit's lines, the later one is told of. */
static void test_within(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *unit =
                socket_load("a.socket", "ListenStream=0.0.0.0:80\nListenStream=127.0.0.1:80");
        const SocketSettings *settings = SOCKET_SETTINGS(unit);
        const ListenUse later = { settings, settings->listens->pdata[1] };
        ListenIndex *index = listen_index_new();
        const ListenUse *found;

        listen_index_add(index, settings);
        g_assert_null(find_first(index, unit));
        found = listen_index_find(index, &later);
        g_assert_nonnull(found);
        g_assert_true(found->listen == settings->listens->pdata[0]);
        listen_index_free(index);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/listen-overlap/pairs", test_pairs);
        g_test_add_func("/listen-overlap/within", test_within);
        return g_test_run();
}
