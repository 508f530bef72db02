/* SPDX-License-Identifier: MIT */
/* ExecStart= lines: prefixes, quoting, escapes, what is refused. */
#include "unit-text.h"
#include "value.h"

/* Loads a service with this ExecStart=. */
static UnitSettings *load_exec(const char *line) {
        g_autofree char *text = g_strdup_printf("[Service]\nExecStart=%s\n", line);

        g_test_message("%s", line);
        return load_good("a@b.service", text);
}

static void assert_exec(const char *line, const char *path, const char *joined) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = load_exec(line);
        const ExecCommand *command = exec_start_first(SERVICE_SETTINGS(settings));
        g_autofree char *argv = g_strjoinv("|", command->argv);

        g_assert_cmpstr(command->path, ==, path);
        g_assert_cmpstr(argv, ==, joined);
        g_assert_cmpuint(command->line, ==, 2);
}

static void assert_bad_exec(const char *line, const char *message) {
        g_autofree char *text = g_strdup_printf("[Service]\nExecStart=%s\n", line);

        g_test_message("%s", line);
        assert_bad("a@b.service", text, 2, "ExecStart", message);
}

static void test_words(void) {
        assert_exec("/bin/true", "/bin/true", "/bin/true");
        assert_exec("true", "true", "true");
        assert_exec("/bin//x a b", "/bin/x", "/bin/x|a|b");
        assert_exec("/bin/sh -c 'a ; b'", "/bin/sh", "/bin/sh|-c|a ; b");
        assert_exec("/bin/sh -c \"a # b\" #c", "/bin/sh", "/bin/sh|-c|a # b|#c");
        assert_exec("'/bin/a b' c", "/bin/a b", "/bin/a b|c");
        assert_exec("/bin/x \\x41\\n\\\\", "/bin/x", "/bin/x|A\n\\");
        assert_exec("/bin/x \\; y", "/bin/x", "/bin/x|;|y");
        assert_exec("/bin/x a;b ;c", "/bin/x", "/bin/x|a;b|;c");
        assert_exec("/bin/x '' \"\"", "/bin/x", "/bin/x||");
        assert_exec("/bin/x $A ${B} $$", "/bin/x", "/bin/x|$A|${B}|$$");
        assert_exec("/bin/x %i %% '%n'", "/bin/x", "/bin/x|b|%|a@b.service");
        assert_exec("/bin/%i", "/bin/b", "/bin/b");
}

static void test_prefixes(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *ignored = load_exec("-/bin/x");
        _cleanup_(settings_unref_cleanup) UnitSettings *plain = load_exec("/bin/x");

        g_assert_true(exec_start_first(SERVICE_SETTINGS(ignored))->ignore_failure);
        g_assert_false(exec_start_first(SERVICE_SETTINGS(plain))->ignore_failure);
        assert_exec("@/bin/x other a", "/bin/x", "other|a");
        assert_exec("-@/bin/x other", "/bin/x", "other");
        assert_exec("@-/bin/x other", "/bin/x", "other");
        assert_exec(":/bin/x $A a$$b", "/bin/x", "/bin/x|$A|a$$b");
}

/* Of the second command of a list. */
static void test_commands(void) {
        static const struct {
                const char *line;
                unsigned int count;
                const char *path, *argv, *flags;
        } lines[] = {
                { "/bin/x ; /bin/y a", 2, "/bin/y", "/bin/y|a", "" },
                { "/bin/x;/bin/y ; /z ;", 2, "/z", "/z", "" },
                { "-/bin/x ; :-/bin/y ';' \\; $A", 2, "/bin/y", "/bin/y|;|;|$A",
                  "ignore-failure no-env-expand" },
                { "/bin/x ; +/bin/y", 2, "/bin/y", "/bin/y", "privileged" },
                { "/bin/x ; !/bin/y", 2, "/bin/y", "/bin/y", "no-setuid" },
                { "/bin/x ; @!!/bin/y z", 2, "/bin/y", "z", "ambient" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                        settings_new(UNIT_SERVICE, "a.service", NULL);
                _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
                const DirectiveContext context = { .file = "test",
                                                   .settings = settings,
                                                   .diagnostics = diagnostics };
                GPtrArray *commands = NULL;
                g_autoptr(GVariant) shown = NULL;
                g_autofree char *argv = NULL, *flags = NULL;
                g_autofree char **names = NULL;

                g_test_message("%s", lines[i].line);
                g_assert_cmpint(value_exec_commands.parse(&context, NULL, &commands, lines[i].line),
                                ==, 0);
                g_assert_cmpuint(commands->len, ==, lines[i].count);
                g_assert_cmpstr(((ExecCommand *)commands->pdata[1])->path, ==, lines[i].path);
                argv = g_strjoinv("|", ((ExecCommand *)commands->pdata[1])->argv);
                g_assert_cmpstr(argv, ==, lines[i].argv);
                shown = g_variant_ref_sink(value_exec_commands.show(settings, NULL, &commands));
                g_variant_get_child(shown, 1, "(&s^a&s^a&s)", NULL, NULL, &names);
                flags = g_strjoinv(" ", names);
                g_assert_cmpstr(flags, ==, lines[i].flags);
                value_exec_commands.clear(&commands);
        }
}

/* Where there is no command between two ";", none is run. */
static void test_no_commands(void) {
        static const struct {
                const char *line, *paths;
        } lines[] = {
                { "/bin/x ; ; /bin/y", "/bin/x /bin/y" },
                { "; /bin/y", "/bin/y" },
                { "; ;\t; /bin/y ; /bin/z", "/bin/y /bin/z" },
                { "/bin/x ; ;", "/bin/x" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                g_autofree char *text =
                        g_strdup_printf("[Service]\nType=oneshot\nExecStart=%s\n", lines[i].line);
                _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                        load_good("a.service", text);
                const GPtrArray *commands = SERVICE_SETTINGS(settings)->exec_start;
                g_autoptr(GString) paths = g_string_new(NULL);

                for (guint j = 0; j < commands->len; j++)
                        g_string_append_printf(paths, "%s%s", j > 0 ? " " : "",
                                               ((ExecCommand *)commands->pdata[j])->path);
                g_assert_cmpstr(paths->str, ==, lines[i].paths);
        }
        assert_bad("a.service", "[Service]\nExecStart=;\n", 0, NULL, "without ExecStart=");
        assert_bad("a.service", "[Service]\nExecStop=; ;\n", 0, NULL, "without ExecStart=");
        settings_unref(load_good("a.service", "[Service]\nExecStart=/bin/x\nExecStart=;\n"
                                              "ExecStop=;\n"));
}

static void test_unknown_escape(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = load_warned(
                "a.service", "[Service]\nExecStart=/bin/x \\d\n", 2, "ExecStart", "unknown escape");

        g_assert_cmpstr(exec_start_first(SERVICE_SETTINGS(settings))->argv[1], ==, "\\d");
}

static void test_refused(void) {
        assert_bad_exec("/bin/x 'a", "single quote is not closed");
        assert_bad_exec("/bin/x \"a", "double quote is not closed");
        assert_bad_exec("bin/x", "'bin/x' is not an absolute path");
        assert_bad_exec("./x", "'./x' is not an absolute path");
        assert_bad_exec("''", "absolute path or a plain program name");
        assert_bad_exec("-", "absolute path or a plain program name");
        assert_bad_exec("--/bin/x", "given twice");
        assert_bad_exec("@/bin/x", "argv[0]");
        assert_bad_exec("/bin/x %z", "'%z' is not a specifier");
        assert_bad_exec("/bin/x ; /bin/y", "oneshot");
        assert_bad_exec("+!/bin/x", "there can be one");
        assert_bad_exec("!!!/bin/x", "there can be one");
        assert_bad_exec("..", "plain program name");
}

/* One mistake is one message: a command that can't be read isn't missing besides. */
static void test_no_false_error(void) {
        static const char *const texts[] = {
                "[Service]\nExecStart=/bin/echo \"a\n",
                "[Service]\nExecStart=bin/x\nRestart=always\n",
                "[Service]\nType=oneshot\nExecStart=bin/x\n",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();

                g_assert_cmpint(load_text("a.service", texts[i], diagnostics, NULL), ==, -EBADMSG);
                g_assert_cmpuint(diagnostics->list->len, ==, 1);
        }
        assert_bad("a.service", "[Service]\nExecStart=bin/x\nExecStart=\n", 0, NULL,
                   "without ExecStart=");
}

/* Escapes make bytes that aren't UTF-8: the message is, and doesn't read before the value. */
static void test_bytes(void) {
        g_autoptr(GString) line = g_string_new(NULL);

        for (int i = 0; i < 100; i++)
                g_string_append(line, "\\xa3");
        g_string_append(line, "/x");
        assert_bad_exec(line->str, "is not an absolute path");
        assert_exec("/bin/x \\xa3", "/bin/x", "/bin/x|\xa3");
}

static void test_twice(void) {
        assert_bad("a.service", "[Service]\nExecStart=/bin/x\nExecStart=/bin/y\n", 3, "ExecStart",
                   "oneshot");
        settings_unref(load_good("a.service",
                                 "[Service]\nExecStart=/bin/x\nExecStart=\nExecStart=/bin/y\n"));
}

static void test_long(void) {
        g_autoptr(GString) line = g_string_new("/bin/x");
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        for (int i = 0; i < 30000; i++)
                g_string_append(line, " a");
        settings = load_exec(line->str);
        g_assert_cmpuint(g_strv_length(exec_start_first(SERVICE_SETTINGS(settings))->argv), ==,
                         30001);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/exec-line/words", test_words);
        g_test_add_func("/exec-line/prefixes", test_prefixes);
        g_test_add_func("/exec-line/commands", test_commands);
        g_test_add_func("/exec-line/no-commands", test_no_commands);
        g_test_add_func("/exec-line/unknown-escape", test_unknown_escape);
        g_test_add_func("/exec-line/refused", test_refused);
        g_test_add_func("/exec-line/no-false-error", test_no_false_error);
        g_test_add_func("/exec-line/bytes", test_bytes);
        g_test_add_func("/exec-line/twice", test_twice);
        g_test_add_func("/exec-line/long", test_long);
        return g_test_run();
}
