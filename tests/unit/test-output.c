/* SPDX-License-Identifier: MIT */
/* What bellhopctl makes of values before it prints them. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "output.h"

static GVariant *parse(const char *text) {
        GVariant *value = g_variant_parse(NULL, text, NULL, NULL, NULL);
        g_assert_nonnull(value);
        return value;
}

static void test_value_text(void) {
        static const struct {
                const char *value, *text;
        } cases[] = {
                { "'plain'", "plain" },
                { "true", "yes" },
                { "false", "no" },
                { "-4", "-4" },
                { "uint64 18446744073709551615", "infinity" },
                { "uint64 30000000", "30000000" },
                { "['a', 'b c']", "a b c" },
                { "@as []", "" },
                { "{'b': <1>, 'a': <['x']>}", "{\"a\":[\"x\"],\"b\":1}" },
                { "[{'never': <uint64 18446744073709551615>}]", "[{\"never\":\"infinity\"}]" },
                { "uint64 18446744073709551614", "18446744073709551614" },
                { "{'a': <uint64 9223372036854775807>}", "{\"a\":9223372036854775807}" },
                { "{'a': <uint64 9223372036854775808>}", "{\"a\":\"9223372036854775808\"}" },
                { "{'a': <uint64 18446744073709551614>}", "{\"a\":\"18446744073709551614\"}" },
        };
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autoptr(GVariant) value = parse(cases[i].value);
                g_autofree char *text = output_value_text(value);
                g_assert_cmpstr(text, ==, cases[i].text);
        }
}

/* A unit's description must not be able to drive the terminal. */
static void test_harmless(void) {
        g_autofree char *text = output_harmless("a\033[31mred\r\n\x7f\xc2\x9b"
                                                "grüße");
        g_assert_cmpstr(text, ==, "a?[31mred????grüße");
}

static void test_ago(void) {
        static const struct {
                uint64_t seconds;
                const char *text;
        } cases[] = {
                { 0, "now" },
                { 5, "5s ago" },
                { 65, "1min 5s ago" },
                { 3600, "1h ago" },
                { 3 * 3600 + 120, "3h 2min ago" },
                { 86400 + 30, "1d ago" },
                { 8 * 86400, "1w 1d ago" },
        };
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text = NULL;
                gint64 now;
                /* A tenth of a second past it; once more if the machine takes half a second. */
                do {
                        now = g_get_real_time();
                        g_free(text);
                        text = output_ago((uint64_t)now - cases[i].seconds * G_USEC_PER_SEC -
                                          (cases[i].seconds ? G_USEC_PER_SEC / 10 : 0));
                } while (g_get_real_time() - now > G_USEC_PER_SEC / 2);
                g_assert_cmpstr(text, ==, cases[i].text);
        }
}

static void test_fields(void) {
        g_autoptr(GVariant) row = parse("{'Pid': <4242>, 'Zero': <uint64 0>}");
        g_autofree char *pid = output_field(row, "Pid");
        g_autofree char *absent = output_field(row, "Absent");
        g_autofree char *never = output_field_ago(row, "Zero");
        g_assert_cmpstr(pid, ==, "4242");
        g_assert_cmpstr(absent, ==, "");
        g_assert_cmpstr(never, ==, "");
}

/* What the function prints, with stdout in a file. */
static char *capture(void (*print)(void)) {
        g_autofree char *path = NULL;
        char *text;
        int file = g_file_open_tmp("bellhop-output-XXXXXX", &path, NULL);
        int saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        g_assert_cmpint(file, >=, 0);
        fflush(stdout);
        g_assert_cmpint(dup2(file, STDOUT_FILENO), >=, 0);
        print();
        fflush(stdout);
        g_assert_cmpint(dup2(saved, STDOUT_FILENO), >=, 0);
        close(saved);
        close(file);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        unlink(path);
        return text;
}

static const char table_rows[] = "[{'Id': <'grüße.socket'>, 'Note': <'eins'>},"
                                 " {'Id': <'a'>, 'Note': <'two\\nlines'>}, {'Id': <'b'>}]";

static void print_table(const Ctl *ctl) {
        static const Column columns[] = {
                { "UNIT", "Id", NULL, NULL },
                { "SUB", "Sub", NULL, NULL },
                { "NOTE", "Note", NULL, NULL },
        };
        g_autoptr(GVariant) rows = parse(table_rows);
        output_table(ctl, columns, ARRAY_SIZE(columns), rows, "thing", "things");
}

static void print_with_legend(void) {
        print_table(&(Ctl){ .legend = true });
}

static void print_without_legend(void) {
        print_table(&(Ctl){ .legend = false });
}

static void test_table(void) {
        g_autofree char *with = capture(print_with_legend);
        g_autofree char *without = capture(print_without_legend);
        g_assert_cmpstr(with, ==,
                        "UNIT         SUB NOTE\n"
                        "grüße.socket -   eins\n"
                        "a            -   two?lines\n"
                        "b            -   -\n"
                        "\n3 things listed.\n");
        g_assert_cmpstr(without, ==,
                        "grüße.socket - eins\n"
                        "a            - two?lines\n"
                        "b            - -\n");
}

static void print_json(void) {
        g_autoptr(GVariant) value = parse(table_rows);
        output_json(&(Ctl){ .json = JSON_SHORT }, value);
}

static void test_json(void) {
        g_autofree char *text = capture(print_json);
        g_assert_cmpstr(text, ==,
                        "[{\"Id\":\"grüße.socket\",\"Note\":\"eins\"},"
                        "{\"Id\":\"a\",\"Note\":\"two\\nlines\"},{\"Id\":\"b\"}]\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/output/value-text", test_value_text);
        g_test_add_func("/output/harmless", test_harmless);
        g_test_add_func("/output/ago", test_ago);
        g_test_add_func("/output/fields", test_fields);
        g_test_add_func("/output/table", test_table);
        g_test_add_func("/output/json", test_json);
        return g_test_run();
}
