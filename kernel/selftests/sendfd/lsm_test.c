// SPDX-License-Identifier: GPL-2.0
/*
 * sendfd(): a security module has its say, on the signal with the sender, on
 * the file with the receiver. Wants Smack ("lsm=smack" for the kernel), and
 * skips without.
 */

#include "sendfd_test.h"

#define LABEL "/proc/thread-self/attr/smack/current"

FIXTURE(lsm) {
	int allowed;		/* what any label may read */
	int pipe[2];		/* what only the label Sender may use */
	struct child c;
};

FIXTURE_VARIANT(lsm) {
	enum way way;
};

FIXTURE_VARIANT_ADD(lsm, sigtimedwait) { .way = WAY_WAIT };
FIXTURE_VARIANT_ADD(lsm, signalfd) { .way = WAY_SIGNALFD };
FIXTURE_VARIANT_ADD(lsm, handler) { .way = WAY_HANDLER };

static int set_label(const char *label)
{
	int fd = open(LABEL, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, label, strlen(label)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

static bool has_smack(void)
{
	char label[64];
	int fd = open(LABEL, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, label, sizeof(label));

	close(fd);
	return n > 0;
}

/* The receiver: says what it was told, and how many descriptors more it has. */
static void receive(struct child *c, enum way way)
{
	struct taken t;
	int fds, i;

	if (set_label("Receiver") || setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fds = count_fds();
	say(c);
	for (i = 0; i < 2; i++) {
		if (take(way, SIG_FD, &t) || t.code != SI_SENDFD ||
		    t.fd != t.ssi_fd)
			_exit(2);
		say_value(c, t.fd < 0 ? t.fd : 1);
		say_value(c, count_fds() - fds);
	}
	_exit(0);
}

FIXTURE_SETUP(lsm)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	if (getuid() || !has_smack())
		SKIP(return, "needs root, and Smack");
	block_realtime(SIG_BLOCK);
	self->allowed = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->allowed);
	if (!child_fork(&self->c))
		receive(&self->c, variant->way);
	ASSERT_EQ(1, hear(&self->c));
	ASSERT_EQ(0, set_label("Sender"));
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(lsm)
{
	child_kill(&self->c);
}

/* The receiver may not have the file: it is told so, and the file is gone. */
TEST_F(lsm, refuses_the_file)
{
	struct child *c = &self->c;

	ASSERT_EQ(0, sendfd(c->pid, SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_EQ(-EACCES, hear(c));
	EXPECT_EQ(0, hear(c));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	/* the next one is another matter */
	ASSERT_EQ(0, sendfd(c->pid, SIG_FD, self->allowed, 0));
	EXPECT_EQ(1, hear(c));
	EXPECT_EQ(1, hear(c));
}

/* The sender may not send the signal: as with kill(). */
TEST_F(lsm, refuses_the_signal)
{
	struct child *c = &self->c, d;

	if (!child_fork(&d)) {
		ASSERT_EQ(0, setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
		EXPECT_EQ(-1, kill(c->pid, SIG_FD));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-EACCES, sendfd(c->pid, SIG_FD, self->allowed, 0));
		EXPECT_EQ(-EACCES, sendfd(c->pid, SIG_FD, self->allowed,
					  SENDFD_THREAD));
		_exit(0);
	}
	EXPECT_EQ(0, child_end(&d));
	ASSERT_EQ(0, sendfd(c->pid, SIG_FD, self->allowed, 0));
	EXPECT_EQ(1, hear(c));
}

/* Without rules of Smack's, nobody may receive a socket of another label. */

FIXTURE(refuse) {
	int sv[2];
};

FIXTURE_VARIANT(refuse) {
	enum way way;
};

FIXTURE_VARIANT_ADD(refuse, sigtimedwait) {
	.way = WAY_WAIT,
};

FIXTURE_VARIANT_ADD(refuse, signalfd) {
	.way = WAY_SIGNALFD,
};

FIXTURE_VARIANT_ADD(refuse, handler) {
	.way = WAY_HANDLER,
};

FIXTURE_SETUP(refuse)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	if (set_label("Cargo"))
		SKIP(return, "needs root, and the security module Smack");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->sv));
}

FIXTURE_TEARDOWN(refuse)
{
}

/* The signal arrives, with the reason for a descriptor; the file is dropped. */
TEST_F(refuse, says_why)
{
	int fds = count_fds();
	struct taken t;

	ASSERT_EQ(0, set_label("Receiver"));
	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->sv[1], 0));
	close(self->sv[1]);
	EXPECT_TRUE(pipe_held(self->sv[0]));

	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_EQ(SIG_FD, t.sig);
	EXPECT_EQ(SI_SENDFD, t.code);
	EXPECT_EQ(getpid(), t.pid);
	EXPECT_EQ(-EACCES, t.fd);
	EXPECT_EQ(-EACCES, t.ssi_fd);
	EXPECT_FALSE(is_pending(SIG_FD));
	EXPECT_EQ(fds - 1, count_fds());
	EXPECT_TRUE(pipe_released(self->sv[0]));
}

/* Only that one: what waits behind it arrives. */
TEST_F(refuse, next_arrives)
{
	struct taken t;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->sv[1], 0));
	ASSERT_EQ(0, set_label("Receiver"));
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 7));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_EQ(-EACCES, t.fd);
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_EQ(7, number_of_file(t.fd));
}

/* Its own label may have it. */
TEST_F(refuse, own_label_arrives)
{
	struct taken t;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->sv[1], 0));
	ASSERT_EQ(0, take(variant->way, SIG_FD, &t));
	EXPECT_LE(0, t.fd);
	close(self->sv[1]);
	EXPECT_TRUE(pipe_held(self->sv[0]));
	close(t.fd);
	EXPECT_TRUE(pipe_released(self->sv[0]));
}

TEST_HARNESS_MAIN
