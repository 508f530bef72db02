/* SPDX-License-Identifier: MIT */
/* Threads that are cancelled while they are in the library: each comes out of it first, with what
 * it came for, and the others go on. */
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desk.h"
#include "fake-manager.h"
#include "fd.h"
#include "sendfd-cases.h"
#include "sendfd.h"

#define LIMIT_MS   30000
#define UNTOUCHED  12345
#define CHILD_WELL 42

/* The library goes to sleep by these (--wrap). Posted before each; the condition's with the lock
 * held, so that who locks the desk after it knows that the other sleeps. */
static sem_t sleeps;

/* The linker's names. */
int __real_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask);
int __real_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *lock);
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *lock);
int __real_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *lock,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *lock,
                                  const struct timespec *until);

int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask) {
        g_assert_no_errno(sem_post(&sleeps));
        return __real_ppoll(fds, count, timeout, mask);
}

int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *lock) {
        g_assert_no_errno(sem_post(&sleeps));
        return __real_pthread_cond_wait(condition, lock);
}

int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *lock,
                                  const struct timespec *until) {
        g_assert_no_errno(sem_post(&sleeps));
        return __real_pthread_cond_timedwait(condition, lock, until);
}

static void await_sleep(void) {
        while (sem_wait(&sleeps) < 0)
                g_assert_cmpint(errno, ==, EINTR);
}

/* ---- cancelled in a wait ---- */

typedef struct Waiter {
        pthread_t thread;
        const char *name;
        int timeout_ms;
        bool by_claim; /* or by bellhop_wait() */
        bellhop *desk;
        int result;
        int fd;
} Waiter;

static void *thread_wait(void *data) {
        Waiter *waiter = data;
        struct bellhop_item item = { .fd = -EBADF };

        if (waiter->by_claim) {
                waiter->result = bellhop_claim(waiter->name, waiter->timeout_ms);
                waiter->fd = waiter->result;
        } else {
                waiter->result =
                        bellhop_wait(waiter->desk, waiter->name, waiter->timeout_ms, &item);
                waiter->fd = item.fd;
        }
        pthread_testcancel();
        return NULL;
}

static void waiter_start(Waiter *waiter) {
        waiter->result = UNTOUCHED;
        waiter->fd = -EBADF;
        g_assert_cmpint(pthread_create(&waiter->thread, NULL, thread_wait, waiter), ==, 0);
}

static void waiter_cancel(const Waiter *waiter) {
        g_assert_cmpint(pthread_cancel(waiter->thread), ==, 0);
}

static void *waiter_join(const Waiter *waiter) {
        void *result;

        g_assert_cmpint(pthread_join(waiter->thread, &result), ==, 0);
        return result;
}

/* It has come out with its item, and ended by what its caller had next. */
static void assert_cancelled_with(const Waiter *waiter, const char *content) {
        g_assert_true(waiter_join(waiter) == PTHREAD_CANCELED);
        g_assert_cmpint(waiter->result, ==, waiter->by_claim ? waiter->fd : 0);
        assert_content(waiter->fd, content);
        g_assert_no_errno(close(waiter->fd));
}

static bool has_roles(bellhop *desk, bool polling, unsigned int followers) {
        bool has;

        desk_lock(desk);
        has = desk->polling == polling && desk->followers == followers;
        desk_unlock(desk);
        return has;
}

/* The one that polls may wake and go to sleep again: then it says so again. */
static void await_roles(bellhop *desk, bool polling, unsigned int followers) {
        do
                await_sleep();
        while (!has_roles(desk, polling, followers));
}

/* Has one more item delivered, see serve(). */
static void assert_next_claim(int channel, const char *name) {
        int fd;

        say(channel, 'n');
        fd = bellhop_claim(name, LIMIT_MS);
        g_assert_cmpint(fd, >=, 0);
        assert_content(fd, name);
        g_assert_no_errno(close(fd));
}

static const struct {
        bool by_claim;
        int timeout_ms;
} ways[] = {
        { true, -1 },
        { true, LIMIT_MS },
        { false, -1 },
        { false, LIMIT_MS },
};

static void poller_service(int channel) {
        bellhop *desk = open_desk();

        for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
                Waiter waiter = { .name = "a",
                                  .timeout_ms = ways[i].timeout_ms,
                                  .by_claim = ways[i].by_claim,
                                  .desk = desk };

                waiter_start(&waiter);
                await_roles(desk, true, 0);
                waiter_cancel(&waiter);
                assert_next_claim(channel, "b");
                say(channel, 'n');
                assert_cancelled_with(&waiter, "a");
                g_assert_true(has_roles(desk, false, 0));
        }
        bellhop_free(desk);
}

static void follower_service(int channel) {
        bellhop *desk = open_desk();

        for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
                Waiter poller = { .name = "a", .timeout_ms = -1, .desk = desk };
                Waiter waiter = { .name = "b",
                                  .timeout_ms = ways[i].timeout_ms,
                                  .by_claim = ways[i].by_claim,
                                  .desk = desk };

                waiter_start(&poller);
                await_roles(desk, true, 0);
                waiter_start(&waiter);
                await_roles(desk, true, 1);
                waiter_cancel(&waiter);
                assert_next_claim(channel, "c");
                say(channel, 'n');
                assert_cancelled_with(&waiter, "b");
                say(channel, 'n');
                g_assert_null(waiter_join(&poller));
                assert_content(poller.fd, "a");
                g_assert_no_errno(close(poller.fd));
                g_assert_true(has_roles(desk, false, 0));
        }
        bellhop_free(desk);
}

/* What nobody delivers: the request is acted on when the time is over. */
static void late_service(int channel) {
        bellhop *desk = open_desk();
        Waiter waiter = { .name = "a", .timeout_ms = 50, .desk = desk };

        waiter_start(&waiter);
        await_roles(desk, true, 0);
        waiter_cancel(&waiter);
        g_assert_true(waiter_join(&waiter) == PTHREAD_CANCELED);
        g_assert_cmpint(waiter.result, ==, -ETIMEDOUT);
        assert_next_claim(channel, "b");
        bellhop_free(desk);
}

/* Delivers an item per request, in this order, over and over; name and content are the same. */
static void serve(void (*function)(int channel), const char *const *names, unsigned int count,
                  unsigned int rounds) {
        for (ServiceStart start = SERVICE_PREPARED; start <= SERVICE_BARE; start++) {
                FakeManager manager;
                Service service;

                fake_manager_open(&manager);
                service = service_start(start, function);
                for (unsigned int i = 0; i < rounds * count; i++) {
                        const char *name = names[i % count];

                        hear(service.channel, 'n');
                        deliver(&manager, service.pid, &(FakeItem){ name, name, 0 }, 1);
                }
                service_end(&service);
                fake_manager_close(&manager);
        }
}

static void test_poller(void) {
        static const char *const names[] = { "b", "a" };

        serve(poller_service, names, ARRAY_SIZE(names), ARRAY_SIZE(ways));
}

static void test_follower(void) {
        static const char *const names[] = { "c", "b", "a" };

        serve(follower_service, names, ARRAY_SIZE(names), ARRAY_SIZE(ways));
}

static void test_late(void) {
        static const char *const names[] = { "b" };

        serve(late_service, names, ARRAY_SIZE(names), 1);
}

/* ---- cancelled in a visit ---- */

static void silent_service(int channel) {
        Waiter waiter = { .name = "a", .timeout_ms = -1, .by_claim = true };

        hear(channel, 'g');
        waiter_start(&waiter);
        hear(channel, 'v');
        await_sleep(); /* until the silent one says something */
        waiter_cancel(&waiter);
        assert_next_claim(channel, "b");
        say(channel, 'n');
        assert_cancelled_with(&waiter, "a");
        assert_next_claim(channel, "c");
        close_claims_desk();
}

static void test_silent(void) {
        static const FakeItem items[] = { { "b", "b", 0 }, { "a", "a", 0 }, { "c", "c", 0 } };
        FakeManager manager, silent;
        Service service;
        int fd;

        fake_manager_open(&manager);
        fake_manager_open(&silent);
        service = service_start(SERVICE_PREPARED, silent_service);
        ring(service.pid, BELLHOP_SIGNAL_LISTENER, silent.address);
        say(service.channel, 'g');
        fd = visit_accept(&silent);
        say(service.channel, 'v');
        for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
                hear(service.channel, 'n');
                deliver(&manager, service.pid, &items[i], 1);
        }
        service_end(&service);
        (void)close(fd);
        fake_manager_close(&silent);
        fake_manager_close(&manager);
}

/* ---- cancelled before it calls: so that each cancellation point on the way is one ---- */

typedef struct Cancelled {
        void (*function)(void *data);
        void *data;
        bool came_back;
} Cancelled;

static void *thread_cancelled(void *data) {
        Cancelled *cancelled = data;

        (void)pthread_cancel(pthread_self());
        cancelled->function(cancelled->data);
        cancelled->came_back = true;
        pthread_testcancel();
        return NULL;
}

static void run_cancelled(void (*function)(void *data), void *data) {
        Cancelled cancelled = { .function = function, .data = data };
        pthread_t thread;
        void *result;

        g_assert_cmpint(pthread_create(&thread, NULL, thread_cancelled, &cancelled), ==, 0);
        g_assert_cmpint(pthread_join(thread, &result), ==, 0);
        g_assert_true(cancelled.came_back);
        g_assert_true(result == PTHREAD_CANCELED);
}

/* No cancellation point on the way but what the library has. */
static void call_claim(void *data) {
        *(int *)data = bellhop_claim("a", 0);
}

static void call_new(void *data) {
        (void)bellhop_new(NULL, (bellhop **)data);
}

static void call_get_fd(void *data) {
        (void)bellhop_get_fd(data);
}

static void call_next(void *data) {
        struct bellhop_item item;

        (void)bellhop_next(data, &item);
}

static void call_wait(void *data) {
        struct bellhop_item item;

        (void)bellhop_wait(data, NULL, 20, &item);
}

static void call_refused(void *data) {
        (void)bellhop_refused(data, NULL);
}

static void call_strerror(void *data) {
        *(const char **)data = bellhop_strerror(ESRCH);
}

static void call_free(void *data) {
        (void)bellhop_free(data);
}

/* No bell. It goes to the handler where there is one, and else to nobody. */
static void call_raise(void *data) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, BELLHOP_SIGNAL_MEMFD);
        (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        (void)raise(BELLHOP_SIGNAL_MEMFD);
}

static void every_service(int channel) {
        static void (*const functions[])(void *) = { call_next, call_wait, call_refused };
        const char *text = NULL;
        struct bellhop_item item;
        bellhop *desk = NULL;
        int r = UNTOUCHED;

        run_cancelled(call_claim, &r);
        g_assert_cmpint(r, ==, -ETIMEDOUT);
        close_claims_desk();
        run_cancelled(call_new, &desk);
        g_assert_nonnull(desk);
        run_cancelled(call_raise, NULL);
        run_cancelled(call_get_fd, desk); /* which shows what the handler has heard */
        if (desk->own_actions) {
                g_assert_true(is_readable(bellhop_get_fd(desk), 0));
                g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        }
        for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
                run_cancelled(functions[i], desk);
        run_cancelled(call_strerror, &text);
        g_assert_cmpstr(text, ==, strerror(ESRCH));
        assert_next_claim(channel, "a");
        run_cancelled(call_free, desk);
}

static void test_every(void) {
        static const char *const names[] = { "a" };

        serve(every_service, names, ARRAY_SIZE(names), 1);
}

/* A child that waits on nobody, seen by the parent as its pid. */
static void call_fork(void *data) {
        pid_t pid = fork();

        if (pid == 0) {
                (void)alarm(60);
                _exit(bellhop_claim("a", 0) == -ETIMEDOUT ? CHILD_WELL : EXIT_FAILURE);
        }
        *(pid_t *)data = pid;
}

/* The child's handlers close what is the parent's. */
static void fork_service(int channel) {
        bellhop *desk = open_desk();
        pid_t pid = 0;
        int status;

        assert_next_claim(channel, "a");
        g_assert_cmpint(desk->connection.fd, >=, 0);
        run_cancelled(call_fork, &pid);
        g_assert_cmpint(pid, >, 0);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, CHILD_WELL);
        assert_next_claim(channel, "b");
        bellhop_free(desk);
}

static void test_fork(void) {
        static const char *const names[] = { "a", "b" };

        serve(fork_service, names, ARRAY_SIZE(names), 1);
}

typedef struct Sending {
        pid_t pid;
        int result;
} Sending;

static void call_sendfd(void *data) {
        Sending *sending = data;

        sending->result = bellhop_sendfd(sending->pid, PEER_SIGNAL, STDERR_FILENO);
}

/* Who has gone already: that is told after the table has been looked through. */
static void sending_start(Sending *ret) {
        *ret = (Sending){ .pid = fork(), .result = UNTOUCHED };
        if (ret->pid == 0)
                _exit(EXIT_SUCCESS);
        g_assert_cmpint(waitpid(ret->pid, NULL, 0), ==, ret->pid);
        sendfd_forbid(ENOSYS);
}

static void sending_service(int channel) {
        Sending sending;

        sending_start(&sending);
        run_cancelled(call_sendfd, &sending);
        g_assert_cmpint(sending.result, ==, -ESRCH);
        call_sendfd(&sending);
        g_assert_cmpint(sending.result, ==, -ESRCH);
}

static void test_sendfd(void) {
        Service service = service_start(SERVICE_BARE, sending_service);

        service_end(&service);
}

/* An answer that brings a descriptor, which its handler closes. */
static void call_answer(void *data) {
        siginfo_t info = { .si_signo = BELLHOP_SIGNAL_ANSWER, .si_code = SI_SENDFD };

        info.si_int = *(const int *)data;
        (void)syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid),
                      BELLHOP_SIGNAL_ANSWER, &info);
}

static void answer_service(int channel) {
        Sending sending;
        int fd;

        sending_start(&sending);
        call_sendfd(&sending); /* installs the handler */
        fd = fd_dup(STDERR_FILENO);
        run_cancelled(call_answer, &fd);
        g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1);
        call_sendfd(&sending);
        g_assert_cmpint(sending.result, ==, -ESRCH);
}

static void test_answer(void) {
        Service service;

        if (under_valgrind()) {
                g_test_skip("valgrind doesn't pass such a signal on");
                return;
        }
        service = service_start(SERVICE_BARE, answer_service);
        service_end(&service);
}

/* Whoever had forbidden it before finds it forbidden, and nobody else. */
static void state_service(int channel) {
        static const int states[] = { PTHREAD_CANCEL_ENABLE, PTHREAD_CANCEL_DISABLE };

        for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
                int state;

                g_assert_cmpint(pthread_setcancelstate(states[i], &state), ==, 0);
                g_assert_cmpint(bellhop_claim("a", 0), ==, -ETIMEDOUT);
                g_assert_cmpint(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state), ==, 0);
                g_assert_cmpint(state, ==, states[i]);
        }
        close_claims_desk();
}

static void test_state(void) {
        Service service = service_start(SERVICE_PREPARED, state_service);

        service_end(&service);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_assert_no_errno(sem_init(&sleeps, 0, 0));
        g_test_add_func("/desk-cancel/poller", test_poller);
        g_test_add_func("/desk-cancel/follower", test_follower);
        g_test_add_func("/desk-cancel/late", test_late);
        g_test_add_func("/desk-cancel/silent", test_silent);
        g_test_add_func("/desk-cancel/every-function", test_every);
        g_test_add_func("/desk-cancel/fork", test_fork);
        g_test_add_func("/desk-cancel/sendfd", test_sendfd);
        g_test_add_func("/desk-cancel/answer", test_answer);
        g_test_add_func("/desk-cancel/state", test_state);
        return g_test_run();
}
