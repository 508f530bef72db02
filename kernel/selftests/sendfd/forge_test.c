// SPDX-License-Identifier: GPL-2.0
/*
 * sendfd(): SI_SENDFD is the kernel's word. Nobody else can put it into
 * another process's queue.
 */

#include "sendfd_test.h"

FIXTURE(forge) {
	struct child c;
	siginfo_t si;
};

/* The receiver: takes one plain signal, and says what it looked like. */
static void victim(struct child *c)
{
	struct taken t;

	say(c);
	if (take_wait(SIG_FD, LIMIT_MS, &t))
		_exit(1);
	say_value(c, t.code);
	say_value(c, t.fd);
	hear(c);
	_exit(0);
}

FIXTURE_SETUP(forge)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	if (!child_fork(&self->c))
		victim(&self->c);
	ASSERT_EQ(1, hear(&self->c));
	memset(&self->si, 0, sizeof(self->si));
	self->si.si_signo = SIG_FD;
	self->si.si_code = SI_SENDFD;
	self->si.si_pid = 1;
	self->si.si_int = 0;
}

FIXTURE_TEARDOWN(forge)
{
	child_kill(&self->c);
}

/* All ways to queue a siginfo of one's own, root's too. */

TEST_F(forge, rt_sigqueueinfo)
{
	EXPECT_EQ(-1, syscall(__NR_rt_sigqueueinfo, self->c.pid, SIG_FD,
			      &self->si));
	EXPECT_EQ(EPERM, errno);
}

TEST_F(forge, rt_tgsigqueueinfo)
{
	EXPECT_EQ(-1, syscall(__NR_rt_tgsigqueueinfo, self->c.pid, self->c.pid,
			      SIG_FD, &self->si));
	EXPECT_EQ(EPERM, errno);
}

TEST_F(forge, pidfd_send_signal)
{
	int fd = syscall(__NR_pidfd_open, self->c.pid, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, syscall(__NR_pidfd_send_signal, fd, SIG_FD, &self->si,
			      0));
	EXPECT_EQ(EPERM, errno);
}

/* What was refused left nothing: the next signal is the one that comes. */
TEST_F(forge, leaves_nothing)
{
	syscall(__NR_rt_sigqueueinfo, self->c.pid, SIG_FD, &self->si);
	ASSERT_EQ(0, sigqueue(self->c.pid, SIG_FD, (union sigval){ 123 }));
	EXPECT_EQ(SI_QUEUE, hear(&self->c));
	EXPECT_EQ(123, hear(&self->c));
}

/* A plain signal with the number of a descriptor is no descriptor. */
TEST_F(forge, plain_value_is_no_descriptor)
{
	int i;

	for (i = -3; i <= -1; i++) {
		self->si.si_code = i;
		EXPECT_EQ(0, syscall(__NR_rt_sigqueueinfo, getpid(), SIG_FD,
				     &self->si));
	}
	for (i = -3; i <= -1; i++) {
		struct taken t;

		ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
		EXPECT_EQ(i, t.code);
		EXPECT_EQ(0, t.fd);
		/* nothing was put over descriptor 0, nor was it closed */
		EXPECT_LE(0, fcntl(0, F_GETFD));
	}
}

/* To oneself anything may be queued: it makes and closes no descriptor. */
TEST_F(forge, oneself)
{
	int fds = count_fds();
	struct taken t;
	enum way way;

	for (way = WAY_WAIT; way <= WAY_HANDLER; way++) {
		self->si.si_int = 12345;
		if (syscall(__NR_rt_sigqueueinfo, getpid(), SIG_FD, &self->si))
			break;
		ASSERT_EQ(0, take(way, SIG_FD, &t));
		EXPECT_EQ(12345, t.fd);
		EXPECT_EQ(fds, count_fds());
	}
}

TEST_HARNESS_MAIN
