/* SPDX-License-Identifier: MIT */
/* What the keys of systemd.resource-control(5) write where. Few machines lend a test all
 * controllers, so the files are those of a folder that looks like a cgroup; where the kernel has a
 * controller for us, its own files are read back as well. */
#include "cgroup-limits.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup-tree.h"
#include "exec-fixture.h"
#include "fd.h"
#include "log.h"

/* ---- a folder that looks like a cgroup ---- */

static const char *const files[] = {
        "cgroup.procs",
        "cgroup.threads",
        "cgroup.subtree_control",
        "cpu.weight",
        "cpu.idle",
        "cpu.max",
        "cpuset.cpus",
        "cpuset.mems",
        "io.weight",
        "memory.min",
        "memory.low",
        "memory.high",
        "memory.max",
        "memory.swap.max",
        "memory.zswap.max",
        "pids.max",
        "memory.reclaim",
        "memory.oom.group",
        "memory.zswap.writeback",
        "io.max",
        "io.latency",
};

typedef struct FakeFixture {
        ServiceFixture service;
        CgroupTree tree;
        Cgroup *cgroup;
} FakeFixture;

static void put(const char *folder, const char *file, const char *text) {
        g_autofree char *path = g_build_filename(folder, file, NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void fake_set_up(FakeFixture *fixture, gconstpointer data) {
        g_autofree char *unit = NULL;

        exec_fixture_set_up(&fixture->service, GINT_TO_POINTER(false));
        fixture->tree = (CgroupTree){
                .event = fixture->service.manager.manager->event,
                .own = service_fixture_path(&fixture->service, "own"),
                .folder = service_fixture_path(&fixture->service, "own/tree"),
                .path = (char *)"/own/tree",
        };
        unit = g_build_filename(fixture->tree.folder, "x.service", NULL);
        g_assert_cmpint(g_mkdir_with_parents(unit, 0755), ==, 0);
        put(fixture->tree.own, "cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
        put(fixture->tree.own, "cgroup.subtree_control", "");
        put(fixture->tree.folder, "cgroup.subtree_control", "");
        for (size_t i = 0; i < ARRAY_SIZE(files); i++)
                put(unit, files[i], "");
        g_assert_cmpint(cgroup_new(&fixture->tree, "x.service", &fixture->cgroup), >=, 0);
}

static void fake_tear_down(FakeFixture *fixture, gconstpointer data) {
        cgroup_free(fixture->cgroup);
        g_free(fixture->tree.own);
        g_free(fixture->tree.folder);
        service_fixture_tear_down(&fixture->service, data);
}

static char *get(const char *folder, const char *file) {
        g_autofree char *path = g_build_filename(folder, file, NULL);
        char *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return text;
}

static void assert_file(FakeFixture *fixture, const char *file, const char *expected) {
        g_autofree char *text = get(fixture->cgroup->folder, file);

        g_assert_cmpstr(text, ==, expected);
}

static void limit(FakeFixture *fixture, const char *lines) {
        Service *service = exec_fixture_load(&fixture->service, lines, "umask");

        g_test_message("%s", lines);
        cgroup_limit(&fixture->tree, fixture->cgroup, &service->unit);
}

static const struct {
        const char *lines, *controller;
        const char *file, *expected;
} rows[] = {
        { "CPUWeight=250\n", "+cpu", "cpu.weight", "250" },
        { "CPUWeight=250\n", "+cpu", "cpu.idle", "0" },
        { "CPUWeight=idle\n", "+cpu", "cpu.idle", "1" },
        { "CPUQuota=150%\n", "+cpu", "cpu.max", "150000 100000" },
        { "CPUQuota=20%\nCPUQuotaPeriodSec=10ms\n", "+cpu", "cpu.max", "2000 10000" },
        { "CPUQuota=1%\nCPUQuotaPeriodSec=10ms\n", "+cpu", "cpu.max", "1000 10000" },
        { "CPUQuota=50%\nCPUQuotaPeriodSec=1min\n", "+cpu", "cpu.max", "500000 1000000" },
        { "AllowedCPUs=0-1 5\n", "+cpuset", "cpuset.cpus", "0-1,5" },
        { "AllowedMemoryNodes=0\n", "+cpuset", "cpuset.mems", "0" },
        { "IOWeight=42\n", "+io", "io.weight", "default 42" },
        { "MemoryMin=1M\n", "+memory", "memory.min", "1048576" },
        { "MemoryLow=2M\n", "+memory", "memory.low", "2097152" },
        { "MemoryHigh=3M\n", "+memory", "memory.high", "3145728" },
        { "MemoryMax=1G\n", "+memory", "memory.max", "1073741824" },
        { "MemoryMax=infinity\n", "+memory", "memory.max", "max" },
        { "MemorySwapMax=0\n", "+memory", "memory.swap.max", "0" },
        { "MemoryZSwapMax=5M\n", "+memory", "memory.zswap.max", "5242880" },
        { "MemoryZSwapWriteback=no\n", "+memory", "memory.zswap.writeback", "0" },
        { "MemoryZSwapWriteback=yes\n", "+memory", "memory.zswap.writeback", "1" },
        { "TasksMax=17\n", "+pids", "pids.max", "17" },
        { "TasksMax=infinity\n", "+pids", "pids.max", "max" },
};

static void test_rows(FakeFixture *fixture, gconstpointer data) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                g_autofree char *own = NULL, *tree = NULL;

                for (size_t j = 0; j < ARRAY_SIZE(files); j++)
                        put(fixture->cgroup->folder, files[j], "");
                fixture->tree.enabled = 0;
                limit(fixture, rows[i].lines);
                assert_file(fixture, rows[i].file, rows[i].expected);
                own = get(fixture->tree.own, "cgroup.subtree_control");
                tree = get(fixture->tree.folder, "cgroup.subtree_control");
                g_assert_true(g_str_has_prefix(own, rows[i].controller));
                g_assert_true(g_str_has_prefix(tree, rows[i].controller));
        }
}

/* Of the device that a file lies on, where there is one. */
static void test_devices(FakeFixture *fixture, gconstpointer data) {
        static const struct {
                const char *line, *file, *limit;
        } device_rows[] = {
                { "IOReadBandwidthMax=/ 5M\n", "io.max", "rbps=5000000" },
                { "IOWriteBandwidthMax=/ 1K\n", "io.max", "wbps=1000" },
                { "IOReadIOPSMax=/ 2K\n", "io.max", "riops=2000" },
                { "IOWriteIOPSMax=/ infinity\n", "io.max", "wiops=max" },
                { "IODeviceWeight=/ 300\n", "io.weight", "300" },
                { "IODeviceLatencyTargetSec=/ 25ms\n", "io.latency", "target=25000" },
        };
        g_autofree char *log = NULL;
        struct stat st;

        log_open(LOG_WARNING);
        limit(fixture, "IOReadBandwidthMax=/nonexistent 5M\nIOWriteIOPSMax=/proc 7\n");
        log = exec_fixture_log();
        g_assert_nonnull(strstr(log, "IOReadBandwidthMax= has no effect: io.max: No such file"));
        g_assert_nonnull(strstr(log, "IOWriteIOPSMax= has no effect: io.max: No such device"));
        log_open(LOG_CRIT);
        g_assert_cmpint(stat("/", &st), ==, 0);
        if (major(st.st_dev) == 0) {
                g_test_skip("the root is on no device");
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(device_rows); i++) {
                g_autofree char *got = NULL;
                unsigned int device[2];
                int end = 0;

                limit(fixture, device_rows[i].line);
                got = get(fixture->cgroup->folder, device_rows[i].file);
                g_assert_cmpint(sscanf(got, "%u:%u %n", &device[0], &device[1], &end), ==, 2);
                g_assert_cmpuint(device[0], ==, major(st.st_dev));
                g_assert_cmpstr(got + end, ==, device_rows[i].limit);
                put(fixture->cgroup->folder, device_rows[i].file, "");
                limit(fixture, "");
                g_free(got);
                got = get(fixture->cgroup->folder, device_rows[i].file);
                g_assert_true(g_str_has_suffix(got, i == 4 ? " default" : "=max"));
                put(fixture->cgroup->folder, device_rows[i].file, "");
        }
}

/* The BFQ scheduler's file, where there is no other. */
static void test_bfq(FakeFixture *fixture, gconstpointer data) {
        g_assert_cmpint(unlinkat(fixture->cgroup->fd, "io.weight", 0), ==, 0);
        put(fixture->cgroup->folder, "io.bfq.weight", "");
        limit(fixture, "IOWeight=10000\n");
        assert_file(fixture, "io.bfq.weight", "1000");
}

/* Once for each folder and each reading of the file. */
static void test_once(FakeFixture *fixture, gconstpointer data) {
        Service *service = exec_fixture_load(&fixture->service, "TasksMax=17\n", "umask");

        cgroup_limit(&fixture->tree, fixture->cgroup, &service->unit);
        assert_file(fixture, "pids.max", "17");
        put(fixture->cgroup->folder, "pids.max", "");
        cgroup_limit(&fixture->tree, fixture->cgroup, &service->unit);
        assert_file(fixture, "pids.max", "");
        limit(fixture, "TasksMax=18\n");
        assert_file(fixture, "pids.max", "18");
}

/* What the file doesn't give any more is as the kernel had it. */
static void test_taken_back(FakeFixture *fixture, gconstpointer data) {
        static const struct {
                const char *file, *expected;
        } back[] = { { "cpu.weight", "100" },        { "cpu.idle", "0" },
                     { "cpu.max", "max" },           { "cpuset.cpus", "\n" },
                     { "io.weight", "default 100" }, { "memory.low", "0" },
                     { "memory.max", "max" },        { "memory.zswap.writeback", "1" },
                     { "pids.max", "max" } };

        limit(fixture, "CPUWeight=idle\nCPUQuota=10%\nAllowedCPUs=0\nIOWeight=7\nMemoryLow=1M\n"
                       "MemoryMax=2M\nMemoryZSwapWriteback=no\nTasksMax=9\nMemoryHigh=3M\n");
        assert_file(fixture, "pids.max", "9");
        for (size_t i = 0; i < ARRAY_SIZE(files); i++)
                put(fixture->cgroup->folder, files[i], "");
        limit(fixture, "MemoryHigh=4M\n");
        assert_file(fixture, "memory.high", "4194304");
        for (size_t i = 0; i < ARRAY_SIZE(back); i++) {
                g_test_message("%s", back[i].file);
                assert_file(fixture, back[i].file, back[i].expected);
        }
        put(fixture->cgroup->folder, "memory.high", "");
        limit(fixture, "");
        assert_file(fixture, "memory.high", "max");
}

static void test_no_effect(FakeFixture *fixture, gconstpointer data) {
        g_autofree char *log = NULL;

        log_open(LOG_WARNING);
        put(fixture->tree.own, "cgroup.controllers", "cpu memory\n");
        g_assert_cmpint(unlinkat(fixture->cgroup->fd, "memory.zswap.max", 0), ==, 0);
        limit(fixture, "TasksMax=17\nMemoryZSwapMax=1M\nMemoryMax=2M\n");
        assert_file(fixture, "memory.max", "2097152");
        log = exec_fixture_log();
        g_test_message("%s", log);
        g_assert_nonnull(strstr(log, "TasksMax= has no effect: pids: the controller isn't there"));
        g_assert_nonnull(strstr(log, "MemoryZSwapMax= has no effect: memory.zswap.max: No such"));
        log_open(LOG_CRIT);
}

/* Without any cgroup it is said once for a start, and starts. */
static void test_no_cgroup(FakeFixture *fixture, gconstpointer data) {
        g_autofree char *out = NULL, *log = NULL;
        const char *first;

        log_open(LOG_WARNING);
        out = exec_fixture_run(&fixture->service, "MemoryMax=1G\nExecStartPre=/bin/true\n",
                               "umask");
        g_assert_cmpstr(out, ==, "umask=0022\n");
        log = exec_fixture_log();
        g_test_message("%s", log);
        first = strstr(log, "MemoryMax= has no effect: there is no cgroup for it");
        g_assert_nonnull(first);
        g_assert_null(strstr(first + 1, "MemoryMax="));
        log_open(LOG_CRIT);
}

/* Each connection has an instance, and the controller isn't there for any of them. */
static void test_instances(FakeFixture *fixture, gconstpointer data) {
        ManagerFixture *manager = &fixture->service.manager;

        log_open(LOG_WARNING);
        put(fixture->tree.own, "cgroup.controllers", "cpu memory\n");
        manager_fixture_write(manager, "y@.service",
                              "[Service]\nTasksMax=17\nExecStart=/bin/true\n");
        cgroup_limit(&fixture->tree, fixture->cgroup, manager_fixture_load(manager, "y@1.service"));
        cgroup_limit(&fixture->tree, fixture->cgroup, manager_fixture_load(manager, "y@2.service"));
        g_auto(GStrv) first = log_tail("y@1.service", 10), second = log_tail("y@2.service", 10);
        g_assert_nonnull(strstr(first[0], "TasksMax= has no effect"));
        g_assert_cmpuint(g_strv_length(first) + g_strv_length(second), ==, 1);
        log_close();
        log_open(LOG_CRIT);
}

static void test_delegate(FakeFixture *fixture, gconstpointer data) {
        Service *service = exec_fixture_load(&fixture->service, "Delegate=cpu memory\n", "umask");
        static const struct {
                const char *file;
                uid_t owner;
        } owners[] = { { ".", 65534 },
                       { "cgroup.procs", 65534 },
                       { "cgroup.threads", 65534 },
                       { "cgroup.subtree_control", 65534 },
                       { "memory.max", 0 },
                       { "cpu.weight", 0 } };

        cgroup_limit(&fixture->tree, fixture->cgroup, &service->unit);
        g_assert_cmpuint(fixture->tree.enabled, ==, 1U << CGROUP_CPU | 1U << CGROUP_MEMORY);
        if (!exec_is(EXEC_ROOT))
                return;
        cgroup_delegate(fixture->cgroup, &service->unit, 65534, 65534);
        for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
                struct stat st;

                g_assert_cmpint(fstatat(fixture->cgroup->fd, owners[i].file, &st, 0), ==, 0);
                g_test_message("%s", owners[i].file);
                g_assert_cmpint(st.st_uid, ==, owners[i].owner);
        }
        service = exec_fixture_load(&fixture->service, "Delegate=yes\n", "umask");
        cgroup_limit(&fixture->tree, fixture->cgroup, &service->unit);
        g_assert_cmpuint(fixture->tree.enabled, ==, (1U << CGROUP_CONTROLLER_COUNT) - 1);
}

/* ---- the kernel's ---- */

static char *cgroup_in(ServiceFixture *fixture, const char *file) {
        g_autofree char *path = service_fixture_path(fixture, file), *text = NULL;
        char *found;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        found = strstr(text, "0::");
        g_assert_nonnull(found);
        found[strcspn(found, "\n")] = '\0';
        return g_strdup(found + strlen("0::"));
}

/* Whoever has a cgroup to arrange is left alone in it by commands that come later. */
static void test_control(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *before = NULL, *after = NULL, *expected = NULL;
        Service *service;

        if (!fixture->manager.manager->cgroups)
                return;
        service = service_fixture_load(
                fixture, "[Service]\nDelegate=yes\n"
                         "ExecStartPre=/bin/sh -c 'cat /proc/self/cgroup >%D/before'\n"
                         "ExecStart=/bin/sleep 1000\n"
                         "ExecStartPost=/bin/sh -c 'cat /proc/self/cgroup >%D/after'\n");
        service_fixture_start(fixture, service);
        before = cgroup_in(fixture, "before");
        after = cgroup_in(fixture, "after");
        expected = g_strconcat(before, "/.control", NULL);
        g_assert_cmpstr(before, ==, cgroup_path(service->cgroup));
        g_assert_cmpstr(after, ==, expected);
        service_fixture_stop(fixture, service);
}

static const struct {
        const char *lines, *file, *expected;
        CgroupController controller;
} real_rows[] = {
        { "CPUWeight=250\n", "cpu.weight", "250\n", CGROUP_CPU },
        { "CPUWeight=idle\n", "cpu.idle", "1\n", CGROUP_CPU },
        { "CPUQuota=150%\n", "cpu.max", "150000 100000\n", CGROUP_CPU },
        { "AllowedCPUs=0\n", "cpuset.cpus", "0\n", CGROUP_CPUSET },
        { "AllowedMemoryNodes=0\n", "cpuset.mems", "0\n", CGROUP_CPUSET },
        { "IOWeight=42\n", "io.weight", "default 42\n", CGROUP_IO },
        { "MemoryMin=1M\n", "memory.min", "1048576\n", CGROUP_MEMORY },
        { "MemoryLow=2M\n", "memory.low", "2097152\n", CGROUP_MEMORY },
        { "MemoryHigh=300M\n", "memory.high", "314572800\n", CGROUP_MEMORY },
        { "MemoryMax=1G\n", "memory.max", "1073741824\n", CGROUP_MEMORY },
        { "MemorySwapMax=0\n", "memory.swap.max", "0\n", CGROUP_MEMORY },
        { "MemoryZSwapMax=8M\n", "memory.zswap.max", "8388608\n", CGROUP_MEMORY },
        { "TasksMax=17\n", "pids.max", "17\n", CGROUP_PIDS },
};

static void test_real(ServiceFixture *fixture, gconstpointer data) {
        CgroupTree *tree = fixture->manager.manager->cgroups;
        unsigned int seen = 0;

        if (!tree)
                return;
        for (size_t i = 0; i < ARRAY_SIZE(real_rows); i++) {
                g_autofree char *lines = NULL, *out = NULL, *path = NULL, *got = NULL;
                Service *service;

                if (cgroup_tree_enable(tree, real_rows[i].controller) < 0)
                        continue;
                lines = g_strconcat(real_rows[i].lines, "RemainAfterExit=yes\n", NULL);
                service = exec_fixture_load(fixture, lines, "umask");
                g_test_message("%s", real_rows[i].lines);
                service_fixture_start(fixture, service);
                path = g_build_filename(service->cgroup->folder, real_rows[i].file, NULL);
                if (g_file_get_contents(path, &got, NULL, NULL)) {
                        g_assert_cmpstr(got, ==, real_rows[i].expected);
                        seen++;
                }
                service_fixture_stop(fixture, service);
        }
        g_assert_true(seen > 0 || !g_getenv("BELLHOP_TEST_ALONE"));
        if (seen == 0)
                g_test_skip("no controller is there for us");
}

_Noreturn static void alone_exec(const char *folder) {
        g_autofree char *procs = g_build_filename(folder, "cgroup.procs", NULL);
        char *const argv[] = { (char *)"test", (char *)"-p", (char *)"/cgroup-limits/real", NULL };
        int fd = open(procs, O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, "0", 1) < 0)
                _exit(126);
        (void)setenv("BELLHOP_TEST_ALONE", "1", 1);
        (void)dup2(STDERR_FILENO, STDOUT_FILENO); /* its TAP isn't ours */
        (void)execv("/proc/self/exe", argv);
        _exit(127);
}

/* In a cgroup of its own, which can't both have the manager in it and controllers enabled below: it
 * steps aside, and back. */
static void test_alone(ServiceFixture *fixture, gconstpointer data) {
        CgroupTree *tree = fixture->manager.manager->cgroups;
        g_autofree char *folder = NULL;
        int status;
        pid_t pid;

        if (!tree || cgroup_tree_enable(tree, CGROUP_PIDS) < 0 ||
            cgroup_tree_enable(tree, CGROUP_CPU) < 0) {
                g_test_skip("no controller is there for us");
                return;
        }
        folder = g_strconcat(tree->own, "/bellhop-test-alone", NULL);
        g_assert_cmpint(g_mkdir(folder, 0755), ==, 0);
        pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0)
                alone_exec(folder);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpint(rmdir(folder), ==, 0);
}

static void add(const char *name, void (*function)(FakeFixture *, gconstpointer)) {
        g_test_add(name, FakeFixture, NULL, fake_set_up, function, fake_tear_down);
}

static void add_all(void) {
        add("/cgroup-limits/rows", test_rows);
        add("/cgroup-limits/devices", test_devices);
        add("/cgroup-limits/bfq", test_bfq);
        add("/cgroup-limits/once", test_once);
        add("/cgroup-limits/taken-back", test_taken_back);
        add("/cgroup-limits/no-effect", test_no_effect);
        add("/cgroup-limits/no-cgroup", test_no_cgroup);
        add("/cgroup-limits/instances", test_instances);
        add("/cgroup-limits/delegate", test_delegate);
        g_test_add("/cgroup-limits/real", ServiceFixture, GINT_TO_POINTER(true),
                   exec_fixture_set_up, test_real, service_fixture_tear_down);
        g_test_add("/cgroup-limits/control", ServiceFixture, GINT_TO_POINTER(true),
                   exec_fixture_set_up, test_control, service_fixture_tear_down);
        g_test_add("/cgroup-limits/alone", ServiceFixture, GINT_TO_POINTER(true),
                   exec_fixture_set_up, test_alone, service_fixture_tear_down);
}

int main(int argc, char **argv) {
        return exec_test_main(argc, argv, add_all);
}
