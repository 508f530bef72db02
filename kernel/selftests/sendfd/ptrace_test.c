// SPDX-License-Identifier: GPL-2.0
/* sendfd(): a tracer sees the signal, and no descriptor. */

#include <sys/ptrace.h>

#include "sendfd_test.h"

#ifndef PTRACE_SETSIGMASK
#define PTRACE_SETSIGMASK 0x420b
#endif

FIXTURE(traced) {
	struct child c;
	int pipe[2];
};

static int received;

static void note(int sig, siginfo_t *si, void *ctx)
{
	take_in_handler(sig, si, ctx);
	received = fcntl(si->si_int, F_GETFD) == FD_CLOEXEC &&
		write(si->si_int, "x", 1) == 1;
}

/*
 * The tracee: has handlers, and answers what it is asked. Its descriptors are
 * counted when it starts.
 */
enum question { END, NEW_FDS, LAST_CODE, LAST_SIG, RECEIVED, TAKE, COUNT };

static void tracee(struct child *c, int pipe[2])
{
	struct taken t;
	int fds, q;

	/* as many as the child of a signalfd test would have, and no more */
	close(pipe[0]);
	close(pipe[1]);
	fds = count_fds();
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	set_handler(SIG_FD, 0, note);
	set_handler(SIG_LOW, 0, note);
	block_realtime(SIG_UNBLOCK);
	say(c);
	for (;;) {
		q = hear(c);
		if (q == END)
			_exit(0);
		else if (q == NEW_FDS)
			say_value(c, count_fds() - fds);
		else if (q == LAST_CODE)
			say_value(c, handled.code);
		else if (q == LAST_SIG)
			say_value(c, handled.sig);
		else if (q == RECEIVED)
			say_value(c, received);
		else if (q == COUNT)
			say_value(c, handled_count);
		else if (q == TAKE)
			say_value(c, take_wait(SIG_FD, LIMIT_MS, &t) ?:
				  write(t.fd, "x", 1) == 1);
		else if (q != -EPIPE && q != -ETIMEDOUT)
			_exit(2);
	}
}

static int ask(struct child *c, enum question q)
{
	return say_value(c, q) ?: hear(c);
}

FIXTURE_SETUP(traced)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
	if (!child_fork(&self->c))
		tracee(&self->c, self->pipe);
	ASSERT_EQ(1, hear(&self->c));
}

FIXTURE_TEARDOWN(traced)
{
	child_kill(&self->c);
}

/* The signal that the tracee has stopped for, or -1. */
static int stopped(struct child *c)
{
	int status;

	if (waitpid(c->pid, &status, 0) != c->pid || !WIFSTOPPED(status))
		return -1;
	return WSTOPSIG(status);
}

static int send_and_stop(struct child *c, int pipe[2])
{
	int ret = sendfd(c->pid, SIG_FD, pipe[1], 0);

	close(pipe[1]);
	return ret ?: stopped(c);
}

static int fds_of(pid_t pid)
{
	char path[64];
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A stop for it shows who and what, and a descriptor that isn't there. */
TEST_F(traced, sees_no_descriptor)
{
	int fds = fds_of(self->c.pid);
	siginfo_t si;

	ASSERT_EQ(SIG_FD, send_and_stop(&self->c, self->pipe));
	ASSERT_EQ(0, ptrace(PTRACE_GETSIGINFO, self->c.pid, NULL, &si));
	EXPECT_EQ(SIG_FD, si.si_signo);
	EXPECT_EQ(SI_SENDFD, si.si_code);
	EXPECT_EQ(getpid(), si.si_pid);
	EXPECT_EQ(-EBADF, si.si_int);
	EXPECT_EQ(fds, fds_of(self->c.pid));
	EXPECT_TRUE(pipe_held(self->pipe[0]));
}

TEST_F(traced, lets_it_through)
{
	ASSERT_EQ(SIG_FD, send_and_stop(&self->c, self->pipe));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->c.pid, NULL, SIG_FD));
	EXPECT_EQ(1, ask(&self->c, RECEIVED));
	EXPECT_EQ(SI_SENDFD, ask(&self->c, LAST_CODE));
	EXPECT_EQ(1, ask(&self->c, NEW_FDS));
}

TEST_F(traced, suppresses_it)
{
	ASSERT_EQ(SIG_FD, send_and_stop(&self->c, self->pipe));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->c.pid, NULL, 0));
	EXPECT_EQ(0, ask(&self->c, NEW_FDS));
	EXPECT_EQ(0, ask(&self->c, COUNT));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

TEST_F(traced, makes_another_of_it)
{
	ASSERT_EQ(SIG_FD, send_and_stop(&self->c, self->pipe));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->c.pid, NULL, SIG_LOW));
	EXPECT_EQ(0, ask(&self->c, NEW_FDS));
	EXPECT_EQ(SIG_LOW, ask(&self->c, LAST_SIG));
	EXPECT_EQ(SI_USER, ask(&self->c, LAST_CODE));
	EXPECT_EQ(0, ask(&self->c, RECEIVED));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* The number is the kernel's to give, whatever the tracer writes there. */
TEST_F(traced, changes_the_value)
{
	siginfo_t si;

	ASSERT_EQ(SIG_FD, send_and_stop(&self->c, self->pipe));
	ASSERT_EQ(0, ptrace(PTRACE_GETSIGINFO, self->c.pid, NULL, &si));
	si.si_int = 0;
	ASSERT_EQ(0, ptrace(PTRACE_SETSIGINFO, self->c.pid, NULL, &si));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->c.pid, NULL, SIG_FD));
	EXPECT_EQ(1, ask(&self->c, RECEIVED));
	EXPECT_EQ(1, ask(&self->c, NEW_FDS));
}

TEST_F(traced, changes_the_code)
{
	siginfo_t si;

	ASSERT_EQ(SIG_FD, send_and_stop(&self->c, self->pipe));
	ASSERT_EQ(0, ptrace(PTRACE_GETSIGINFO, self->c.pid, NULL, &si));
	si.si_code = SI_QUEUE;
	ASSERT_EQ(0, ptrace(PTRACE_SETSIGINFO, self->c.pid, NULL, &si));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->c.pid, NULL, SIG_FD));
	EXPECT_EQ(0, ask(&self->c, NEW_FDS));
	EXPECT_EQ(SI_QUEUE, ask(&self->c, LAST_CODE));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* A tracer may lie to its tracee, but it makes no descriptor. */
TEST_F(traced, forges_one)
{
	siginfo_t si = { 0 };

	ASSERT_EQ(0, kill(self->c.pid, SIGUSR1));
	ASSERT_EQ(SIGUSR1, stopped(&self->c));
	si.si_signo = SIG_FD;
	si.si_code = SI_SENDFD;
	si.si_int = 4000;
	ASSERT_EQ(0, ptrace(PTRACE_SETSIGINFO, self->c.pid, NULL, &si));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->c.pid, NULL, SIG_FD));
	EXPECT_EQ(0, ask(&self->c, NEW_FDS));
	EXPECT_EQ(0, ask(&self->c, RECEIVED));
	EXPECT_EQ(SIG_FD, ask(&self->c, LAST_SIG));
}

TEST_F(traced, killed_in_the_stop)
{
	ASSERT_EQ(SIG_FD, send_and_stop(&self->c, self->pipe));
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	kill(self->c.pid, SIGKILL);
	ASSERT_EQ(0, wait_zombie(self->c.pid));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* Blocked while it was shown: it's queued again, and its file with it. */
static void requeue(struct __test_metadata *_metadata, struct child *c,
		    int pipe[2], bool taken)
{
	sigset_t set = signal_set(SIG_FD);

	ASSERT_EQ(SIG_FD, send_and_stop(c, pipe));
	ASSERT_EQ(0, ptrace(PTRACE_SETSIGMASK, c->pid, 8, &set));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, c->pid, NULL, SIG_FD));
	EXPECT_EQ(0, ask(c, COUNT));
	EXPECT_EQ(0, ask(c, NEW_FDS));
	EXPECT_TRUE(pipe_held(pipe[0]));
	if (taken) {
		EXPECT_EQ(1, ask(c, TAKE));
		EXPECT_EQ(1, ask(c, NEW_FDS));
	} else {
		kill(c->pid, SIGKILL);
		ASSERT_EQ(0, wait_zombie(c->pid));
		EXPECT_TRUE(pipe_released(pipe[0]));
	}
}

TEST_F(traced, requeued_and_taken)
{
	requeue(_metadata, &self->c, self->pipe, true);
}

TEST_F(traced, requeued_and_killed)
{
	requeue(_metadata, &self->c, self->pipe, false);
}

/* One that waits in the queue can be looked at, without a descriptor. */
TEST_F(traced, peeks_into_the_queue)
{
	struct __ptrace_peeksiginfo_args args = {
		.flags = PTRACE_PEEKSIGINFO_SHARED, .nr = 4,
	};
	sigset_t set = signal_set(SIG_FD);
	int fds = fds_of(self->c.pid);
	siginfo_t si[4];

	ASSERT_EQ(0, kill(self->c.pid, SIGSTOP));
	ASSERT_EQ(SIGSTOP, stopped(&self->c));
	ASSERT_EQ(0, ptrace(PTRACE_SETSIGMASK, self->c.pid, 8, &set));
	ASSERT_EQ(0, sendfd(self->c.pid, SIG_FD, self->pipe[1], 0));
	ASSERT_EQ(1, ptrace(PTRACE_PEEKSIGINFO, self->c.pid, &args, si));
	EXPECT_EQ(SIG_FD, si[0].si_signo);
	EXPECT_EQ(SI_SENDFD, si[0].si_code);
	EXPECT_EQ(-EBADF, si[0].si_int);
	EXPECT_EQ(fds, fds_of(self->c.pid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->c.pid, NULL, 0));
	EXPECT_EQ(1, ask(&self->c, TAKE));
}

/* Being traced doesn't make it safe, or different, to be sent to. */
TEST_F(traced, default_action_is_refused)
{
	EXPECT_EQ(-ECONNREFUSED, sendfd(self->c.pid, SIG_FD + 1,
					self->pipe[1], 0));
	EXPECT_EQ(0, ask(&self->c, COUNT));
}

/*
 * The tracer ends while the tracee is stopped. The signal goes its way if the
 * tracer hasn't waited for the stop, and is suppressed if it has.
 */
static void tracer_dies(struct __test_metadata *_metadata, struct child *c,
			int pipe[2], bool waited)
{
	int options = WSTOPPED | __WALL | WNOWAIT;
	struct child tracer;
	siginfo_t si;

	ASSERT_EQ(0, kill(c->pid, SIGSTOP));
	ASSERT_EQ(SIGSTOP, stopped(c));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, c->pid, NULL, 0));
	if (!child_fork(&tracer)) {
		close(pipe[1]);
		/* not this one's parent: needs root, or no Yama */
		if (ptrace(PTRACE_SEIZE, c->pid, NULL, 0)) {
			say_value(&tracer, 2);
			_exit(0);
		}
		say(&tracer);
		waitid(P_PID, c->pid, &si, options);
		if (waited)
			waitid(P_PID, c->pid, &si, options & ~WNOWAIT);
		say_value(&tracer, si.si_status & 0x7f);
		for (;;)
			pause();
	}
	if (hear(&tracer) == 2)
		SKIP(return, "may not trace a relative");
	ASSERT_EQ(0, sendfd(c->pid, SIG_FD, pipe[1], 0));
	close(pipe[1]);
	ASSERT_EQ(SIG_FD, hear(&tracer));
	EXPECT_TRUE(pipe_held(pipe[0]));
	child_kill(&tracer);
	EXPECT_EQ(!waited, ask(c, RECEIVED));
	EXPECT_EQ(!waited, ask(c, NEW_FDS));
	if (waited)
		EXPECT_TRUE(pipe_released(pipe[0]));
}

TEST_F(traced, by_one_that_dies)
{
	tracer_dies(_metadata, &self->c, self->pipe, false);
}

TEST_F(traced, by_one_that_waits_and_dies)
{
	tracer_dies(_metadata, &self->c, self->pipe, true);
}

TEST_HARNESS_MAIN
