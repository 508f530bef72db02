/* SPDX-License-Identifier: MIT */
/* Values by themselves: booleans, numbers, sizes, times, signals, users, words, specifiers. */
#include <signal.h>
#include <unistd.h>

#include "host-info.h"
#include "specifier.h"
#include "value.h"
#include "word.h"

static void test_boolean(void) {
        static const char *const yes[] = { "1", "yes", "Y", "TRUE", "t", "On" };
        static const char *const no[] = { "0", "no", "N", "false", "F", "off" };
        static const char *const bad[] = { "", "2", "yess", "ye", "maybe", " yes" };

        for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
                g_assert_cmpint(parse_boolean(yes[i]), ==, 1);
                g_assert_cmpint(parse_boolean(no[i]), ==, 0);
                g_assert_cmpint(parse_boolean(bad[i]), ==, -EINVAL);
        }
}

static void test_unsigned(void) {
        uint64_t number = 7;

        g_assert_cmpint(parse_unsigned("0", 10, &number), ==, 0);
        g_assert_cmpuint(number, ==, 0);
        g_assert_cmpint(parse_unsigned("18446744073709551615", UINT64_MAX, &number), ==, 0);
        g_assert_cmpuint(number, ==, UINT64_MAX);
        number = 7;
        g_assert_cmpint(parse_unsigned("18446744073709551616", UINT64_MAX, &number), <, 0);
        g_assert_cmpint(parse_unsigned("11", 10, &number), <, 0);
        g_assert_cmpint(parse_unsigned("-1", 10, &number), <, 0);
        g_assert_cmpint(parse_unsigned("+1", 10, &number), <, 0);
        g_assert_cmpint(parse_unsigned(" 1", 10, &number), <, 0);
        g_assert_cmpint(parse_unsigned("1x", 10, &number), <, 0);
        g_assert_cmpint(parse_unsigned("", 10, &number), <, 0);
        g_assert_cmpuint(number, ==, 7);
}

static void test_number(void) {
        static const struct {
                const char *value;
                uint64_t number;
        } cases[] = {
                { "0", 0 },
                { "00", 0 },
                { "10", 10 },
                { "+10", 10 },
                { "010", 8 },
                { "0o17", 15 },
                { "0x10", 16 },
                { "0XfF", 255 },
                { "0b101", 5 },
                { "18446744073709551615", UINT64_MAX },
                { "0xffffffffffffffff", UINT64_MAX },
        };
        static const char *const bad[] = { "",
                                           "-1",
                                           "0999",
                                           "0x",
                                           "0b2",
                                           "0o8",
                                           "0xg",
                                           "1x",
                                           " 1",
                                           "+ 1",
                                           "++1",
                                           "0x1ffffffffffffffff",
                                           "18446744073709551616",
                                           "1e3" };
        uint64_t number = 7;

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                g_test_message("'%s'", bad[i]);
                g_assert_cmpint(parse_number(bad[i], UINT64_MAX, &number), ==, -EINVAL);
        }
        g_assert_cmpint(parse_number("0x10", 15, &number), ==, -EINVAL);
        g_assert_cmpuint(number, ==, 7);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_test_message("'%s'", cases[i].value);
                g_assert_cmpint(parse_number(cases[i].value, UINT64_MAX, &number), ==, 0);
                g_assert_cmpuint(number, ==, cases[i].number);
        }
}

static void test_mode(void) {
        mode_t mode = 1;

        g_assert_cmpint(parse_mode("0660", &mode), ==, 0);
        g_assert_cmpuint(mode, ==, 0660);
        g_assert_cmpint(parse_mode("777", &mode), ==, 0);
        g_assert_cmpuint(mode, ==, 0777);
        g_assert_cmpint(parse_mode("7777", &mode), ==, 0);
        g_assert_cmpint(parse_mode("10000", &mode), <, 0);
        g_assert_cmpint(parse_mode("0888", &mode), <, 0);
        g_assert_cmpint(parse_mode("000001", &mode), <, 0);
        g_assert_cmpint(parse_mode("u=rw", &mode), <, 0);
        g_assert_cmpint(parse_mode("", &mode), <, 0);
        g_assert_cmpuint(mode, ==, 07777);
}

typedef struct WideCase {
        const char *value;
        uint64_t result;
} WideCase;

typedef int WideParser(const char *value, uint64_t *ret);

static void assert_wide(WideParser *parse, const WideCase *cases, size_t count) {
        uint64_t result = 0;

        for (size_t i = 0; i < count; i++) {
                g_test_message("'%s'", cases[i].value);
                g_assert_cmpint(parse(cases[i].value, &result), ==, 0);
                g_assert_cmpuint(result, ==, cases[i].result);
        }
}

static void assert_bad(WideParser *parse, const char *const *values, size_t count) {
        uint64_t result = 7;

        for (size_t i = 0; i < count; i++) {
                g_test_message("'%s'", values[i]);
                g_assert_cmpint(parse(values[i], &result), ==, -EINVAL);
                g_assert_cmpuint(result, ==, 7);
        }
}

static void test_size(void) {
        static const WideCase cases[] = {
                { "0", 0 },
                { "17", 17 },
                { "17B", 17 },
                { "4K", 4096 },
                { "4 K", 4096 },
                { "1.5M", 1572864 },
                { "2G", UINT64_C(2) << 30 },
                { "3T", UINT64_C(3) << 40 },
                { "1P", UINT64_C(1) << 50 },
                { "15E", UINT64_C(15) << 60 },
                { "infinity", UINT64_MAX },
        };
        static const char *const bad[] = { "",    "K", "-1",  "4k",   "4KB", "4KiB",
                                           "16E", ".", "1 2", "1..2", "M4",  "infinityK" };

        assert_wide(parse_size, cases, ARRAY_SIZE(cases));
        assert_bad(parse_size, bad, ARRAY_SIZE(bad));
}

/* The values are what `systemd-analyze timespan` of version 252 says. */
static const WideCase time_spans[] = {
        { "0", 0 },
        { "5", 5000000 },
        { "5s", 5000000 },
        { "5sec", 5000000 },
        { "1second", 1000000 },
        { "2 seconds", 2000000 },
        { "100ms", 100000 },
        { "100msec", 100000 },
        { "7us", 7 },
        { "7usec", 7 },
        { "7\xc2\xb5s", 7 },
        { "7\xce\xbcs", 7 },
        { "1m", 60000000 },
        { "1min", 60000000 },
        { "1minute", 60000000 },
        { "2minutes", 120000000 },
        { "1h", UINT64_C(3600000000) },
        { "1hr", UINT64_C(3600000000) },
        { "1hour", UINT64_C(3600000000) },
        { "2hours", UINT64_C(7200000000) },
        { "1d", UINT64_C(86400000000) },
        { "1day", UINT64_C(86400000000) },
        { "2days", UINT64_C(172800000000) },
        { "1w", UINT64_C(604800000000) },
        { "1week", UINT64_C(604800000000) },
        { "2weeks", UINT64_C(1209600000000) },
        { "1M", UINT64_C(2629800000000) },
        { "1month", UINT64_C(2629800000000) },
        { "2months", UINT64_C(5259600000000) },
        { "1y", UINT64_C(31557600000000) },
        { "1year", UINT64_C(31557600000000) },
        { "2years", UINT64_C(63115200000000) },
        { "1.5", 1500000 },
        { ".5", 500000 },
        { "1.5h", UINT64_C(5400000000) },
        { "0.0000019", 1 },
        { "2min 200ms", 120200000 },
        { "1h30m", UINT64_C(5400000000) },
        { " 5 s ", 5000000 },
        { "5s 5", 10000000 },
        { "+5", 5000000 },
        { "1.5 .5", 2000000 },
        { "infinity", TIME_INFINITY },
        { " infinity ", TIME_INFINITY },
        { "584541y", UINT64_C(18446711061600000000) },
        { "9223372036854775807us", INT64_MAX },
};

static const char *const bad_time_spans[] = {
        "",
        " ",
        "s",
        "-1",
        "5x",
        "5ss",
        "5 5 x",
        "infinity 5",
        "1e3s",
        "5,5s",
        "inf",
        "999999999y",
        ".",
        "5S",
        "1Min",
        "18446744073709.551615",
        "1.",
        "1.2.3",
        "1.2.3.4s",
        "1.2.3.4:80",
        "584542y",
        "9223372036854775808us",
        "584541y 584541y",
};

static void test_time_span(void) {
        assert_wide(parse_time_span, time_spans, ARRAY_SIZE(time_spans));
        assert_bad(parse_time_span, bad_time_spans, ARRAY_SIZE(bad_time_spans));
}

static void test_signal(void) {
        char buffer[16];

        g_assert_cmpint(parse_signal("TERM"), ==, SIGTERM);
        g_assert_cmpint(parse_signal("SIGUSR2"), ==, SIGUSR2);
        g_assert_cmpint(parse_signal("9"), ==, SIGKILL);
        g_assert_cmpint(parse_signal("RTMIN+3"), ==, 37);
        g_assert_cmpint(parse_signal("SIGRTMAX-1"), ==, 63);
        g_assert_cmpint(parse_signal("64"), ==, 64);
        g_assert_cmpint(parse_signal("0"), <, 0);
        g_assert_cmpint(parse_signal("65"), <, 0);
        g_assert_cmpint(parse_signal("term"), <, 0);
        g_assert_cmpint(parse_signal("RTMIN+31"), <, 0);
        g_assert_cmpint(parse_signal("SIGSIGTERM"), <, 0);
        g_assert_cmpint(parse_signal(""), <, 0);
        for (int sig = 1; sig < 32; sig++)
                g_assert_cmpint(parse_signal(signal_to_name(sig, buffer, sizeof(buffer))), ==, sig);
        g_assert_cmpstr(signal_to_name(SIGTERM, buffer, sizeof(buffer)), ==, "SIGTERM");
        g_assert_cmpstr(signal_to_name(42, buffer, sizeof(buffer)), ==, "RTMIN+8");
}

static void test_user(void) {
        static const char *const ok[] = { "root",      "_a",          "www-data",   "a.b", "samba$",
                                          "0",         "12345",       "4294967294", "1a",  "a b",
                                          "DOMAIN\\a", "a@b.example", "\xc3\xa4" };
        static const char *const bad[] = {
                "",           "-1", " a",  "a ",   "a\tb", ".",    "65535",
                "4294967295", "a:", "ab/", "0644", "..",   "\xc3",
        };

        for (size_t i = 0; i < ARRAY_SIZE(ok); i++)
                g_assert_true(user_name_is_valid(ok[i]));
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                g_assert_false(user_name_is_valid(bad[i]));
}

static void assert_words(const char *value, WordEscapes escapes, const char *joined) {
        g_autoptr(GString) word = g_string_new(NULL), all = g_string_new(NULL);
        const char *p = value, *why = NULL;
        int r;

        g_test_message("%s", value);
        while ((r = word_next(&p, escapes, word, NULL, &why)) > 0)
                g_string_append_printf(all, "%s|", word->str);
        if (joined) {
                g_assert_cmpint(r, ==, 0);
                g_assert_cmpstr(all->str, ==, joined);
        } else {
                g_assert_cmpint(r, ==, -EINVAL);
                g_assert_nonnull(why);
        }
}

static void test_words(void) {
        assert_words("", WORD_STRICT, "");
        assert_words("  ", WORD_STRICT, "");
        assert_words("a b\tc", WORD_STRICT, "a|b|c|");
        assert_words("'a b' \"c d\"", WORD_STRICT, "a b|c d|");
        assert_words("a'b c'd", WORD_STRICT, "ab cd|");
        assert_words("'' x", WORD_STRICT, "|x|");
        assert_words("'it\"s' \"it's\"", WORD_STRICT, "it\"s|it's|");
        assert_words("\\x41\\102\\u00e4\\U0001f6ce", WORD_STRICT, "AB\xc3\xa4\xf0\x9f\x9b\x8e|");
        assert_words("\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\'\\s", WORD_STRICT, "\a\b\f\n\r\t\v\\\"' |");
        assert_words("'\\n'", WORD_STRICT, "\n|");
        assert_words("a\\sb", WORD_STRICT, "a b|");
        assert_words("\\d", WORD_STRICT, NULL);
        assert_words("\\d", WORD_RELAX, "\\d|");
        assert_words("\\x4", WORD_STRICT, NULL);
        assert_words("\\x00", WORD_STRICT, NULL);
        assert_words("\\000", WORD_STRICT, NULL);
        assert_words("\\777", WORD_STRICT, NULL);
        assert_words("\\ud800", WORD_STRICT, NULL);
        assert_words("a\\", WORD_STRICT, NULL);
        assert_words("a\\", WORD_RELAX, "a\\|");
        assert_words("a\\ b c", WORD_RELAX, "a\\ b|c|");
        assert_words("a\\ b c", WORD_RETAIN, "a\\|b|c|");
        assert_words("'a", WORD_STRICT, NULL);
        assert_words("'a", WORD_RELAX, NULL);
        assert_words("\"a'", WORD_RELAX, NULL);
        assert_words("a\\x2db 'c d'", WORD_RETAIN, "a\\x2db|c d|");
}

static void assert_specifier(const char *unit, bool user_mode, const char *text,
                             const char *wanted) {
        SpecifierContext context = { .unit = unit,
                                     .path = "/etc/b/x.service",
                                     .user_mode = user_mode };
        g_autofree char *got = NULL;
        char bad = 'x';

        g_test_message("%s: '%s'", unit, text);
        if (!wanted) {
                g_assert_cmpint(specifier_expand(text, &context, &got, &bad), ==, -EINVAL);
                g_assert_null(got);
                g_assert_cmpint(bad, ==, strrchr(text, '%')[1]);
                return;
        }
        g_assert_cmpint(specifier_expand(text, &context, &got, &bad), ==, 0);
        g_assert_cmpstr(got, ==, wanted);
}

static void test_specifiers(void) {
        assert_specifier("a-b@c-d.service", false, "%n %N %p %P %i %I %j %J",
                         "a-b@c-d.service a-b@c-d a-b a/b c-d c/d b b");
        assert_specifier("a\\x2db.service", false, "%p %P", "a\\x2db a-b");
        assert_specifier("a@.service", false, "%n %i %I %f", "a@.service i i /i");
        assert_specifier("a.service", false, "<%i>", "<>");
        assert_specifier("a@b-c.service", false, "%f", "/b/c");
        assert_specifier("a.service", false, "100%% %y %Y", "100% /etc/b/x.service /etc/b");
        assert_specifier("a.service", false, "%t %S %C %L %E",
                         "/run /var/lib /var/cache /var/log /etc");
        assert_specifier("a.service", false, "%d", "/run/credentials/a.service");
        assert_specifier("a.service", false, "50%", "50%");
        assert_specifier("a.service", false, "50% %%", "50% %");
        assert_specifier("a.service", false, "%-5s %_ %%%", "%-5s %_ %%");
        assert_specifier("a.service", false, "%\xc3\xa4 %1", NULL);
}

/* All letters and digits: what systemd.unit(5) has, and nothing else. */
static void test_known_specifiers(void) {
        static const char known[] = "aAbBCdEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY%";

        for (int letter = 1; letter < 127; letter++) {
                g_test_message("%%%c", letter);
                g_assert_cmpint(specifier_is_known((char)letter), ==,
                                strchr(known, letter) != NULL);
        }
        assert_specifier("a.service", false, "%c", NULL);
        assert_specifier("a.service", false, "%z", NULL);
        assert_specifier("a.socket", false, "%d", NULL);
}

/* Each by another way than ours. */
static void assert_specifier_is(const char *specifier, const char *command) {
        g_autofree char *output = NULL;

        g_assert_true(g_spawn_command_line_sync(command, &output, NULL, NULL, NULL));
        assert_specifier("a.service", false, specifier, g_strchomp(output));
}

static void test_specifiers_of_host(void) {
        SpecifierContext context = { .unit = "a.service" };
        g_autofree char *architecture = NULL;
        char bad;

        assert_specifier_is("%v", "uname -r");
        assert_specifier_is("%H", "uname -n");
        assert_specifier_is("%u", "id -un");
        assert_specifier_is("%U", "id -u");
        assert_specifier_is("%g", "id -gn");
        assert_specifier_is("%G", "id -g");
        assert_specifier_is("%o %w%B%W%M%A",
                            "sh -c 'test -e /etc/os-release && . /etc/os-release; echo "
                            "\"$ID $VERSION_ID$BUILD_ID$VARIANT_ID$IMAGE_ID$IMAGE_VERSION\"'");
        assert_specifier_is("%q", "sh -c 'test -e /etc/machine-info && . /etc/machine-info; "
                                  "echo \"${PRETTY_HOSTNAME:-$(uname -n)}\"'");
        assert_specifier_is("%b", "sh -c 'tr -d - </proc/sys/kernel/random/boot_id'");
        g_assert_cmpint(specifier_expand("%a", &context, &architecture, &bad), ==, 0);
        g_assert_cmpstr(architecture, !=, "");
}

static void test_host_info(void) {
        g_autofree char *file = NULL;
        const char *files[] = { "/no/such/file", NULL, NULL };
        static const char *const fields[][2] = { { "ID", "a" },        { "NAME", "b c" },
                                                 { "SINGLE", "d e" },  { "NONE", "" },
                                                 { "EMPTY", "" },      { "OPEN", "\"x" },
                                                 { "ESCAPED", "f\"g" } };
        int fd = g_file_open_tmp("bellhop-XXXXXX", &file, NULL);

        g_assert_cmpint(fd, >=, 0);
        close(fd);
        g_assert_true(g_file_set_contents(file,
                                          "# ID=no\nIDX=no\n ID=a\nNAME=\"b c\"\nSINGLE='d e'\n"
                                          "EMPTY=\nOPEN=\"x\nESCAPED=\"f\\\"g\"\n",
                                          -1, NULL));
        files[1] = file;
        for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
                g_autofree char *value = host_info_field(files, fields[i][0]);

                g_assert_cmpstr(value, ==, fields[i][1]);
        }
        unlink(file);
}

static void test_specifiers_of_user(void) {
        g_autofree char *ids = g_strdup_printf("%u %u", getuid(), getgid());

        g_setenv("XDG_RUNTIME_DIR", "/run/user/7", TRUE);
        g_setenv("XDG_CONFIG_HOME", "/h/conf", TRUE);
        g_setenv("XDG_CACHE_HOME", "/h/cache", TRUE);
        g_setenv("TMPDIR", "/t", TRUE);
        assert_specifier("a.service", true, "%t %S %C %L %E %T %V",
                         "/run/user/7 /h/conf /h/cache /h/conf/log /h/conf /t /t");
        assert_specifier("a.service", true, "%U %G", ids);
}

static void test_specifier_limits(void) {
        SpecifierContext context = { .unit = "a.service" };
        g_autoptr(GString) many = g_string_new(NULL);
        char *got = NULL, bad;

        for (int i = 0; i < 100000; i++)
                g_string_append(many, "%n");
        g_assert_cmpint(specifier_expand(many->str, &context, &got, &bad), ==, -E2BIG);
        g_assert_null(got);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/values/boolean", test_boolean);
        g_test_add_func("/values/unsigned", test_unsigned);
        g_test_add_func("/values/number", test_number);
        g_test_add_func("/values/mode", test_mode);
        g_test_add_func("/values/size", test_size);
        g_test_add_func("/values/time-span", test_time_span);
        g_test_add_func("/values/signal", test_signal);
        g_test_add_func("/values/user", test_user);
        g_test_add_func("/values/words", test_words);
        g_test_add_func("/values/specifiers", test_specifiers);
        g_test_add_func("/values/known-specifiers", test_known_specifiers);
        g_test_add_func("/values/specifiers-of-host", test_specifiers_of_host);
        g_test_add_func("/values/host-info", test_host_info);
        g_test_add_func("/values/specifiers-of-user", test_specifiers_of_user);
        g_test_add_func("/values/specifier-limits", test_specifier_limits);
        return g_test_run();
}
