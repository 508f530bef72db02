/* SPDX-License-Identifier: MIT */
/* The desk with a manager that behaves: what is claimed, in which order, and by whom. */
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "desk.h"
#include "fake-manager.h"
#include "fd.h"
#include "fill-table.h"

static void assert_next(bellhop *desk, const char *name, const char *content) {
        struct bellhop_item item;

        g_assert_cmpint(bellhop_next(desk, &item), ==, 1);
        g_assert_cmpstr(item.name, ==, name);
        g_assert_cmpint(item.kind, ==, BELLHOP_KIND_MEMFD);
        g_assert_cmpint(item.signal, ==, BELLHOP_SIGNAL_MEMFD);
        g_assert_cmpint(item.sender_pid, ==, getppid());
        g_assert_cmpint((int)item.sender_uid, ==, (int)geteuid());
        assert_content(item.fd, content);
        (void)close(item.fd);
}

static void assert_next_none(bellhop *desk) {
        struct bellhop_item item;

        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
}

static void by_name_service(int channel) {
        assert_claims("b", "second");
        assert_claims("a", "first");
        g_assert_cmpint(bellhop_claim("a", 0), ==, -ETIMEDOUT);
        close_claims_desk();
}

static void test_by_name(void) {
        const FakeItem items[] = { { "a", "first", 0 }, { "b", "second", 0 } };

        scene(SERVICE_PREPARED, by_name_service, items, ARRAY_SIZE(items));
        scene(SERVICE_BLOCKED, by_name_service, items, ARRAY_SIZE(items));
}

/* A message that fits into the beginning of the buffer, just so, and not. */
#define LONG_LENGTH 250

static char long_names[2][BELLHOP_NAME_MAX + 1];

static void lengths_service(int channel) {
        assert_claims(long_names[1], "second");
        assert_claims(long_names[0], "first");
        close_claims_desk();
}

static void test_lengths(void) {
        const FakeItem items[] = { { long_names[0], "first", 0 }, { long_names[1], "second", 0 } };
        size_t rest =
                CLAIM_START_SIZE - MESSAGE_HEADER_SIZE - 2 * MESSAGE_RECORD_SIZE - LONG_LENGTH;

        for (size_t length = rest - 1; length <= rest + 1; length++) {
                memset(long_names, 0, sizeof(long_names));
                memset(long_names[0], 'a', LONG_LENGTH);
                memset(long_names[1], 'b', length);
                scene(SERVICE_PREPARED, lengths_service, items, ARRAY_SIZE(items));
        }
}

static void in_order_service(int channel) {
        assert_claims("x", "1");
        assert_claims("x", "2");
        assert_claims("x", "3");
        close_claims_desk();
}

static void test_in_order(void) {
        const FakeItem items[] = { { "x", "1", BELLHOP_ITEM_REPLACES },
                                   { "x", "2", 0 },
                                   { "y", "4", 0 },
                                   { "x", "3", 0 } };

        scene(SERVICE_PREPARED, in_order_service, items, ARRAY_SIZE(items));
}

static void replaces_service(int channel) {
        assert_claims("x", "new");
        g_assert_cmpint(bellhop_claim("x", 0), ==, -ETIMEDOUT);
        assert_claims("y", "other");
        close_claims_desk();
}

static void test_replaces(void) {
        const FakeItem items[] = { { "x", "old", 0 },
                                   { "x", "older", 0 },
                                   { "y", "other", 0 },
                                   { "x", "new", BELLHOP_ITEM_REPLACES } };

        scene(SERVICE_PREPARED, replaces_service, items, ARRAY_SIZE(items));
}

/* A newer one whose bell is pending counts, although an older one is here already. */
static void newest_service(int channel) {
        bellhop *desk = open_desk();

        assert_claims("other", "o");
        say(channel, 'c');
        hear(channel, 'd');
        desk->looked = 0; /* as if time had passed */
        assert_claims("x", "new");
        bellhop_free(desk);
}

static void test_newest(void) {
        const FakeItem first[] = { { "x", "old", 0 }, { "other", "o", 0 } };
        const FakeItem second[] = { { "x", "new", BELLHOP_ITEM_REPLACES } };
        FakeManager manager;
        Service service;
        int fd;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, newest_service);
        deliver(&manager, service.pid, first, ARRAY_SIZE(first));
        hear(service.channel, 'c');
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'd');
        fd = visit_accept(&manager);
        visit_send(fd, second, 1, 0);
        visit_expect_receipt(fd, 1);
        (void)close(fd);
        service_end(&service);
        fake_manager_close(&manager);
}

static void next_service(int channel) {
        bellhop *desk = open_desk();

        say(channel, 'r');
        g_assert_true(is_readable(bellhop_get_fd(desk), -1));
        assert_next(desk, "a", "1");
        assert_next(desk, "b", "2");
        assert_next_none(desk);
        g_assert_false(is_readable(bellhop_get_fd(desk), 0));
        g_assert_cmpuint(bellhop_refused(desk, NULL), ==, 0);
        g_assert_null(bellhop_free(desk));
}

static void test_next(void) {
        const FakeItem items[] = { { "a", "1", 0 }, { "b", "2", 0 } };

        scene(SERVICE_BARE, next_service, items, ARRAY_SIZE(items));
}

/* What a claim leaves behind shows on the descriptor, though the bell has been taken. */
static void leftover_service(int channel) {
        bellhop *desk = open_desk();
        int fd = bellhop_get_fd(desk);

        g_assert_cmpint(fd, >=, 0);
        assert_claims("b", "2");
        g_assert_true(is_readable(fd, 0));
        assert_next(desk, "a", "1");
        assert_next_none(desk);
        g_assert_false(is_readable(fd, 0));
        bellhop_free(desk);
}

static void test_leftover(void) {
        const FakeItem items[] = { { "a", "1", 0 }, { "b", "2", 0 } };

        scene(SERVICE_PREPARED, leftover_service, items, ARRAY_SIZE(items));
}

/* Many bells, one visit; and a signal that only the manager knew of, pending at the opening. */
static void many_bells_service(int channel) {
        bellhop *desk;

        hear(channel, 'g');
        desk = open_desk();
        g_assert_true(desk->signals & BELLHOP_SIGNAL_BIT(60));
        assert_claims("a", "1");
        bellhop_free(desk);
}

static void test_many_bells(void) {
        const FakeItem items[] = { { "a", "1", 0 } };
        FakeManager manager;
        sigset_t extra, before;
        Service service;
        int fd;

        fake_manager_open(&manager);
        (void)sigemptyset(&extra);
        (void)sigaddset(&extra, 60);
        (void)sigprocmask(SIG_BLOCK, &extra, &before);
        (void)signal(60, SIG_IGN);
        service = service_start(SERVICE_PREPARED, many_bells_service);
        (void)signal(60, SIG_DFL);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);

        for (unsigned int i = 0; i < 40; i++)
                ring(service.pid, BELLHOP_SIGNAL_LISTENER + (int)(i % 4), manager.address);
        ring(service.pid, 60, manager.address);
        say(service.channel, 'g');
        fd = visit_accept(&manager);
        visit_send(fd, items, 1, 0);
        visit_expect_receipt(fd, 1);
        (void)close(fd);
        /* 41 bells are 3 reads, so at most 3 visits. */
        for (unsigned int visits = 1; is_readable(manager.listener, 100); visits++) {
                g_assert_cmpuint(visits, <, 3);
                (void)close(visit_accept(&manager));
        }
        service_end(&service);
        fake_manager_close(&manager);
}

static void thousand_service(int channel) {
        bellhop *desk = open_desk();

        for (unsigned int i = 0; i < 1000; i++) {
                g_autofree char *name = g_strdup_printf("item-%u", i);

                assert_claims(name, name);
        }
        g_assert_cmpint(bellhop_claim("item-1", 0), ==, -ETIMEDOUT);
        bellhop_free(desk);
}

static void test_thousand(void) {
        FakeManager manager;
        Service service;
        int fd;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, thousand_service);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        fd = visit_accept(&manager);
        for (unsigned int sent = 0; sent < 1000;) {
                unsigned int count = MIN(1000 - sent, MESSAGE_ITEMS_MAX);
                char names[MESSAGE_ITEMS_MAX][16];
                FakeItem items[MESSAGE_ITEMS_MAX];

                for (unsigned int i = 0; i < count; i++) {
                        (void)g_snprintf(names[i], sizeof(names[i]), "item-%u", sent + i);
                        items[i] = (FakeItem){ names[i], names[i], BELLHOP_ITEM_REPLACES };
                }
                sent += count;
                visit_send(fd, items, count, 1000 - sent);
                visit_expect_receipt(fd, count);
        }
        visit_expect_end(fd);
        (void)close(fd);
        service_end(&service);
        fake_manager_close(&manager);
}

/* The table is full after three: the receipt says so, and the rest comes later. */
static void full_service(int channel) {
        struct bellhop_item item;
        bellhop *desk = open_desk();
        int fill[FILL_MAX], filled, r;

        /* What a wait needs is there before, as in a service that runs; then there is room for the
         * connection and three more. */
        g_assert_cmpint(bellhop_wait(desk, "nothing", 1, &item), ==, -ETIMEDOUT);
        filled = fill_table(fill);
        for (unsigned int i = 0; i < 4; i++)
                (void)close(fill[--filled]);

        say(channel, 'r');
        r = bellhop_wait(desk, "5", -1, &item);
        g_assert_cmpint(r, ==, -EMFILE);
        g_assert_cmpuint(bellhop_refused(desk, NULL), ==, 0);
        while (filled > 0)
                (void)close(fill[--filled]);
        say(channel, 'r');
        for (unsigned int i = 1; i <= 5; i++) {
                char name[] = { (char)('0' + i), '\0' };

                assert_claims(name, name);
        }
        bellhop_free(desk);
}

static void test_full(void) {
        const FakeItem items[] = {
                { "1", "1", 0 }, { "2", "2", 0 }, { "3", "3", 0 }, { "4", "4", 0 }, { "5", "5", 0 }
        };
        FakeManager manager;
        Service service;
        int fd;

        if (under_valgrind()) {
                g_test_skip("valgrind has a limit of its own");
                return;
        }
        fake_manager_open(&manager);
        service = service_start(SERVICE_BLOCKED, full_service);
        hear(service.channel, 'r');
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        fd = visit_accept(&manager);
        visit_send(fd, items, 5, 0);
        visit_expect_receipt(fd, 3);
        visit_expect_end(fd);
        (void)close(fd);
        hear(service.channel, 'r');
        deliver(&manager, service.pid, items + 3, 2);
        service_end(&service);
        fake_manager_close(&manager);
}

static void timeouts_service(int channel) {
        bellhop *desk = open_desk();
        struct bellhop_item item = { .fd = 77 };
        uint64_t begin = clock_usec();

        g_assert_cmpint(bellhop_claim("a", 0), ==, -ETIMEDOUT);
        g_assert_cmpint(bellhop_claim("a", 30), ==, -ETIMEDOUT);
        g_assert_cmpuint(clock_usec() - begin, >=, 30000);
        g_assert_cmpint(bellhop_wait(desk, NULL, 0, &item), ==, -ETIMEDOUT);
        g_assert_cmpint(item.fd, ==, 77);
        bellhop_free(desk);
}

static void test_timeouts(void) {
        Service service = service_start(SERVICE_PREPARED, timeouts_service);

        service_end(&service);
}

static void arguments_service(int channel) {
        const struct bellhop_options defaults = { .size = sizeof(defaults) };
        struct bellhop_options options;
        bellhop *desk, *same, *none = NULL;
        struct bellhop_item item;

        g_assert_cmpint(bellhop_claim(NULL, 0), ==, -EINVAL);
        g_assert_cmpint(bellhop_claim("", 0), ==, -EINVAL);
        g_assert_cmpint(bellhop_claim("a:b", 0), ==, -EINVAL);
        g_assert_cmpint(bellhop_claim("a", -2), ==, -EINVAL);
        g_assert_cmpint(bellhop_new(NULL, NULL), ==, -EINVAL);
        g_assert_cmpint(bellhop_get_fd(NULL), ==, -EINVAL);
        g_assert_cmpint(bellhop_next(NULL, &item), ==, -EINVAL);
        g_assert_null(bellhop_free(NULL));

        desk = open_desk();
        g_assert_cmpint(bellhop_next(desk, NULL), ==, -EINVAL);
        g_assert_cmpint(bellhop_new(&defaults, &same), ==, 0);
        g_assert_true(same == desk);
        bellhop_free(same);
        g_assert_cmpint(bellhop_claim("a", 0), ==, -ETIMEDOUT); /* still open */
        options = defaults;
        options.peer_signals = BELLHOP_SIGNAL_BIT(50);
        g_assert_cmpint(bellhop_new(&options, &none), ==, -EBUSY);
        bellhop_free(desk);

        options.size = 8;
        g_assert_cmpint(bellhop_new(&options, &none), ==, -EINVAL);
        options = defaults;
        options.flags = 0x80;
        g_assert_cmpint(bellhop_new(&options, &none), ==, -EINVAL);
        options = defaults;
        options.peer_signals = BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_OTHER);
        g_assert_cmpint(bellhop_new(&options, &none), ==, -EINVAL);
        options.peer_signals = BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_ANSWER);
        g_assert_cmpint(bellhop_new(&options, &none), ==, -EINVAL);
        options = defaults;
        options.flags = BELLHOP_THREAD;
        g_assert_cmpint(bellhop_new(&options, &none), ==, -EINVAL);
        options.signals = BELLHOP_SIGNAL_BIT(50); /* not blocked */
        g_assert_cmpint(bellhop_new(&options, &none), ==, -EINVAL);
        g_assert_null(none);
}

static void test_arguments(void) {
        Service service = service_start(SERVICE_PREPARED, arguments_service);

        service_end(&service);
}

static void nothing_service(int channel) {
        bellhop *desk = open_desk();
        const char *reason = "untouched";

        say(channel, 'r');
        hear(channel, 'd');
        assert_next_none(desk);
        g_assert_cmpuint(bellhop_refused(desk, &reason), ==, 0);
        g_assert_null(reason);
        bellhop_free(desk);
}

static void test_nothing_waits(void) {
        FakeManager manager;
        Service service;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, nothing_service);
        hear(service.channel, 'r');
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'd');
        (void)close(visit_accept(&manager));
        service_end(&service);
        fake_manager_close(&manager);
}

/* The connection of the first visit is kept; what comes by it is taken with a bell, without one,
 * and after the manager has closed it. A child of a fork doesn't hold it. */
static void kept_service(int channel) {
        bellhop *desk = open_desk();
        int status;
        pid_t pid;

        assert_claims("a", "1");
        g_assert_cmpint(desk->connection.fd, >=, 0);
        pid = fork();
        if (pid == 0)
                _exit(desk->connection.fd >= 0);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);

        say(channel, 'k');
        assert_claims("b", "2"); /* sleeps in the wait */
        say(channel, 'p');
        g_assert_true(is_readable(bellhop_get_fd(desk), -1)); /* sleeps in a poll */
        assert_next(desk, "c", "3");
        say(channel, 'e');
        assert_claims("d", "4");
        bellhop_free(desk);
}

static void test_kept_connection(void) {
        const FakeItem items[] = {
                { "a", "1", 0 }, { "b", "2", 0 }, { "c", "3", 0 }, { "d", "4", 0 }
        };
        FakeManager manager;
        Service service;
        int fd;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, kept_service);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        fd = visit_accept(&manager);
        visit_send(fd, &items[0], 1, 0);
        visit_expect_receipt(fd, 1);
        hear(service.channel, 'k');
        visit_send(fd, &items[1], 1, 0);
        visit_expect_receipt(fd, 1);
        hear(service.channel, 'p');
        visit_send(fd, &items[2], 1, 0);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        visit_expect_receipt(fd, 1);
        hear(service.channel, 'e');
        g_assert_false(is_readable(manager.listener, 0));
        (void)close(fd);
        deliver(&manager, service.pid, &items[3], 1);
        service_end(&service);
        fake_manager_close(&manager);
}

static void test_strerror(void) {
        const int errors[] = {
                EPERM,  ETIMEDOUT, EINVAL, EMFILE, ENFILE, EOPNOTSUPP, EBUSY,
                ECHILD, EAGAIN,    ESRCH,  EBADF,  ENOMEM, 0,          ECONNREFUSED
        };

        for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
                g_assert_cmpstr(bellhop_strerror(errors[i]), !=, "");
                g_assert_cmpstr(bellhop_strerror(-errors[i]), ==, bellhop_strerror(errors[i]));
        }
        g_assert_nonnull(strstr(bellhop_strerror(-EPERM), "bellhop_refused"));
        g_assert_cmpstr(bellhop_strerror(-ESRCH), ==, strerror(ESRCH));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/desk/by-name", test_by_name);
        g_test_add_func("/desk/lengths", test_lengths);
        g_test_add_func("/desk/in-order", test_in_order);
        g_test_add_func("/desk/replaces", test_replaces);
        g_test_add_func("/desk/newest", test_newest);
        g_test_add_func("/desk/next", test_next);
        g_test_add_func("/desk/leftover", test_leftover);
        g_test_add_func("/desk/many-bells", test_many_bells);
        g_test_add_func("/desk/thousand", test_thousand);
        g_test_add_func("/desk/full-table", test_full);
        g_test_add_func("/desk/timeouts", test_timeouts);
        g_test_add_func("/desk/arguments", test_arguments);
        g_test_add_func("/desk/nothing-waits", test_nothing_waits);
        g_test_add_func("/desk/kept-connection", test_kept_connection);
        g_test_add_func("/desk/strerror", test_strerror);
        return g_test_run();
}
