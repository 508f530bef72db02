/* SPDX-License-Identifier: MIT */
/* Environment files, $VAR in command lines, and what a service's environment is made of. */
#include "environment.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec-search.h"
static void assert_strv(GStrv got, const char *const *expected) {
        g_autofree char *text = g_strjoinv("|", got);
        g_autofree char *wanted = g_strjoinv("|", (char **)expected);

        g_assert_cmpstr(text, ==, wanted);
        g_assert_cmpuint(g_strv_length(got), ==, g_strv_length((char **)expected));
}

/* ---- files ---- */

static const struct {
        const char *text;
        const char *value; /* of A; NULL: not set */
} file_cases[] = {
        { "A=b", "b" },
        { "A=b\n", "b" },
        { "  A = b c \t\r\n", "b c" },
        { "A=", "" },
        { "A=\n", "" },
        { "# A=comment\nA=b", "b" },
        { "; A=comment\nA=b", "b" },
        { "# comment \\\nA=still a comment\n", NULL },
        { "A=b # no comment", "b # no comment" },
        { "A='b c'", "b c" },
        { "A='b \\ \" $'", "b \\ \" $" },
        { "A=\"b c\"", "b c" },
        { "A=\"b\\\"c\\\\d\\$e\\`f\\n\"", "b\"c\\d$e`f\\n" },
        { "A=\"two\nlines\"", "two\nlines" },
        { "A='two\nlines'", "two\nlines" },
        { "A=\"joined \\\nline\"", "joined line" },
        { "A=joined \\\n line", "joined  line" },
        { "A=b\\ ", "b " },
        { "A=\\\"b\\\"", "\"b\"" },
        { "A='  b  '  ", "  b  " },
        { "A=a'b'\"c\"d", "abcd" },
        { "A=b\nA=c", "c" },
        { "A=x=y", "x=y" },
        { "export A=b", NULL },
        { "1A=b", NULL },
        { "A-B=c\nA=b", "b" },
        { "no assignment\nA=b", "b" },
        { "A='unterminated", "unterminated" },
        { "A=\\", "\\" },
        { "", NULL },
        { "\n\n\\", NULL },
};

static void test_file(void) {
        for (size_t i = 0; i < ARRAY_SIZE(file_cases); i++) {
                g_auto(GStrv) environment = g_new0(char *, 1);

                environment_add_text(&environment, file_cases[i].text);
                g_test_message("<%s>", file_cases[i].text);
                g_assert_cmpstr(g_environ_getenv(environment, "A"), ==, file_cases[i].value);
        }
}

/* ---- command lines ---- */

static const struct {
        const char *argv[6];
        const char *expected[8];
} expand_cases[] = {
        { { "echo", "plain" }, { "echo", "plain" } },
        /* the examples of systemd.service(5), "Command lines" */
        { { "/bin/echo", "$ONE", "$TWO", "${TWO}" },
          { "/bin/echo", "one", "two", "two", "two two" } },
        { { "/bin/echo", "${QONE}", "${QTWO}", "${THREE}" },
          { "/bin/echo", "'one'", "'two two' too", "" } },
        { { "/bin/echo", "$QONE", "$QTWO", "$THREE" }, { "/bin/echo", "one", "two two", "too" } },
        { { "x", "a${ONE}b${TWO}c" }, { "x", "aonebtwo twoc" } },
        { { "x", "a$ONE" }, { "x", "a$ONE" } },
        { { "x", "$UNSET", "${UNSET}" }, { "x", "" } },
        { { "x", "$$ONE", "$$", "a$$b" }, { "x", "$ONE", "$", "a$b" } },
        { { "x", "${ONE", "${}", "$", "${1}" }, { "x", "${ONE", "${}", "$", "${1}" } },
        { { "x", "$1" }, { "x", "$1" } },
        /* a value isn't looked through again */
        { { "x", "${NESTED}" }, { "x", "${ONE}" } },
};

static void test_expand(void) {
        g_auto(GStrv) environment = g_strsplit("ONE=one;TWO=two two;QONE='one';"
                                               "QTWO='two two' too;THREE=;NESTED=${ONE}",
                                               ";", -1);

        for (size_t i = 0; i < ARRAY_SIZE(expand_cases); i++) {
                g_auto(GStrv) argv = environment_expand(environment, expand_cases[i].argv);

                assert_strv(argv, expand_cases[i].expected);
        }
}

/* ---- the whole ---- */

static ServiceSettings *settings_for_test(void) {
        ServiceSettings *settings = g_new0(ServiceSettings, 1);

        settings->environment_files = g_ptr_array_new();
        return settings;
}

static void settings_free_for_test(ServiceSettings *settings) {
        g_ptr_array_unref(settings->environment_files);
        g_strfreev(settings->environment);
        g_free(settings);
}

static void test_system(void) {
        ServiceSettings *settings = settings_for_test();
        Credentials none = CREDENTIALS_INIT;
        g_autofree char *file = NULL;
        g_auto(GStrv) environment = NULL;

        g_setenv("LISTEN_FDS", "1", TRUE);
        g_setenv("LANG", "C.UTF-8", TRUE);
        g_setenv("SECRET", "of the administrator", TRUE);
        settings->environment = g_strsplit("A=first;A=second;EMPTY=", ";", -1);
        g_assert_cmpint(environment_build(settings, &none, false, "/run/x/notify", NULL,
                                          &environment, &file),
                        ==, 0);
        g_assert_cmpstr(g_environ_getenv(environment, "PATH"), ==, EXEC_SEARCH_PATH);
        g_assert_cmpstr(g_environ_getenv(environment, "LANG"), ==, "C.UTF-8");
        g_assert_cmpstr(g_environ_getenv(environment, "A"), ==, "second");
        g_assert_cmpstr(g_environ_getenv(environment, "EMPTY"), ==, "");
        g_assert_null(g_environ_getenv(environment, "LISTEN_FDS"));
        g_assert_null(g_environ_getenv(environment, "SECRET"));
        g_assert_null(g_environ_getenv(environment, "HOME"));
        g_assert_null(g_environ_getenv(environment, "NOTIFY_SOCKET")); /* not Type=notify */
        settings_free_for_test(settings);
}

static void test_user(void) {
        ServiceSettings *settings = settings_for_test();
        Credentials credentials = CREDENTIALS_INIT;
        g_autofree char *file = NULL;
        g_auto(GStrv) environment = NULL;

        credentials.user = (char *)"web";
        credentials.home = (char *)"/srv/web";
        credentials.shell = (char *)"/bin/sh";
        settings->service_type = SERVICE_NOTIFY;
        g_setenv("LISTEN_FDS", "1", TRUE);
        g_setenv("NOTIFY_SOCKET", "/of/the/manager", TRUE);
        g_setenv("SESSION", "mine", TRUE);
        g_assert_cmpint(environment_build(settings, &credentials, true, "/run/x/notify", NULL,
                                          &environment, &file),
                        ==, 0);
        g_assert_cmpstr(g_environ_getenv(environment, "SESSION"), ==, "mine");
        g_assert_cmpstr(g_environ_getenv(environment, "NOTIFY_SOCKET"), ==, "/run/x/notify");
        g_assert_null(g_environ_getenv(environment, "LISTEN_FDS"));
        g_assert_cmpstr(g_environ_getenv(environment, "HOME"), ==, "/srv/web");
        g_assert_cmpstr(g_environ_getenv(environment, "USER"), ==, "web");
        g_assert_cmpstr(g_environ_getenv(environment, "LOGNAME"), ==, "web");
        g_assert_cmpstr(g_environ_getenv(environment, "SHELL"), ==, "/bin/sh");
        settings_free_for_test(settings);
}

static void test_environment_files(void) {
        g_autofree char *folder = g_dir_make_tmp("environment-XXXXXX", NULL);
        g_autofree char *a = g_build_filename(folder, "a.env", NULL);
        g_autofree char *b = g_build_filename(folder, "b.env", NULL);
        g_autofree char *pattern = g_build_filename(folder, "*.env", NULL);
        EnvironmentFile files[] = { { .path = pattern }, { .path = (char *)"/nonexistent" } };
        ServiceSettings *settings = settings_for_test();
        Credentials none = CREDENTIALS_INIT;
        g_autoptr(GPtrArray) passed_over = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *file = NULL, *bad_line = g_strconcat(a, ":3", NULL);
        g_auto(GStrv) environment = NULL;

        g_assert_true(g_file_set_contents(
                a, "A=from a\nB=from a\nexport C=from a\nneither\n# nor this\n", -1, NULL));
        g_assert_true(g_file_set_contents(b, "B=from b\n", -1, NULL));
        settings->environment = g_strsplit("A=of the unit", ";", -1);
        g_ptr_array_add(settings->environment_files, &files[0]);
        g_ptr_array_add(settings->environment_files, &files[1]);

        g_assert_cmpint(
                environment_build(settings, &none, false, NULL, passed_over, &environment, &file),
                ==, -ENOENT);
        g_assert_cmpstr(file, ==, "/nonexistent");
        g_assert_null(environment);

        g_ptr_array_set_size(passed_over, 0);
        files[1].optional = true;
        g_assert_cmpint(
                environment_build(settings, &none, false, NULL, passed_over, &environment, &file),
                ==, 0);
        g_assert_cmpstr(g_environ_getenv(environment, "A"), ==, "from a");
        g_assert_cmpstr(g_environ_getenv(environment, "B"), ==, "from b");
        g_assert_cmpuint(passed_over->len, ==, 1);
        g_assert_cmpstr(passed_over->pdata[0], ==, bad_line);

        settings_free_for_test(settings);
        (void)g_remove(a);
        (void)g_remove(b);
        g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* What would make the manager wait, or grow, is no environment file. */
static void test_odd_files(void) {
        g_autofree char *folder = g_dir_make_tmp("environment-XXXXXX", NULL);
        g_autofree char *fifo = g_build_filename(folder, "fifo", NULL);
        g_autofree char *large = g_build_filename(folder, "large", NULL);
        g_auto(GStrv) environment = g_new0(char *, 1);

        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        g_assert_cmpint(environment_add_file(&environment, fifo, NULL), ==, -EINVAL);
        g_assert_cmpint(environment_add_file(&environment, "/dev/zero", NULL), ==, -EINVAL);
        g_assert_cmpint(environment_add_file(&environment, folder, NULL), ==, -EINVAL);
        g_assert_true(g_file_set_contents(large, "A=b\n", -1, NULL));
        g_assert_cmpint(environment_add_file(&environment, large, NULL), ==, 0);
        g_assert_cmpint(truncate(large, INT64_C(1) << 40), ==, 0);
        g_assert_cmpint(environment_add_file(&environment, large, NULL), ==, -EFBIG);

        (void)g_remove(fifo);
        (void)g_remove(large);
        g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/environment/file", test_file);
        g_test_add_func("/environment/expand", test_expand);
        g_test_add_func("/environment/system", test_system);
        g_test_add_func("/environment/user", test_user);
        g_test_add_func("/environment/environment-files", test_environment_files);
        g_test_add_func("/environment/odd-files", test_odd_files);
        return g_test_run();
}
