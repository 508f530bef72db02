/* SPDX-License-Identifier: MIT */
/* The syntax of unit files: lines, sections, words (systemd.syntax(7)). */
#include "unit-text.h"

static void test_syntax(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                load_good("a.service", "\xef\xbb\xbf# comment\n"
                                       "; another = one\n"
                                       "\n"
                                       "  [Service]  \r\n"
                                       "  ExecStart = /bin/x a \\\n"
                                       "  # between\n"
                                       "; and again\\\n"
                                       "  b ;c \\\\\n"
                                       "Environment=A=1=2\n"
                                       "X-Private=anything\n"
                                       "[X-Mine]\n"
                                       "No=thing\n"
                                       "[Unit]\n"
                                       "Description=a \xc3\xa4 # ; %n \\\n\n"
                                       "[Service]\n"
                                       "Environment=B=\\\n");
        ServiceSettings *service = SERVICE_SETTINGS(settings);
        g_autofree char *argv = g_strjoinv("|", exec_start_first(service)->argv);
        g_autofree char *environment = g_strjoinv("|", service->environment);

        g_assert_cmpstr(settings->description, ==, "a \xc3\xa4 # ; a.service");
        g_assert_cmpstr(argv, ==, "/bin/x|a|b|;c|\\");
        g_assert_cmpuint(exec_start_first(service)->line, ==, 5);
        g_assert_cmpstr(environment, ==, "A=1=2|B=");
}

static void test_bad_syntax(void) {
        assert_bad("a.target", "[Unit\n", 1, NULL, "[Name]");
        assert_bad("a.target", "[Unit]x\n", 1, NULL, "[Name]");
        assert_bad("a.target", "[Unit]\nDescription\n", 2, NULL, "no '='");
        assert_bad("a.target", "[Unit]\nDescription: x\n", 2, NULL, "no '='");
        assert_bad("a.target", "[Unit]\n=x\n", 2, NULL, "no key");
        assert_bad("a.target", "\nDescription=x\n", 2, NULL, "before any [Section]");
        assert_bad("a.target", "[Unit]\nDescription=\xff\n", 2, NULL, "UTF-8");
}

/* What a continued line becomes, and the line that messages name. */
static void test_continuation(void) {
        static const struct {
                const char *text, *description;
                unsigned int line; /* where the key after it stands */
        } lines[] = {
                { "Description=a\\\nb\n", "a b", 4 },
                { "Description=a\\\n    b  \n", "a     b", 4 },
                { "Description=a\\\r\nb\r\n", "a b", 4 },
                { "Description=a\\\n# c\\\n ; d\n\t#\nb\n", "a b", 7 },
                { "Description=a \\\n\n", "a", 4 }, /* an empty line ends it */
                { "Description=a\\\n# c\n\nWants=b.target\n", "a", 6 },
                { "Description=a\\ \n", "a\\", 3 }, /* the backslash isn't last */
                { "Description=a\\\\\n", "a\\\\", 3 },
                { "Description=a\\\\\\\nb\n", "a\\\\ b", 4 },
                { "Description=\\\na\\\n\\\nb\n", "a  b", 6 },
                { "Descrip\\\ntion=x\nDescription=y\n", "y", 5 },
                { "Description=a # b ; c\n", "a # b ; c", 3 },
                { "  Description  =  a = b  \t\n", "a = b", 3 },
                { "# a comment isn't continued \\\nDescription=a\n", "a", 4 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
                _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
                g_autofree char *text =
                        g_strconcat("[Unit]\n", lines[i].text, "Here=1\nStopWhenUnneeded=x", NULL);

                g_test_message("%s", lines[i].text);
                g_assert_cmpint(load_text("a.target", text, diagnostics, &settings), ==, -EBADMSG);
                g_assert_nonnull(
                        find_diagnostic(diagnostics, lines[i].line, "Here", "unknown key"));
                g_assert_nonnull(
                        find_diagnostic(diagnostics, lines[i].line + 1, "StopWhenUnneeded", "'x'"));
                *strstr(text, "Here=1") = '\0';
                g_clear_pointer(&diagnostics, diagnostics_free);
                g_assert_cmpint(load_text("a.target", text, NULL, &settings), ==, 0);
                g_assert_cmpstr(settings->description, ==, lines[i].description);
        }
}

/* The line of a value is that of its key, wherever the value itself stands. */
static void test_line_of_continued(void) {
        assert_bad("a.service",
                   "[Service]\nExecStart=/bin/x\n\n# c\nEnvironment=A=1 \\\n  B=2 \\\n"
                   "# c\n  2=3\nRestart=no\n",
                   5, "Environment", "'2=3'");
        assert_bad("a.service", "[Service]\nExecStart=/bin/x \\\n  a\nRestart=x\n", 4, "Restart",
                   "'x'");
}

/* Of lines that end like nobody's any more. */
static void test_line_ends(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *old =
                load_good("a.target", "[Unit]\rDescription=a\r# c\r\rDocumentation=man:b(1)");
        _cleanup_(settings_unref_cleanup) UnitSettings *mixed =
                load_good("a.target", "[Unit]\r\nDescription=a\\\r\n\tb\nDocumentation=man:b(1)\r");

        g_assert_cmpstr(old->description, ==, "a");
        g_assert_cmpuint(g_strv_length(old->documentation), ==, 1);
        g_assert_cmpstr(mixed->description, ==, "a \tb");
        assert_bad("a.target", "[Unit]\rDescription=a\r\nDocumentation=x\r\nStopWhenUnneeded=x\r",
                   4, "StopWhenUnneeded", "'x'");
}

/* Whatever it may be that stands in somebody else's section, it isn't looked at. */
static void test_private(void) {
        settings_unref(load_good("a.target", "[X-Notes]\nno assignment\n=x\nStopWhenUnneeded=x \\\n"
                                             "[Unit]\nX-Key\\\n=1\n[X-]\n''\n[Unit]\nX-=\n"));
        settings_unref(load_warned("a.target", "[Unit]\n[Other]\nno assignment\n", 2, NULL,
                                   "unknown section [Other]"));
        settings_unref(load_warned("a.target", "[]\nx\n", 1, NULL, "unknown section []"));
        settings_unref(load_warned("a.target", "[A[b]\nx\n", 1, NULL, "unknown section [A[b]"));
        assert_bad("a.target", "[X-Notes]\nx\n[Unit]\nx\n", 4, NULL, "no '='");
        assert_bad("a.target", "[X-Notes]\nx\n[Unit\nx\n", 3, NULL, "[Name]");
        /* It is one section's, not the file's. */
        assert_bad("a.target", "[X-Unit]\nStopWhenUnneeded=x\n[Unit]\nStopWhenUnneeded=x\n", 4,
                   "StopWhenUnneeded", "'x'");
}

/* The order of sections means nothing, that of a key's lines does. */
static void test_sections(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *one =
                load_good("a.service", "[Unit]\nDescription=x\nAfter=a.target b.target\n"
                                       "[Service]\nType=exec\nExecStart=/bin/x\nEnvironment=A=1\n"
                                       "[Install]\nWantedBy=a.target\n");
        _cleanup_(settings_unref_cleanup) UnitSettings *other =
                load_good("a.service", "[Install]\nWantedBy=a.target\n[Service]\nType=notify\n"
                                       "ExecStart=/bin/x\n[Unit]\nAfter=a.target\n[Service]\n"
                                       "Environment=A=1\nType=exec\n[Unit]\nDescription=y\n"
                                       "Description=x\nAfter=b.target\n[Service]\n[Service]\n");

        g_assert_true(settings_equal(one, other));
}

/* The table of systemd.syntax(7), bare, and in either quote. */
static void test_escapes(void) {
        static const char *const escapes[][2] = {
                { "\\a", "\a" },
                { "\\b", "\b" },
                { "\\f", "\f" },
                { "\\n", "\n" },
                { "\\r", "\r" },
                { "\\t", "\t" },
                { "\\v", "\v" },
                { "\\\\", "\\" },
                { "\\\"", "\"" },
                { "\\'", "'" },
                { "\\s", " " },
                { "\\x41", "A" },
                { "\\x7e", "~" },
                { "\\x7E", "~" },
                { "\\101", "A" },
                { "\\303\\244", "\xc3\xa4" },
                { "\\u00e4", "\xc3\xa4" },
                { "\\U0001f600", "\xf0\x9f\x98\x80" },
                { "\xc3\xa4", "\xc3\xa4" },
                { "%%", "%" },
        };
        static const char *const wrong[] = { "\\q",     "\\x4",    "\\x00",       "\\xzz",
                                             "\\10",    "\\000",   "\\400",       "\\u12",
                                             "\\ud800", "\\u0000", "\\U00110000", "\\8" };

        for (size_t i = 0; i < ARRAY_SIZE(escapes); i++) {
                g_autofree char *text =
                        g_strdup_printf("[Service]\nExecStart=/bin/x a%sb "
                                        "\"a%sb\" 'a%sb'\n",
                                        escapes[i][0], escapes[i][0], escapes[i][0]);
                g_autofree char *wanted = g_strdup_printf("a%sb", escapes[i][1]);
                _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                        load_good("a.service", text);

                for (int j = 1; j <= 3; j++)
                        g_assert_cmpstr(exec_start_first(SERVICE_SETTINGS(settings))->argv[j], ==,
                                        wanted);
        }
        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
                g_autofree char *text = g_strdup_printf(
                        "[Service]\nExecStart=/bin/x\nUnsetEnvironment=%s\n", wrong[i]);

                assert_bad("a.service", text, 3, "UnsetEnvironment", "escape sequence");
        }
}

/* How a value falls into words. */
static void test_quoting(void) {
        static const char *const lines[][2] = {
                { "A=1 B=2", "A=1|B=2" },
                { "A=1\tB=2", "A=1|B=2" },
                { "'A=1 B=2'", "A=1 B=2" },
                { "\"A=1 B=2\" C=3", "A=1 B=2|C=3" },
                { "A='1 2' \"B=3 4\"", "A=1 2|B=3 4" },
                { "A=\"it's\" 'B=\"2\"'", "A=it's|B=\"2\"" },
                { "A=1\"2 3\"4", "A=12 34" },
                { "A='' B=", "A=|B=" },
                { "A=\\\"1 B=\\'2", "A=\"1|B='2" },
                { "A=1\\sB=2 C='\\x41 \\n'", "A=1 B=2|C=A \n" },
                { "A=# B=;", "A=#|B=;" },
                { "'A=1 \\\n# c\n 2' B=3", "A=1   2|B=3" },
                { "A=\xc2\xa0\xc3\xa4", "A=\xc2\xa0\xc3\xa4" }, /* only ASCII blanks divide */
        };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                g_autofree char *text =
                        g_strdup_printf("[Service]\nExecStart=/x\nEnvironment=%s\n", lines[i][0]);
                _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                        load_good("a.service", text);
                g_autofree char *joined = g_strjoinv("|", SERVICE_SETTINGS(settings)->environment);

                g_assert_cmpstr(joined, ==, lines[i][1]);
        }
        assert_bad("a.service", "[Service]\nExecStart=/x\nEnvironment=A=1 'B=2\n", 3, "Environment",
                   "a single quote is not closed");
        assert_bad("a.service", "[Service]\nExecStart=/x\nEnvironment=\"A=1 \\\n B=2\n", 3,
                   "Environment", "a double quote is not closed");
}

static void test_nul(void) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        char data[] = "[Unit]\nDescription=a\0b\n";
        UnitSettings *settings = NULL;

        g_assert_cmpint(
                unit_load_data("test", "a.target", data, sizeof(data) - 1, diagnostics, &settings),
                ==, -EBADMSG);
        g_assert_nonnull(find_diagnostic(diagnostics, 2, NULL, "NUL"));
}

/* A long value arrives whole, whatever inih's buffer is. */
static void test_long_value(void) {
        g_autoptr(GString) text = g_string_new("[Unit]\nDescription=");
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        for (int i = 0; i < 6000; i++)
                g_string_append(text, "0123456789");
        settings = load_good("a.target", text->str);
        g_assert_cmpuint(strlen(settings->description), ==, 60000);
}

static void test_long_line(void) {
        g_autoptr(GString) text = g_string_new("[Unit]\nDescription=\\\n");

        for (int i = 0; i < 70; i++)
                g_string_append_printf(text, "%01000d\\\n", i);
        g_string_append(text, "\nDocumentation=x\n");
        assert_bad("a.target", text->str, 2, NULL, "64 KiB");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/unit-syntax/syntax", test_syntax);
        g_test_add_func("/unit-syntax/bad-syntax", test_bad_syntax);
        g_test_add_func("/unit-syntax/continuation", test_continuation);
        g_test_add_func("/unit-syntax/line-of-continued", test_line_of_continued);
        g_test_add_func("/unit-syntax/line-ends", test_line_ends);
        g_test_add_func("/unit-syntax/private", test_private);
        g_test_add_func("/unit-syntax/sections", test_sections);
        g_test_add_func("/unit-syntax/escapes", test_escapes);
        g_test_add_func("/unit-syntax/quoting", test_quoting);
        g_test_add_func("/unit-syntax/nul", test_nul);
        g_test_add_func("/unit-syntax/long-value", test_long_value);
        g_test_add_func("/unit-syntax/long-line", test_long_line);
        return g_test_run();
}
