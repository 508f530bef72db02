/* SPDX-License-Identifier: MIT */
/* Recipients elsewhere: in other namespaces, or of another user. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

static void socket_write(const Fixture *fixture) {
        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nClaimTimeoutSec=30s\n");
}

/* bare, behind the words that lead elsewhere. Returns: its pid as we see it. */
static pid_t bare_start(Fixture *fixture, const char *const *words, pid_t *ret_wrapper) {
        g_autofree char *report = fixture_expand(fixture, "@dir@/report");
        g_autofree char *bare = g_build_filename(case_programs(), "bare", NULL);
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        pid_t pid;

        for (; *words; words++)
                g_ptr_array_add(argv, (char *)*words);
        g_ptr_array_add(argv, bare);
        g_ptr_array_add(argv, (char *)"blocked");
        g_ptr_array_add(argv, report);
        g_ptr_array_add(argv, (char *)"web.socket");
        g_ptr_array_add(argv, NULL);
        *ret_wrapper = process_start_as(fixture, geteuid(), (const char *const *)argv->pdata);
        g_free(report_wait(fixture, "ready", &pid));
        return pid;
}

static void check_claims(Fixture *fixture, pid_t pid) {
        bus_deliver(fixture, "web.socket", "", pid, NULL);
        kill(pid, SIGUSR1);
        g_free(report_wait(fixture, "claimed web.socket *", NULL));
        g_free(delivery_wait(fixture, "web.socket", pid, "claimed"));
}

/* Abstract addresses end at a network namespace: the manager makes a claim socket in there. */
static void test_network(void) {
        static const char *const words[] = { "unshare", "--net", NULL };
        _fixture_ Fixture *fixture = fixture_new();
        pid_t wrapper, again;

        socket_write(fixture);
        fixture_start(fixture, NULL);
        pid_t pid = bare_start(fixture, words, &wrapper);
        unsigned int fds = daemon_count_fds(fixture);
        check_claims(fixture, pid);
        process_end(wrapper);
        /* A namespace that has gone takes its claim socket along, sooner or later; a second one
         * works as well. */
        pid = bare_start(fixture, words, &again);
        check_claims(fixture, pid);
        process_end(again);
        g_assert_cmpuint(daemon_count_fds(fixture), <=, fds + 6);
}

/* A service that enters a namespace on its way. */
static void test_service_in_network(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "", "");
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=unshare --net @claimer@ web.socket\n");
        fixture_start(fixture, NULL);
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==,
                        unit_main_pid(fixture, "web.service"));
}

/* In a user namespace nobody can tell who made the claim socket: refused, with a reason. */
static void test_user(void) {
        static const char *const words[] = { "unshare", "--user", NULL };
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *reason = NULL;
        pid_t wrapper;

        if (run(fixture, &output, "unshare", "--user", "true", NULL) != 0)
                skip_case("no user namespaces here");
        socket_write(fixture);
        fixture_start(fixture, NULL);
        pid_t pid = bare_start(fixture, words, &wrapper);
        bus_deliver(fixture, "web.socket", "", pid, NULL);
        reason = delivery_wait(fixture, "web.socket", pid, "failed");
        g_assert_nonnull(strstr(reason, "user namespace"));
        g_assert_true(process_is_alive(pid));
        process_end(wrapper);
}

/* Its own parent with power over it is believed there as well: the service's root is the manager.
 * What comes with its signal shows the number that the sender had before the namespace was. */
static void test_service_in_user(void) {
        _fixture_ Fixture *fixture = fixture_new();
        const char *lines = geteuid() == 0 ? "ListenStream=@dir@/web"
                                           : "ListenStream=@dir@/web\nTransport=socket";
        g_autofree char *address = fixture_expand(fixture, "@dir@/web"), *output = NULL;

        if (run(fixture, &output, "unshare", "--user", "--map-root-user", "true", NULL) != 0)
                skip_case("no user namespaces here");
        pair_write(fixture, "web", lines, "", "");
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=unshare --user --map-root-user @claimer@ web.socket\n");
        fixture_start(fixture, NULL);
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==,
                        unit_main_pid(fixture, "web.service"));
}

/* Another pid namespace is no obstacle: the process is known by its pidfd. */
static void test_pid(void) {
        static const char *const words[] = { "unshare", "--pid", "--fork", "--kill-child", NULL };
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = NULL, *children = NULL;
        pid_t wrapper;

        socket_write(fixture);
        fixture_start(fixture, NULL);
        bare_start(fixture, words, &wrapper); /* it says 1 */
        path = g_strdup_printf("/proc/%d/task/%d/children", (int)wrapper, (int)wrapper);
        g_assert_true(g_file_get_contents(path, &children, NULL, NULL));
        check_claims(fixture, (pid_t)atoi(children));
        process_end(wrapper);
        process_wait_gone((pid_t)atoi(children));
}

/* Root's manager may deliver to anybody's process. */
static void test_other_user(void) {
        static const char *const words[] = { "setpriv", "--reuid=65534", "--regid=65534",
                                             "--clear-groups", NULL };
        _fixture_ Fixture *fixture = fixture_new();
        pid_t wrapper;

        socket_write(fixture);
        fixture_start(fixture, NULL);
        pid_t pid = bare_start(fixture, words, &wrapper);
        check_claims(fixture, pid);
        process_end(wrapper);
}

/* An ordinary user's may not: told at once, nothing sent. */
static void test_foreign_process(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *error = NULL, *reason = NULL;

        socket_write(fixture);
        fixture_start(fixture, NULL);
        if (bus_deliver(fixture, "web.socket", "", 1, &error) == 0)
                reason = delivery_wait(fixture, "web.socket", 1, "failed");
        g_assert_true(error || strlen(reason) > 0);
}

static const TestCase cases[] = {
        { "another network namespace", test_network, AS_ROOT, 0 },
        { "a service in another network namespace", test_service_in_network, AS_ROOT, 0 },
        { "another user namespace", test_user, AS_BOTH, 0 },
        { "a service in a user namespace of its own", test_service_in_user, AS_BOTH, 0 },
        { "another pid namespace", test_pid, AS_ROOT, 0 },
        { "another user's process", test_other_user, AS_ROOT, 0 },
        { "a process that isn't the user's", test_foreign_process, AS_USER, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
