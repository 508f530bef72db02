/* SPDX-License-Identifier: MIT */
/* What a process may do: capabilities, secure bits, keyrings, another root. */
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec-fixture.h"

#define CAPS "status:CapBnd status:CapPrm status:CapEff status:CapInh status:CapAmb"

static const ExecRow rows[] = {
        { "CapabilityBoundingSet=CAP_CHOWN CAP_KILL\n", "status:CapBnd status:CapEff",
          "status:CapBnd=0000000000000021\nstatus:CapEff=0000000000000021\n", NULL },
        { "CapabilityBoundingSet=CAP_CHOWN CAP_KILL\nCapabilityBoundingSet=CAP_FOWNER\n"
          "CapabilityBoundingSet=~CAP_KILL\n",
          "status:CapBnd", "status:CapBnd=0000000000000009\n", NULL },
        { "CapabilityBoundingSet=\n", "status:CapBnd status:CapEff",
          "status:CapBnd=0000000000000000\nstatus:CapEff=0000000000000000\n", NULL },
        { "User=65534\nCapabilityBoundingSet=CAP_KILL\n", CAPS,
          "status:CapBnd=0000000000000020\nstatus:CapPrm=0000000000000000\n"
          "status:CapEff=0000000000000000\nstatus:CapInh=0000000000000000\n"
          "status:CapAmb=0000000000000000\n",
          NULL },
        { "User=65534\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_KILL\n"
          "AmbientCapabilities=CAP_NET_BIND_SERVICE\n",
          CAPS,
          "status:CapBnd=0000000000000420\nstatus:CapPrm=0000000000000400\n"
          "status:CapEff=0000000000000400\nstatus:CapInh=0000000000000400\n"
          "status:CapAmb=0000000000000400\n",
          NULL },
        { "AmbientCapabilities=CAP_NET_BIND_SERVICE\n", "status:CapInh status:CapAmb",
          "status:CapInh=0000000000000400\nstatus:CapAmb=0000000000000400\n", NULL },
        { "User=65534\nAmbientCapabilities=CAP_KILL\nNoNewPrivileges=yes\n",
          "status:CapEff status:NoNewPrivs status:Uid",
          "status:CapEff=0000000000000020\nstatus:NoNewPrivs=1\n"
          "status:Uid=65534\t65534\t65534\t65534\n",
          NULL },
        { "SecureBits=noroot noroot-locked\n", "securebits status:CapEff",
          "securebits=3\nstatus:CapEff=0000000000000000\n", NULL },
        { "User=65534\nSecureBits=no-setuid-fixup keep-caps-locked\n",
          "securebits status:CapEff status:CapPrm",
          "securebits=24\nstatus:CapEff=0000000000000000\nstatus:CapPrm=0000000000000000\n", NULL },
        /* A copy of the memory has them as well. */
        { "User=65534\nAmbientCapabilities=CAP_KILL\nOOMScoreAdjust=100\n", "status:CapEff oom",
          "status:CapEff=0000000000000020\noom=100\n", NULL },
};

static void test_rows(ServiceFixture *fixture, gconstpointer data) {
        if (exec_is(EXEC_ROOT))
                exec_fixture_run_rows(fixture, rows, ARRAY_SIZE(rows));
}

/* "+" leaves out the restrictions, "!" the change of user. */
static void test_prefixes(ServiceFixture *fixture, gconstpointer data) {
        Service *service;
        g_autofree char *path = service_fixture_path(fixture, "out"), *text = NULL;

        if (!exec_is(EXEC_ROOT))
                return;
        service = service_fixture_load(
                fixture,
                "[Service]\nType=oneshot\nStandardOutput=append:%D/out\nUser=65534\n"
                "CapabilityBoundingSet=CAP_KILL\nNoNewPrivileges=yes\nRootDirectory=/\n"
                "ExecStartPre=!%D/report --report status:Uid status:CapBnd status:NoNewPrivs\n"
                "ExecStartPre=+%D/report --report status:Uid status:NoNewPrivs\n"
                "ExecStart=%D/report --report status:Uid status:CapBnd\n");
        service_fixture_start(fixture, service);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_assert_cmpstr(text, ==,
                        "status:Uid=0\t0\t0\t0\nstatus:CapBnd=0000000000000020\n"
                        "status:NoNewPrivs=1\n"
                        "status:Uid=0\t0\t0\t0\nstatus:NoNewPrivs=0\n"
                        "status:Uid=65534\t65534\t65534\t65534\nstatus:CapBnd=0000000000000020\n");
}

/* /usr is a whole system where /bin is a link into it. */
static void test_root_directory(ServiceFixture *fixture, gconstpointer data) {
        Service *service;
        g_autofree char *path = service_fixture_path(fixture, "out"), *text = NULL;

        if (!exec_is(EXEC_ROOT))
                return;
        if (!g_file_test("/bin", G_FILE_TEST_IS_SYMLINK) ||
            !g_file_test("/usr/bin/sh", G_FILE_TEST_EXISTS)) {
                g_test_skip("needs a merged /usr");
                return;
        }
        service = service_fixture_load(
                fixture, "[Service]\nType=oneshot\nStandardOutput=truncate:%D/out\nUser=65534\n"
                         "RootDirectory=/usr\nWorkingDirectory=/share\n"
                         "ExecStart=sh -c 'pwd -P; test -d /usr || echo gone'\n");
        service_fixture_start(fixture, service);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, "/share\ngone\n");
        exec_fixture_run_failing(fixture, "RootDirectory=/nonexistent\n",
                                 "chroot: No such file or directory", 210);
}

static void test_keyring(ServiceFixture *fixture, gconstpointer data) {
        long session = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
        g_autofree char *own = g_strdup_printf("keyring=%ld ", session);
        g_autofree char *inherited = NULL, *private = NULL, *shared = NULL;

        if (session < 0) {
                g_test_skip("no keyrings here");
                return;
        }
        inherited = exec_fixture_run(fixture, "KeyringMode=inherit\n", "keyring");
        g_assert_true(g_str_has_prefix(inherited, own));
        private = exec_fixture_run(fixture, "KeyringMode=private\n", "keyring");
        g_assert_false(g_str_has_prefix(private, own));
        g_assert_nonnull(strstr(private, " alone\n"));
        shared = exec_fixture_run(fixture, "KeyringMode=shared\n", "keyring");
        g_assert_false(g_str_has_prefix(shared, own));
        g_assert_nonnull(strstr(shared, " shared\n"));
}

/* A user that isn't there is said to be none. */
static void test_nobody_there(ServiceFixture *fixture, gconstpointer data) {
        exec_fixture_run_failing(fixture, "User=no-such-user\n", "User=no-such-user: ", 0);
        exec_fixture_run_failing(fixture, "SupplementaryGroups=no-such-group\n",
                                 "SupplementaryGroups=no-such-group: ", 0);
}

/* DynamicUser= makes nobody up, and doesn't run as the manager either. */
static void test_dynamic_user(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *got = NULL;

        exec_fixture_run_failing(fixture, "DynamicUser=yes\n", "DynamicUser= makes no users", 0);
        if (geteuid() != 0)
                return;
        got = exec_fixture_run(fixture, "DynamicUser=yes\nUser=nobody\n", "status:Uid");
        g_assert_cmpstr(got, ==, "status:Uid=65534\t65534\t65534\t65534\n");
}

static void add(const char *name, void (*function)(ServiceFixture *, gconstpointer)) {
        g_test_add(name, ServiceFixture, GINT_TO_POINTER(false), exec_fixture_set_up, function,
                   service_fixture_tear_down);
}

static void add_all(void) {
        add("/exec-rights/rows", test_rows);
        add("/exec-rights/prefixes", test_prefixes);
        add("/exec-rights/root-directory", test_root_directory);
        add("/exec-rights/keyring", test_keyring);
        add("/exec-rights/nobody-there", test_nobody_there);
        add("/exec-rights/dynamic-user", test_dynamic_user);
}

int main(int argc, char **argv) {
        return exec_test_main(argc, argv, add_all);
}
