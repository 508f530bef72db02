// SPDX-License-Identifier: GPL-2.0
/* sendfd(): a receiver without a free descriptor. Nothing is lost. */

#include "sendfd_test.h"

FIXTURE(full) {
	int sfd;
	int pipe[2];
	int spare;		/* the one to close to make room */
};

FIXTURE_SETUP(full)
{
	sigset_t set = signal_set(SIG_FD);

	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	self->sfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	ASSERT_LE(0, self->sfd);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
	self->spare = dup(0);
	ASSERT_LT(self->pipe[1], self->spare);
}

FIXTURE_TEARDOWN(full)
{
}

/* No descriptor from @fd on. */
static int limit_fds(int fd)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	limit.rlim_cur = fd;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

/* The table is full, up to and including the spare one. */
#define FILL_TABLE() ASSERT_EQ(0, limit_fds(self->spare + 1))

TEST_F(full, sigtimedwait)
{
	struct taken t;
	int i;

	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 2));
	FILL_TABLE();
	for (i = 0; i < 3; i++)
		EXPECT_EQ(-EMFILE, take_wait(SIG_FD, LIMIT_MS, &t));
	EXPECT_TRUE(is_pending(SIG_FD));

	close(self->spare);
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(self->spare, t.fd);
	EXPECT_EQ(1, number_of_file(t.fd));
	EXPECT_EQ(-EMFILE, take_wait(SIG_FD, 0, &t));
	close(t.fd);
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(2, number_of_file(t.fd));
}

TEST_F(full, signalfd)
{
	struct pollfd p = { .fd = self->sfd, .events = POLLIN };
	struct taken t;
	int i;

	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 2));
	FILL_TABLE();
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EMFILE, take_signalfd(self->sfd, &t));
		EXPECT_EQ(1, poll(&p, 1, 0));
	}
	close(self->spare);
	ASSERT_EQ(0, take_signalfd(self->sfd, &t));
	EXPECT_EQ(self->spare, t.fd);
	EXPECT_EQ(1, number_of_file(t.fd));
	EXPECT_EQ(-EMFILE, take_signalfd(self->sfd, &t));
	close(t.fd);
	ASSERT_EQ(0, take_signalfd(self->sfd, &t));
	EXPECT_EQ(2, number_of_file(t.fd));
}

/* Already asleep when the signal comes. */
TEST_F(full, while_waiting)
{
	enum way way;
	struct child c;
	struct taken t;
	sigset_t set = signal_set(SIG_FD);
	static const long calls[] = { __NR_rt_sigtimedwait, __NR_read };

	for (way = WAY_WAIT; way <= WAY_SIGNALFD; way++) {
		if (!child_fork(&c)) {
			/* a blocking one */
			dup2(signalfd(-1, &set, 0), self->sfd);
			ASSERT_EQ(0, limit_fds(lowest_free_fd()));
			EXPECT_EQ(-EMFILE, way == WAY_WAIT ?
				  take_wait(SIG_FD, LIMIT_MS, &t) :
				  take_signalfd(self->sfd, &t));
			EXPECT_TRUE(is_pending(SIG_FD));
			ASSERT_EQ(0, limit_fds(1000));
			ASSERT_EQ(0, take_signalfd(self->sfd, &t));
			EXPECT_EQ(8, number_of_file(t.fd));
			_exit(0);
		}
		ASSERT_TRUE(wait_blocked(c.pid, calls[way]));
		EXPECT_EQ(0, send_number(c.pid, SIG_FD, 8));
		EXPECT_EQ(0, child_end(&c));
	}
}

/* A handler can't fail: it is told, and the file is gone. */
TEST_F(full, handler)
{
	struct taken t;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	ASSERT_EQ(self->pipe[1], dup(0));
	FILL_TABLE();
	ASSERT_EQ(0, take_handler(SIG_FD, &t));
	EXPECT_EQ(SI_SENDFD, t.code);
	EXPECT_EQ(-EMFILE, t.fd);
	EXPECT_EQ(getpid(), t.pid);
	EXPECT_FALSE(is_pending(SIG_FD));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* Two records asked for, room for one: the first is returned. */
TEST_F(full, signalfd_second_record)
{
	struct signalfd_siginfo si[3];

	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 2));
	FILL_TABLE();
	close(self->spare);
	ASSERT_EQ((int)sizeof(si[0]), read(self->sfd, si, sizeof(si)));
	EXPECT_EQ(self->spare, si[0].ssi_fd);
	EXPECT_EQ(1, number_of_file(self->spare));
	EXPECT_EQ(-1, read(self->sfd, si, sizeof(si)));
	EXPECT_EQ(EMFILE, errno);
	close(self->spare);
	ASSERT_EQ((int)sizeof(si[0]), read(self->sfd, si, sizeof(si)));
	EXPECT_EQ(2, number_of_file(self->spare));
}

/* Signals without a file need no descriptor, before it and of other numbers. */
TEST_F(full, plain_signals_pass)
{
	struct signalfd_siginfo si[4];
	struct taken t;

	ASSERT_EQ(0, sigqueue(getpid(), SIG_FD, (union sigval){ 11 }));
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	ASSERT_EQ(0, sigqueue(getpid(), SIG_FD, (union sigval){ 12 }));
	ASSERT_EQ(0, sigqueue(getpid(), SIG_FD + 1, (union sigval){ 13 }));
	FILL_TABLE();
	ASSERT_EQ((int)sizeof(si[0]), read(self->sfd, si, sizeof(si)));
	EXPECT_EQ(11, si[0].ssi_int);
	/* the order within a number holds */
	EXPECT_EQ(-EMFILE, take_wait(SIG_FD, 0, &t));
	ASSERT_EQ(0, take_wait(SIG_FD + 1, 0, &t));
	EXPECT_EQ(13, t.fd);
	close(self->spare);
	ASSERT_EQ(2 * (int)sizeof(si[0]), read(self->sfd, si, sizeof(si)));
	EXPECT_EQ(1, number_of_file(si[0].ssi_fd));
	EXPECT_EQ(12, si[1].ssi_int);
}

/* A fault, with the table nearly full: the reserved slot is given back. */
TEST_F(full, fault_gives_the_slot_back)
{
	sigset_t set = signal_set(SIG_FD);
	struct timespec ts = { 0 };
	int i;

	FILL_TABLE();
	close(self->spare);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, sendfd(getpid(), SIG_FD, 0, 0));
		ASSERT_EQ(-1, syscall(__NR_rt_sigtimedwait, &set, (void *)8,
				      &ts, 8));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_EQ(self->spare, lowest_free_fd());
	}
}

/* Waiting in vain takes no slot either. */
TEST_F(full, nothing_pending)
{
	struct taken t;

	FILL_TABLE();
	EXPECT_EQ(-EAGAIN, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(-EAGAIN, take_signalfd(self->sfd, &t));
	close(self->spare);
	EXPECT_EQ(-EAGAIN, take_wait(SIG_FD, 1, &t));
	EXPECT_EQ(self->spare, lowest_free_fd());
}

/* Another thread fights for the one free slot. */

static int stop_fighting;

static void *fight(void *arg)
{
	int fd;

	while (!__atomic_load_n(&stop_fighting, __ATOMIC_SEQ_CST)) {
		fd = dup(0);
		sched_yield();
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

TEST_F(full, race_for_the_last_slot)
{
	int i, next = 0, full = 0, ret;
	pthread_t thread;
	struct taken t;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, i));
	FILL_TABLE();
	close(self->spare);
	ASSERT_EQ(0, pthread_create(&thread, NULL, fight, NULL));
	while (next < 100) {
		ret = next % 2 ? take_wait(SIG_FD, LIMIT_MS, &t) :
				 take_signalfd(self->sfd, &t);
		if (ret == -EMFILE) {
			full++;
			sched_yield();
			continue;
		}
		ASSERT_EQ(0, ret);
		ASSERT_EQ(next, number_of_file(t.fd));
		close(t.fd);
		next++;
	}
	__atomic_store_n(&stop_fighting, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	TH_LOG("%d times full", full);
}

/* No file structure left in the whole system: root's tests only. */
static int set_file_max(const char *value)
{
	int fd = open("/proc/sys/fs/file-max", O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, value, strlen(value)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* ENFILE needs a new file; a descriptor for an old one does not. */
TEST_F(full, system_wide_limit_is_no_obstacle)
{
	char before[64] = "";
	FILE *f = fopen("/proc/sys/fs/file-max", "re");
	struct child c;
	struct taken t;

	if (getuid() || !f || !fgets(before, sizeof(before), f))
		SKIP(return, "needs root and /proc/sys/fs");
	fclose(f);
	if (!child_fork(&c)) {
		ASSERT_EQ(0, send_number(getppid(), SIG_FD, 4));
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, 5));
		if (setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
			_exit(1);
		say(&c);
		EXPECT_EQ(1, hear(&c));
		EXPECT_EQ(0, take_wait(SIG_FD, 0, &t));
		say(&c);
		EXPECT_EQ(1, hear(&c));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	EXPECT_EQ(0, set_file_max("1"));
	say(&c);
	EXPECT_EQ(1, hear(&c));
	EXPECT_EQ(0, set_file_max(before));
	say(&c);
	EXPECT_EQ(0, child_end(&c));
}

TEST_HARNESS_MAIN
