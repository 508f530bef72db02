// SPDX-License-Identifier: GPL-2.0
/* sendfd(): every error, and what it leaves behind: nothing. */

#include "sendfd_test.h"

FIXTURE(errors) {
	int pipe[2];
};

FIXTURE_SETUP(errors)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(errors)
{
}

TEST_F(errors, bad_descriptor)
{
	int fd = dup(0);

	close(fd);
	EXPECT_EQ(-EBADF, sendfd(getpid(), SIG_FD, -1, 0));
	EXPECT_EQ(-EBADF, sendfd(getpid(), SIG_FD, fd, 0));
	EXPECT_EQ(-EBADF, sendfd(getpid(), SIG_FD, 1 << 30, 0));
	EXPECT_EQ(-EBADF, sendfd(getpid(), SIG_FD, AT_FDCWD, 0));
	EXPECT_FALSE(is_pending(SIG_FD));
}

TEST_F(errors, bad_signal)
{
	static const int bad[] = { 0, -1, 1, SIGKILL, SIGSTOP, SIGUSR1, 31,
				   SIG_LAST + 1, 1000, 1 << 31 };
	sigset_t set;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, sendfd(getpid(), bad[i], 0, 0));
	/* the kernel's first real-time signal, which libraries keep back */
	EXPECT_EQ(-ECONNREFUSED, sendfd(getpid(), 32, 0, 0));
	sigpending(&set);
	EXPECT_TRUE(sigisemptyset(&set));
}

TEST_F(errors, bad_flags)
{
	int bit;

	for (bit = 1; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, sendfd(getpid(), SIG_FD, 0, 1U << bit));
	EXPECT_EQ(-EINVAL, sendfd(getpid(), SIG_FD, 0, SENDFD_THREAD | 2));
	EXPECT_FALSE(is_pending(SIG_FD));
}

/* No such process, and no groups: a descriptor goes to one receiver. */
TEST_F(errors, no_such_process)
{
	struct child c;
	unsigned int flags;

	if (!child_fork(&c))
		_exit(0);
	ASSERT_EQ(0, child_end(&c));
	for (flags = 0; flags <= SENDFD_THREAD; flags++) {
		EXPECT_EQ(-ESRCH, sendfd(c.pid, SIG_FD, 0, flags));
		EXPECT_EQ(-ESRCH, sendfd(INT_MAX, SIG_FD, 0, flags));
	}
	EXPECT_FALSE(is_pending(SIG_FD));
}

TEST_F(errors, no_groups)
{
	static const pid_t bad[] = { 0, -1, -2, INT_MIN };
	unsigned int flags;
	size_t i;

	for (flags = 0; flags <= SENDFD_THREAD; flags++) {
		for (i = 0; i < ARRAY_SIZE(bad); i++)
			EXPECT_EQ(-EINVAL, sendfd(bad[i], SIG_FD, 0, flags));
		EXPECT_EQ(-EINVAL, sendfd(-getpgrp(), SIG_FD, 0, flags));
	}
	EXPECT_FALSE(is_pending(SIG_FD));
}

/* A zombie takes nothing any more, and keeps nothing open. */
TEST_F(errors, zombie)
{
	struct child c;

	if (!child_fork(&c))
		_exit(0);
	ASSERT_EQ(0, wait_zombie(c.pid));
	EXPECT_EQ(-ESRCH, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	EXPECT_EQ(-ESRCH, sendfd(c.pid, SIG_FD, self->pipe[1], SENDFD_THREAD));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(0, child_end(&c));
}

TEST_F(errors, no_permission)
{
	struct child c;

	if (getuid())
		SKIP(return, "needs root");
	if (!child_fork(&c)) {
		close(self->pipe[1]);
		ASSERT_EQ(0, setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
		EXPECT_EQ(-EPERM, sendfd(getppid(), SIG_FD, 0, 0));
		EXPECT_EQ(-EPERM, sendfd(getppid(), SIG_FD, 0, SENDFD_THREAD));
		EXPECT_EQ(-EPERM, sendfd(1, SIG_FD, 0, 0));
		/* nothing is told of a descriptor to one who may not signal */
		say(&c);
		EXPECT_EQ(1, hear(&c));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	/* root may, as with kill() */
	EXPECT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	say(&c);
	EXPECT_EQ(0, child_end(&c));
	EXPECT_FALSE(is_pending(SIG_FD));
}

/* The sender's real or effective uid, the receiver's real or saved one. */
TEST_F(errors, permission_by_uid)
{
	struct child c, d;

	if (getuid())
		SKIP(return, "needs root");
	if (!child_fork(&c)) {
		ASSERT_EQ(0, setresuid(SOMEBODY, NOBODY, NOBODY));
		say(&c);
		hear(&c);
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	if (!child_fork(&d)) {
		ASSERT_EQ(0, setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
		EXPECT_EQ(0, sendfd(c.pid, SIG_FD, 0, 0));
		_exit(0);
	}
	EXPECT_EQ(0, child_end(&d));
	if (!child_fork(&d)) {
		ASSERT_EQ(0, setresuid(SOMEBODY + 1, SOMEBODY + 1, -1));
		EXPECT_EQ(-EPERM, sendfd(c.pid, SIG_FD, 0, 0));
		_exit(0);
	}
	EXPECT_EQ(0, child_end(&d));
	EXPECT_EQ(0, child_end(&c));
}

/* The receiver's queue is full: the file isn't kept. */
TEST_F(errors, queue_full)
{
	struct rlimit limit;
	struct taken t;
	int i;

	if (getuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, getrlimit(RLIMIT_SIGPENDING, &limit));
	limit.rlim_cur = 5;
	ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &limit));
	/* nothing else of this user is pending */
	ASSERT_EQ(0, setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, i));
	EXPECT_EQ(-EAGAIN, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	EXPECT_EQ(-EAGAIN, sendfd(getpid(), SIG_LOW, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_FALSE(is_pending(SIG_LOW));

	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 5));
	EXPECT_EQ(-EAGAIN, send_number(getpid(), SIG_FD, 6));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
		EXPECT_EQ(i, number_of_file(t.fd));
	}
	EXPECT_EQ(-EAGAIN, take_wait(SIG_FD, 0, &t));
}

/* It is the receiver's limit, whoever sends. */
TEST_F(errors, receivers_queue_full)
{
	struct rlimit limit = { 3, 3 };
	struct child c;
	int i;

	if (getuid())
		SKIP(return, "needs root");
	if (!child_fork(&c)) {
		ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &limit));
		ASSERT_EQ(0, setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
		say(&c);
		hear(&c);
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, sendfd(c.pid, SIG_FD, 0, 0));
	EXPECT_EQ(-EAGAIN, sendfd(c.pid, SIG_FD, 0, 0));
	EXPECT_EQ(-EAGAIN, sendfd(c.pid, SIG_FD, 0, SENDFD_THREAD));
	EXPECT_EQ(0, sendfd(getpid(), SIG_FD, 0, 0));
	EXPECT_EQ(0, child_end(&c));
}

/* Files in flight are counted for their sender, as unix sockets do. */
TEST_F(errors, too_many_in_flight)
{
	struct rlimit limit = { 64, 64 };
	struct child c;
	int i, ret = 0;
	struct taken t;

	if (getuid())
		SKIP(return, "needs root");
	if (!child_fork(&c)) {
		close(self->pipe[1]);
		ASSERT_EQ(0, setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
		ASSERT_EQ(0, prctl(PR_SET_PDEATHSIG, SIGKILL));
		say(&c);
		EXPECT_EQ(1, hear(&c));
		for (i = 0; i < 10; i++)
			ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
		say(&c);
		EXPECT_EQ(1, hear(&c));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
	for (i = 0; i < 200 && !ret; i++)
		ret = sendfd(c.pid, SIG_FD, 0, 0);
	EXPECT_EQ(-ETOOMANYREFS, ret);
	/* 65, as the limit is looked at first, and counted after that */
	EXPECT_LE(64, i - 1);
	EXPECT_GE(65, i - 1);
	EXPECT_EQ(-ETOOMANYREFS, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_released(self->pipe[0]));

	/* what is taken is in flight no more */
	say(&c);
	ASSERT_EQ(1, hear(&c));
	for (ret = 0, i = 0; i < 200 && !ret; i++)
		ret = sendfd(c.pid, SIG_FD, 0, 0);
	EXPECT_EQ(-ETOOMANYREFS, ret);
	EXPECT_EQ(10, i - 1);

	/* nor is what ended with its receiver */
	say(&c);
	EXPECT_EQ(0, child_end(&c));
	for (ret = 0, i = 0; i < 200 && !ret; i++)
		ret = sendfd(getpid(), SIG_FD, 0, 0);
	EXPECT_EQ(-ETOOMANYREFS, ret);
	EXPECT_LE(64, i - 1);
}

/* Root isn't limited. */
TEST_F(errors, too_many_in_flight_but_for_root)
{
	struct rlimit limit = { 64, 64 };
	int i;

	if (getuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	for (i = 0; i < 200; i++)
		ASSERT_EQ(0, sendfd(getpid(), SIG_FD, 0, 0));
}

TEST_HARNESS_MAIN
