/* SPDX-License-Identifier: MIT */
/* How a desk reads its signals: one by one at first, by a signalfd once somebody polls or there are
 * many; and where one of both isn't allowed. */
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bell.h"
#include "desk.h"
#include "fake-manager.h"
#include "fill-table.h"

static const FakeItem one[] = { { "one", "first", 0 } };
static const FakeItem two[] = { { "two", "second", 0 } };

static FakeManager manager;

/* The desk that bellhop_claim() keeps. */
static Desk *claims_desk(void) {
        Desk *desk;

        g_assert_cmpint(desk_get(&desk), ==, 0);
        desk_unref(desk);
        return desk;
}

static void assert_next(bellhop *desk, const char *content) {
        struct bellhop_item item;

        g_assert_cmpint(bellhop_next(desk, &item), ==, 1);
        assert_content(item.fd, content);
        (void)close(item.fd);
}

/* Rings before the service goes on, and answers the one visit. */
static Service serve_rung(ServiceStart start, void (*function)(int channel)) {
        Service service;
        int fd;

        fake_manager_open(&manager);
        service = service_start(start, function);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'g');
        fd = visit_accept(&manager);
        visit_send(fd, one, 1, 0);
        visit_expect_receipt(fd, 1);
        (void)close(fd);
        return service;
}

static void serve_end(Service *service) {
        service_end(service);
        fake_manager_close(&manager);
}

static void serve(ServiceStart start, void (*function)(int channel)) {
        Service service = serve_rung(start, function);

        serve_end(&service);
}

/* ---- when the signalfd is made ---- */

/* However long a look takes: only who waits after it needs a signalfd. */
static void wait_in_vain(const char *name) {
        for (int limit = 1; claims_desk()->signal_fd < 0; limit *= 2)
                g_assert_cmpint(bellhop_claim(name, limit), ==, -ETIMEDOUT);
}

static void claiming_service(int channel) {
        hear(channel, 'g');
        assert_claims("one", "first");
        g_assert_cmpint(bellhop_claim("two", 0), ==, -ETIMEDOUT);
        g_assert_cmpint(claims_desk()->signal_fd, <, 0);
        wait_in_vain("two");
        close_claims_desk();
}

/* Blocked without having been ignored: there are handlers, and none may run in between. */
static void test_claim(void) {
        serve(SERVICE_PREPARED, claiming_service);
        serve(SERVICE_BLOCKED, claiming_service);
}

static void polling_service(int channel) {
        struct bellhop_item item;
        bellhop *desk;
        int fd;

        hear(channel, 'g');
        desk = open_desk();
        /* An ordinary user's desk has to be prepared. */
        g_assert_true(geteuid() != 0 || desk->signal_fd < 0);
        assert_next(desk, "first");
        fd = bellhop_get_fd(desk);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(desk->signal_fd, >=, 0);
        g_assert_true(is_readable(fd, -1)); /* the first visit is over */
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        say(channel, 'r');
        g_assert_true(is_readable(fd, -1));
        assert_next(desk, "second");
        /* And the second. */
        g_assert_true(is_readable(fd, -1));
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        g_assert_false(is_readable(fd, 0));
        bellhop_free(desk);
}

static void test_poll(void) {
        Service service = serve_rung(SERVICE_PREPARED, polling_service);

        hear(service.channel, 'r');
        deliver(&manager, service.pid, two, 1);
        serve_end(&service);
}

static void early_service(int channel) {
        bellhop *desk = open_desk();

        g_assert_cmpint(desk->signal_fd, >=, 0);
        bellhop_free(desk);
}

static void test_early(void) {
        for (ServiceStart start = SERVICE_PREPARED; start <= SERVICE_BARE; start++) {
                Service service = service_start(start, early_service);

                service_end(&service);
        }
}

/* ---- threads and forks ---- */

static void ring_thread(void) {
        siginfo_t info;

        bell_to_siginfo(&(Bell){ .address = manager.address }, BELLHOP_SIGNAL_MEMFD, &info);
        g_assert_no_errno((int)syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid),
                                       BELLHOP_SIGNAL_MEMFD, &info));
}

static bellhop *open_thread_desk(void) {
        const struct bellhop_options options = { .size = sizeof(options),
                                                 .flags = BELLHOP_THREAD,
                                                 .signals =
                                                         BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_MEMFD) };
        bellhop *desk = NULL;

        g_assert_cmpint(bellhop_new(&options, &desk), ==, 0);
        return desk;
}

typedef struct Turns {
        pthread_barrier_t rung;
        pthread_barrier_t looked;
} Turns;

static void *thread_next(void *data) {
        Turns *turns = data;
        bellhop *desk;

        ring_thread();
        desk = open_thread_desk();
        g_assert_true(geteuid() != 0 || desk->signal_fd < 0);
        (void)pthread_barrier_wait(&turns->rung);
        (void)pthread_barrier_wait(&turns->looked);
        assert_next(desk, "first");
        bellhop_free(desk);
        return NULL;
}

/* What is rung at a thread is seen at no other one's desk. */
static void thread_service(int channel) {
        struct bellhop_item item;
        pthread_t thread;
        bellhop *desk;
        Turns turns;

        (void)pthread_barrier_init(&turns.rung, NULL, 2);
        (void)pthread_barrier_init(&turns.looked, NULL, 2);
        g_assert_cmpint(pthread_create(&thread, NULL, thread_next, &turns), ==, 0);
        (void)pthread_barrier_wait(&turns.rung);
        desk = open_thread_desk();
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        (void)pthread_barrier_wait(&turns.looked);
        g_assert_cmpint(pthread_join(thread, NULL), ==, 0);
        bellhop_free(desk);
}

static void test_thread(void) {
        Service service;
        int fd;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, thread_service);
        fd = visit_accept(&manager);
        visit_send(fd, one, 1, 0);
        visit_expect_receipt(fd, 1);
        (void)close(fd);
        serve_end(&service);
}

static void fork_service(int channel) {
        unsigned int open_before = count_fds();
        int status;
        pid_t pid;

        hear(channel, 'g');
        assert_claims("one", "first");
        g_assert_cmpint(claims_desk()->signal_fd, <, 0);
        pid = fork();
        if (pid == 0) {
                (void)alarm(60);
                g_assert_cmpint(bellhop_claim("two", 0), ==, -ETIMEDOUT);
                g_assert_cmpint(claims_desk()->signal_fd, <, 0);
                g_assert_cmpint(bellhop_claim("two", 1), ==, -ETIMEDOUT);
                close_claims_desk();
                g_assert_cmpuint(count_fds(), ==, open_before);
                _exit(EXIT_SUCCESS);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
        say(channel, 'f');
        assert_claims("two", "second");
        close_claims_desk();
}

static void test_fork(void) {
        Service service = serve_rung(SERVICE_PREPARED, fork_service);

        hear(service.channel, 'f');
        deliver(&manager, service.pid, two, 1);
        serve_end(&service);
}

/* ---- many at once ---- */

#define FORGED 40

static void assert_refused(bellhop *desk) {
        struct bellhop_item item;

        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        g_assert_cmpuint(bellhop_refused(desk, NULL), ==, FORGED);
}

static void many_service(int channel) {
        Desk *desk;

        hear(channel, 'g');
        desk = claims_desk();
        g_assert_cmpint(desk->signal_fd, <, 0);
        assert_refused(desk);
        g_assert_cmpint(desk->signal_fd, >=, 0);
        close_claims_desk();
}

/* No signalfd: what waits is read nevertheless, and what needs one says why. */
static void many_and_full_service(int channel) {
        int fill[FILL_MAX], filled;
        Desk *desk;

        hear(channel, 'g');
        filled = fill_table(fill);
        desk = claims_desk();
        assert_refused(desk);
        g_assert_cmpint(desk->signal_fd, <, 0);
        g_assert_cmpint(bellhop_get_fd(desk), ==, -EMFILE);
        g_assert_cmpint(bellhop_claim("one", -1), ==, -EMFILE);
        while (filled > 0)
                (void)close(fill[--filled]);
        g_assert_cmpint(bellhop_claim("one", 1), ==, -ETIMEDOUT);
        g_assert_cmpint(bellhop_get_fd(desk), >=, 0);
        close_claims_desk();
}

static void serve_forged(void (*function)(int channel)) {
        Service service = service_start(SERVICE_PREPARED, function);

        for (unsigned int i = 0; i < FORGED; i++)
                g_assert_no_errno(kill(service.pid, BELLHOP_SIGNAL_MEMFD));
        say(service.channel, 'g');
        service_end(&service);
}

static void test_many(void) {
        serve_forged(many_service);
        if (!under_valgrind()) /* it has a limit of its own */
                serve_forged(many_and_full_service);
}

/* ---- sandboxes ---- */

static void forbid_signalfd_and_claim(int channel, int error) {
        bellhop *desk = NULL;

        hear(channel, 'g');
        forbid_call(SYS_signalfd4, error);
        assert_claims("one", "first");
        g_assert_cmpint(bellhop_claim("two", 0), ==, -ETIMEDOUT);
        g_assert_cmpint(bellhop_claim("two", -1), ==, -EOPNOTSUPP);
        g_assert_cmpint(bellhop_get_fd(claims_desk()), ==, -EOPNOTSUPP);
        g_assert_cmpint(bellhop_new(NULL, &desk), ==, -EOPNOTSUPP);
        g_assert_null(desk);
        g_assert_cmpint(bellhop_claim("two", 0), ==, -ETIMEDOUT);
        close_claims_desk();
}

static void no_signalfd_service(int channel) {
        forbid_signalfd_and_claim(channel, EPERM);
}

static void old_signalfd_service(int channel) {
        forbid_signalfd_and_claim(channel, ENOSYS);
}

static void forbid_sigtimedwait_and_claim(int channel, int error) {
        hear(channel, 'g');
        forbid_call(SYS_rt_sigtimedwait, error);
        assert_claims("one", "first");
        g_assert_cmpint(claims_desk()->signal_fd, >=, 0);
        g_assert_cmpint(bellhop_claim("two", 1), ==, -ETIMEDOUT);
        close_claims_desk();
}

static void only_signalfd_service(int channel) {
        forbid_sigtimedwait_and_claim(channel, EPERM);
}

/* A sandbox may say what it likes (SystemCallErrorNumber=). */
static void otherwise_service(int channel) {
        forbid_sigtimedwait_and_claim(channel, EACCES);
}

static void neither_service(int channel) {
        bellhop *desk = NULL;

        forbid_call(SYS_rt_sigtimedwait, ENOSYS);
        forbid_call(SYS_signalfd4, EPERM);
        g_assert_cmpint(bellhop_new(NULL, &desk), ==, -EOPNOTSUPP);
        g_assert_null(desk);
        g_assert_cmpint(bellhop_claim("one", 0), ==, -EOPNOTSUPP);
        close_claims_desk();
}

/* Its desk is older than the sandbox, and hasn't slept yet. */
static void older_service(int channel) {
        struct bellhop_item item;
        bellhop *desk = open_desk();

        forbid_call(SYS_signalfd4, EPERM);
        forbid_call(SYS_eventfd2, EPERM);
        g_assert_cmpint(bellhop_wait(desk, NULL, 100, &item), ==, -ETIMEDOUT);
        say(channel, 'r');
        g_assert_cmpint(bellhop_wait(desk, NULL, -1, &item), ==, 0);
        assert_content(item.fd, "first");
        (void)close(item.fd);
        bellhop_free(desk);
}

static void test_sandbox(void) {
        Service service;

        if (under_valgrind()) {
                g_test_skip("valgrind makes calls of its own");
                return;
        }
        serve(SERVICE_PREPARED, no_signalfd_service);
        serve(SERVICE_PREPARED, old_signalfd_service);
        serve(SERVICE_PREPARED, only_signalfd_service);
        serve(SERVICE_PREPARED, otherwise_service);
        scene_when_ready(SERVICE_PREPARED, older_service, one, 1);
        service = service_start(SERVICE_PREPARED, neither_service);
        service_end(&service);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/desk-signals/claim", test_claim);
        g_test_add_func("/desk-signals/poll", test_poll);
        g_test_add_func("/desk-signals/early", test_early);
        g_test_add_func("/desk-signals/thread", test_thread);
        g_test_add_func("/desk-signals/fork", test_fork);
        g_test_add_func("/desk-signals/many", test_many);
        g_test_add_func("/desk-signals/sandbox", test_sandbox);
        return g_test_run();
}
