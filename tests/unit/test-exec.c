/* SPDX-License-Identifier: MIT */
/* What a unit says of its process, and what the process finds: properties, limits, scheduling,
 * input, environment; as root and as an ordinary user. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "exec-fixture.h"
#include "fd.h"
#include "log.h"
#include "oom-score.h"

#define NUMA "test `cat /sys/devices/system/node/has_memory` = 0"

static const ExecRow rows[] = {
        { "", "umask sigpipe stdin", "umask=0022\nsigpipe=ignored\nstdin=\n", NULL },
        { "UMask=0027\n", "umask", "umask=0027\n", NULL },
        { "IgnoreSIGPIPE=no\n", "sigpipe", "sigpipe=default\n", NULL },
        { "Nice=7\n", "nice", "nice=7\n", NULL },
        { "OOMScoreAdjust=321\n", "oom", "oom=321\n", NULL },
        { "CoredumpFilter=private-anonymous elf-headers\n", "coredump", "coredump=00000011\n",
          "test -e /proc/self/coredump_filter" },
        { "CoredumpFilter=0x7f\n", "coredump", "coredump=0000007f\n",
          "test -e /proc/self/coredump_filter" },
        { "TimerSlackNSec=123456\n", "slack", "slack=123456\n", NULL },
        { "TimerSlackNSec=2ms\n", "slack", "slack=2000000\n", NULL },
        { "Personality=x86\n", "personality machine", "personality=8\nmachine=i686\n",
          "test x86_64 = `uname -m`" },
        { "CPUSchedulingPolicy=batch\nCPUSchedulingPriority=5\n", "sched", "sched=3 0\n", NULL },
        { "CPUSchedulingPolicy=idle\n", "sched", "sched=5 0\n", NULL },
        { "CPUSchedulingResetOnFork=yes\n", "sched", "sched=1073741824 0\n", NULL },
        { "CPUAffinity=0\n", "affinity", "affinity=0 \n", "taskset -c 0 true" },
        { "NUMAPolicy=bind\nNUMAMask=0\n", "numa", "numa=2 1\n", NUMA },
        { "NUMAPolicy=interleave\nNUMAMask=all\n", "numa", "numa=3 1\n", NUMA },
        { "NUMAPolicy=preferred\nNUMAMask=0\n", "numa", "numa=1 1\n", NUMA },
        { "NUMAPolicy=local\n", "numa", "numa=4 0\n", NUMA },
        { "IOSchedulingClass=idle\n", "ioprio", "ioprio=3 0\n", NULL },
        { "IOSchedulingClass=best-effort\nIOSchedulingPriority=2\n", "ioprio", "ioprio=2 2\n",
          NULL },
        { "IOSchedulingPriority=6\n", "ioprio", "ioprio=2 6\n", NULL },
        { "NoNewPrivileges=yes\n", "status:NoNewPrivs", "status:NoNewPrivs=1\n", NULL },
        { "NoNewPrivileges=no\n", "status:NoNewPrivs", "status:NoNewPrivs=0\n", NULL },
        /* limits: lower than any that a test is run with */
        { "LimitAS=100T\n", "limit:AS", "limit:AS=109951162777600:109951162777600\n", NULL },
        { "LimitCORE=0\n", "limit:CORE", "limit:CORE=0:0\n", NULL },
        { "LimitCPU=1h\n", "limit:CPU", "limit:CPU=3600:3600\n", NULL },
        { "LimitDATA=100T\n", "limit:DATA", "limit:DATA=109951162777600:109951162777600\n", NULL },
        { "LimitFSIZE=1G:2G\n", "limit:FSIZE", "limit:FSIZE=1073741824:2147483648\n", NULL },
        { "LimitLOCKS=17\n", "limit:LOCKS", "limit:LOCKS=17:17\n", NULL },
        { "LimitMEMLOCK=4K\n", "limit:MEMLOCK", "limit:MEMLOCK=4096:4096\n", NULL },
        { "LimitMSGQUEUE=8K\n", "limit:MSGQUEUE", "limit:MSGQUEUE=8192:8192\n", NULL },
        { "LimitNICE=0\n", "limit:NICE", "limit:NICE=0:0\n", NULL },
        { "LimitNOFILE=64:128\n", "limit:NOFILE", "limit:NOFILE=64:128\n", NULL },
        { "LimitNPROC=9000:9500\n", "limit:NPROC", "limit:NPROC=9000:9500\n", NULL },
        { "LimitRSS=1G\n", "limit:RSS", "limit:RSS=1073741824:1073741824\n", NULL },
        { "LimitRTPRIO=0\n", "limit:RTPRIO", "limit:RTPRIO=0:0\n", NULL },
        { "LimitRTTIME=1s\n", "limit:RTTIME", "limit:RTTIME=1000000:1000000\n", NULL },
        { "LimitSIGPENDING=100\n", "limit:SIGPENDING", "limit:SIGPENDING=100:100\n", NULL },
        { "LimitSTACK=4M\n", "limit:STACK", "limit:STACK=4194304:4194304\n", NULL },
        /* of one that is given twice the last counts */
        { "LimitNOFILE=64\nLimitNOFILE=96\nLimitCORE=0\n", "limit:NOFILE limit:CORE",
          "limit:NOFILE=96:96\nlimit:CORE=0:0\n", NULL },
        /* input */
        { "StandardInputText=one\\ttwo\nStandardInputText=three\n", "stdin",
          "stdin=one\\09two\\0athree\\0a\n", NULL },
        { "StandardInput=data\nStandardInputData=YWJj\nStandardInputText=d\n", "stdin",
          "stdin=abcd\\0a\n", NULL },
        { "StandardInput=null\nStandardInputText=unread\n", "stdin link:/proc/self/fd/0",
          "stdin=\nlink:/proc/self/fd/0=/dev/null\n", NULL },
        { "StandardInput=file:%D/units/x.service\n", "link:/proc/self/fd/0",
          "link:/proc/self/fd/0=%D/units/x.service\n", NULL },
        { "StandardInput=data\n", "stdin", "stdin=\n", NULL },
        /* environment */
        { "Environment=A=1 B=2 C=3\nUnsetEnvironment=A B=2 C=4\n", "env:A env:B env:C",
          "env:A=none\nenv:B=none\nenv:C=3\n", NULL },
        { "PassEnvironment=BELLHOP_TEST_PASSED BELLHOP_TEST_NONE\n",
          "env:BELLHOP_TEST_PASSED env:BELLHOP_TEST_NONE",
          "env:BELLHOP_TEST_PASSED=passed on\nenv:BELLHOP_TEST_NONE=none\n", NULL },
        { "PassEnvironment=BELLHOP_TEST_PASSED\nEnvironment=BELLHOP_TEST_PASSED=own\n",
          "env:BELLHOP_TEST_PASSED", "env:BELLHOP_TEST_PASSED=own\n", NULL },
        { "ExecSearchPath=/opt/first:/opt/second\nExecSearchPath=/opt/third\n", "env:PATH",
          "env:PATH=/opt/first:/opt/second:/opt/third\n", NULL },
        { "WorkingDirectory=/usr\n", "cwd", "cwd=/usr\n", NULL },
        { "WorkingDirectory=-/nonexistent\n", "cwd", "cwd=/\n", NULL },
};

static void test_rows(ServiceFixture *fixture, gconstpointer data) {
        g_assert_true(g_setenv("BELLHOP_TEST_PASSED", "passed on", TRUE));
        exec_fixture_run_rows(fixture, rows, ARRAY_SIZE(rows));
        g_unsetenv("BELLHOP_TEST_PASSED");
}

static const ExecRow root_rows[] = {
        { "CPUSchedulingPolicy=rr\nCPUSchedulingPriority=3\n", "sched", "sched=2 3\n",
          "chrt -r 3 true" },
        { "CPUSchedulingPolicy=fifo\n", "sched", "sched=1 1\n", "chrt -f 1 true" },
        { "CPUSchedulingPolicy=fifo\nCPUSchedulingResetOnFork=yes\n", "sched",
          "sched=1073741825 1\n", "chrt -f 1 true" },
        { "Nice=-3\n", "nice", "nice=-3\n", "nice -n -3 true" },
        { "IOSchedulingClass=realtime\nIOSchedulingPriority=1\n", "ioprio", "ioprio=1 1\n",
          "ionice -c 1 true" },
        { "User=65534\nNice=-2\nUMask=0077\n", "nice umask status:Uid",
          "nice=-2\numask=0077\nstatus:Uid=65534\t65534\t65534\t65534\n", "nice -n -2 true" },
        { "User=65534\nGroup=4242\nSupplementaryGroups=17 4711\n", "status:Gid groups",
          "status:Gid=4242\t4242\t4242\t4242\ngroups=17 4242 4711 \n", NULL },
        { "SupplementaryGroups=4711\n", "status:Uid status:Gid groups",
          "status:Uid=0\t0\t0\t0\nstatus:Gid=0\t0\t0\t0\ngroups=4711 \n", NULL },
        { "User=root\nSetLoginEnvironment=no\n", "env:USER env:LOGNAME env:HOME env:SHELL",
          "env:USER=none\nenv:LOGNAME=none\nenv:HOME=none\nenv:SHELL=none\n", NULL },
        { "SetLoginEnvironment=yes\n", "env:USER env:LOGNAME env:HOME",
          "env:USER=root\nenv:LOGNAME=root\nenv:HOME=/root\n", "test ~root = /root" },
        { "User=root\n", "env:USER env:LOGNAME", "env:USER=root\nenv:LOGNAME=root\n", NULL },
        { "", "env:USER", "env:USER=none\n", NULL },
        /* the copy of memory that some keys take knows no other steps */
        { "OOMScoreAdjust=200\nUser=65534\nNoNewPrivileges=yes\nLimitCORE=0\n",
          "oom status:Uid status:NoNewPrivs limit:CORE",
          "oom=200\nstatus:Uid=65534\t65534\t65534\t65534\nstatus:NoNewPrivs=1\nlimit:CORE=0:0\n",
          NULL },
};

static void test_root_rows(ServiceFixture *fixture, gconstpointer data) {
        if (exec_is(EXEC_ROOT))
                exec_fixture_run_rows(fixture, root_rows, ARRAY_SIZE(root_rows));
}

#define OWN_SCORE "/proc/self/oom_score_adj"

static bool has_own_score(const void *data) {
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(OWN_SCORE, &text, NULL, NULL));
        return g_str_equal(text, data);
}

/* What spares the manager isn't for a service, and the manager has it again afterwards. Few may go
 * below 0; the kernel makes no difference above. */
static void test_oom_score(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                int services;
                const char *lines, *expected;
        } cases[] = {
                { 200, "", "oom=200\n" },
                { 200, "User=65534\n", "oom=200\n" },
                { 200, "OOMScoreAdjust=300\n", "oom=300\n" },
                { 200, "OOMScoreAdjust=150\nUMask=0022\n", "oom=150\n" },
                { 100, "", "oom=100\n" },
                { 0, "UMask=0022\n", "oom=100\n" },
        };
        _cleanup_fd_ int fd = open(OWN_SCORE, O_WRONLY | O_CLOEXEC);

        if (!exec_is(EXEC_ROOT))
                return;
        g_assert_cmpint(pwrite(fd, "100", 3, 0), ==, 3);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *got = NULL;

                oom_score_note(OWN_SCORE, cases[i].services);
                got = exec_fixture_run(fixture, cases[i].lines, "oom");
                g_assert_cmpstr(got, ==, cases[i].expected);
                service_fixture_run_until(fixture, has_own_score, "100\n");
        }
        g_assert_cmpint(pwrite(fd, "0", 1, 0), ==, 1);
        oom_score_note("/dev/null", 0);
}

/* The program is looked for there, and nowhere else. */
static void test_search_path(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nType=oneshot\nStandardOutput=truncate:%D/out\n"
                         "ExecSearchPath=/nonexistent:%D\nExecStart=report --report umask\n");
        g_autofree char *path = service_fixture_path(fixture, "out"), *text = NULL;

        service_fixture_start(fixture, service);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, "umask=0022\n");
        manager_unload_unit(fixture->manager.manager, &service->unit);
        service = service_fixture_load(fixture, "[Service]\nType=oneshot\nExecSearchPath=%D\n"
                                                "ExecStart=sh -c true\n");
        service_fixture_start_failing(fixture, service, "exec sh: No such file or directory");
}

/* They are for the commands beside the main process, too, but "+" leaves restrictions out. */
static void test_commands(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nType=oneshot\nStandardOutput=append:%D/out\nUMask=0007\n"
                         "LimitNOFILE=77\nNoNewPrivileges=yes\n"
                         "ExecStartPre=%D/report --report umask status:NoNewPrivs limit:NOFILE\n"
                         "ExecStartPre=+/bin/sh -c 'umask; grep NoNewPrivs /proc/self/status; "
                         "test `ulimit -n` != 77 && echo more'\n"
                         "ExecStart=/bin/true\n");
        g_autofree char *path = service_fixture_path(fixture, "out"), *text = NULL;

        service_fixture_start(fixture, service);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_assert_cmpstr(text, ==,
                        "umask=0007\nstatus:NoNewPrivs=1\nlimit:NOFILE=77:77\n"
                        "0007\nNoNewPrivs:\t0\nmore\n");
}

/* Without the prefix, for all of them; and each of the two alone. */
static void test_start_only(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *lines, *expected;
        } cases[] = {
                { "PermissionsStartOnly=yes\n", "0 0 main 65534 1\n" },
                { "PermissionsStartOnly=no\nRootDirectoryStartOnly=yes\n",
                  "65534 1 main 65534 1\n" },
        };

        if (!exec_is(EXEC_ROOT))
                return;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text = g_strconcat(
                        "[Service]\nType=oneshot\nStandardOutput=append:%D/out\nUser=65534\n"
                        "NoNewPrivileges=yes\n",
                        cases[i].lines,
                        "ExecStartPre=/bin/sh -c 'echo -n `id -u` "
                        "`grep NoNewPrivs /proc/self/status | tail -c 2` main \"\"'\n"
                        "ExecStart=/bin/sh -c 'echo `id -u` "
                        "`grep NoNewPrivs /proc/self/status | tail -c 2`'\n",
                        NULL);
                Service *service = service_fixture_load(fixture, text);
                g_autofree char *path = service_fixture_path(fixture, "out"), *got = NULL;

                service_fixture_start(fixture, service);
                g_assert_true(g_file_get_contents(path, &got, NULL, NULL));
                g_assert_cmpstr(got, ==, cases[i].expected);
                g_assert_cmpint(g_remove(path), ==, 0);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* The main process finds nothing there to run. */
static void test_root_start_only(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *lines, *why;
        } cases[] = {
                { "", "ExecStartPre: exec /bin/true" },
                { "PermissionsStartOnly=yes\n", "ExecStartPre: exec /bin/true" },
                { "RootDirectoryStartOnly=yes\n", "exec /bin/sh" },
        };

        if (!exec_is(EXEC_ROOT))
                return;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text =
                        g_strconcat("[Service]\nType=oneshot\nRootDirectory=%D\n", cases[i].lines,
                                    "ExecStartPre=/bin/true\nExecStart=/bin/sh\n", NULL);
                Service *service = service_fixture_load(fixture, text);

                service_fixture_start_failing(fixture, service, cases[i].why);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

static void test_input_missing(ServiceFixture *fixture, gconstpointer data) {
        exec_fixture_run_failing(fixture, "StandardInput=file:/nonexistent\n",
                                 "standard input: No such file or directory", 208);
        exec_fixture_run_failing(fixture, "WorkingDirectory=/nonexistent\n",
                                 "chdir /nonexistent: No such file or directory", 200);
        exec_fixture_run_failing(fixture, "NUMAPolicy=bind\nNUMAMask=1000\n",
                                 "NUMA policy: Invalid argument", 242);
        exec_fixture_run_failing(fixture, "CPUAffinity=8000\n", "CPU affinity: Invalid argument",
                                 215);
}

/* Where output goes, as the process sees it. */
static void test_outputs(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *lines, *expected;
                bool root;
        } outputs[] = {
                { "StandardOutput=null\n", "/dev/null\n/dev/null\n", false },
                { "StandardOutput=file:%D/o\n", "%D/o\n%D/o\n", false },
                { "StandardOutput=append:%D/o\nStandardError=null\n", "%D/o\n/dev/null\n", false },
                { "StandardOutput=null\nStandardError=truncate:%D/e\n", "/dev/null\n%D/e\n",
                  false },
                { "StandardOutput=kmsg\nStandardError=null\n", "/dev/kmsg\n/dev/null\n", true },
        };

        for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
                g_autofree char *text =
                        g_strconcat("[Service]\nType=oneshot\nExecStart=/bin/sh -c 'l=`readlink "
                                    "/proc/$$$$/fd/1 /proc/$$$$/fd/2`; echo \"$$l\" >%D/links'\n",
                                    outputs[i].lines, NULL);
                g_autofree char *path = service_fixture_path(fixture, "links"), *got = NULL;
                g_auto(GStrv) parts = g_strsplit(outputs[i].expected, "%D", -1);
                g_autofree char *expected = g_strjoinv(fixture->manager.folder, parts);
                Service *service;

                if (outputs[i].root && (geteuid() != 0 || access("/dev/kmsg", W_OK) < 0))
                        continue;
                g_test_message("%s", outputs[i].lines);
                service = service_fixture_load(fixture, text);
                service_fixture_start(fixture, service);
                g_assert_true(g_file_get_contents(path, &got, NULL, NULL));
                g_assert_cmpstr(got, ==, expected);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* The commands of a socket are told the same. */
static void test_of_socket(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *path = service_fixture_path(fixture, "out"), *text = NULL;
        g_autofree char *started = NULL, *stopped = NULL;
        Unit *unit;

        manager_fixture_write(&fixture->manager, "y.socket",
                              "[Socket]\nListenStream=%D/y\nService=x.service\nUMask=0057\n"
                              "Nice=3\nLimitNOFILE=99\nNoNewPrivileges=yes\nOOMScoreAdjust=77\n"
                              "StandardInputText=told\nStandardOutput=truncate:%D/out\n"
                              "WorkingDirectory=/usr\nEnvironment=A=1 B=2\nUnsetEnvironment=B\n"
                              "ExecStartPre=%D/report --report umask nice limit:NOFILE "
                              "status:NoNewPrivs oom stdin cwd env:A env:B\n");
        unit = manager_fixture_load(&fixture->manager, "y.socket");
        started = manager_fixture_start(&fixture->manager, unit);
        g_assert_cmpstr(started, ==, "");
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_assert_cmpstr(text, ==,
                        "umask=0057\nnice=3\nlimit:NOFILE=99:99\nstatus:NoNewPrivs=1\noom=77\n"
                        "stdin=told\\0a\ncwd=/usr\nenv:A=1\nenv:B=none\n");
        stopped = manager_fixture_stop(&fixture->manager, unit);
        g_assert_cmpstr(stopped, ==, "");
}

/* ---- an ordinary user ---- */

static void assert_refused(ServiceFixture *fixture, const char *lines, const char *facets,
                           const char *expected, const char *step) {
        g_autofree char *got = NULL, *log = NULL;

        log_open(LOG_WARNING);
        got = exec_fixture_run(fixture, lines, facets);
        g_assert_cmpstr(got, ==, expected);
        /* Where the exec isn't told of at once, the process's end tells. */
        log = exec_fixture_log();
        g_test_message("%s", log);
        g_assert_nonnull(strstr(log, step));
        log_open(LOG_CRIT);
}

/* What isn't permitted is done without, as far as it can be. */
static void test_user_overlooked(ServiceFixture *fixture, gconstpointer data) {
        if (!exec_is(EXEC_USER))
                return;
        assert_refused(fixture, "Nice=-7\n", "nice", "nice=0\n", "nice: not permitted");
        assert_refused(fixture, "OOMScoreAdjust=-900\n", "oom", "oom=0\n",
                       "OOM score: not permitted");
        assert_refused(fixture, "LimitMEMLOCK=infinity\nLimitCORE=0\n", "limit:CORE",
                       "limit:CORE=0:0\n", "limits: not permitted");
        assert_refused(fixture, "LimitNOFILE=64:infinity\n", "umask", "umask=0022\n",
                       "descriptor limit: not permitted");
}

/* What would make another process of it isn't. */
static void test_user_refused(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *lines, *why;
                int status;
        } refused[] = {
                { "CPUSchedulingPolicy=fifo\n", "scheduler: Operation not permitted", 214 },
                { "IOSchedulingClass=realtime\n", "I/O priority: Operation not permitted", 211 },
                { "RootDirectory=/usr\n", "chroot: Operation not permitted", 210 },
                { "CapabilityBoundingSet=CAP_CHOWN\n",
                  "capability bounding set: Operation not permitted", 218 },
                { "AmbientCapabilities=CAP_NET_BIND_SERVICE\n",
                  "ambient capabilities: Operation not permitted", 218 },
                { "SecureBits=noroot\n", "secure bits: Operation not permitted", 213 },
                { "SupplementaryGroups=4711\n", "setgroups: Operation not permitted", 216 },
                { "User=0\n", "setgroups: Operation not permitted", 216 },
        };

        if (!exec_is(EXEC_USER))
                return;
        for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
                exec_fixture_run_failing(fixture, refused[i].lines, refused[i].why,
                                         refused[i].status);
}

static void test_as_user(ServiceFixture *fixture, gconstpointer data) {
        if (exec_is(EXEC_ROOT))
                exec_run_as_user("/exec/anybody");
}

static void add(const char *name, void (*function)(ServiceFixture *, gconstpointer)) {
        g_test_add(name, ServiceFixture, GINT_TO_POINTER(false), exec_fixture_set_up, function,
                   service_fixture_tear_down);
}

static void add_all(void) {
        add("/exec/anybody/rows", test_rows);
        add("/exec/anybody/search-path", test_search_path);
        add("/exec/anybody/commands", test_commands);
        add("/exec/anybody/outputs", test_outputs);
        add("/exec/anybody/of-socket", test_of_socket);
        add("/exec/anybody/input-missing", test_input_missing);
        add("/exec/anybody/overlooked", test_user_overlooked);
        add("/exec/anybody/refused", test_user_refused);
        add("/exec/root", test_root_rows);
        add("/exec/oom-score", test_oom_score);
        add("/exec/start-only", test_start_only);
        add("/exec/root-start-only", test_root_start_only);
        add("/exec/as-user", test_as_user);
}

int main(int argc, char **argv) {
        return exec_test_main(argc, argv, add_all);
}
