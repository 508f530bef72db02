// SPDX-License-Identifier: GPL-2.0
/*
 * sendfd(): nobody is killed by surprise. A target that would die of the
 * signal is refused, one that ignores it drops the file.
 */

#include "sendfd_test.h"

FIXTURE(refused) {
	int pipe[2];
};

FIXTURE_SETUP(refused)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(refused)
{
}

static void catch_quietly(int sig)
{
	handled_count++;
}

/* Unblocked, and the default action: refused, and the target lives on. */
TEST_F(refused, default_action)
{
	struct child c;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		block_realtime(SIG_UNBLOCK);
		say(&c);
		EXPECT_EQ(1, hear(&c));
		EXPECT_FALSE(is_pending(SIG_FD));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	EXPECT_EQ(-ECONNREFUSED, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	EXPECT_EQ(-ECONNREFUSED, sendfd(c.pid, SIG_FD, self->pipe[1],
					SENDFD_THREAD));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	say(&c);
	EXPECT_EQ(0, child_end(&c));
}

/* To oneself it is the same. */
TEST_F(refused, oneself)
{
	block_realtime(SIG_UNBLOCK);
	EXPECT_EQ(-ECONNREFUSED, sendfd(getpid(), SIG_FD, 0, 0));
	EXPECT_EQ(-ECONNREFUSED, sendfd(gettid(), SIG_FD, 0, SENDFD_THREAD));
}

/* Only the number sent counts. */
TEST_F(refused, by_number)
{
	sigset_t set = signal_set(SIG_FD);

	sigprocmask(SIG_UNBLOCK, &set, NULL);
	EXPECT_EQ(-ECONNREFUSED, sendfd(getpid(), SIG_FD, 0, 0));
	EXPECT_EQ(0, sendfd(getpid(), SIG_LOW, 0, 0));
}

/* A handler that is gone after its first run is no handler. */
TEST_F(refused, reset_handler)
{
	struct sigaction sa = { .sa_sigaction = take_in_handler,
				.sa_flags = SA_SIGINFO | SA_RESETHAND };

	sigaction(SIG_FD, &sa, NULL);
	block_realtime(SIG_UNBLOCK);
	handled_count = 0;
	EXPECT_EQ(0, sendfd(getpid(), SIG_FD, 0, 0));
	EXPECT_EQ(1, handled_count);
	EXPECT_EQ(-ECONNREFUSED, sendfd(getpid(), SIG_FD, 0, 0));
}

/* A call that waits unblocks the signal, which counts as blocked yet... */
TEST_F(refused, but_not_within_sigtimedwait)
{
	struct child c;
	struct taken t;

	if (!child_fork(&c)) {
		ASSERT_EQ(0, take_wait(SIG_FD, LIMIT_MS, &t));
		EXPECT_EQ(3, number_of_file(t.fd));
		_exit(0);
	}
	ASSERT_TRUE(wait_blocked(c.pid, __NR_rt_sigtimedwait));
	EXPECT_EQ(0, send_number(c.pid, SIG_FD, 3));
	EXPECT_EQ(0, child_end(&c));
}

/* ...unless it wasn't: then a signal kills the one that waits for it. */
TEST_F(refused, within_unblocked_sigtimedwait)
{
	struct child c;
	struct taken t;

	if (!child_fork(&c)) {
		block_realtime(SIG_UNBLOCK);
		take_wait(SIG_FD, LIMIT_MS, &t);
		_exit(0);
	}
	ASSERT_TRUE(wait_blocked(c.pid, __NR_rt_sigtimedwait));
	EXPECT_EQ(-ECONNREFUSED, send_number(c.pid, SIG_FD, 3));
	EXPECT_EQ(0, kill(c.pid, SIG_FD));
	EXPECT_EQ(256 + SIG_FD, child_end(&c));
}

/* Threads: the signal goes to whichever has it unblocked. */

struct threads {
	pthread_barrier_t barrier;
	pid_t tid;
};

static void *stay(struct threads *s, int how)
{
	block_realtime(how);
	s->tid = gettid();
	pthread_barrier_wait(&s->barrier);
	pthread_barrier_wait(&s->barrier);
	return NULL;
}

static void *stay_unblocked(void *arg)
{
	return stay(arg, SIG_UNBLOCK);
}

static void *stay_blocked(void *arg)
{
	return stay(arg, SIG_BLOCK);
}

static pthread_t start(struct threads *s, void *(*fn)(void *))
{
	pthread_t thread;

	if (pthread_barrier_init(&s->barrier, NULL, 2) ||
	    pthread_create(&thread, NULL, fn, s))
		abort();
	pthread_barrier_wait(&s->barrier);
	return thread;
}

static void stop(struct threads *s, pthread_t thread)
{
	pthread_barrier_wait(&s->barrier);
	pthread_join(thread, NULL);
}

/* One thread of several would take it, and die of it. */
TEST_F(refused, one_thread_unblocked)
{
	struct threads s;
	pthread_t thread = start(&s, stay_unblocked);

	EXPECT_EQ(-ECONNREFUSED, sendfd(getpid(), SIG_FD, 0, 0));
	EXPECT_EQ(-ECONNREFUSED, sendfd(s.tid, SIG_FD, 0, SENDFD_THREAD));
	/* this thread's own mailbox is blocked */
	EXPECT_EQ(0, sendfd(getpid(), SIG_FD, 0, SENDFD_THREAD));
	EXPECT_TRUE(is_pending(SIG_FD));
	stop(&s, thread);
	EXPECT_EQ(0, sendfd(getpid(), SIG_FD, 0, 0));
}

TEST_F(refused, leader_unblocked)
{
	struct threads s;
	pthread_t thread = start(&s, stay_blocked);

	block_realtime(SIG_UNBLOCK);
	EXPECT_EQ(-ECONNREFUSED, sendfd(getpid(), SIG_FD, 0, 0));
	EXPECT_EQ(-ECONNREFUSED, sendfd(getpid(), SIG_FD, 0, SENDFD_THREAD));
	EXPECT_EQ(0, sendfd(s.tid, SIG_FD, 0, SENDFD_THREAD));
	stop(&s, thread);
}

static pthread_t leader;

static void *outlive_leader(void *arg)
{
	struct child *c = arg;
	struct taken t;
	int ret;

	say(c);
	ret = take_wait(SIG_FD, LIMIT_MS, &t) ? -1 : number_of_file(t.fd);
	say_value(c, ret);
	_exit(0);
}

/* The leader has ended, the process has not: a thread takes it. */
TEST_F(refused, but_not_without_a_leader)
{
	struct child c;
	char path[64];
	FILE *f;
	char state = '?';
	long end = now_ms() + LIMIT_MS;

	if (!child_fork(&c)) {
		if (pthread_create(&leader, NULL, outlive_leader, &c))
			abort();
		/* not pthread_exit(), which would unwind the harness */
		syscall(__NR_exit, 0);
	}
	ASSERT_EQ(1, hear(&c));
	snprintf(path, sizeof(path), "/proc/%d/stat", c.pid);
	while (state != 'Z' && now_ms() < end) {
		f = fopen(path, "re");
		ASSERT_NE(NULL, f);
		ASSERT_EQ(1, fscanf(f, "%*d (%*[^)]) %c", &state));
		fclose(f);
		sched_yield();
	}
	ASSERT_EQ('Z', state);
	EXPECT_EQ(0, send_number(c.pid, SIG_FD, 9));
	EXPECT_EQ(9, hear(&c));
	EXPECT_EQ(0, child_end(&c));
}

/* Handlers, with and without a siginfo. */
TEST_F(refused, but_not_with_a_handler)
{
	block_realtime(SIG_UNBLOCK);
	set_handler(SIG_FD, 0, take_in_handler);
	EXPECT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	EXPECT_EQ(1, write(handled.fd, "x", 1));
}

TEST_F(refused, but_not_with_a_plain_handler)
{
	block_realtime(SIG_UNBLOCK);
	handled_count = 0;
	signal(SIG_FD, catch_quietly);
	EXPECT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	EXPECT_EQ(1, handled_count);
}

/* Ignored and unblocked: it's as if it had been sent, and is gone. */
TEST_F(refused, ignored)
{
	struct child c;
	int fds;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		signal(SIG_FD, SIG_IGN);
		block_realtime(SIG_UNBLOCK);
		fds = count_fds();
		say(&c);
		EXPECT_EQ(1, hear(&c));
		EXPECT_EQ(fds, count_fds());
		EXPECT_FALSE(is_pending(SIG_FD));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	EXPECT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	EXPECT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], SENDFD_THREAD));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	say(&c);
	EXPECT_EQ(0, child_end(&c));
}

/* Ignored and blocked: queued, and can be taken. */
TEST_F(refused, but_not_blocked_and_ignored)
{
	struct taken t;
	enum way way;

	signal(SIG_FD, SIG_IGN);
	for (way = WAY_WAIT; way <= WAY_SIGNALFD; way++) {
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, way));
		ASSERT_EQ(0, take(way, SIG_FD, &t));
		EXPECT_EQ((int)way, number_of_file(t.fd));
	}
}

/* Unblocking it then drops the file. */
TEST_F(refused, unblocked_and_ignored)
{
	signal(SIG_FD, SIG_IGN);
	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	block_realtime(SIG_UNBLOCK);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_FALSE(is_pending(SIG_FD));
}

/* Unblocking it with the default action ends the process, as ever. */
TEST_F(refused, unblocked_and_default)
{
	struct child c;

	if (!child_fork(&c)) {
		EXPECT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
		block_realtime(SIG_UNBLOCK);
		_exit(0);
	}
	close(self->pipe[1]);
	EXPECT_EQ(256 + SIG_FD, child_end(&c));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* Kernel threads take none. */
TEST_F(refused, kernel_thread)
{
	char comm[32] = "";
	FILE *f = fopen("/proc/2/comm", "re");

	if (getuid() || !f || !fgets(comm, sizeof(comm), f) ||
	    strcmp(comm, "kthreadd\n"))
		SKIP(return, "needs root, and to see kthreadd");
	fclose(f);
	EXPECT_EQ(-ECONNREFUSED, sendfd(2, SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

TEST_HARNESS_MAIN
