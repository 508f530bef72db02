/* SPDX-License-Identifier: MIT */
/* RuntimeDirectory= and its like: what is made, for whom, and what goes again. The system's folders
 * are others here: the test has mounts of its own. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec-fixture.h"

static bool is_there(const char *path) {
        return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static void assert_owner(const char *path, mode_t mode, uid_t uid) {
        struct stat st;

        g_test_message("%s", path);
        g_assert_cmpint(lstat(path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, mode);
        g_assert_cmpint(st.st_uid, ==, uid);
}

static void assert_report(ServiceFixture *fixture, const char *lines, const char *facets,
                          const char *expected) {
        g_autofree char *got = exec_fixture_run(fixture, lines, facets);

        g_assert_cmpstr(got, ==, expected);
}

static void test_runtime(ServiceFixture *fixture, gconstpointer data) {
        if (!exec_has_own_mounts())
                return;
        assert_report(fixture,
                      "User=65534\nRuntimeDirectory=a/b c\nRuntimeDirectoryMode=0750\nUMask=0077\n",
                      "stat:/run/a stat:/run/a/b stat:/run/c env:RUNTIME_DIRECTORY",
                      "stat:/run/a=d 0755 0 0\nstat:/run/a/b=d 0750 65534 65534\n"
                      "stat:/run/c=d 0750 65534 65534\nenv:RUNTIME_DIRECTORY=/run/a/b:/run/c\n");
        /* It has ended. */
        g_assert_false(is_there("/run/a/b"));
        g_assert_false(is_there("/run/c"));
        g_assert_true(is_there("/run/a"));
        g_assert_cmpint(rmdir("/run/a"), ==, 0);
}

static void test_kinds(ServiceFixture *fixture, gconstpointer data) {
        if (!exec_has_own_mounts())
                return;
        assert_report(fixture,
                      "User=65534\nStateDirectory=x\nStateDirectoryMode=0700\n"
                      "CacheDirectory=x\nCacheDirectoryMode=0711\nLogsDirectory=x\n"
                      "LogsDirectoryMode=2755\nConfigurationDirectory=x y/z\n"
                      "ConfigurationDirectoryMode=0751\n",
                      "stat:/var/lib/x env:STATE_DIRECTORY stat:/var/cache/x env:CACHE_DIRECTORY "
                      "stat:/var/log/x env:LOGS_DIRECTORY stat:/etc/x env:CONFIGURATION_DIRECTORY "
                      "env:RUNTIME_DIRECTORY",
                      "stat:/var/lib/x=d 0700 65534 65534\nenv:STATE_DIRECTORY=/var/lib/x\n"
                      "stat:/var/cache/x=d 0711 65534 65534\nenv:CACHE_DIRECTORY=/var/cache/x\n"
                      "stat:/var/log/x=d 2755 65534 65534\nenv:LOGS_DIRECTORY=/var/log/x\n"
                      "stat:/etc/x=d 0751 0 0\nenv:CONFIGURATION_DIRECTORY=/etc/x:/etc/y/z\n"
                      "env:RUNTIME_DIRECTORY=none\n");
        assert_owner("/var/lib/x", 0700, 65534); /* they stay */
        assert_owner("/etc/y", 0755, 0);
}

/* What is there already gets its owner and mode, but for what is the administrator's. */
static void test_there_already(ServiceFixture *fixture, gconstpointer data) {
        if (!exec_has_own_mounts())
                return;
        g_assert_cmpint(mkdir("/var/lib/old", 0755), ==, 0);
        g_assert_true(g_file_set_contents("/var/lib/old/file", "", 0, NULL));
        g_assert_cmpint(mkdir("/etc/old", 0700), ==, 0);
        assert_report(fixture,
                      "User=65534\nStateDirectory=old\nStateDirectoryMode=0770\n"
                      "ConfigurationDirectory=old\nConfigurationDirectoryMode=0755\n",
                      "stat:/var/lib/old stat:/etc/old",
                      "stat:/var/lib/old=d 0770 65534 65534\nstat:/etc/old=d 0700 0 0\n");
        assert_owner("/var/lib/old/file", 0666 & ~022, 0);
}

static void test_links(ServiceFixture *fixture, gconstpointer data) {
        if (!exec_has_own_mounts())
                return;
        assert_report(fixture, "StateDirectory=real/one:way/to/it\n",
                      "env:STATE_DIRECTORY link:/var/lib/way/to/it stat:/var/lib/way/to/it",
                      "env:STATE_DIRECTORY=/var/lib/real/one\n"
                      "link:/var/lib/way/to/it=../../real/one\n"
                      "stat:/var/lib/way/to/it=d 0755 0 0\n");
        /* Again: it is there. */
        assert_report(fixture, "StateDirectory=real/one:way/to/it\n", "env:STATE_DIRECTORY",
                      "env:STATE_DIRECTORY=/var/lib/real/one\n");
        /* A link that the administrator has made is followed; one on the way may be a service's. */
        g_assert_cmpint(mkdir("/var/lib/elsewhere", 0755), ==, 0);
        g_assert_cmpint(symlink("elsewhere", "/var/lib/moved"), ==, 0);
        assert_report(fixture, "User=65534\nStateDirectory=moved\n", "stat:/var/lib/elsewhere",
                      "stat:/var/lib/elsewhere=d 0755 65534 65534\n");
        exec_fixture_run_failing(fixture, "StateDirectory=moved/below\n",
                                 "state directory: Too many levels of symbolic links", 238);
        g_assert_false(is_there("/var/lib/elsewhere/below"));
}

static void test_failures(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *folder, *lines, *why;
                int status;
        } rows[] = {
                { "/run", "RuntimeDirectory=file/x\n", "runtime directory: Not a directory", 233 },
                { "/var/lib", "StateDirectory=file/x\n", "state directory: Not a directory", 238 },
                { "/var/cache", "CacheDirectory=file\n", "cache directory: Not a directory", 239 },
                { "/var/log", "LogsDirectory=file/x\n", "logs directory: Not a directory", 240 },
                { "/etc", "ConfigurationDirectory=file/x\n",
                  "configuration directory: Not a directory", 241 },
        };

        if (!exec_has_own_mounts())
                return;
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                g_autofree char *file = g_build_filename(rows[i].folder, "file", NULL);

                g_assert_true(g_file_set_contents(file, "", 0, NULL));
                exec_fixture_run_failing(fixture, rows[i].lines, rows[i].why, rows[i].status);
        }
}

static bool is_removed(const void *data) {
        g_autoptr(GDir) folder = g_dir_open("/run", 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(folder)))
                if (g_str_has_prefix(name, ".bellhop-removed"))
                        return false;
        return true;
}

#define FILLS                                                                                    \
        "ExecStart=/bin/sh -c 'mkdir -p /run/full/deep/er; touch /run/full/deep/er/file; ln -s " \
        "/etc /run/full/link; exec sleep 1000'\nExecStartPost=/bin/sh -c 'until test -h "        \
        "/run/full/link; do :; done'\n"

/* With all that is in it, but nothing that only a link leads to. */
static void test_removed_whole(ServiceFixture *fixture, gconstpointer data) {
        Service *service;

        if (!exec_has_own_mounts())
                return;
        service = service_fixture_load(fixture, "[Service]\nRuntimeDirectory=full\n" FILLS);
        service_fixture_start(fixture, service);
        g_assert_true(is_there("/run/full/deep/er/file"));
        service_fixture_stop(fixture, service);
        g_assert_false(is_there("/run/full"));
        service_fixture_run_until(fixture, is_removed, NULL);
        g_assert_true(is_there("/etc/passwd"));
}

/* However much there is, however deep, and closed to its own owner. */
static void test_removed_unruly(ServiceFixture *fixture, gconstpointer data) {
        Service *service;

        if (!exec_has_own_mounts())
                return;
        service = service_fixture_load(
                fixture, "[Service]\nRuntimeDirectory=full\nUser=65534\nExecStart=/bin/sh -c '"
                         "cd /run/full; mkdir closed; touch `seq 10000` closed/file; "
                         "chmod 0 closed; for i in `seq 1000`; do mkdir d; cd d; done; "
                         "touch file /run/full/ready; exec sleep 1000'\n"
                         "ExecStartPost=/bin/sh -c 'until test -e /run/full/ready; do :; done'\n");
        service_fixture_start(fixture, service);
        service_fixture_stop(fixture, service);
        g_assert_false(is_there("/run/full"));
        service_fixture_run_until(fixture, is_removed, NULL);
}

static void restart(ServiceFixture *fixture, Service *service) {
        g_autofree char *errors = manager_fixture_restart(&fixture->manager, &service->unit);

        g_assert_cmpstr(errors, ==, "");
}

static void test_preserve(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *value;
                bool over_restart, after_stop;
        } rows[] = { { "no", false, false }, { "restart", true, false }, { "yes", true, true } };

        if (!exec_has_own_mounts())
                return;
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                g_autofree char *text = g_strdup_printf(
                        "[Service]\nType=exec\nRuntimeDirectory=kept\nRuntimeDirectoryPreserve=%s\n"
                        "ExecStart=/bin/sleep 1000\n",
                        rows[i].value);
                Service *service = service_fixture_load(fixture, text);

                g_test_message("%s", rows[i].value);
                service_fixture_start(fixture, service);
                g_assert_true(g_file_set_contents("/run/kept/mark", "", 0, NULL));
                restart(fixture, service);
                g_assert_cmpint(is_there("/run/kept/mark"), ==, rows[i].over_restart);
                g_assert_true(is_there("/run/kept"));
                service_fixture_stop(fixture, service);
                g_assert_cmpint(is_there("/run/kept"), ==, rows[i].after_stop);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* Those of a socket's commands last as long as the socket. */
static void test_socket(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *errors = NULL;
        Unit *socket;

        if (!exec_has_own_mounts())
                return;
        manager_fixture_write(&fixture->manager, "y.socket",
                              "[Socket]\nListenStream=%D/y\nService=x.service\n"
                              "RuntimeDirectory=of-socket\n"
                              "ExecStartPre=/bin/sh -c 'touch $RUNTIME_DIRECTORY/mark'\n");
        socket = manager_fixture_load(&fixture->manager, "y.socket");
        errors = manager_fixture_start(&fixture->manager, socket);
        g_assert_cmpstr(errors, ==, "");
        g_assert_true(is_there("/run/of-socket/mark"));
        g_free(errors);
        errors = manager_fixture_stop(&fixture->manager, socket);
        g_assert_cmpstr(errors, ==, "");
        g_assert_false(is_there("/run/of-socket"));
        service_fixture_run_until(fixture, is_removed, NULL);
}

/* ---- an ordinary user's are below its home ---- */

static const ExecRow user_rows[] = {
        { "RuntimeDirectory=r/s\nRuntimeDirectoryMode=0700\n",
          "env:RUNTIME_DIRECTORY stat:%D/xdg/run/r/s",
          "env:RUNTIME_DIRECTORY=%D/xdg/run/r/s\nstat:%D/xdg/run/r/s=d 0700 65534 65534\n", NULL },
        { "StateDirectory=s\nCacheDirectory=c\nLogsDirectory=l\nConfigurationDirectory=k\n",
          "env:STATE_DIRECTORY env:CACHE_DIRECTORY env:LOGS_DIRECTORY env:CONFIGURATION_DIRECTORY "
          "stat:%D/xdg/state/s stat:%D/xdg/cache/c stat:%D/xdg/state/log/l stat:%D/xdg/config/k",
          "env:STATE_DIRECTORY=%D/xdg/state/s\nenv:CACHE_DIRECTORY=%D/xdg/cache/c\n"
          "env:LOGS_DIRECTORY=%D/xdg/state/log/l\nenv:CONFIGURATION_DIRECTORY=%D/xdg/config/k\n"
          "stat:%D/xdg/state/s=d 0755 65534 65534\nstat:%D/xdg/cache/c=d 0755 65534 65534\n"
          "stat:%D/xdg/state/log/l=d 0755 65534 65534\n"
          "stat:%D/xdg/config/k=d 0755 65534 65534\n",
          NULL },
};

static void test_user(ServiceFixture *fixture, gconstpointer data) {
        static const char *const variables[][2] = { { "XDG_RUNTIME_DIR", "xdg/run" },
                                                    { "XDG_STATE_HOME", "xdg/state" },
                                                    { "XDG_CACHE_HOME", "xdg/cache" },
                                                    { "XDG_CONFIG_HOME", "xdg/config" } };

        if (geteuid() != 65534) {
                g_test_skip("for an ordinary user");
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
                g_autofree char *path = service_fixture_path(fixture, variables[i][1]);

                g_assert_true(g_setenv(variables[i][0], path, TRUE));
        }
        g_reload_user_special_dirs_cache();
        exec_fixture_run_rows(fixture, user_rows, ARRAY_SIZE(user_rows));
}

static void test_as_user(ServiceFixture *fixture, gconstpointer data) {
        if (exec_is(EXEC_ROOT))
                exec_run_as_user("/exec-folders/user");
}

static void add(const char *name, void (*function)(ServiceFixture *, gconstpointer)) {
        g_test_add(name, ServiceFixture, GINT_TO_POINTER(false), exec_fixture_set_up, function,
                   service_fixture_tear_down);
}

static void add_all(void) {
        exec_make_own_mounts();
        add("/exec-folders/runtime", test_runtime);
        add("/exec-folders/kinds", test_kinds);
        add("/exec-folders/there-already", test_there_already);
        add("/exec-folders/links", test_links);
        add("/exec-folders/failures", test_failures);
        add("/exec-folders/removed-whole", test_removed_whole);
        add("/exec-folders/removed-unruly", test_removed_unruly);
        add("/exec-folders/preserve", test_preserve);
        add("/exec-folders/socket", test_socket);
        add("/exec-folders/user", test_user);
        add("/exec-folders/as-user", test_as_user);
}

int main(int argc, char **argv) {
        return exec_test_main(argc, argv, add_all);
}
