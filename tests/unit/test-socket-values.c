/* SPDX-License-Identifier: MIT */
/* Values that only [Socket] has: what each is understood as, and what isn't. */
#include <string.h>

#include "directive.h"
#include "unit-load.h"

/* Returns: what the loader says, "" if nothing (g_free). */
static char *load(const char *key, const char *value, UnitSettings **ret) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autoptr(GString) said = g_string_new(NULL);
        g_autofree char *text = g_strdup_printf("[Socket]\nListenStream=/x\n%s=%s\n", key, value);
        int r = unit_load_data("x.socket", "x.socket", text, strlen(text), diagnostics, ret);
        for (guint i = 0; i < diagnostics->list->len; i++) {
                g_autofree char *line = diagnostic_to_string(diagnostics->list->pdata[i]);
                g_string_append(said, line);
        }
        g_assert_true((r < 0) == (diagnostics->errors > 0));
        if (r < 0)
                *ret = NULL;
        return g_string_free(g_steal_pointer(&said), FALSE);
}

static const struct {
        const char *key, *value, *property, *shown;
} good[] = {
        { "Mark", "0", "Mark", "0" },
        { "Mark", "0x7FffFFff", "Mark", "2147483647" },
        { "Mark", "2147483647", "Mark", "2147483647" },
        { "Mark", "-1", "Mark", "-1" },
        { "Mark", "", "Mark", "-1" },
        { "Priority", "6", "Priority", "6" },
        { "IPTTL", "255", "IPTTL", "255" },
        { "IPTOS", "low-delay", "IPTOS", "16" },
        { "IPTOS", "throughput", "IPTOS", "8" },
        { "IPTOS", "reliability", "IPTOS", "4" },
        { "IPTOS", "low-cost", "IPTOS", "2" },
        { "IPTOS", "0xff", "IPTOS", "255" },
        { "IPTOS", "-1", "IPTOS", "-1" },
        { "SocketProtocol", "udplite", "SocketProtocol", "'udplite'" },
        { "SocketProtocol", "sctp", "SocketProtocol", "'sctp'" },
        { "SocketProtocol", "mptcp", "SocketProtocol", "'mptcp'" },
        { "SocketProtocol", "", "SocketProtocol", "''" },
        { "Timestamping", "off", "Timestamping", "'off'" },
        { "Timestamping", "no", "Timestamping", "'off'" },
        { "Timestamping", "us", "Timestamping", "'us'" },
        { "Timestamping", "usec", "Timestamping", "'us'" },
        { "Timestamping", "\xc2\xb5s", "Timestamping", "'us'" },
        { "Timestamping", "\xce\xbcs", "Timestamping", "'us'" },
        { "Timestamping", "ns", "Timestamping", "'ns'" },
        { "Timestamping", "nsec", "Timestamping", "'ns'" },
        { "Timestamping", "on", "Timestamping", "'ns'" },
        { "BindToDevice", "eth0", "BindToDevice", "'eth0'" },
        { "BindToDevice", "a23456789012345", "BindToDevice", "'a23456789012345'" },
        { "BindToDevice", "%N", "BindToDevice", "'x'" },
        { "Symlinks", "/a /b//c", "Symlinks", "['/a', '/b/c']" },
        { "Symlinks", "\"/a b\"\nSymlinks=/c", "Symlinks", "['/a b', '/c']" },
        { "Symlinks", "/a\nSymlinks=\nSymlinks=/b", "Symlinks", "['/b']" },
        { "ReceiveBuffer", "8M", "ReceiveBuffer", "8388608" },
        { "PipeSize", "64K", "PipeSize", "65536" },
        { "KeepAliveTimeSec", "1h 1s", "KeepAliveTimeUSec", "3601000000" },
        { "DeferAcceptSec", "500ms", "DeferAcceptUSec", "500000" },
        { "KeepAliveProbes", "127", "KeepAliveProbes", "127" },
};

static void test_good(void) {
        for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
                UnitSettings *settings;
                g_autofree char *said = load(good[i].key, good[i].value, &settings);
                g_test_message("%s=%s: %s", good[i].key, good[i].value, said);
                g_assert_cmpstr(said, ==, "");
                g_autoptr(GVariant) all = g_variant_ref_sink(settings_show(settings));
                g_autoptr(GVariant) value = g_variant_lookup_value(all, good[i].property, NULL);
                g_autofree char *shown = g_variant_print(value, FALSE);
                g_assert_cmpstr(shown, ==, good[i].shown);
                settings_unref(settings);
        }
}

static const struct {
        const char *key, *value, *why;
} bad[] = {
        { "Mark", "-2", "left as it is" },
        { "Mark", "2147483648", "2147483647" },
        { "Mark", "0x80000000", "2147483647" },
        { "Mark", "0x", "a number" },
        { "Mark", "0x123456789", "a number" },
        { "Mark", "0xg", "a number" },
        { "Mark", "1 2", "a number" },
        { "Priority", "high", "a number" },
        { "IPTTL", "256", "255" },
        { "IPTOS", "256", "low-cost" },
        { "IPTOS", "fast", "low-cost" },
        { "KeepAliveProbes", "128", "127" },
        { "SocketProtocol", "tcp", "mptcp" },
        { "Timestamping", "ms", "off, us, usec, ns, nsec" },
        { "BindToDevice", "a234567890123456", "network interface" },
        { "BindToDevice", "%%", "network interface" },
        { "BindToDevice", "..", "network interface" },
        { "BindToDevice", "a/b", "network interface" },
        { "BindToDevice", "a b", "network interface" },
        { "BindToDevice", "a:b", "network interface" },
        { "Symlinks", "a", "absolute" },
        { "Symlinks", "\"/a", "quot" },
        { "Symlinks", "/a\nListenFIFO=/y", "exactly one" },
        { "Symlinks", "/a\nListenStream=\nListenStream=80", "exactly one" },
        { "Accept", "yes\nListenFIFO=/y", "no connections" },
        { "ListenNetlink", "nonsense 1", "netlink family" },
        { "ListenNetlink", "route x", "groups" },
        { "ListenSpecial", "kmsg", "absolute" },
        { "ListenMessageQueue", "/a/b", "without another slash" },
};

static void test_bad(void) {
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                UnitSettings *settings;
                g_autofree char *said = load(bad[i].key, bad[i].value, &settings);
                g_test_message("%s=%s: %s", bad[i].key, bad[i].value, said);
                g_assert_null(settings);
                g_assert_nonnull(strstr(said, bad[i].why));
        }
}

/* One of two that go together is left out, as systemd does. */
static void test_half(void) {
        static const char *const keys[] = { "MessageQueueMaxMessages", "MessageQueueMessageSize" };
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
                UnitSettings *settings;
                g_autofree char *said = load(keys[i], "1", &settings);
                g_assert_nonnull(settings);
                g_assert_nonnull(strstr(said, keys[i]));
                g_assert_nonnull(strstr(said, keys[!i]));
                settings_unref(settings);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/socket-values/good", test_good);
        g_test_add_func("/socket-values/bad", test_bad);
        g_test_add_func("/socket-values/half", test_half);
        return g_test_run();
}
