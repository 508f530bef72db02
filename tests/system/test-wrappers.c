/* SPDX-License-Identifier: MIT */
/* Wrappers: programs between the manager and the service. Those that keep the process claim as they
 * are; those that fork claim with ClaimAccess=all. A bell kills none of them, but one that is told
 * to let signals do what they do by default. The table of bellhop.service(5) is this one. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"

/* stdbuf preloads a library, which programs with a sanitizer refuse otherwise. */
#define PRELOADABLE "Environment=ASAN_OPTIONS=verify_asan_link_order=0\n"

typedef struct Wrapper {
        const char *program; /* what must be installed */
        const char *command; /* before the service's words */
        bool forks;          /* the service isn't the process that was started */
        bool root;           /* needs root */
        bool quoted;         /* the service is the last word of command: '...' */
} Wrapper;

static const Wrapper wrappers[] = {
        { "env", "env A=1", false, false, false },
        { "nice", "nice -n 1", false, false, false },
        { "stdbuf", "stdbuf -o0", false, false, false },
        { "setpriv", "setpriv --no-new-privs", false, false, false },
        { "chroot", "chroot /", false, true, false },
        { "bash", "bash -c 'exec %s'", false, false, true },
        { "dash", "dash -c 'exec %s'", false, false, true },
        { "bash", "bash -c 'true; exec %s'", false, false, true },
        { "dash", "dash -c 'true; (true); exec %s'", false, false, true },
        { "python3", "python3 -c 'import os, sys; os.execvp(sys.argv[1], sys.argv[1:])'", false,
          false, false },
        { "perl", "perl -e 'exec @ARGV'", false, false, false },
        { "prlimit", "prlimit --core=0", false, false, false },
        { "start-stop-daemon",
          "start-stop-daemon --start --pidfile @dir@/none --startas /usr/bin/env -- %s", false,
          false, true },
        { "chpst", "chpst -0", false, false, false },
        { "sh", "sh -c '%s; true'", true, false, true },
        { "bash", "bash -c '%s; true'", true, false, true },
        { "setsid", "setsid --wait", true, false, false }, /* a service leads a session already */
        { "timeout", "timeout 600", true, false, false },
        { "flock", "flock @dir@/lock", true, false, false },
        { "script", "script -qec '%s' /dev/null", true, false, true },
        { "su", "su -s /bin/sh nobody -c '%s'", true, true, true },
        { "runuser", "runuser -u nobody --", true, true, false },
        { "strace", "strace -f -o /dev/null", true, false, false },
        { "gdb", "gdb -nx -batch -ex run --args", true, false, false },
        { "unshare", "unshare --fork", true, false, false },
        { "make", "make -s -f @dir@/makefile", true, false, false },
        { "python3", "python3 -c 'import subprocess, sys; subprocess.run(sys.argv[1:])'", true,
          false, false },
        { "node",
          "node -e 'require(\"child_process\").spawnSync(process.argv[1], process.argv.slice(2))'",
          true, false, false },
        { "npm", "env npm_config_cache=@dir@/npm npm_config_update_notifier=false npm exec -c '%s'",
          true, false, true },
};

/* The command with the service's words in their place (g_free). */
static char *wrapper_command(const Wrapper *wrapper, const char *name) {
        g_autofree char *service =
                g_strdup_printf("@bin@/claimer --report=@dir@/report %s.socket", name);
        g_autoptr(GString) command = g_string_new(wrapper->command);

        if (wrapper->quoted)
                g_string_replace(command, "%s", service, 1);
        else if (strcmp(wrapper->program, "make") != 0)
                g_string_append_printf(command, " %s", service);
        return g_strdup(command->str);
}

static bool wrapper_is_usable(const Wrapper *wrapper) {
        if (wrapper->root && geteuid() != 0)
                return false;
        if (program_exists(wrapper->program))
                return true;
        g_printerr("# %s isn't installed\n", wrapper->program);
        return false;
}

static char *wrapper_name(size_t index) {
        return g_strdup_printf("w%zu-%s", index, wrappers[index].program);
}

/* Those that fork are rung, by whatever the others are called: with ClaimAccess=main, too. */
static void wrappers_write(const Fixture *fixture, bool forks, const char *access) {
        for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++) {
                g_autofree char *name = wrapper_name(i);
                g_autofree char *command = wrapper_command(&wrappers[i], name);
                g_autofree char *socket = g_strdup_printf("%s.socket", name);
                g_autofree char *service = g_strdup_printf("%s.service", name);
                if (wrappers[i].forks != forks || !wrapper_is_usable(&wrappers[i]))
                        continue;
                unit_write(fixture, socket, "[Socket]\nListenStream=@dir@/%s\nTransport=%s\n", name,
                           forks ? "socket" : "auto");
                unit_write(
                        fixture, service,
                        "[Service]\nExecStart=%s\nClaimAccess=%s\nTimeoutStopSec=5s\n" PRELOADABLE,
                        command, access);
                if (strcmp(wrappers[i].program, "make") == 0)
                        g_free(file_write(fixture, "makefile", "all:\n\t@@claimer@ %s\n", socket));
        }
}

/* Starts by a connection and asks. Returns: who answered. */
static pid_t wrapper_ask(const Fixture *fixture, const char *name) {
        g_autofree char *path = g_strdup_printf("%s/%s", fixture->folder, name);
        g_autofree char *socket = g_strdup_printf("%s.socket", name);

        return ask_name(path, SOCK_STREAM, socket);
}

static void test_same_process(void) {
        _fixture_ Fixture *fixture = fixture_new();

        wrappers_write(fixture, false, "main");
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++) {
                g_autofree char *name = wrapper_name(i);
                g_autofree char *service = g_strdup_printf("%s.service", name);
                if (wrappers[i].forks || !wrapper_is_usable(&wrappers[i]))
                        continue;
                pid_t pid = wrapper_ask(fixture, name);
                g_assert_cmpint(pid, ==, unit_main_pid(fixture, service));
        }
}

static void test_forks_all(void) {
        _fixture_ Fixture *fixture = fixture_new();

        wrappers_write(fixture, true, "all");
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++) {
                g_autofree char *name = wrapper_name(i);
                g_autofree char *service = g_strdup_printf("%s.service", name);
                if (!wrappers[i].forks || !wrapper_is_usable(&wrappers[i]))
                        continue;
                pid_t pid = wrapper_ask(fixture, name);
                g_assert_cmpint(pid, !=, unit_main_pid(fixture, service));
                unit_stop(fixture, service);
                process_wait_gone(pid);
        }
}

/* With ClaimAccess=main they get nothing, and live: the delivery fails, the process doesn't. */
static void test_forks_main(void) {
        _fixture_ Fixture *fixture = fixture_new();

        wrappers_write(fixture, true, "main");
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++) {
                g_autofree char *name = wrapper_name(i);
                g_autofree char *service = g_strdup_printf("%s.service", name);
                g_autofree char *socket = g_strdup_printf("%s.socket", name);
                pid_t claimer;
                if (!wrappers[i].forks || !wrapper_is_usable(&wrappers[i]))
                        continue;
                unit_start(fixture, service);
                g_free(report_wait(fixture, "up", &claimer));
                unsigned int mark = events_mark(fixture);
                g_autofree char *pattern =
                        g_strdup_printf("delivery * %s %s * rung", socket, socket);
                if (delivery_count(fixture, socket, "rung") == 0)
                        event_wait(fixture, mark, pattern);
                unit_expect(fixture, service, "active", "running");
                g_assert_true(process_is_alive(unit_main_pid(fixture, service)));
                g_assert_true(process_is_alive(claimer));
                unit_stop(fixture, service);
        }
        g_assert_cmpuint(report_count(fixture, "claimed *"), ==, 0);
}

/* What is said of it when its time is over: who may have wanted it, and what lets him. */
static void test_fork_is_named(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nClaimTimeoutSec=1s\nTransport=socket\n");
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=/bin/sh -c '@claimer@ web.socket; true'\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "up", NULL));
        g_autofree char *reason = delivery_wait(fixture, "web.socket", 0, "late");
        g_assert_nonnull(strstr(reason, "its child "));
        g_assert_nonnull(strstr(reason, " may claim only with ClaimAccess=all"));
}

/* The service itself opens its mask, or forks, before it claims. */
static void test_service_resets_mask(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *unmask = fixture_expand(fixture, "@dir@/unmask");
        g_autofree char *fork_all = fixture_expand(fixture, "@dir@/fork");
        g_autofree char *both = fixture_expand(fixture, "@dir@/both");

        pair_write(fixture, "unmask", "ListenStream=@dir@/unmask", "--unmask unmask.socket", "");
        pair_write(fixture, "fork", "ListenStream=@dir@/fork", "--fork fork.socket",
                   "ClaimAccess=all");
        pair_write(fixture, "both", "ListenStream=@dir@/both", "--fork --unmask both.socket",
                   "ClaimAccess=all");
        fixture_start(fixture, NULL);
        g_assert_cmpint(ask_name(unmask, SOCK_STREAM, "unmask.socket"), ==,
                        unit_main_pid(fixture, "unmask.service"));
        g_assert_cmpint(ask_name(fork_all, SOCK_STREAM, "fork.socket"), !=,
                        unit_main_pid(fixture, "fork.service"));
        g_assert_cmpint(ask_name(both, SOCK_STREAM, "both.socket"), !=,
                        unit_main_pid(fixture, "both.service"));
}

/* The bell, which is pending before the program begins, kills one that both unblocks its signal and
 * gives it its default action: that is said by name, and is an end like any other. */
static void test_lets_signals_kill(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *failure = NULL;

        if (run(fixture, NULL, "env", "--default-signal", "true", NULL) != 0)
                skip_case("this env can't reset signals");
        unit_write(fixture, "config.memfd",
                   "[Memfd]\nContent=x\nService=once.service again.service\n");
        unit_write(fixture, "once.service",
                   "[Service]\nExecStart=env --default-signal @claimer@ --never\n");
        unit_write(fixture, "again.service",
                   "[Unit]\nStartLimitBurst=3\n[Service]\nRestartSec=0\nRestart=on-abnormal\n"
                   "ExecStart=env --default-signal @claimer@ --never\n");
        fixture_start(fixture, NULL);
        unit_start_begin(fixture, "once.service");
        unit_wait(fixture, "once.service", "failed", "failed");
        failure = unit_property(fixture, "once.service", "Failure");
        g_assert_cmpstr(failure, ==, "the main process was killed by RTMIN+10");

        unsigned int mark = events_mark(fixture);
        unit_start_begin(fixture, "again.service");
        event_wait_count(fixture, mark, "unit again.service activating auto-restart", 2);
        unit_wait(fixture, "again.service", "failed", "failed"); /* its start limit */
        g_assert_cmpuint(report_count(fixture, "up"), ==, 0);
}

static const TestCase cases[] = {
        { "wrappers that keep the process", test_same_process, AS_BOTH, 0 },
        { "wrappers that fork, ClaimAccess=all", test_forks_all, AS_BOTH, 0 },
        { "wrappers that fork, ClaimAccess=main", test_forks_main, AS_BOTH, 0 },
        { "a child that may not claim is named", test_fork_is_named, AS_BOTH, 0 },
        { "services that reset their mask or fork", test_service_resets_mask, AS_BOTH, 0 },
        { "a wrapper that lets signals kill", test_lets_signals_kill, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
