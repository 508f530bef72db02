// SPDX-License-Identifier: GPL-2.0
/* sendfd(): how long a queued file is held, and what ends it. */

#include "sendfd_test.h"

FIXTURE(lifetime) {
	int pipe[2];
};

/* Into the mailbox of the process or of its only thread. */
FIXTURE_VARIANT(lifetime) {
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(lifetime, process) { .flags = 0 };
FIXTURE_VARIANT_ADD(lifetime, thread) { .flags = SENDFD_THREAD };

FIXTURE_SETUP(lifetime)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(lifetime)
{
}

/* What this program does when it was executed by a test. */

static int executed(const char *what, int arg)
{
	struct taken t;
	int i;

	if (!strcmp(what, "take")) {
		for (i = 0; i < 3; i++)
			if (take_wait(SIG_FD, 0, &t) ||
			    number_of_file(t.fd) != arg + i)
				return 10 + i;
		return is_pending(SIG_FD) ? 20 : 0;
	}
	if (!strcmp(what, "none"))
		return is_pending(SIG_FD);
	/* "count": the descriptors that are open */
	return count_fds();
}

static void execute_self(const char *what, int arg)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", arg);
	execl("/proc/self/exe", "lifetime_test", "executed", what, number,
	      NULL);
	_exit(99);
}

static int send_three(pid_t pid, unsigned int flags, int first)
{
	int i, fd, ret = 0;

	for (i = 0; i < 3 && !ret; i++) {
		fd = numbered_file(first + i);
		ret = sendfd(pid, SIG_FD, fd, flags);
		close(fd);
	}
	return ret;
}

/* What is pending is pending after an exec, too, in order. */
TEST_F(lifetime, exec_keeps)
{
	struct child c;

	if (!child_fork(&c)) {
		say(&c);
		EXPECT_EQ(1, hear(&c));
		execute_self("take", 50);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, send_three(c.pid, variant->flags, 50));
	say(&c);
	EXPECT_EQ(0, child_end(&c));
}

/* The same for one that ignores what it has blocked, and for its own. */
TEST_F(lifetime, exec_keeps_blocked_and_ignored)
{
	struct child c;

	if (!child_fork(&c)) {
		signal(SIG_FD, SIG_IGN);
		ASSERT_EQ(0, send_three(getpid(), variant->flags, 60));
		execute_self("take", 60);
	}
	EXPECT_EQ(0, child_end(&c));
}

/* Timers' signals are flushed by exec, out of the same queue. */
TEST_F(lifetime, exec_keeps_among_timers)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIG_FD };
	struct itimerspec when = { .it_value = { .tv_nsec = 1 } };
	struct child c;
	timer_t timer;

	if (!child_fork(&c)) {
		ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
		ASSERT_EQ(0, timer_settime(timer, 0, &when, NULL));
		while (!is_pending(SIG_FD))
			sched_yield();
		ASSERT_EQ(0, send_three(getpid(), variant->flags, 70));
		execute_self("take", 70);
	}
	EXPECT_EQ(0, child_end(&c));
}

/* Nothing is inherited: neither the signal nor the file. */
TEST_F(lifetime, fork_inherits_nothing)
{
	struct child c;
	struct taken t;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], variant->flags));
	if (!child_fork(&c)) {
		EXPECT_FALSE(is_pending(SIG_FD));
		EXPECT_EQ(-EAGAIN, take_wait(SIG_FD, 0, &t));
		_exit(0);
	}
	EXPECT_EQ(0, child_end(&c));
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	close(t.fd);
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* An exit drops what nobody took: at once, not when the zombie is reaped. */
TEST_F(lifetime, exit_drops)
{
	struct child c;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		say(&c);
		EXPECT_EQ(1, hear(&c));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], variant->flags));
	ASSERT_EQ(0, sendfd(c.pid, SIG_LOW, self->pipe[1], variant->flags));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	say(&c);
	ASSERT_EQ(0, wait_zombie(c.pid));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(0, child_end(&c));
}

TEST_F(lifetime, kill_drops)
{
	struct child c;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		say(&c);
		for (;;)
			pause();
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], variant->flags));
	close(self->pipe[1]);
	kill(c.pid, SIGKILL);
	ASSERT_EQ(0, wait_zombie(c.pid));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(256 + SIGKILL, child_end(&c));
}

/* Stopped: it stays queued; continued: it is still there; killed: dropped. */
TEST_F(lifetime, stop_keeps)
{
	struct child c;
	int status;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		say(&c);
		EXPECT_EQ(1, hear(&c));
		say_value(&c, is_pending(SIG_FD));
		for (;;)
			pause();
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, kill(c.pid, SIGSTOP));
	ASSERT_EQ(c.pid, waitpid(c.pid, &status, WUNTRACED));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], variant->flags));
	ASSERT_EQ(0, kill(c.pid, SIGCONT));
	say(&c);
	EXPECT_EQ(1, hear(&c));
	ASSERT_EQ(0, kill(c.pid, SIGSTOP));
	ASSERT_EQ(c.pid, waitpid(c.pid, &status, WUNTRACED));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	EXPECT_EQ(256 + SIGKILL, child_kill(&c));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* Ignoring a signal flushes it, and the files with it. */
TEST_F(lifetime, ignoring_drops)
{
	struct taken t;
	int fds;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], variant->flags));
	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], variant->flags));
	ASSERT_EQ(0, send_number(getpid(), SIG_LOW, 4));
	close(self->pipe[1]);
	fds = count_fds();
	signal(SIG_FD, SIG_IGN);
	EXPECT_FALSE(is_pending(SIG_FD));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(fds, count_fds());
	/* another number is left alone */
	ASSERT_EQ(0, take_wait(SIG_LOW, 0, &t));
	EXPECT_EQ(4, number_of_file(t.fd));
}

/* The default action and handlers flush nothing. */
TEST_F(lifetime, other_dispositions_keep)
{
	struct taken t;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], variant->flags));
	set_handler(SIG_FD, 0, take_in_handler);
	signal(SIG_FD, SIG_DFL);
	EXPECT_TRUE(is_pending(SIG_FD));
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(1, write(t.fd, "x", 1));
}

/* The limit of pending signals counts what is queued, and no more. */
static int queued_signals(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	int n = -1;

	while (f && n < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "SigQ: %d/", &n) != 1)
			n = -1;
	if (f)
		fclose(f);
	return n;
}

TEST_F(lifetime, queue_accounting)
{
	int before = queued_signals(), i;
	struct taken t;

	if (before < 0)
		SKIP(return, "needs /proc/self/status");
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, sendfd(getpid(), SIG_FD, 0, variant->flags));
	EXPECT_EQ(before + 10, queued_signals());
	ASSERT_EQ(0, take(WAY_WAIT, SIG_FD, &t));
	ASSERT_EQ(0, take(WAY_SIGNALFD, SIG_FD, &t));
	ASSERT_EQ(0, take(WAY_HANDLER, SIG_FD, &t));
	EXPECT_EQ(before + 7, queued_signals());
	signal(SIG_FD, SIG_IGN);
	EXPECT_EQ(before, queued_signals());
}

/* A child that dies in a call that waits. */
TEST_F(lifetime, killed_while_waiting)
{
	struct child c;
	struct taken t;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		take_wait(SIG_LOW, LIMIT_MS, &t);
		_exit(0);
	}
	ASSERT_TRUE(wait_blocked(c.pid, __NR_rt_sigtimedwait));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], variant->flags));
	close(self->pipe[1]);
	EXPECT_EQ(256 + SIGKILL, child_kill(&c));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* A descriptor that was taken ends with exec, as it says of itself. */
TEST_F(lifetime, taken_is_closed_by_exec)
{
	struct child c;
	struct taken t;

	if (!child_fork(&c)) {
		ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1],
				    variant->flags));
		ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
		say(&c);
		EXPECT_EQ(1, hear(&c));
		execute_self("count", 0);
	}
	ASSERT_EQ(1, hear(&c));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	say(&c);
	EXPECT_NE(99, child_end(&c));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* A process that dumps core lets go of it, too. */
TEST_F(lifetime, dump_drops)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };
	struct child c;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		setrlimit(RLIMIT_CORE, &limit);
		ASSERT_EQ(0, chdir("/proc/self"));	/* no core file there */
		say(&c);
		for (;;)
			pause();
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], variant->flags));
	close(self->pipe[1]);
	kill(c.pid, SIGQUIT);
	ASSERT_EQ(0, wait_zombie(c.pid));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(256 + SIGQUIT, child_end(&c));
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "executed"))
		return executed(argv[2], atoi(argv[3]));
	return test_harness_run(argc, argv);
}
