/* SPDX-License-Identifier: MIT */
/* Values on their way: GVariant to message in the daemon, message to GVariant in bellhopctl. */
#include <sys/socket.h>
#include <unistd.h>

#include "bus-value.h"
#include "macros.h"
#include "message.h"

/* A connection that never says anything: messages need one. */
static sd_bus *bus_open(int *ret_other) {
        int pair[2];
        sd_bus *bus;
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, pair[0], pair[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        *ret_other = pair[1];
        return bus;
}

static sd_bus_message *message_open(sd_bus *bus) {
        sd_bus_message *message;
        g_assert_cmpint(sd_bus_message_new_method_call(bus, &message, "a.b", "/a", "a.b", "C"), >=,
                        0);
        return message;
}

static const char *const bodies[] = {
        "()",
        "(true, false)",
        "(byte 0xff, int16 -2, uint16 65535, -4, uint32 4294967295)",
        "(int64 -9223372036854775808, uint64 18446744073709551615, 0.1)",
        "('', 'plain', 'grüße', objectpath '/org/bellhop', signature 'a{sv}')",
        "([1, 2, 3], [true, false], [byte 1, 2, 255], [uint64 1, 2])",
        "(@as [], @aa{sv} [], @a{sv} {}, @a(sv) [])",
        "(['a', 'b'], [['a'], [], ['b', 'c']])",
        "(<1>, <'x'>, <<<'deep'>>>, <@as []>, <{'k': <true>}>)",
        "(('a', 1, ('b', [uint32 2])), [('x', byte 1), ('y', 2)])",
        "({1: 'one', 2: 'two'}, {'a': <1>, 'b': <['x', 'y']>, 'c': <{'d': <uint64 5>}>})",
        "([{'Id': <'web.socket'>, 'SinceUSec': <uint64 1>}, {'Id': <'web.service'>}],)",
};

static void test_round_trip(gconstpointer data) {
        g_autoptr(GVariant) body = g_variant_parse(NULL, data, NULL, NULL, NULL);
        g_assert_nonnull(body);
        _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
        int other;
        bus = bus_open(&other);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = message_open(bus);
        g_assert_cmpint(bus_value_append_body(message, body), ==, 0);
        g_assert_cmpint(sd_bus_message_seal(message, 1, 0), >=, 0);

        g_autofree char *type =
                g_strdup_printf("(%s)", sd_bus_message_get_signature(message, true));
        g_assert_cmpstr(type, ==, g_variant_get_type_string(body));
        g_autoptr(GVariant) back = NULL;
        g_assert_cmpint(message_read_body(message, &back), ==, 0);
        g_assert_cmpvariant(back, body);
        close(other);
}

/* What D-Bus doesn't have is refused by both sides. */
static void test_refused(void) {
        static const struct {
                const char *text;
                int error;
        } cases[] = {
                { "(@mi 1,)", -EINVAL },
                { "([@ms nothing],)", -EINVAL },
                { "(<@ms 'x'>,)", -EINVAL },
                { "(handle 0,)", -EOPNOTSUPP },
        };
        int other;
        _cleanup_(sd_bus_unrefp) sd_bus *bus = bus_open(&other);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autoptr(GVariant) body = g_variant_parse(NULL, cases[i].text, NULL, NULL, NULL);
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = message_open(bus);
                g_assert_nonnull(body);
                g_assert_cmpint(bus_value_append_body(message, body), ==, cases[i].error);
        }
        close(other);
}

static void test_descriptor_refused(void) {
        int other;
        _cleanup_(sd_bus_unrefp) sd_bus *bus = bus_open(&other);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = message_open(bus);
        g_autoptr(GVariant) back = NULL;
        g_assert_cmpint(sd_bus_message_append(message, "h", other), >=, 0);
        g_assert_cmpint(sd_bus_message_seal(message, 1, 0), >=, 0);
        g_assert_cmpint(message_read_body(message, &back), ==, -EOPNOTSUPP);
        g_assert_null(back);
        close(other);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
                g_autofree char *path = g_strdup_printf("/bus-value/round-trip/%zu", i);
                g_test_add_data_func(path, bodies[i], test_round_trip);
        }
        g_test_add_func("/bus-value/refused", test_refused);
        g_test_add_func("/bus-value/descriptor-refused", test_descriptor_refused);
        return g_test_run();
}
