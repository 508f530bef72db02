// SPDX-License-Identifier: GPL-2.0
/*
 * sendfd(): what a security module keeps from its receiver. Smack does so
 * without any rules: a process mustn't receive a socket of another label.
 */

#include "sendfd.h"
#include "../kselftest_harness.h"

#define LABEL_FILE "/proc/thread-self/attr/smack/current"

static bool take_label(const char *label)
{
	int fd = open(LABEL_FILE, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = write(fd, label, strlen(label));
	close(fd);
	return n > 0;
}

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
	if (!take_label("Cargo"))
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

	ASSERT_TRUE(take_label("Receiver"));
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
	ASSERT_TRUE(take_label("Receiver"));
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
