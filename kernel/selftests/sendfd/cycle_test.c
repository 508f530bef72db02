// SPDX-License-Identifier: GPL-2.0
/*
 * sendfd(): no descriptor is kept alive by a cycle. What is queued belongs to
 * a task, not to a file, and goes with the task: whatever was sent, there's no
 * file that keeps its own queue.
 */

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "sendfd_test.h"

#define NSENDS 100000
#define NRECEIVERS 100
#define NROUNDS 20
#define NCOPIES 8		/* so that one file lost of each is seen */

FIXTURE(cycle) {
	long before;
};

/* Makes files that lead back to the calling process, and sends them to it. */
FIXTURE_VARIANT(cycle) {
	int (*send)(void);
};

static int send_all(const int *fds, int n)
{
	int i, ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = sendfd(getpid(), SIG_FD, fds[i], 0);
	return ret;
}

static int send_signalfd(void)
{
	sigset_t set = signal_set(SIG_FD);
	int fd = signalfd(-1, &set, 0);

	return send_all(&fd, 1);
}

/* An epoll that watches the signalfd through which it would be taken. */
static int send_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	sigset_t set = signal_set(SIG_FD);
	int fds[] = { signalfd(-1, &set, 0), epoll_create1(0),
		      epoll_create1(0) };

	if (epoll_ctl(fds[1], EPOLL_CTL_ADD, fds[0], &e) ||
	    epoll_ctl(fds[2], EPOLL_CTL_ADD, fds[1], &e))
		return -errno;
	return send_all(fds, 3);
}

static int send_pidfd(void)
{
	int fd = syscall(__NR_pidfd_open, getpid(), 0);

	return send_all(&fd, 1);
}

static int send_socketpair(void)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
		return -errno;
	return send_all(sv, 2);
}

static int send_rights(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&m);

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	return sendmsg(sock, &m, 0) == 1 ? 0 : -errno;
}

static int receive_rights(int sock)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *cm;
	int fd;

	if (recvmsg(sock, &m, MSG_DONTWAIT) != 1)
		return -errno;
	cm = CMSG_FIRSTHDR(&m);
	if (!cm || cm->cmsg_type != SCM_RIGHTS)
		return -ENOMSG;
	memcpy(&fd, CMSG_DATA(cm), sizeof(fd));
	return fd;
}

/* A cycle of the sockets' own, a signalfd in it, and then sent. */
static int send_socket_cycle(void)
{
	sigset_t set = signal_set(SIG_FD);
	int sv[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
		return -errno;
	ret = send_rights(sv[0], sv[1]) ?: send_rights(sv[1], sv[0]) ?:
	      send_rights(sv[0], signalfd(-1, &set, 0));
	return ret ?: send_all(sv, 2);
}

static int send_pipe(void)
{
	int fds[2];

	if (pipe(fds))
		return -errno;
	return send_all(fds, 2);
}

FIXTURE_VARIANT_ADD(cycle, signalfd) { .send = send_signalfd };
FIXTURE_VARIANT_ADD(cycle, epoll) { .send = send_epoll };
FIXTURE_VARIANT_ADD(cycle, pidfd) { .send = send_pidfd };
FIXTURE_VARIANT_ADD(cycle, socketpair) { .send = send_socketpair };
FIXTURE_VARIANT_ADD(cycle, socket_cycle) { .send = send_socket_cycle };
FIXTURE_VARIANT_ADD(cycle, pipe) { .send = send_pipe };

FIXTURE_SETUP(cycle)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	self->before = file_nr();
}

FIXTURE_TEARDOWN(cycle)
{
}

/* The sockets' own cycles wait for their collector: make it run. */
static void collect(void)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
		return;
	send_rights(sv[0], sv[1]);
	close(sv[0]);
	close(sv[1]);
}

static bool all_freed(long before)
{
	collect();
	return file_nr_is_back(before);
}

static int send_copies(int (*send)(void))
{
	int i, ret = 0;

	for (i = 0; i < NCOPIES && !ret; i++)
		ret = send();
	return ret;
}

/* Sent to its own owner, all other copies closed, and the owner goes. */
TEST_F(cycle, owner_exits)
{
	struct child c;
	int round, i, fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	for (round = 0; round < NROUNDS; round++) {
		if (!child_fork(&c)) {
			ASSERT_EQ(0, send_copies(variant->send));
			ASSERT_EQ(0, sendfd(getpid(), SIG_FD, fds[1], 0));
			for (i = 3; i < 64; i++)
				if (i != c.sock)
					close(i);
			say(&c);
			hear(&c);
			_exit(0);
		}
		ASSERT_EQ(1, hear(&c));
		if (round == NROUNDS - 1)
			close(fds[1]);
		if (round % 2)
			kill(c.pid, SIGKILL);
		else
			say(&c);
		EXPECT_EQ(0, wait_zombie(c.pid));
		if (round == NROUNDS - 1)
			EXPECT_TRUE(pipe_released(fds[0]));
		child_end(&c);
	}
	close(fds[0]);
	EXPECT_TRUE(all_freed(self->before));
}

/* Two processes, each with what leads to the other. */
TEST_F(cycle, two_owners)
{
	struct child c, d;
	int round, i;

	for (round = 0; round < NROUNDS; round++) {
		if (!child_fork(&c)) {
			EXPECT_EQ(1, hear(&c));
			EXPECT_EQ(0, send_copies(variant->send));
			say(&c);
			hear(&c);
			_exit(0);
		}
		if (!child_fork(&d)) {
			int fds[] = { syscall(__NR_pidfd_open, c.pid, 0),
				      syscall(__NR_pidfd_open, getpid(), 0) };

			for (i = 0; i < NCOPIES; i++) {
				EXPECT_EQ(0, sendfd(c.pid, SIG_FD, fds[1], 0));
				EXPECT_EQ(0, send_all(fds, 2));
			}
			say(&d);
			hear(&d);
			_exit(0);
		}
		ASSERT_EQ(1, hear(&d));
		say(&c);
		ASSERT_EQ(1, hear(&c));
		child_kill(&c);
		child_kill(&d);
	}
	EXPECT_TRUE(all_freed(self->before));
}

/* While it's queued it is no garbage: it can be taken, and is whole. */
TEST_F(cycle, owner_takes)
{
	int fds = count_fds(), i, n = 0;
	struct taken t;

	ASSERT_EQ(0, variant->send());
	for (i = 3; i < 64; i++)
		close(i);
	collect();
	while (!take_wait(SIG_FD, 0, &t)) {
		EXPECT_LE(0, fcntl(t.fd, F_GETFL));
		n++;
	}
	EXPECT_LT(0, n);
	for (i = 3; i < 64; i++)
		close(i);
	EXPECT_GE(fds, count_fds());
	EXPECT_TRUE(all_freed(self->before));
}

FIXTURE(flood) {
	long before;
};

FIXTURE_SETUP(flood)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	self->before = file_nr();
}

FIXTURE_TEARDOWN(flood)
{
}

/* The sockets' collector knows nothing of signals, and takes nothing away. */
TEST_F(flood, socket_cycle_is_whole)
{
	struct taken t, u;
	int fd;

	ASSERT_EQ(0, send_socket_cycle());
	for (fd = 3; fd < 64; fd++)
		close(fd);
	for (fd = 0; fd < 10; fd++)
		collect();
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &u));
	EXPECT_LE(0, receive_rights(u.fd));
	EXPECT_LE(0, receive_rights(t.fd));
	EXPECT_LE(0, receive_rights(u.fd));
}

/* One hundred thousand files, to receivers that die without taking them. */
TEST_F_TIMEOUT(flood, untaken, 600)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int round, i, fd, ret = 0;
	struct child c;

	if (setrlimit(RLIMIT_SIGPENDING, &limit))
		SKIP(return, "needs root");
	for (round = 0; round < NRECEIVERS && !ret; round++) {
		if (!child_fork(&c)) {
			say(&c);
			hear(&c);
			_exit(0);
		}
		ASSERT_EQ(1, hear(&c));
		for (i = 0; i < NSENDS / NRECEIVERS && !ret; i++) {
			fd = eventfd(0, EFD_CLOEXEC);
			ret = sendfd(c.pid, 34 + i % 31, fd, 0);
			close(fd);
		}
		ASSERT_EQ(0, ret);
		/* they are really held */
		EXPECT_LE(self->before + NSENDS / NRECEIVERS - file_nr_slack(),
			  file_nr());
		if (round % 2)
			child_kill(&c);
		else
			child_end(&c);
	}
	EXPECT_TRUE(file_nr_is_back(self->before));
}

/* The same for the receiver's own exec, and for ignoring. */
TEST_F_TIMEOUT(flood, ignored, 600)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int round, i, fd;

	if (setrlimit(RLIMIT_SIGPENDING, &limit))
		SKIP(return, "needs root");
	for (round = 0; round < 10; round++) {
		for (i = 0; i < 1000; i++) {
			fd = eventfd(0, EFD_CLOEXEC);
			ASSERT_EQ(0, sendfd(getpid(), SIG_FD, fd, 0));
			close(fd);
		}
		signal(SIG_FD, SIG_IGN);
		signal(SIG_FD, SIG_DFL);
		EXPECT_TRUE(file_nr_is_back(self->before));
	}
}

TEST_HARNESS_MAIN
