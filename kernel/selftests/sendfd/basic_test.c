// SPDX-License-Identifier: GPL-2.0
/* sendfd(): queue a descriptor, and take it in each of the three ways. */

#include "sendfd_test.h"

FIXTURE(basic) {
	int pipe[2];
};

FIXTURE_VARIANT(basic) {
	enum way way;
};

FIXTURE_VARIANT_ADD(basic, sigtimedwait) { .way = WAY_WAIT };
FIXTURE_VARIANT_ADD(basic, signalfd) { .way = WAY_SIGNALFD };
FIXTURE_VARIANT_ADD(basic, handler) { .way = WAY_HANDLER };

FIXTURE_SETUP(basic)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(basic)
{
}

/* The whole of what the receiver is told. */
TEST_F(basic, siginfo)
{
	struct taken t;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_EQ(SIG_FD, t.sig);
	EXPECT_EQ(SI_SENDFD, t.code);
	EXPECT_EQ(getpid(), t.pid);
	EXPECT_EQ((int)getuid(), t.uid);
	EXPECT_EQ(t.ssi_fd, t.fd);
	EXPECT_LT(2, t.fd);
	EXPECT_NE(self->pipe[1], t.fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(t.fd, F_GETFD));
	EXPECT_EQ(1, write(t.fd, "x", 1));
	EXPECT_FALSE(is_pending(SIG_FD));
}

/* The flag belongs to the descriptor: the sender's is left alone. */
TEST_F(basic, close_on_exec)
{
	struct taken t;
	int fd;

	fd = dup(self->pipe[1]);
	ASSERT_EQ(0, fcntl(fd, F_GETFD));
	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, fd, 0));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_EQ(FD_CLOEXEC, fcntl(t.fd, F_GETFD));
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
}

/* No copy of the file but the file: offset and status flags are shared. */
TEST_F(basic, same_open_file)
{
	int fd = numbered_file(7);
	struct taken t;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, fd, 0));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	ASSERT_EQ(100, lseek(t.fd, 100, SEEK_SET));
	EXPECT_EQ(100, lseek(fd, 0, SEEK_CUR));
	ASSERT_EQ(0, fcntl(t.fd, F_SETFL, O_APPEND | O_RDWR));
	EXPECT_EQ(O_APPEND, fcntl(fd, F_GETFL) & O_APPEND);
}

/* The receiver's table changes when it takes the signal, and not before. */
TEST_F(basic, nothing_until_taken)
{
	int fds = count_fds(), lowest, i;
	struct taken t;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	EXPECT_TRUE(is_pending(SIG_FD));
	EXPECT_EQ(fds, count_fds());
	lowest = lowest_free_fd();
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	/* the signalfd itself has taken the lowest number */
	EXPECT_EQ(lowest + (variant->way == WAY_SIGNALFD), t.fd);
	EXPECT_EQ(fds + 1, count_fds());
	EXPECT_TRUE(is_pending(SIG_FD));
}

/* The queued reference is one of its own. */
TEST_F(basic, outlives_the_senders_copy)
{
	struct taken t;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	EXPECT_EQ(1, write(t.fd, "x", 1));
	close(t.fd);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

TEST_F(basic, outlives_the_sender)
{
	struct child c;
	struct taken t;

	if (!child_fork(&c)) {
		EXPECT_EQ(0, send_number(getppid(), SIG_FD, 99));
		_exit(0);
	}
	ASSERT_EQ(0, child_end(&c));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_EQ(c.pid, t.pid);
	EXPECT_EQ(99, number_of_file(t.fd));
}

TEST_F(basic, other_process)
{
	struct child c;
	struct taken t;
	char byte;

	if (!child_fork(&c)) {
		close(self->pipe[0]);
		close(self->pipe[1]);
		say(&c);
		ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
		EXPECT_EQ(SI_SENDFD, t.code);
		EXPECT_EQ(getppid(), t.pid);
		EXPECT_EQ(FD_CLOEXEC, fcntl(t.fd, F_GETFD));
		EXPECT_EQ(1, write(t.fd, "y", 1));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_EQ(1, read(self->pipe[0], &byte, 1));
	EXPECT_EQ(0, child_end(&c));
	EXPECT_EQ(0, read(self->pipe[0], &byte, 1));
}

/* Sent before the receiver asks, and sent while it already waits. */
TEST_F(basic, wakes_a_waiting_receiver)
{
	static const long calls[] = {
		[WAY_WAIT] = __NR_rt_sigtimedwait,
		[WAY_SIGNALFD] = __NR_poll,
		[WAY_HANDLER] = __NR_rt_sigsuspend,
	};
	struct child c;
	struct taken t;

	if (!child_fork(&c)) {
		ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
		EXPECT_EQ(5, number_of_file(t.fd));
		_exit(0);
	}
	ASSERT_TRUE(wait_blocked(c.pid, calls[variant->way]));
	EXPECT_EQ(0, send_number(c.pid, SIG_FD, 5));
	EXPECT_EQ(0, child_end(&c));
}

/* si_uid is the sender's real uid, as in a kill(). */
TEST_F(basic, senders_uid)
{
	struct child c;
	struct taken t;

	if (getuid())
		SKIP(return, "needs root");
	if (!child_fork(&c)) {
		ASSERT_EQ(0, setresuid(SOMEBODY, 0, 0));
		EXPECT_EQ(0, send_number(getppid(), SIG_FD, 1));
		_exit(0);
	}
	ASSERT_EQ(0, child_end(&c));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_EQ(SOMEBODY, t.uid);
	EXPECT_EQ(c.pid, t.pid);
}

TEST_F(basic, order_within_a_number)
{
	struct taken t;
	int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, i));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
		EXPECT_EQ(i, number_of_file(t.fd));
	}
	EXPECT_FALSE(is_pending(SIG_FD));
}

/* Signals without a file stand in the same queue, and keep their value. */
TEST_F(basic, among_plain_signals)
{
	struct taken t;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, sigqueue(getpid(), SIG_FD,
				      (union sigval){ .sival_int = 1000 + i }));
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, i));
	}
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
		EXPECT_EQ(SI_QUEUE, t.code);
		EXPECT_EQ(1000 + i, t.fd);
		ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
		EXPECT_EQ(SI_SENDFD, t.code);
		EXPECT_EQ(i, number_of_file(t.fd));
	}
}

/* Every real-time number carries a file, the first and the last included. */
TEST_F(basic, every_number)
{
	struct taken t;
	int sig;

	for (sig = SIG_LAST; sig >= 34; sig--)
		ASSERT_EQ(0, send_number(getpid(), sig, sig));
	for (sig = 34; sig <= SIG_LAST; sig++) {
		ASSERT_EQ(0, take(variant->way, sig, &t));
		EXPECT_EQ(sig, number_of_file(t.fd));
	}
}

TEST_F(basic, same_file_twice)
{
	struct taken t, u;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &u));
	EXPECT_NE(t.fd, u.fd);
}

/* Sent on and on: what was taken can be sent. */
TEST_F(basic, sent_on)
{
	struct taken t;
	int i;

	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 77));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
		ASSERT_EQ(0, sendfd(getpid(), SIG_FD, t.fd, 0));
		close(t.fd);
	}
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_EQ(77, number_of_file(t.fd));
}

TEST_HARNESS_MAIN
