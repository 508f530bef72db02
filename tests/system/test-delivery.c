/* SPDX-License-Identifier: MIT */
/* Delivery to what runs already: new sockets, new Listen lines, new snapshots, strangers. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

/* A service that follows, running. */
static pid_t follower_start(Fixture *fixture) {
        pid_t pid;

        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "following", &pid));
        return pid;
}

/* A service brings along what provides for it, so the socket comes later by being stopped and
 * started beside the running service: what is delivered then replaces what was. */
static void test_new_socket_unit(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *extra = fixture_expand(fixture, "@dir@/extra");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--follow", "");
        unit_write(fixture, "extra.socket",
                   "[Socket]\nListenStream=@dir@/extra\nService=web.service\nRemoveOnStop=yes\n");
        fixture_start(fixture, NULL);
        pid_t pid = follower_start(fixture);
        g_free(report_wait(fixture, "claimed extra.socket *", NULL));
        unit_stop(fixture, "extra.socket");
        g_assert_cmpint(address_connect(extra, SOCK_STREAM), ==, -ENOENT);
        unit_start(fixture, "extra.socket");
        g_free(report_wait(fixture, "claimed extra.socket listener *", NULL));
        g_free(delivery_wait(fixture, "extra.socket", pid, "claimed"));
        g_assert_cmpint(ask_name(extra, SOCK_STREAM, "extra.socket"), ==, pid);
        unit_expect(fixture, "extra.socket", "active", "triggered");
        g_assert_cmpuint(delivery_count(fixture, "extra.socket", NULL), ==, 1);
}

static void test_new_unit_by_reload(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *extra = fixture_expand(fixture, "@dir@/extra");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--follow", "");
        fixture_start(fixture, NULL);
        pid_t pid = follower_start(fixture);
        unit_write(fixture, "extra.socket",
                   "[Socket]\nListenStream=@dir@/extra\nService=web.service\n");
        bus_reload(fixture, NULL);
        g_assert_cmpint(report_count(fixture, "claimed extra.socket *"), ==, 0);
        unit_start(fixture, "extra.socket");
        g_free(report_wait(fixture, "claimed extra.socket *", NULL));
        g_assert_cmpint(ask_name(extra, SOCK_STREAM, "extra.socket"), ==, pid);
}

static void test_reload_adds_line(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *one = fixture_expand(fixture, "@dir@/one");
        g_autofree char *two = fixture_expand(fixture, "@dir@/two");
        g_autofree char *inode = NULL;

        pair_write(fixture, "web", "FileDescriptorName=one\nListenStream=@dir@/one", "--follow",
                   "");
        fixture_start(fixture, NULL);
        pid_t pid = follower_start(fixture);
        inode = report_wait(fixture, "claimed one *", NULL);
        unsigned int fds = daemon_count_fds(fixture);
        unit_write(fixture, "web.socket",
                   "[Socket]\nFileDescriptorName=one\nListenStream=@dir@/one\n"
                   "FileDescriptorName=two\nListenStream=@dir@/two\n");
        bus_reload(fixture, NULL);
        g_free(report_wait(fixture, "claimed two listener *", NULL));
        g_assert_cmpint(ask_name(two, SOCK_STREAM, "two"), ==, pid);
        g_assert_cmpint(ask_name(one, SOCK_STREAM, "one"), ==, pid);
        g_assert_cmpint(report_count(fixture, "claimed one *"), ==, 0);
        /* Back again: the manager keeps the listener as long as the service has it. */
        unit_write(fixture, "web.socket",
                   "[Socket]\nFileDescriptorName=one\nListenStream=@dir@/one\n");
        bus_reload(fixture, NULL);
        daemon_expect_fds(fixture, fds + 1 + DAEMON_SPARE_FDS);
        /* The next process gets the very listener that was never touched. */
        unit_restart(fixture, "web.service");
        g_autofree char *again = report_wait(fixture, "claimed one *", NULL);
        g_assert_cmpuint(report_number(again, "inode"), ==, report_number(inode, "inode"));
        g_assert_cmpint(report_count(fixture, "claimed two *"), ==, 0);
        /* The old one has ended, so nobody has the other any more. */
        g_assert_cmpint(address_connect(two, SOCK_STREAM), ==, -ECONNREFUSED);
        daemon_expect_fds(fixture, fds + DAEMON_SPARE_FDS);
}

/* Who becomes a socket's or a memfd's service by a reload, and runs, gets it; nobody gets anything
 * twice, or because of a line that has nothing to do with it. */
static void test_reload_adds_service(void) {
        _fixture_ Fixture *fixture = fixture_new();
        const char *more = "Sockets=web.socket\nMemfds=web.memfd";
        pid_t pid, first;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--follow", "");
        pair_write(fixture, "other", "ListenStream=@dir@/other", "--follow", "");
        unit_write(fixture, "web.memfd", "[Memfd]\nContent=hello\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service", "other.service");
        g_free(report_wait(fixture, "claimed web.socket *", &first));
        g_free(report_wait(fixture, "claimed web.memfd *", NULL));
        g_free(report_wait(fixture, "claimed other.socket *", NULL));
        /* Named by the service... */
        unit_write(fixture, "other.service", "[Service]\nExecStart=@claimer@ --follow\n%s\n", more);
        bus_reload(fixture, NULL);
        g_free(report_wait(fixture, "claimed web.socket *", &pid));
        g_assert_cmpint(pid, ==, unit_main_pid(fixture, "other.service"));
        g_free(report_wait(fixture, "claimed web.memfd *", NULL));
        /* ... and by the socket. */
        unit_write(fixture, "other.socket",
                   "[Socket]\nListenStream=@dir@/other\nService=web.service\n");
        unit_write(fixture, "web.memfd", "[Unit]\nDescription=same\n[Memfd]\nContent=hello\n");
        bus_reload(fixture, NULL);
        g_free(report_wait(fixture, "claimed other.socket *", &pid));
        g_assert_cmpint(pid, ==, first);
        g_assert_cmpuint(delivery_count(fixture, "web.socket", NULL), ==, 2);
        g_assert_cmpuint(delivery_count(fixture, "other.socket", NULL), ==, 2);
        g_assert_cmpint(report_count(fixture, "claimed *"), ==, 0);
        unit_expect(fixture, "web.memfd", "active", NULL);
        g_autofree char *snapshots = unit_property(fixture, "web.memfd", "NSnapshots");
        g_assert_cmpstr(snapshots, ==, "1");
}

/* A reload while the socket is watched: the new address triggers too, the old one is kept. */
static void test_reload_while_listening(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *one = fixture_expand(fixture, "@dir@/one");
        g_autofree char *two = fixture_expand(fixture, "@dir@/two");

        pair_write(fixture, "web", "FileDescriptorName=one\nListenStream=@dir@/one", "one two", "");
        fixture_start(fixture, NULL);
        int waiting = address_connect(two, SOCK_STREAM);
        g_assert_cmpint(waiting, <, 0);
        unit_write(fixture, "web.socket",
                   "[Socket]\nFileDescriptorName=one\nListenStream=@dir@/one\n"
                   "FileDescriptorName=two\nListenStream=@dir@/two\n");
        bus_reload(fixture, NULL);
        pid_t pid = ask_name(two, SOCK_STREAM, "two");
        g_assert_cmpint(ask_name(one, SOCK_STREAM, "one"), ==, pid);
}

static void test_memfd_content(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *claimed = NULL;

        unit_write(fixture, "web.memfd",
                   "[Memfd]\nContent=first line\nContent=second\n"
                   "FileDescriptorName=config\n");
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ config\n");
        fixture_start(fixture, NULL);
        unit_expect(fixture, "web.memfd", "active", NULL);
        unit_start(fixture, "web.service");
        claimed = report_wait(fixture, "claimed config memfd *", NULL);
        g_assert_nonnull(strstr(claimed, "content=first line"));
        g_assert_cmpuint(report_number(claimed, "size"), ==, strlen("first line\nsecond\n"));
        g_assert_cmpuint(report_number(claimed, "seals") & 0xf, ==, 0xf);
}

static void test_memfd_size(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *first = NULL, *second = NULL;

        unit_write(fixture, "shared.memfd", "[Memfd]\nSize=64K\nService=one.service two.service\n");
        unit_write(fixture, "one.service", "[Service]\nExecStart=@claimer@ shared.memfd\n");
        unit_write(fixture, "two.service", "[Service]\nExecStart=@claimer@ shared.memfd\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "one.service", "two.service");
        first = report_wait(fixture, "claimed shared.memfd memfd *", NULL);
        second = report_wait(fixture, "claimed shared.memfd memfd *", NULL);
        g_assert_cmpuint(report_number(first, "size"), ==, 65536);
        g_assert_cmpuint(report_number(first, "seals"), ==,
                         F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
        g_assert_cmpuint(report_number(first, "inode"), ==, report_number(second, "inode"));
}

static void test_memfd_changes(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = file_write(fixture, "config", "one\n");

        unit_write(fixture, "config.memfd",
                   "[Memfd]\nSource=@dir@/config\nService=web.service\nRedeliverOnChange=yes\n");
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ --follow\n");
        fixture_start(fixture, NULL);
        pid_t pid = follower_start(fixture);
        g_free(report_wait(fixture, "claimed config.memfd memfd * content=one", NULL));
        unsigned int fds = daemon_count_fds(fixture);
        /* Replaced by a rename, as editors and file_write() do, several times. */
        for (int i = 0; i < 5; i++) {
                g_autofree char *pattern = g_strdup_printf("claimed * content=number %d", i);
                g_free(file_write(fixture, "config", "number %d\n", i));
                g_free(report_wait(fixture, pattern, NULL));
        }
        /* Written in place. */
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        g_assert_cmpint(dprintf(fd, "in place\n"), >, 0);
        close(fd);
        g_free(report_wait(fixture, "claimed * content=in place", NULL));
        /* Gone: the last good snapshot stays. */
        unlink(path);
        unit_restart(fixture, "web.service");
        g_free(report_wait(fixture, "claimed config.memfd * content=in place", NULL));
        unit_expect(fixture, "config.memfd", "active", NULL);
        /* Back again. */
        g_free(file_write(fixture, "config", "back\n"));
        g_free(report_wait(fixture, "claimed * content=back", NULL));
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), !=, pid);
        daemon_expect_fds(fixture, fds + 1);
}

static void test_memfd_refresh(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = file_write(fixture, "config", "one\n"), *error = NULL;

        unit_write(fixture, "config.memfd", "[Memfd]\nSource=@dir@/config\nService=web.service\n");
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ --follow\n");
        fixture_start(fixture, NULL);
        follower_start(fixture);
        g_free(report_wait(fixture, "claimed config.memfd * content=one", NULL));
        g_free(file_write(fixture, "config", "two\n"));
        bus_refresh(fixture, "config.memfd", NULL);
        g_free(report_wait(fixture, "claimed config.memfd * content=two", NULL));
        unlink(path);
        g_assert_cmpint(bus_refresh(fixture, "config.memfd", &error), <, 0);
        g_assert_nonnull(strstr(error, "config.memfd: open "));
        g_assert_nonnull(strstr(error, "; the last good snapshot stays"));
        unit_expect(fixture, "config.memfd", "active", NULL);
        unit_restart(fixture, "web.service");
        g_free(report_wait(fixture, "claimed config.memfd * content=two", NULL));
}

static void test_deliver_to_service(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *extra = fixture_expand(fixture, "@dir@/extra");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--follow", "");
        unit_write(fixture, "extra.socket",
                   "[Socket]\nListenStream=@dir@/extra\nService=other.service\n");
        unit_write(fixture, "other.service", "[Service]\nExecStart=@claimer@ --never\n");
        fixture_start(fixture, NULL);
        pid_t pid = follower_start(fixture);
        g_assert_cmpint(ctl(fixture, &output, "deliver", "extra.socket", "--to=web.service", NULL),
                        ==, 0);
        g_free(report_wait(fixture, "claimed extra.socket *", NULL));
        g_free(delivery_wait(fixture, "extra.socket", pid, "claimed"));
}

/* A process that the manager has nothing to do with, and has only a socket for. */
static pid_t bare_start(Fixture *fixture, const char *mode) {
        g_autofree char *report = fixture_expand(fixture, "@dir@/report");

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\n");
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ web.socket\n");
        fixture_start(fixture, NULL);
        pid_t pid = process_start(fixture, "bare", mode, report, "web.socket", NULL);
        g_free(report_wait(fixture, strcmp(mode, "thread") == 0 ? "thread" : "ready", NULL));
        return pid;
}

static int bare_deliver(Fixture *fixture, pid_t pid, char **ret_output) {
        g_autofree char *option = g_strdup_printf("--pid=%d", (int)pid);

        return ctl(fixture, ret_output, "deliver", "web.socket", option, NULL);
}

static void bare_claim(Fixture *fixture, pid_t pid) {
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        g_free(report_wait(fixture, "claimed web.socket listener *", NULL));
        g_free(delivery_wait(fixture, "web.socket", pid, "claimed"));
        unit_stop(fixture, "web.service");
        process_end(pid);
        ask_name(address, SOCK_STREAM, "web.socket");
}

static void deliver_to_ready(const char *mode) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL;
        pid_t pid = bare_start(fixture, mode);

        g_assert_cmpint(bare_deliver(fixture, pid, &output), ==, 0);
        g_free(delivery_wait(fixture, "web.socket", pid, "rung"));
        g_assert_true(process_is_alive(pid));
        kill(pid, SIGUSR1);
        bare_claim(fixture, pid);
}

static void test_deliver_to_blocked(void) {
        deliver_to_ready("blocked");
}

static void test_deliver_to_handled(void) {
        deliver_to_ready("handled");
}

static void expect_refused(const Fixture *fixture, const char *name) {
        g_autofree char *path = fixture_expand(fixture, name);

        g_assert_cmpint(address_connect(path, SOCK_STREAM), <, 0);
}

/* What waits for somebody's process is as withdrawn as what waits for a service: nobody listens
 * any more. */
static void test_withdraw_from_process(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *memfd = NULL;
        pid_t pid = bare_start(fixture, "blocked");

        g_assert_cmpint(bare_deliver(fixture, pid, &output), ==, 0);
        g_free(delivery_wait(fixture, "web.socket", pid, "rung"));
        unit_stop(fixture, "web.socket");
        g_free(delivery_wait(fixture, "web.socket", pid, "cancelled"));
        expect_refused(fixture, "@dir@/web");
        unit_start(fixture, "web.socket");

        unit_write(fixture, "extra.memfd", "[Memfd]\nContent=x\n");
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        unit_start(fixture, "extra.memfd");
        bus_deliver(fixture, "extra.memfd", "", pid, NULL);
        unit_stop(fixture, "extra.memfd");
        memfd = delivery_wait(fixture, "extra.memfd", pid, "cancelled");
        g_assert_cmpstr(memfd, ==, "withdrawn");
        process_end(pid);
}

/* A line that a reload removes isn't held by what waits for a visitor, either; nor by a service
 * that the socket was given to by name. */
static void test_withdraw_by_reload(void) {
        _fixture_ Fixture *fixture = fixture_new();
        pid_t pid = bare_start(fixture, "blocked");

        bus_deliver(fixture, "web.socket", "", pid, NULL);
        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/new\n");
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        expect_refused(fixture, "@dir@/web");
        process_end(pid);
}

/* Where the kernel has sendfd(), Transport=auto has put it into that service's queue, from which
 * nobody takes it back. */
static void test_withdraw_from_other_service(void) {
        _fixture_ Fixture *fixture = fixture_new();

        pair_write(fixture, "web", "ListenStream=@dir@/web\nTransport=socket", "web.socket", "");
        service_write(fixture, "late.service", "ExecStart=@claimer@ --never\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "late.service");
        g_free(report_wait(fixture, "up", NULL));
        bus_deliver(fixture, "web.socket", "late.service", 0, NULL);
        unit_stop(fixture, "web.socket");
        expect_refused(fixture, "@dir@/web");
}

/* It would die of the bell: whoever asks is told so at once, and nothing is begun. Once it has a
 * desk it is as good as any other. */
static void deliver_to_deaf(const char *mode) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *refusal = NULL, *output = NULL;
        pid_t pid = bare_start(fixture, mode);
        unsigned int fds = daemon_count_fds(fixture);

        g_assert_cmpint(bare_deliver(fixture, pid, &refusal), !=, 0);
        g_assert_nonnull(strstr(refusal, "not ready for RTMIN+8"));
        g_autofree char *process = g_strdup_printf("(pid %d)", (int)pid);
        g_assert_nonnull(strstr(refusal, process));
        g_assert_nonnull(strstr(refusal, ": thread "));
        g_assert_cmpuint(delivery_count(fixture, "web.socket", NULL), ==, 0);
        g_assert_false(event_seen(fixture, 0, "delivery *"));
        g_assert_true(process_is_alive(pid));
        daemon_expect_fds(fixture, fds);

        kill(pid, SIGUSR1);
        g_free(report_wait(fixture, "desk", NULL));
        g_assert_cmpint(bare_deliver(fixture, pid, &output), ==, 0);
        bare_claim(fixture, pid);
}

static void test_deliver_to_deaf(void) {
        deliver_to_deaf("neither");
}

static void test_deliver_to_deaf_thread(void) {
        deliver_to_deaf("thread");
}

/* One that was ready when it was asked for is looked at before each bell, as any other. */
static void test_deliver_no_longer_ready(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *report = fixture_expand(fixture, "@dir@/report"), *reason = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web\nClaimTimeoutSec=3s", "web.socket", "");
        fixture_start(fixture, NULL);
        pid_t pid = process_start(fixture, "bare", "fickle", report, NULL);
        g_free(report_wait(fixture, "ready", NULL));
        bus_deliver(fixture, "web.socket", "", pid, NULL);
        reason = delivery_wait(fixture, "web.socket", pid, "failed");
        g_assert_nonnull(strstr(reason, "not ready"));
        g_assert_nonnull(strstr(reason, "RTMIN+8"));
        g_assert_true(process_is_alive(pid));
        process_end(pid);
}

static void test_deliver_mistakes(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *gone = NULL, *down = NULL, *unknown = NULL, *itself = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        pid_t pid = process_start(fixture, "true", NULL);
        process_wait(pid);
        g_assert_cmpint(bus_deliver(fixture, "web.socket", "", pid, &gone), <, 0);
        g_assert_cmpint(bus_deliver(fixture, "web.socket", "web.service", 0, &down), <, 0);
        g_assert_cmpint(bus_deliver(fixture, "none.socket", "web.service", 0, &unknown), <, 0);
        g_assert_cmpint(bus_deliver(fixture, "web.socket", "", fixture->daemon, &itself), <, 0);
        g_assert_nonnull(strstr(itself, "is bellhopd itself"));
        g_assert_nonnull(strstr(unknown, "none.socket"));
        g_assert_nonnull(strstr(down, "web.service"));
}

static void test_type_claim(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *failure = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web\nListenStream=@dir@/web2",
                   "web.socket web.socket", "Type=claim\n");
        pair_write(fixture, "lazy", "ListenStream=@dir@/lazy", "--never", "Type=claim\n");
        pair_write(fixture, "slow", "ListenStream=@dir@/slow", "--never",
                   "Type=claim\nTimeoutStartSec=200ms\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        unit_expect(fixture, "web.service", "active", "running");
        g_assert_cmpuint(delivery_count(fixture, "web.socket", "claimed"), ==, 2);
        unit_start_begin(fixture, "lazy.service");
        g_free(report_wait(fixture, "up", NULL));
        unit_wait(fixture, "lazy.service", "activating", "start");
        unit_stop(fixture, "lazy.service");
        /* Whose time is over before the delivery's is told what was waited for. */
        g_assert_cmpint(bus_units_call(fixture, "Start", &failure, "slow.service", NULL), <, 0);
        g_assert_nonnull(strstr(failure, "(Type=claim): slow.socket isn't claimed"));
}

/* 200 lines, names of their own, in order: more than one message carries. */
static void test_many_in_order(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autoptr(GString) lines = g_string_new(NULL);

        for (int i = 0; i < 200; i++)
                g_string_append_printf(lines, "FileDescriptorName=n%d\nListenStream=@dir@/s%d\n", i,
                                       i);
        pair_write(fixture, "web", lines->str, "--follow", "");
        fixture_start(fixture, NULL);
        follower_start(fixture);
        for (int i = 0; i < 200; i++) {
                g_autofree char *expected = g_strdup_printf("claimed n%d listener *", i);
                g_autofree char *claimed = report_wait(fixture, "claimed *", NULL);
                if (!g_pattern_match_simple(expected, claimed))
                        g_error("\"%s\" instead of \"%s\"", claimed, expected);
        }
}

/* Two listeners of one name: one per claim, in the order of the lines. */
static void test_same_name_twice(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *first = fixture_expand(fixture, "@dir@/first");
        g_autofree char *second = fixture_expand(fixture, "@dir@/second");

        pair_write(fixture, "web", "ListenStream=@dir@/first\nListenStream=@dir@/second",
                   "web.socket", "");
        fixture_start(fixture, NULL);
        ask_name(first, SOCK_STREAM, "web.socket");
        /* The service claimed once only: nobody answers at the second. */
        int fd = address_connect(second, SOCK_STREAM);
        g_assert_cmpint(fd, >=, 0);
        g_autofree char *claimed = report_wait(fixture, "claimed web.socket *", NULL);
        g_assert_cmpuint(report_count(fixture, "claimed *"), ==, 0);
        close(fd);
}

static void test_signals(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web\nSignal=RTMIN+20", "web.socket", "");
        unit_write(fixture, "web.memfd", "[Memfd]\nContent=x\nSignal=RTMAX-1\n");
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=@claimer@ web.socket web.memfd\nType=claim\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_assert_cmpint(ctl(fixture, &output, "list-deliveries", NULL), ==, 0);
        g_assert_nonnull(strstr(output, "RTMIN+20"));
}

/* A signal of the unit's own that rings for the first time when the desk is long open: the socket
 * could not be opened before, a folder was in its way. */
static void test_signal_rings_later(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = fixture_expand(fixture, "@dir@/late");

        pair_write(fixture, "web", "ListenStream=@dir@/late\nSignal=RTMIN+20", "--follow", "");
        g_assert_cmpint(mkdir(path, 0755), ==, 0);
        fixture_start(fixture, NULL);
        unit_expect(fixture, "web.socket", "failed", "failed");
        pid_t pid = follower_start(fixture);
        g_assert_cmpint(rmdir(path), ==, 0);
        unit_start(fixture, "web.socket");
        g_free(report_wait(fixture, "claimed web.socket *", NULL));
        g_assert_cmpint(ask_name(path, SOCK_STREAM, "web.socket"), ==, pid);
}

static const TestCase cases[] = {
        { "a socket unit that is started later", test_new_socket_unit, AS_BOTH, 0 },
        { "a socket unit that a reload brings", test_new_unit_by_reload, AS_BOTH, 0 },
        { "a reload adds a line", test_reload_adds_line, AS_BOTH, 0 },
        { "a reload adds a service", test_reload_adds_service, AS_BOTH, 0 },
        { "a reload while listening", test_reload_while_listening, AS_BOTH, 0 },
        { "memfd content", test_memfd_content, AS_BOTH, 0 },
        { "memfd size", test_memfd_size, AS_BOTH, 0 },
        { "memfd changes", test_memfd_changes, AS_BOTH, 0 },
        { "memfd refresh", test_memfd_refresh, AS_BOTH, 0 },
        { "deliver to a service", test_deliver_to_service, AS_BOTH, 0 },
        { "deliver to a process that blocks", test_deliver_to_blocked, AS_BOTH, 0 },
        { "deliver to a process that handles", test_deliver_to_handled, AS_BOTH, 0 },
        { "deliver to a deaf process", test_deliver_to_deaf, AS_BOTH, 0 },
        { "deliver to a deaf thread", test_deliver_to_deaf_thread, AS_BOTH, 0 },
        { "deliver to one that is no longer ready", test_deliver_no_longer_ready, AS_BOTH, 0 },
        { "stop withdraws from a process", test_withdraw_from_process, AS_BOTH, 0 },
        { "a reload withdraws from a process", test_withdraw_by_reload, AS_BOTH, 0 },
        { "stop withdraws from any service", test_withdraw_from_other_service, AS_BOTH, 0 },
        { "deliver by mistake", test_deliver_mistakes, AS_BOTH, 0 },
        { "Type=claim", test_type_claim, AS_BOTH, 0 },
        { "many in order", test_many_in_order, AS_BOTH, 0 },
        { "one name twice", test_same_name_twice, AS_BOTH, 0 },
        { "signals", test_signals, AS_BOTH, 0 },
        { "a signal that rings later", test_signal_rings_later, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
