// SPDX-License-Identifier: GPL-2.0
/* sendfd(): a signalfd that is read by io_uring, also while its owner exits. */

#include <linux/io_uring.h>
#include <sys/mman.h>

#include "sendfd_test.h"

struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

FIXTURE(iouring) {
	struct ring ring;
	struct signalfd_siginfo si;
	int sfd;
	int pipe[2];
};

FIXTURE_VARIANT(iouring) {
	unsigned int setup;	/* flags of io_uring_setup() */
	unsigned int sqe;	/* flags of a request */
};

FIXTURE_VARIANT_ADD(iouring, plain) { 0, 0 };
FIXTURE_VARIANT_ADD(iouring, deferred) {
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, 0,
};

/* A worker of the kernel's own reads, and so sleeps. */
FIXTURE_VARIANT_ADD(iouring, worker) { 0, IOSQE_ASYNC };

static int ring_open(struct ring *r, unsigned int flags)
{
	struct io_uring_params p = { .flags = flags };
	char *sq, *cq;

	r->fd = syscall(__NR_io_uring_setup, 4, &p);
	if (r->fd < 0)
		return -errno;
	sq = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		  IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, 4 * sizeof(*r->sqes), PROT_READ | PROT_WRITE,
		       MAP_SHARED, r->fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || r->sqes == MAP_FAILED)
		return -ENOMEM;
	r->sq_tail = (void *)(sq + p.sq_off.tail);
	r->sq_mask = (void *)(sq + p.sq_off.ring_mask);
	r->sq_array = (void *)(sq + p.sq_off.array);
	r->cq_head = (void *)(cq + p.cq_off.head);
	r->cq_tail = (void *)(cq + p.cq_off.tail);
	r->cq_mask = (void *)(cq + p.cq_off.ring_mask);
	r->cqes = (void *)(cq + p.cq_off.cqes);
	return 0;
}

static int ring_submit(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *r->sq_tail, i = tail & *r->sq_mask;

	r->sqes[i] = *sqe;
	r->sq_array[i] = i;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	return syscall(__NR_io_uring_enter, r->fd, 1, 0, 0, NULL, 0) == 1 ?
		0 : -errno;
}

/* What the request returned, once it has. */
static int ring_wait(struct ring *r)
{
	unsigned int head = *r->cq_head;
	int ret;

	while (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head)
		if (syscall(__NR_io_uring_enter, r->fd, 0, 1,
			    IORING_ENTER_GETEVENTS, NULL, 0) < 0 &&
		    errno != EINTR)
			return -errno;
	ret = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return ret;
}

FIXTURE_SETUP(iouring)
{
	sigset_t set = signal_set(SIG_FD);
	int ret;

	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	ret = ring_open(&self->ring, variant->setup);
	if (ret)
		SKIP(return, "no io_uring: %s", strerror(-ret));
	self->sfd = signalfd(-1, &set, SFD_CLOEXEC);
	ASSERT_LE(0, self->sfd);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(iouring)
{
}

static int submit(struct ring *r, int sfd, struct signalfd_siginfo *si,
		  unsigned int flags)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ, .fd = sfd, .flags = flags,
		.addr = (unsigned long)si, .len = sizeof(*si),
	};

	return ring_submit(r, &sqe);
}

/* A request for a ring is one that an exit waits for, and so for others. */
static int submit_poll(struct ring *r, int fd)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_POLL_ADD, .fd = fd, .poll32_events = POLLIN,
	};

	return ring_submit(r, &sqe);
}

TEST_F(iouring, pending)
{
	struct taken t;

	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 5));
	ASSERT_EQ(0, submit(&self->ring, self->sfd, &self->si, variant->sqe));
	ASSERT_EQ((int)sizeof(self->si), ring_wait(&self->ring));
	from_record(&self->si, &t);
	EXPECT_EQ(SI_SENDFD, t.code);
	EXPECT_EQ(t.fd, t.ssi_fd);
	EXPECT_EQ(5, number_of_file(t.fd));
	EXPECT_EQ(FD_CLOEXEC, fcntl(t.fd, F_GETFD));
}

TEST_F(iouring, waiting)
{
	struct child c;

	ASSERT_EQ(0, submit(&self->ring, self->sfd, &self->si, variant->sqe));
	if (!child_fork(&c)) {
		EXPECT_EQ(0, send_number(getppid(), SIG_FD, 6));
		_exit(0);
	}
	ASSERT_EQ((int)sizeof(self->si), ring_wait(&self->ring));
	EXPECT_EQ(6, number_of_file(self->si.ssi_fd));
	EXPECT_EQ(0, child_end(&c));
}

TEST_F(iouring, table_full)
{
	struct rlimit limit = { lowest_free_fd(), 1000 };

	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 7));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, submit(&self->ring, self->sfd, &self->si, variant->sqe));
	EXPECT_EQ(-EMFILE, ring_wait(&self->ring));
	EXPECT_TRUE(is_pending(SIG_FD));
	limit.rlim_cur++;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, submit(&self->ring, self->sfd, &self->si, variant->sqe));
	ASSERT_EQ((int)sizeof(self->si), ring_wait(&self->ring));
	EXPECT_EQ(7, number_of_file(self->si.ssi_fd));
}

/* The tid of a thread of this process that has such a name, or 0. */
static pid_t thread_named(const char *name)
{
	DIR *dir = opendir("/proc/self/task");
	char path[300], comm[32];
	struct dirent *e;
	pid_t tid = 0;
	FILE *f;

	while (dir && !tid && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 e->d_name);
		f = fopen(path, "re");
		if (f && fgets(comm, sizeof(comm), f) &&
		    !strncmp(comm, name, strlen(name)))
			tid = atoi(e->d_name);
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return tid;
}

/* A thread of the kernel's takes nothing out of a mailbox of its own. */
TEST_F(iouring, worker_is_refused)
{
	pid_t tid;

	if (!(variant->sqe & IOSQE_ASYNC))
		SKIP(return, "no worker here");
	ASSERT_EQ(0, submit(&self->ring, self->sfd, &self->si, variant->sqe));
	/* it names itself when it has begun */
	while (!(tid = thread_named("iou-wrk-")))
		sched_yield();
	EXPECT_EQ(-ECONNREFUSED, sendfd(tid, SIG_FD, self->pipe[1],
					SENDFD_THREAD));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

/*
 * The read waits, the signal comes, and the owner exits before the request
 * has gone on: what is left of it runs within the exit.
 */
static void exit_while_reading(struct __test_metadata *_metadata,
			       int pipe[2], unsigned int setup,
			       unsigned int sqe, unsigned int flags)
{
	struct signalfd_siginfo si;
	sigset_t set = signal_set(SIG_FD);
	struct ring ring, other;
	struct child c;
	int sfd, round;

	for (round = 0; round < 8; round++) {
		if (!child_fork(&c)) {
			ASSERT_EQ(0, ring_open(&ring, setup));
			ASSERT_EQ(0, ring_open(&other, 0));
			ASSERT_EQ(0, submit_poll(&ring, other.fd));
			sfd = signalfd(-1, &set, 0);
			ASSERT_EQ(0, submit(&ring, sfd, &si, sqe));
			ASSERT_EQ(0, sendfd(getpid(), SIG_FD, pipe[1],
					    flags));
			_exit(0);
		}
		ASSERT_EQ(0, child_end(&c));
	}
	close(pipe[1]);
	EXPECT_TRUE(pipe_released(pipe[0]));
}

TEST_F(iouring, process_exits)
{
	exit_while_reading(_metadata, self->pipe, variant->setup,
			   variant->sqe, 0);
}

TEST_F(iouring, thread_exits)
{
	exit_while_reading(_metadata, self->pipe, variant->setup,
			   variant->sqe, SENDFD_THREAD);
}

TEST_HARNESS_MAIN
