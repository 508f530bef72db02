/* SPDX-License-Identifier: MIT */
/* The desk among enemies: forged bells, claim sockets of others, answers out of rule. Each is
 * refused, counted and reported once, leaves nothing behind, and the desk goes on. */
#include <fcntl.h>
#include <glib.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bell.h"
#include "clock.h"
#include "desk.h"
#include "fake-manager.h"
#include "fd.h"

#define NOBODY 65534

static const FakeItem good[] = { { "good", "good", 0 } };

/* Waits for the one good item among what is refused, and sees that it was counted and told. */
static void refusing_service(int channel) {
        bellhop *desk = open_desk();
        const char *reason = NULL;
        struct bellhop_item item;
        uint64_t refused;

        say(channel, 'r');
        assert_claims("good", "good");
        hear(channel, 'd');
        while (bellhop_next(desk, &item) == -EPERM) /* what came after the good one */
                ;
        refused = bellhop_refused(desk, &reason);
        g_assert_cmpuint(refused, >=, 1);
        g_assert_nonnull(reason);
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        bellhop_free(desk);
}

/* The refusal is told once, before what is there. */
static void reporting_service(int channel) {
        bellhop *desk = open_desk();
        struct pollfd pollfd = { .fd = bellhop_get_fd(desk), .events = POLLIN };
        struct bellhop_item item;

        say(channel, 'r');
        g_assert_cmpint(poll(&pollfd, 1, -1), ==, 1);
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        g_assert_cmpint(poll(&pollfd, 1, 0), ==, 0);
        g_assert_cmpuint(bellhop_refused(desk, NULL), ==, 1);
        say(channel, 'n');
        assert_claims("good", "good");
        bellhop_free(desk);
}

static void test_report(void) {
        for (ServiceStart start = SERVICE_PREPARED; start <= SERVICE_BARE; start++) {
                FakeManager manager;
                Service service;

                fake_manager_open(&manager);
                service = service_start(start, reporting_service);
                hear(service.channel, 'r');
                ring(service.pid, BELLHOP_SIGNAL_OTHER, 1);
                hear(service.channel, 'n');
                deliver(&manager, service.pid, good, 1);
                service_end(&service);
                fake_manager_close(&manager);
        }
}

/* Bells that lead nowhere. */
static void forge_unknown_address(pid_t pid) {
        ring(pid, BELLHOP_SIGNAL_MEMFD, UINT64_C(0x0123456789abcdef));
}

static void forge_no_address(pid_t pid) {
        ring(pid, BELLHOP_SIGNAL_MEMFD, 0);
}

static void forge_by_kill(pid_t pid) {
        g_assert_no_errno(kill(pid, BELLHOP_SIGNAL_MEMFD));
}

static void forge_code(pid_t pid) {
        siginfo_t info;

        bell_to_siginfo(&(Bell){ .address = 1 }, BELLHOP_SIGNAL_MEMFD, &info);
        info.si_code = SI_ASYNCIO;
        info.si_uid = 0;
        ring_raw(pid, BELLHOP_SIGNAL_MEMFD, &info);
}

/* Far more addresses than are noted at a time. */
static void forge_flood(pid_t pid) {
        for (uint64_t address = 1; address <= 300; address++)
                ring(pid, BELLHOP_SIGNAL_MEMFD, address);
}

/* In a flood the good bell may find no room: it is rung again, as a manager does. */
static void deliver_patiently(const FakeManager *manager, pid_t pid) {
        struct pollfd pollfd = { .fd = manager->listener, .events = POLLIN };
        _cleanup_fd_ int fd = -EBADF;

        do
                ring(pid, BELLHOP_SIGNAL_MEMFD, manager->address);
        while (poll(&pollfd, 1, 50) == 0);
        fd = visit_accept(manager);
        visit_send(fd, good, 1, 0);
        visit_expect_receipt(fd, 1);
}

static void test_forged(gconstpointer data) {
        void (*const *forge)(pid_t) = data;

        for (ServiceStart start = SERVICE_PREPARED; start <= SERVICE_BARE; start++) {
                FakeManager manager;
                Service service;

                fake_manager_open(&manager);
                service = service_start(start, refusing_service);
                hear(service.channel, 'r');
                (*forge)(service.pid);
                deliver_patiently(&manager, service.pid);
                fake_manager_close(&manager);
                say(service.channel, 'd');
                service_end(&service);
        }
}

/* What a manager may not say. Each answer ends the visit without a receipt. */
typedef struct BadAnswer {
        const char *name;
        size_t at; /* this byte of a good message of two items ... */
        uint8_t value;
        int longer; /* ... this many bytes more or fewer ... */
        size_t fds; /* ... with so many descriptors */
} BadAnswer;

/* Offsets: message.h draws them. "aa" and "bb" follow their four bytes of record. */
static const BadAnswer bad_answers[] = {
        { "magic", 0, 'B', 0, 2 },
        { "version", 4, 9, 0, 2 },
        { "type", 5, 2, 0, 2 },
        { "none", 6, 0, 0, 2 },
        { "count-low", 6, 1, 0, 2 },
        { "count-high", 6, 3, 0, 3 },
        { "count-huge", 7, 0xff, 0, 2 },
        { "length", 8, 27, 0, 2 },
        { "kind-none", 16, 0, 0, 2 },
        { "kind-unknown", 16, 6, 0, 2 },
        { "signal-low", 17, 9, 0, 2 },
        { "signal-high", 17, 65, 0, 2 },
        { "flags", 18, 0x80, 0, 2 },
        { "peer-flag", 18, BELLHOP_ITEM_PEER, 0, 2 },
        { "name-empty", 19, 0, 0, 2 },
        { "name-long", 19, 255, 0, 2 },
        { "name-colon", 20, ':', 0, 2 },
        { "name-nul", 20, 0, 0, 2 },
        { "name-control", 21, '\n', 0, 2 },
        { "name-not-ascii", 21, 0xc3, 0, 2 },
        { "short", 0, 'b', -1, 2 },
        { "header-only", 0, 'b', -12, 2 },
        { "half-header", 0, 'b', -20, 2 },
        { "one-byte", 0, 'b', -27, 0 },
        { "long", 0, 'b', 1, 2 },
        { "longest", 0, 'b', MESSAGE_SIZE_MAX, 2 },
        { "no-fds", 0, 'b', 0, 0 },
        { "too-few-fds", 0, 'b', 0, 1 },
        { "too-many-fds", 0, 'b', 0, 3 },
        { "most-fds", 0, 'b', 0, 253 },
};

static void visit_answer_badly(const FakeManager *manager, const BadAnswer *bad) {
        const MessageItem records[] = {
                { BELLHOP_KIND_MEMFD, BELLHOP_SIGNAL_MEMFD, 0, 2, "aa" },
                { BELLHOP_KIND_MEMFD, BELLHOP_SIGNAL_MEMFD, 0, 2, "bb" },
        };
        uint8_t buffer[2 * MESSAGE_SIZE_MAX] = { 0 };
        _cleanup_fd_ int fd = visit_accept(manager);
        int fds[253], length;

        length = message_encode_items(buffer, sizeof(buffer), records, 2, 0);
        g_assert_cmpint(length, ==, 28);
        buffer[bad->at] = bad->value;
        for (size_t i = 0; i < bad->fds; i++)
                fds[i] = fd_dup(manager->listener);
        visit_send_raw(fd, buffer, (size_t)(length + bad->longer), fds, bad->fds);
        for (size_t i = 0; i < bad->fds; i++)
                (void)close(fds[i]);
        visit_expect_end(fd);
}

static void test_answer(gconstpointer data) {
        FakeManager manager;
        Service service;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, refusing_service);
        hear(service.channel, 'r');
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        visit_answer_badly(&manager, data);
        deliver(&manager, service.pid, good, 1);
        say(service.channel, 'd');
        service_end(&service);
        fake_manager_close(&manager);
}

/* Promises more and hangs up: what had its receipt stays, the rest is a refusal. */
static void test_hangs_up(void) {
        const FakeItem first[] = { { "good", "good", 0 } };
        FakeManager manager;
        Service service;
        int fd;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, refusing_service);
        hear(service.channel, 'r');
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        fd = visit_accept(&manager);
        visit_send(fd, first, 1, 1);
        visit_expect_receipt(fd, 1);
        (void)close(fd);
        say(service.channel, 'd');
        service_end(&service);
        fake_manager_close(&manager);
}

/* The receipt finds nobody: nothing is exposed, since the manager will deliver it again. */
static void test_no_receipt(void) {
        const FakeItem first[] = { { "good", "not this one", 0 } };
        FakeManager manager;
        Service service;
        int fd, status;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, refusing_service);
        hear(service.channel, 'r');
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        fd = visit_accept(&manager);
        /* It sleeps while the answer comes and the connection goes. */
        g_assert_no_errno(kill(service.pid, SIGSTOP));
        g_assert_cmpint(waitpid(service.pid, &status, WUNTRACED), ==, service.pid);
        visit_send(fd, first, 1, 0);
        (void)close(fd);
        g_assert_no_errno(kill(service.pid, SIGCONT));
        deliver(&manager, service.pid, good, 1);
        say(service.channel, 'd');
        service_end(&service);
        fake_manager_close(&manager);
}

static void silent_service(int channel) {
        bellhop *desk = open_desk();
        struct bellhop_item item;
        uint64_t begin;

        hear(channel, 'g');
        begin = clock_usec();
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        g_assert_cmpuint(clock_usec() - begin, >=, 900000);
        say(channel, 'r');
        assert_claims("good", "good");
        bellhop_free(desk);
}

static void test_silent(void) {
        FakeManager manager;
        Service service;
        int fd;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, silent_service);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'g');
        fd = visit_accept(&manager);
        hear(service.channel, 'r');
        (void)close(fd);
        deliver(&manager, service.pid, good, 1);
        service_end(&service);
        fake_manager_close(&manager);
}

/* A silent one takes all the time of a look, and a good bell was heard with it: whoever waits goes
 * on at once, since it may not be rung again for long. */
static void behind_silent_service(int channel) {
        hear(channel, 'g');
        assert_claims("good", "good");
        close_claims_desk();
}

static void test_behind_silent(void) {
        FakeManager manager, silent;
        Service service;
        int fd;

        fake_manager_open(&manager);
        fake_manager_open(&silent);
        service = service_start(SERVICE_PREPARED, behind_silent_service);
        ring(service.pid, BELLHOP_SIGNAL_LISTENER, silent.address);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'g');
        fd = visit_accept(&manager);
        visit_send(fd, good, 1, 0);
        visit_expect_receipt(fd, 1);
        (void)close(fd);
        service_end(&service);
        fake_manager_close(&silent);
        fake_manager_close(&manager);
}

/* While a silent one is visited, a handler hears of another: that is for the next look. */
static void heard_meanwhile_service(int channel) {
        bellhop *desk = open_desk();
        int fd = bellhop_get_fd(desk);
        struct bellhop_item item;

        say(channel, 'r');
        g_assert_true(is_readable(fd, -1));
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        say(channel, 'o');
        hear(channel, 'n');
        g_assert_true(is_readable(fd, 0));
        g_assert_cmpint(bellhop_next(desk, &item), ==, 1);
        assert_content(item.fd, "good");
        (void)close(item.fd);
        bellhop_free(desk);
}

static void test_heard_meanwhile(void) {
        FakeManager manager, silent;
        int visits[2];
        Service service;

        fake_manager_open(&manager);
        fake_manager_open(&silent);
        service = service_start(SERVICE_BARE, heard_meanwhile_service);
        hear(service.channel, 'r');
        ring(service.pid, BELLHOP_SIGNAL_LISTENER, silent.address);
        visits[0] = visit_accept(&silent);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        hear(service.channel, 'o');
        g_assert_false(is_readable(manager.listener, 0));
        say(service.channel, 'n');
        visits[1] = visit_accept(&manager);
        visit_send(visits[1], good, 1, 0);
        visit_expect_receipt(visits[1], 1);
        (void)close(visits[0]);
        (void)close(visits[1]);
        service_end(&service);
        fake_manager_close(&silent);
        fake_manager_close(&manager);
}

/* Accepts nobody, and its queue is full: the desk doesn't wait in it for ever. */
static void test_full_queue(void) {
        struct sockaddr_un address;
        FakeManager manager, full;
        int strangers[64], count = 0;
        Service service;
        socklen_t length;

        fake_manager_open(&manager);
        fake_manager_open(&full);
        g_assert_no_errno(listen(full.listener, 0));
        length = bell_to_sockaddr(full.address, &address);
        for (; count < 64; count++) {
                strangers[count] =
                        socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
                if (connect(strangers[count], (struct sockaddr *)&address, length) < 0)
                        break;
        }
        g_assert_cmpint(errno, ==, EAGAIN);
        g_assert_cmpint(count, <, 64);
        (void)close(strangers[count]);

        service = service_start(SERVICE_PREPARED, silent_service);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, full.address);
        say(service.channel, 'g');
        hear(service.channel, 'r');
        while (count > 0)
                (void)close(strangers[--count]);
        fake_manager_close(&full);
        deliver(&manager, service.pid, good, 1);
        service_end(&service);
        fake_manager_close(&manager);
}

/* A listener of another user: not even spoken to. */
static void test_other_uid(void) {
        FakeManager manager, enemy;
        Service service;
        int fd;

        if (geteuid() != 0) {
                g_test_skip("only root can be two users");
                return;
        }
        fake_manager_open(&manager);
        g_assert_no_errno(seteuid(NOBODY));
        fake_manager_open(&enemy);
        g_assert_no_errno(seteuid(0));

        service = service_start(SERVICE_PREPARED, refusing_service);
        hear(service.channel, 'r');
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, enemy.address);
        fd = visit_accept(&enemy);
        visit_expect_end(fd);
        (void)close(fd);
        deliver(&manager, service.pid, good, 1);
        say(service.channel, 'd');
        service_end(&service);
        fake_manager_close(&manager);
        fake_manager_close(&enemy);
}

/* A process that has dropped its privileges doesn't trust its new user, who can't ptrace it; one
 * that is of that user altogether does, unless it wants root only. */
static void trusting_service(int channel) {
        const struct bellhop_options only_root = { .size = sizeof(only_root),
                                                   .flags = BELLHOP_TRUST_ROOT_ONLY };
        struct bellhop_item item;
        bellhop *desk;
        int fd;

        g_assert_no_errno(setgroups(0, NULL));
        g_assert_no_errno(setresgid(NOBODY, NOBODY, NOBODY));
        g_assert_no_errno(setresuid(NOBODY, NOBODY, NOBODY));
        desk = open_desk();
        say(channel, 'r');
        hear(channel, 'g');
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);

        g_assert_no_errno(prctl(PR_SET_DUMPABLE, 1));
        say(channel, 'r');
        fd = bellhop_claim("good", -1);
        g_assert_cmpint(fd, >=, 0);
        (void)close(fd);
        bellhop_free(desk);

        g_assert_cmpint(bellhop_new(&only_root, &desk), ==, 0);
        say(channel, 'r');
        hear(channel, 'g');
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        bellhop_free(desk);
}

static void test_own_uid(void) {
        FakeManager manager;
        Service service;

        if (geteuid() != 0) {
                g_test_skip("only root can drop privileges");
                return;
        }
        g_assert_no_errno(seteuid(NOBODY));
        fake_manager_open(&manager);
        g_assert_no_errno(seteuid(0));

        service = service_start(SERVICE_PREPARED, trusting_service);
        hear(service.channel, 'r');
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'g');
        (void)close(visit_accept(&manager));
        hear(service.channel, 'r');
        deliver(&manager, service.pid, good, 1);
        hear(service.channel, 'r');
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'g');
        (void)close(visit_accept(&manager));
        service_end(&service);
        fake_manager_close(&manager);
}

/* In a user namespace without the whole map nobody is trusted, unless that was asked for. */
static void namespace_service(int channel) {
        const struct bellhop_options options = { .size = sizeof(options),
                                                 .flags = BELLHOP_TRUST_NAMESPACE };
        struct bellhop_item item;
        bellhop *desk;
        int fd;

        if (unshare(CLONE_NEWUSER) < 0) {
                say(channel, 's');
                return;
        }
        say(channel, 'r');
        hear(channel, 'g');
        desk = open_desk();
        g_assert_cmpint(bellhop_claim("good", -1), ==, -EPERM);
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        g_assert_cmpuint(bellhop_refused(desk, NULL), ==, 1);
        bellhop_free(desk);

        g_assert_cmpint(bellhop_new(&options, &desk), ==, 0);
        say(channel, 'r');
        fd = bellhop_claim("good", -1);
        g_assert_cmpint(fd, >=, 0);
        (void)close(fd);
        bellhop_free(desk);
}

static void test_namespace(void) {
        FakeManager manager;
        Service service;
        char word;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, namespace_service);
        g_assert_cmpint(read(service.channel, &word, 1), ==, 1);
        if (word == 's') {
                g_test_skip("no user namespaces here");
                service_end(&service);
                fake_manager_close(&manager);
                return;
        }
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'g');
        (void)close(visit_accept(&manager));
        hear(service.channel, 'r');
        deliver(&manager, service.pid, good, 1);
        service_end(&service);
        fake_manager_close(&manager);
}

int main(int argc, char **argv) {
        static const struct {
                const char *path;
                void (*forge)(pid_t);
        } forgeries[] = {
                { "/hostile/forged/unknown-address", forge_unknown_address },
                { "/hostile/forged/no-address", forge_no_address },
                { "/hostile/forged/kill", forge_by_kill },
                { "/hostile/forged/code", forge_code },
                { "/hostile/forged/flood", forge_flood },
        };

        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/hostile/report", test_report);
        for (size_t i = 0; i < ARRAY_SIZE(forgeries); i++)
                g_test_add_data_func(forgeries[i].path, &forgeries[i].forge, test_forged);
        for (size_t i = 0; i < ARRAY_SIZE(bad_answers); i++) {
                g_autofree char *path = g_strconcat("/hostile/answer/", bad_answers[i].name, NULL);

                g_test_add_data_func(path, &bad_answers[i], test_answer);
        }
        g_test_add_func("/hostile/hangs-up", test_hangs_up);
        g_test_add_func("/hostile/no-receipt", test_no_receipt);
        g_test_add_func("/hostile/silent", test_silent);
        g_test_add_func("/hostile/behind-silent", test_behind_silent);
        g_test_add_func("/hostile/heard-meanwhile", test_heard_meanwhile);
        g_test_add_func("/hostile/full-queue", test_full_queue);
        g_test_add_func("/hostile/other-uid", test_other_uid);
        g_test_add_func("/hostile/own-uid", test_own_uid);
        g_test_add_func("/hostile/namespace", test_namespace);
        return g_test_run();
}
