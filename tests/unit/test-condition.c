/* SPDX-License-Identifier: MIT */
/* Conditions: what they ask, what several of them mean, and that systemd answers alike. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "compare.h"
#include "condition.h"
#include "directive.h"
#include "fd.h"
#include "unit-text.h"

static UnitSettings *load_lines(const char *lines) {
        g_autofree char *text = g_strdup_printf("[Unit]\n%s\n", lines);

        return load_good("a.target", text);
}

/* Whether a unit with these lines would be started; what is in the way in *ret_unmet (g_free). */
static bool ask(const char *lines, char **ret_unmet) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = load_lines(lines);
        const Condition *unmet;
        bool holds = conditions_hold(settings->conditions, &unmet);

        g_assert_true(holds == !unmet);
        if (ret_unmet)
                *ret_unmet = unmet ? condition_to_string(unmet, "Condition") : NULL;
        return holds;
}

static void assert_unmet(const char *lines, const char *wanted) {
        g_autofree char *unmet = NULL;

        g_assert_false(ask(lines, &unmet));
        g_assert_cmpstr(unmet, ==, wanted);
}

/* ---- several of them ---- */

static void test_list(void) {
        g_assert_true(ask("ConditionPathExists=/", NULL));
        g_assert_true(ask("ConditionPathExists=!/nowhere", NULL));
        assert_unmet("ConditionPathExists=/\nConditionPathExists=/nowhere\nConditionUser=x",
                     "ConditionPathExists=/nowhere");
        assert_unmet("ConditionPathExists=! /", "ConditionPathExists=!/");
        /* One trigger is enough, none is not. */
        g_assert_true(ask("ConditionPathExists=|/nowhere\nConditionPathExists=|/", NULL));
        g_assert_true(ask("ConditionPathExists=|!/\nConditionPathExists=| ! /nowhere", NULL));
        assert_unmet("ConditionPathExists=|/nowhere\nConditionPathIsDirectory=|!/",
                     "ConditionPathExists=|/nowhere");
        /* A trigger doesn't make up for what must be so. */
        assert_unmet("ConditionPathExists=|/\nConditionPathExists=/nowhere",
                     "ConditionPathExists=/nowhere");
        /* What makes no sense doesn't hold, negated or not. */
        g_assert_false(ask("ConditionCapability=CAP_NONSENSE", NULL));
        g_assert_false(ask("ConditionCapability=!CAP_NONSENSE", NULL));
}

/* An empty value of any of them forgets all of them, but not the asserts. */
static void test_reset(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                load_lines("ConditionPathExists=/nowhere\nAssertPathExists=/b\nConditionUser=\n"
                           "ConditionHost=|!x");
        g_autofree char *text = condition_to_string(settings->conditions, "Condition");

        g_assert_cmpstr(text, ==, "ConditionHost=|!x");
        g_assert_null(settings->conditions->next);
        g_assert_nonnull(settings->asserts);
        g_assert_cmpint(settings->asserts->kind, ==, CONDITION_PATH_EXISTS);
}

static void test_bad(void) {
        assert_bad("a.target", "[Unit]\nConditionPathExists=etc\n", 2, "ConditionPathExists",
                   "'etc' is not an absolute path");
        assert_bad("a.target", "[Unit]\nAssertACPower=|!perhaps\n", 2, "AssertACPower",
                   "'perhaps' is not a boolean");
        assert_bad("a.target", "[Unit]\nConditionMemoryPressure=100%/2min\n", 2,
                   "ConditionMemoryPressure", "'100%/2min' is not a threshold");
        assert_bad("a.target", "[Unit]\nConditionIOPressure=a.service:10%\n", 2,
                   "ConditionIOPressure", "is not a threshold");
}

static void test_show(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                load_lines("ConditionPathExists=|!//a/%N/\nAssertUser=0");
        g_autoptr(GVariant) all = g_variant_ref_sink(settings_show(settings));
        g_autoptr(GVariant) conditions = g_variant_lookup_value(all, "Conditions", NULL);
        g_autoptr(GVariant) asserts = g_variant_lookup_value(all, "Asserts", NULL);
        g_autofree char *first = g_variant_print(conditions, FALSE);
        g_autofree char *second = g_variant_print(asserts, FALSE);

        g_assert_cmpstr(first, ==, "[('ConditionPathExists', true, true, '/a/a', 0)]");
        g_assert_cmpstr(second, ==, "[('AssertUser', false, false, '0', 0)]");
}

/* ---- paths ---- */

typedef struct Folder {
        char *path;
} Folder;

static char *in_folder(const Folder *folder, const char *name) {
        return g_build_filename(folder->path, name, NULL);
}

static void make_socket(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
}

static void folder_set_up(Folder *folder, gconstpointer data) {
        static const char *const names[] = { "empty",  "file", "program", "folder", "full",
                                             "full/x", "link", "broken",  "fifo",   "socket" };
        g_autofree char *paths[ARRAY_SIZE(names)] = { NULL };

        folder->path = g_dir_make_tmp("bellhop-test-XXXXXX", NULL);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                paths[i] = in_folder(folder, names[i]);
        g_assert_true(g_file_set_contents(paths[0], "", 0, NULL));
        g_assert_true(g_file_set_contents(paths[1], "x", 1, NULL));
        g_assert_true(g_file_set_contents(paths[2], "x", 1, NULL));
        g_assert_cmpint(chmod(paths[2], 0755), ==, 0);
        g_assert_cmpint(mkdir(paths[3], 0755), ==, 0);
        g_assert_cmpint(mkdir(paths[4], 0755), ==, 0);
        g_assert_true(g_file_set_contents(paths[5], "x", 1, NULL));
        g_assert_cmpint(symlink("folder", paths[6]), ==, 0);
        g_assert_cmpint(symlink("nowhere", paths[7]), ==, 0);
        g_assert_cmpint(mkfifo(paths[8], 0600), ==, 0);
        make_socket(paths[9]);
        for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
                g_clear_pointer(&paths[i], g_free);
}

static void folder_tear_down(Folder *folder, gconstpointer data) {
        static const char *const names[] = { "empty", "file",   "program", "folder", "full/x",
                                             "full",  "socket", "link",    "broken", "fifo" };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                g_autofree char *path = in_folder(folder, names[i]);
                g_assert_cmpint(remove(path), ==, 0);
        }
        g_assert_cmpint(rmdir(folder->path), ==, 0);
        g_free(folder->path);
}

/* By kind: for which of these it is so. */
static const struct {
        const char *kind;
        const char *yes; /* blanks between */
} path_cases[] = {
        { "PathExists", "empty file program folder full link fifo socket" },
        { "PathIsDirectory", "folder full link" },
        { "PathIsSymbolicLink", "link broken" },
        { "PathIsSocket", "socket" },
        { "PathIsMountPoint", "" },
        { "PathIsReadWrite", "empty file program folder full link fifo socket" },
        { "DirectoryNotEmpty", "full" },
        { "FileNotEmpty", "file program" },
        { "FileIsExecutable", "program" },
        { "PathIsEncrypted", "" },
};

static void test_paths(Folder *folder, gconstpointer data) {
        g_auto(GStrv) all = g_strsplit(
                "empty file program folder full link broken fifo socket nowhere", " ", -1);

        for (size_t i = 0; i < ARRAY_SIZE(path_cases); i++)
                for (char **name = all; *name; name++) {
                        g_auto(GStrv) yes = g_strsplit(path_cases[i].yes, " ", -1);
                        g_autofree char *line = g_strdup_printf(
                                "Condition%s=%s/%s", path_cases[i].kind, folder->path, *name);

                        /* The machine's disk may well be encrypted. */
                        if (!strcmp(path_cases[i].kind, "PathIsEncrypted") &&
                            strcmp(*name, "nowhere") != 0)
                                continue;
                        g_test_message("%s", line);
                        g_assert_true(ask(line, NULL) ==
                                      g_strv_contains((const gchar *const *)yes, *name));
                }
        g_assert_true(ask("ConditionPathIsMountPoint=/proc\nConditionPathIsMountPoint=/", NULL));
        g_assert_false(ask("ConditionPathIsReadWrite=/proc/nowhere", NULL));
}

static void test_glob(Folder *folder, gconstpointer data) {
        g_autofree char *some = g_strdup_printf("ConditionPathExistsGlob=%s/f*", folder->path);
        g_autofree char *none = g_strdup_printf("ConditionPathExistsGlob=%s/z*", folder->path);

        g_assert_true(ask(some, NULL));
        g_assert_false(ask(none, NULL));
}

/* The stamp of an update is older or newer than /usr. */
static void test_needs_update(Folder *folder, gconstpointer data) {
        g_autofree char *stamp = in_folder(folder, "folder/.updated");
        g_autofree char *line = g_strdup_printf("ConditionNeedsUpdate=%s/folder", folder->path);
        struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

        g_assert_true(ask(line, NULL));
        g_assert_true(g_file_set_contents(stamp, "", 0, NULL));
        g_assert_false(ask(line, NULL));
        g_assert_cmpint(utimensat(AT_FDCWD, stamp, times, 0), ==, 0);
        g_assert_true(ask(line, NULL));
        g_assert_cmpint(unlink(stamp), ==, 0);
}

/* ---- the manager's own ---- */

static void test_environment(void) {
        g_setenv("BELLHOP_TEST_SET", "a=b", TRUE);
        g_assert_true(ask("ConditionEnvironment=BELLHOP_TEST_SET", NULL));
        g_assert_true(ask("ConditionEnvironment=BELLHOP_TEST_SET=a=b", NULL));
        g_assert_false(ask("ConditionEnvironment=BELLHOP_TEST_SET=a", NULL));
        g_assert_false(ask("ConditionEnvironment=BELLHOP_TEST", NULL));
        g_unsetenv("BELLHOP_TEST_SET");
}

static void test_credential(Folder *folder, gconstpointer data) {
        g_unsetenv("ENCRYPTED_CREDENTIALS_DIRECTORY");
        g_setenv("CREDENTIALS_DIRECTORY", folder->path, TRUE);
        g_assert_true(ask("ConditionCredential=file", NULL));
        g_assert_false(ask("ConditionCredential=nowhere", NULL));
        g_assert_false(ask("ConditionCredential=full/x", NULL));
        g_unsetenv("CREDENTIALS_DIRECTORY");
        g_assert_false(ask("ConditionCredential=file", NULL));
}

static void test_own_user(void) {
        g_autofree char *user = g_strdup_printf("ConditionUser=%u", getuid());
        g_autofree char *group = g_strdup_printf("ConditionGroup=%u", getgid());

        g_assert_true(ask(user, NULL));
        g_assert_true(ask(group, NULL));
        g_assert_true(ask(getuid() == 0 ? "ConditionUser=root" : "ConditionUser=!root", NULL));
        g_assert_false(ask("ConditionUser=no-such-user", NULL));
        g_assert_false(ask("ConditionGroup=no-such-group", NULL));
}

static void test_host(void) {
        char host[256] = "";
        g_autofree char *line = NULL;

        g_assert_cmpint(gethostname(host, sizeof(host) - 1), ==, 0);
        line = g_strdup_printf("ConditionHost=%.1s*", host);
        g_assert_true(ask(line, NULL));
        g_assert_false(ask("ConditionHost=no-such-host-?", NULL));
        g_assert_false(ask("ConditionHost=00000000000000000000000000000000", NULL));
}

static void test_numbers(void) {
        g_assert_true(ask("ConditionCPUs=1\nConditionCPUs=>0\nConditionCPUs=!=0", NULL));
        g_assert_false(ask("ConditionCPUs=< 1", NULL));
        g_assert_true(ask("ConditionMemory=>= 1M\nConditionMemory=1K\nConditionMemory=!=7", NULL));
        g_assert_false(ask("ConditionMemory=<1M", NULL));
        g_assert_false(ask("ConditionMemory=much", NULL));
        g_assert_true(ask("ConditionMemoryPressure=100%\nConditionCPUPressure=100%/10sec\n"
                          "ConditionIOPressure=100.00%/1min",
                          NULL));
}

/* ---- versions ---- */

static const struct {
        const char *older, *newer;
} versions[] = {
        { "1", "2" },           { "1.9", "1.10" },
        { "6.1", "6.1.1" },     { "6.1~rc1", "6.1" },
        { "6.1", "6.1^p1" },    { "5.10.0-20", "5.10.0-21" },
        { "1.2-3", "1.2.1-1" }, { "1a", "1b" },
        { "007", "8" },         { "", "1" },
        { "a", "1" },           { "1.a", "1.1" },
};

static void test_versions(void) {
        for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
                g_test_message("%s < %s", versions[i].older, versions[i].newer);
                g_assert_cmpint(version_compare(versions[i].older, versions[i].newer), <, 0);
                g_assert_cmpint(version_compare(versions[i].newer, versions[i].older), >, 0);
                g_assert_cmpint(version_compare(versions[i].newer, versions[i].newer), ==, 0);
        }
        g_assert_cmpint(version_compare("1.01", "1.1"), ==, 0);
        g_assert_true(ask("ConditionKernelVersion=>=3.0 <1000", NULL));
        g_assert_true(ask("ConditionKernelVersion=>= 3.0", NULL));
        g_assert_true(ask("ConditionKernelVersion=[0-9]*.*", NULL));
        g_assert_true(ask("ConditionVersion=kernel >=3.0", NULL));
        g_assert_false(ask("ConditionKernelVersion=>=3.0 $=x*", NULL));
        g_assert_false(ask("ConditionKernelVersion=>=", NULL));
}

/* One that is built in has no state: it is there. Returns: its name (g_free), or NULL. */
static char *module_built_in(void) {
        g_autoptr(GDir) modules = g_dir_open("/sys/module", 0, NULL);
        const char *name;

        while (modules && (name = g_dir_read_name(modules))) {
                g_autofree char *state = g_build_filename("/sys/module", name, "initstate", NULL);

                if (strchr(name, '_') && !g_file_test(state, G_FILE_TEST_EXISTS))
                        return g_strdup(name);
        }
        return NULL;
}

static void test_kernel_module(void) {
        g_autofree char *name = module_built_in(), *line = NULL;

        g_assert_false(ask("ConditionKernelModuleLoaded=no_such_module", NULL));
        g_assert_false(ask("ConditionKernelModuleLoaded=../kernel", NULL));
        if (!name) {
                g_test_skip("needs /sys with a module");
                return;
        }
        line = g_strconcat("ConditionKernelModuleLoaded=", name, NULL);
        g_assert_true(ask(line, NULL));
        g_strdelimit(strchr(line, '='), "_", '-');
        g_assert_true(ask(line, NULL));
}

/* ---- the oracle ---- */

/* Paths, machines, versions: systemd-analyze must say the same on this machine, whatever it is. */
static const char *const oracle_cases[] = {
        "ConditionACPower=true",
        "ConditionACPower=false",
        "ConditionArchitecture=native",
        "ConditionArchitecture=x86-64",
        "ConditionArchitecture=x86",
        "ConditionArchitecture=arm64",
        "ConditionArchitecture=vax",
        "ConditionCPUFeature=fpu",
        "ConditionCPUFeature=sse2",
        "ConditionCPUFeature=aes",
        "ConditionCPUFeature=avx",
        "ConditionCPUFeature=avx2",
        "ConditionCPUFeature=pclmul",
        "ConditionCPUFeature=fma3",
        "ConditionCPUFeature=osxsave",
        "ConditionCPUFeature=rdrand",
        "ConditionCPUFeature=sha_ni",
        "ConditionCPUFeature=lm",
        "ConditionCPUFeature=abm",
        "ConditionCPUFeature=pni",
        "ConditionCPUFeature=flags",
        "ConditionCPUFeature=nonsense",
        "ConditionCPUs=1",
        "ConditionCPUs=>1",
        "ConditionCPUs=>= 4",
        "ConditionCPUs==2",
        "ConditionCPUs=<2",
        "ConditionCPUs=x",
        "ConditionCPUPressure=100%",
        "ConditionCapability=CAP_SYS_ADMIN",
        "ConditionCapability=cap_chown",
        "ConditionCapability=!CAP_MKNOD",
        "ConditionCapability=CAP_NONSENSE",
        "ConditionControlGroupController=v1",
        "ConditionControlGroupController=v2",
        "ConditionControlGroupController=cpu",
        "ConditionControlGroupController=memory pids",
        "ConditionControlGroupController=cpuset",
        "ConditionControlGroupController=io",
        "ConditionControlGroupController=blkio",
        "ConditionControlGroupController=cpuacct devices",
        "ConditionControlGroupController=cpu nonsense",
        "ConditionControlGroupController=nonsense",
        "ConditionDirectoryNotEmpty=/etc",
        "ConditionDirectoryNotEmpty=/nowhere",
        "ConditionDirectoryNotEmpty=/etc/passwd",
        "ConditionEnvironment=PATH",
        "ConditionEnvironment=!PATH",
        "ConditionEnvironment=NO=1",
        "ConditionFileIsExecutable=/bin/sh",
        "ConditionFileIsExecutable=/etc/passwd",
        "ConditionFileNotEmpty=/etc/passwd",
        "ConditionFileNotEmpty=/etc",
        "ConditionFirmware=uefi",
        "ConditionFirmware=device-tree",
        "ConditionFirmware=device-tree-compatible(x)",
        "ConditionFirmware=smbios-field(sys_vendor $= *)",
        "ConditionFirmware=smbios-field(sys_vendor = \"Nobody\")",
        "ConditionFirmware=nonsense",
        "ConditionFirstBoot=yes",
        "ConditionFirstBoot=no",
        "ConditionGroup=0",
        "ConditionGroup=root",
        "ConditionGroup=daemon",
        "ConditionGroup=17",
        "ConditionHost=*",
        "ConditionHost=nobody-*",
        "ConditionIOPressure=100%/10sec",
        "ConditionKernelCommandLine=nonsense",
        "ConditionKernelCommandLine=quiet",
        "ConditionKernelCommandLine=root=nonsense",
        "ConditionKernelVersion=>=4.0",
        "ConditionKernelVersion=>= 4.0",
        "ConditionKernelVersion=<4.0",
        "ConditionKernelVersion=>4 <1000",
        "ConditionKernelVersion=*",
        "ConditionKernelVersion=4.*",
        "ConditionMemory=1K",
        "ConditionMemory=>1T",
        "ConditionMemory=<= 100G",
        "ConditionMemoryPressure=100%",
        "ConditionMemoryPressure=10%/5min",
        "ConditionNeedsUpdate=/etc",
        "ConditionNeedsUpdate=/var",
        "ConditionNeedsUpdate=!/nowhere",
        "ConditionOSRelease=ID=debian",
        "ConditionOSRelease=ID!=debian",
        "ConditionOSRelease=VERSION_ID>=11",
        "ConditionOSRelease=VERSION_ID<11",
        "ConditionOSRelease='ID=debian VERSION_ID>1'",
        "ConditionOSRelease=NONSENSE=",
        "ConditionOSRelease=nonsense",
        "ConditionOSRelease=\"VERSION_ID>= 11\"",
        "ConditionPathExists=/etc/passwd",
        "ConditionPathExists=!/etc/passwd",
        "ConditionPathExists=|/etc/passwd",
        "ConditionPathExistsGlob=/etc/pass*",
        "ConditionPathExistsGlob=/etc/{nowhere,passwd}",
        "ConditionPathExistsGlob=/nowhere*",
        "ConditionPathIsDirectory=/etc/",
        "ConditionPathIsDirectory=/etc/passwd",
        "ConditionPathIsEncrypted=/",
        "ConditionPathIsEncrypted=/proc",
        "ConditionPathIsEncrypted=/nowhere",
        "ConditionPathIsMountPoint=/",
        "ConditionPathIsMountPoint=/proc",
        "ConditionPathIsMountPoint=/etc",
        "ConditionPathIsMountPoint=/nowhere",
        "ConditionPathIsReadWrite=/",
        "ConditionPathIsReadWrite=/sys",
        "ConditionPathIsReadWrite=/nowhere",
        "ConditionPathIsSymbolicLink=/bin",
        "ConditionPathIsSymbolicLink=/proc/self/exe",
        "ConditionPathIsSymbolicLink=/etc",
        "ConditionSecurity=selinux",
        "ConditionSecurity=smack",
        "ConditionSecurity=apparmor",
        "ConditionSecurity=tomoyo",
        "ConditionSecurity=ima",
        "ConditionSecurity=audit",
        "ConditionSecurity=uefi-secureboot",
        "ConditionSecurity=tpm2",
        "ConditionSecurity=!nonsense",
        "ConditionUser=0",
        "ConditionUser=root",
        "ConditionUser=@system",
        "ConditionUser=nobody",
        "ConditionVirtualization=yes",
        "ConditionVirtualization=no",
        "ConditionVirtualization=vm",
        "ConditionVirtualization=container",
        "ConditionVirtualization=private-users",
        "ConditionVirtualization=docker",
        "ConditionVirtualization=kvm",
        "ConditionVirtualization=nonsense",
        "AssertPathExists=/nowhere",
        "AssertPathExists=/etc",
};

static bool oracle(const char *line) {
        const char *const argv[] = { "systemd-analyze", "condition", line, NULL };
        int status;

        g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
                                   G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                                           G_SPAWN_STDERR_TO_DEV_NULL,
                                   NULL, NULL, NULL, NULL, &status, NULL));
        return status == 0;
}

static void test_oracle(void) {
        g_autofree char *program = g_find_program_in_path("systemd-analyze");
        unsigned int differences = 0;

        if (!program || !oracle("ConditionPathExists=/")) {
                g_test_skip("systemd-analyze isn't installed, or knows no conditions");
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(oracle_cases); i++) {
                _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                        load_lines(oracle_cases[i]);
                const Condition *unmet;
                bool ours = conditions_hold(settings->conditions, &unmet) &&
                            conditions_hold(settings->asserts, &unmet);

                if (ours == oracle(oracle_cases[i]))
                        continue;
                g_test_message("%s: we say %s", oracle_cases[i], ours ? "yes" : "no");
                differences++;
        }
        g_assert_cmpuint(differences, ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/condition/list", test_list);
        g_test_add_func("/condition/reset", test_reset);
        g_test_add_func("/condition/bad", test_bad);
        g_test_add_func("/condition/show", test_show);
#define FOLDER_TEST(name, function) \
        g_test_add(name, Folder, NULL, folder_set_up, function, folder_tear_down)
        FOLDER_TEST("/condition/paths", test_paths);
        FOLDER_TEST("/condition/glob", test_glob);
        FOLDER_TEST("/condition/needs-update", test_needs_update);
        FOLDER_TEST("/condition/credential", test_credential);
        g_test_add_func("/condition/environment", test_environment);
        g_test_add_func("/condition/own-user", test_own_user);
        g_test_add_func("/condition/host", test_host);
        g_test_add_func("/condition/numbers", test_numbers);
        g_test_add_func("/condition/versions", test_versions);
        g_test_add_func("/condition/kernel-module", test_kernel_module);
        g_test_add_func("/condition/oracle", test_oracle);
        return g_test_run();
}
