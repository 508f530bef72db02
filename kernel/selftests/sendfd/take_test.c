// SPDX-License-Identifier: GPL-2.0
/* sendfd(): what is special to one of the ways to take the signal. */

#include "sendfd_test.h"

#define NREADERS 4
#define NFILES 200

FIXTURE(take) {
	int sfd;
	int pipe[2];
};

FIXTURE_SETUP(take)
{
	sigset_t set = signal_set(SIG_FD);

	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	sigaddset(&set, SIG_LOW);
	self->sfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	ASSERT_LE(0, self->sfd);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(take)
{
}

/* The lowest number comes first, in one call that waits for several. */
TEST_F(take, lowest_number_first)
{
	sigset_t set = signal_set(SIG_FD);
	struct taken t;

	sigaddset(&set, SIG_LOW);
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	ASSERT_EQ(0, send_number(getpid(), SIG_LOW, 2));
	ASSERT_EQ(0, send_number(getpid(), SIG_LOW, 3));
	ASSERT_EQ(0, take_wait_set(&set, 0, &t));
	EXPECT_EQ(SIG_LOW, t.sig);
	EXPECT_EQ(2, number_of_file(t.fd));
	ASSERT_EQ(0, take_signalfd(self->sfd, &t));
	EXPECT_EQ(SIG_LOW, t.sig);
	EXPECT_EQ(3, number_of_file(t.fd));
	ASSERT_EQ(0, take_signalfd(self->sfd, &t));
	EXPECT_EQ(SIG_FD, t.sig);
	EXPECT_EQ(1, number_of_file(t.fd));
}

TEST_F(take, sigtimedwait_times_out)
{
	int fds = count_fds();
	struct taken t;

	EXPECT_EQ(-EAGAIN, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(-EAGAIN, take_wait(SIG_FD, 1, &t));
	EXPECT_EQ(fds, count_fds());
}

/* One that asks for another number gets nothing, and breaks nothing. */
TEST_F(take, sigtimedwait_of_another_number)
{
	struct taken t;

	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	EXPECT_EQ(-EAGAIN, take_wait(SIG_LOW, 0, &t));
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(1, number_of_file(t.fd));
}

/* A siginfo that can't be written: no descriptor is left behind. */
TEST_F(take, sigtimedwait_fault)
{
	sigset_t set = signal_set(SIG_FD);
	struct timespec ts = { 0 };
	int fds = count_fds();

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	ASSERT_EQ(-1, syscall(__NR_rt_sigtimedwait, &set, (void *)8, &ts, 8));
	EXPECT_EQ(EFAULT, errno);
	close(self->pipe[1]);
	EXPECT_EQ(fds - 1, count_fds());
	EXPECT_FALSE(is_pending(SIG_FD));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

TEST_F(take, signalfd_fault)
{
	int fds = count_fds();

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	ASSERT_EQ(-1, syscall(__NR_read, self->sfd, (void *)8,
			      sizeof(struct signalfd_siginfo)));
	EXPECT_EQ(EFAULT, errno);
	close(self->pipe[1]);
	EXPECT_EQ(fds - 1, count_fds());
	EXPECT_FALSE(is_pending(SIG_FD));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

TEST_F(take, signalfd_polls)
{
	struct pollfd p = { .fd = self->sfd, .events = POLLIN };
	struct taken t;

	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(-EAGAIN, take_signalfd(self->sfd, &t));
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLIN, p.revents);
	ASSERT_EQ(0, take_signalfd(self->sfd, &t));
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(-EAGAIN, take_signalfd(self->sfd, &t));
}

/* One read, several records: plain ones and such with a descriptor. */
TEST_F(take, signalfd_several_records)
{
	struct signalfd_siginfo si[16];
	struct taken t;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, i));
		ASSERT_EQ(0, sigqueue(getpid(), SIG_FD,
				      (union sigval){ .sival_int = 1000 + i }));
		ASSERT_EQ(0, kill(getpid(), SIG_FD));
	}
	ASSERT_EQ(15 * (int)sizeof(si[0]), read(self->sfd, si, sizeof(si)));
	for (i = 0; i < 15; i += 3) {
		from_record(&si[i], &t);
		EXPECT_EQ(SI_SENDFD, t.code);
		EXPECT_EQ(t.fd, t.ssi_fd);
		EXPECT_EQ(i / 3, number_of_file(t.fd));
		EXPECT_EQ(SI_QUEUE, si[i + 1].ssi_code);
		EXPECT_EQ(1000 + i / 3, si[i + 1].ssi_int);
		EXPECT_EQ(0, si[i + 1].ssi_fd);
		EXPECT_EQ(SI_USER, si[i + 2].ssi_code);
		EXPECT_EQ(0, si[i + 2].ssi_int);
		EXPECT_EQ(0, si[i + 2].ssi_fd);
	}
}

/* What doesn't fit into the buffer stays queued. */
TEST_F(take, signalfd_small_buffer)
{
	struct signalfd_siginfo si[2];
	int i, fds = count_fds();

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, i));
	EXPECT_EQ(-1, read(self->sfd, si, sizeof(si[0]) - 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(fds, count_fds());
	ASSERT_EQ(2 * (int)sizeof(si[0]), read(self->sfd, si, sizeof(si)));
	EXPECT_EQ(fds + 2, count_fds());
	EXPECT_EQ(1, number_of_file(si[1].ssi_fd));
	EXPECT_TRUE(is_pending(SIG_FD));
}

/* A signalfd gives its reader the reader's signals, not its maker's. */
TEST_F(take, signalfd_of_the_parent)
{
	struct child c;
	struct taken t;

	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	if (!child_fork(&c)) {
		EXPECT_EQ(-EAGAIN, take_signalfd(self->sfd, &t));
		say(&c);
		EXPECT_EQ(1, hear(&c));
		ASSERT_EQ(0, take_signalfd(self->sfd, &t));
		EXPECT_EQ(2, number_of_file(t.fd));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, send_number(c.pid, SIG_FD, 2));
	say(&c);
	EXPECT_EQ(0, child_end(&c));
	ASSERT_EQ(0, take_signalfd(self->sfd, &t));
	EXPECT_EQ(1, number_of_file(t.fd));
}

static int seen[NFILES];

static void *read_numbers(void *arg)
{
	struct taken t;
	long n = 0;
	int i;

	while (!take_signalfd((long)arg, &t)) {
		if (t.code != SI_SENDFD)
			break;
		i = number_of_file(t.fd);
		close(t.fd);
		if (i >= 0 && i < NFILES)
			__atomic_add_fetch(&seen[i], 1, __ATOMIC_SEQ_CST);
		n++;
	}
	return (void *)n;
}

/* Several threads read one signalfd: each file is taken once, by one. */
TEST_F(take, signalfd_several_readers)
{
	pthread_t threads[NREADERS];
	sigset_t set = signal_set(SIG_FD);
	long sfd = signalfd(-1, &set, SFD_CLOEXEC), n = 0, i;
	void *ret;

	for (i = 0; i < NREADERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, read_numbers,
					    (void *)sfd));
	for (i = 0; i < NFILES; i++)
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, i));
	/* a plain signal each ends them */
	for (i = 0; i < NREADERS; i++)
		ASSERT_EQ(0, sigqueue(getpid(), SIG_FD, (union sigval){ 0 }));
	for (i = 0; i < NREADERS; i++) {
		pthread_join(threads[i], &ret);
		n += (long)ret;
	}
	EXPECT_EQ(NFILES, n);
	for (i = 0; i < NFILES; i++)
		EXPECT_EQ(1, seen[i]);
}

/* Nobody is told the number: there is no descriptor, the file is dropped. */
TEST_F(take, sigtimedwait_without_siginfo)
{
	sigset_t set = signal_set(SIG_FD);
	struct timespec ts = { 0 };
	int fds;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	fds = count_fds();
	EXPECT_EQ(SIG_FD, syscall(__NR_rt_sigtimedwait, &set, NULL, &ts, 8));
	EXPECT_EQ(fds, count_fds());
	EXPECT_FALSE(is_pending(SIG_FD));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

static void count_quietly(int sig)
{
	handled_count++;
}

TEST_F(take, handler_without_siginfo)
{
	int fds;

	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	fds = count_fds();
	handled_count = 0;
	signal(SIG_FD, count_quietly);
	block_realtime(SIG_UNBLOCK);
	EXPECT_EQ(1, handled_count);
	EXPECT_EQ(fds, count_fds());
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/* Handlers. */

static int order[4], norder;

static void note_order(int sig, siginfo_t *si, void *ctx)
{
	if (norder < 4)
		order[norder++] = number_of_file(si->si_int);
}

/* Several pending at once: each handler has its own descriptor. */
TEST_F(take, handlers_of_two_numbers)
{
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, 20 + i));
		ASSERT_EQ(0, send_number(getpid(), SIG_LOW, 10 + i));
	}
	set_handler(SIG_FD, 0, note_order);
	set_handler(SIG_LOW, 0, note_order);
	norder = 0;
	block_realtime(SIG_UNBLOCK);
	ASSERT_EQ(4, norder);
	EXPECT_EQ(10, order[0]);
	EXPECT_EQ(11, order[1]);
	EXPECT_EQ(20, order[2]);
	EXPECT_EQ(21, order[3]);
}

/* Frames upon frames: the later one runs first, with its own descriptor. */
TEST_F(take, handlers_nested)
{
	struct sigaction sa = { .sa_sigaction = note_order,
				.sa_flags = SA_SIGINFO | SA_NODEFER };
	int i;

	sigemptyset(&sa.sa_mask);
	sigaction(SIG_FD, &sa, NULL);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, send_number(getpid(), SIG_FD, i));
	norder = 0;
	block_realtime(SIG_UNBLOCK);
	ASSERT_EQ(3, norder);
	EXPECT_EQ(3, order[0] + order[1] + order[2]);
	EXPECT_NE(order[0], order[1]);
	EXPECT_NE(order[1], order[2]);
}

static int told[2];

static void tell(int sig, siginfo_t *si, void *ctx)
{
	int number = number_of_file(si->si_int);

	if (write(told[1], &number, sizeof(number)) < 0)
		abort();
}

/* SA_RESTART: the descriptor comes, and the call that slept goes on. */
TEST_F(take, handler_restarts_a_call)
{
	struct child c;
	int number = 0;
	char byte;

	ASSERT_EQ(0, pipe2(told, O_CLOEXEC));
	if (!child_fork(&c)) {
		set_handler(SIG_FD, SA_RESTART, tell);
		block_realtime(SIG_UNBLOCK);
		say(&c);
		EXPECT_EQ(1, read(self->pipe[0], &byte, 1));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_TRUE(wait_blocked(c.pid, __NR_read));
	ASSERT_EQ(0, send_number(c.pid, SIG_FD, 6));
	EXPECT_EQ((ssize_t)sizeof(number),
		  read(told[0], &number, sizeof(number)));
	EXPECT_EQ(6, number);
	EXPECT_EQ(1, write(self->pipe[1], "x", 1));
	EXPECT_EQ(0, child_end(&c));
}

TEST_F(take, handler_interrupts_a_call)
{
	struct child c;
	char byte;

	if (!child_fork(&c)) {
		set_handler(SIG_FD, 0, take_in_handler);
		block_realtime(SIG_UNBLOCK);
		say(&c);
		EXPECT_EQ(-1, read(self->pipe[0], &byte, 1));
		EXPECT_EQ(EINTR, errno);
		EXPECT_EQ(6, number_of_file(handled.fd));
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_TRUE(wait_blocked(c.pid, __NR_read));
	ASSERT_EQ(0, send_number(c.pid, SIG_FD, 6));
	EXPECT_EQ(0, child_end(&c));
}

/* Another number is waited for: the handler still gets its descriptor. */
TEST_F(take, handler_interrupts_sigtimedwait)
{
	struct child c;
	struct taken t;

	if (!child_fork(&c)) {
		set_handler(SIG_FD, 0, take_in_handler);
		block_realtime(SIG_UNBLOCK);
		EXPECT_EQ(-EINTR, take_wait(SIG_LOW, LIMIT_MS, &t));
		EXPECT_EQ(6, number_of_file(handled.fd));
		_exit(0);
	}
	ASSERT_TRUE(wait_blocked(c.pid, __NR_rt_sigtimedwait));
	ASSERT_EQ(0, send_number(c.pid, SIG_FD, 6));
	EXPECT_EQ(0, child_end(&c));
}

/* A handler that can't run: the process dies, and nothing is left. */
TEST_F(take, handler_without_a_stack)
{
	stack_t stack = { .ss_sp = (void *)4096, .ss_size = 65536 };
	struct child c;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		ASSERT_EQ(0, sigaltstack(&stack, NULL));
		set_handler(SIG_FD, SA_ONSTACK, take_in_handler);
		block_realtime(SIG_UNBLOCK);
		say(&c);
		for (;;)
			pause();
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_EQ(256 + SIGSEGV, child_end(&c));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

TEST_HARNESS_MAIN
