// SPDX-License-Identifier: GPL-2.0
/* sendfd(): threads have mailboxes of their own, SENDFD_THREAD. */

#include "sendfd_test.h"

FIXTURE(thread) {
	int pipe[2];
};

FIXTURE_SETUP(thread)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(thread)
{
}

/* A thread that takes when it is told to, and says what it got. */
struct worker {
	pthread_t thread;
	pthread_barrier_t go, done;
	pid_t tid;
	enum way way;
	int ms;			/* how long to wait; < 0: the thread ends */
	int ret;
	struct taken taken;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	w->tid = gettid();
	pthread_barrier_wait(&w->done);
	for (;;) {
		pthread_barrier_wait(&w->go);
		if (w->ms < 0)
			return NULL;
		w->ret = w->way == WAY_WAIT ?
			 take_wait(SIG_FD, w->ms, &w->taken) :
			 take(w->way, SIG_FD, &w->taken);
		pthread_barrier_wait(&w->done);
	}
}

static void worker_start(struct worker *w)
{
	if (pthread_barrier_init(&w->go, NULL, 2) ||
	    pthread_barrier_init(&w->done, NULL, 2) ||
	    pthread_create(&w->thread, NULL, work, w))
		abort();
	pthread_barrier_wait(&w->done);
}

static int worker_take(struct worker *w, enum way how, int ms)
{
	w->way = how;
	w->ms = ms;
	pthread_barrier_wait(&w->go);
	pthread_barrier_wait(&w->done);
	return w->ret;
}

static void worker_end(struct worker *w)
{
	w->ms = -1;
	pthread_barrier_wait(&w->go);
	pthread_join(w->thread, NULL);
}

/* What is in one thread's mailbox is for that thread. */
TEST_F(thread, own_mailbox)
{
	struct worker a, b;
	struct taken t;

	worker_start(&a);
	worker_start(&b);
	ASSERT_EQ(0, sendfd(a.tid, SIG_FD, self->pipe[1], SENDFD_THREAD));
	EXPECT_EQ(-EAGAIN, worker_take(&b, WAY_WAIT, 0));
	EXPECT_EQ(-EAGAIN, take_wait(SIG_FD, 0, &t));
	EXPECT_FALSE(is_pending(SIG_FD));
	ASSERT_EQ(0, worker_take(&a, WAY_WAIT, 0));
	EXPECT_EQ(SI_SENDFD, a.taken.code);
	EXPECT_EQ(getpid(), a.taken.pid);
	EXPECT_EQ(1, write(a.taken.fd, "x", 1));
	worker_end(&a);
	worker_end(&b);
}

TEST_F(thread, each_way)
{
	struct worker a;
	enum way way;
	int fd;

	worker_start(&a);
	for (way = WAY_WAIT; way <= WAY_HANDLER; way++) {
		fd = numbered_file(way);
		ASSERT_EQ(0, sendfd(a.tid, SIG_FD, fd, SENDFD_THREAD));
		close(fd);
		ASSERT_EQ(0, worker_take(&a, way, LIMIT_MS));
		EXPECT_EQ((int)way, number_of_file(a.taken.fd));
	}
	worker_end(&a);
}

/* What is sent to the process may be taken by any thread. */
TEST_F(thread, shared_mailbox)
{
	struct worker a;
	struct taken t;

	worker_start(&a);
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 2));
	ASSERT_EQ(0, worker_take(&a, WAY_WAIT, 0));
	EXPECT_EQ(1, number_of_file(a.taken.fd));
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(2, number_of_file(t.fd));
	worker_end(&a);
}

/* A thread's own come first. */
TEST_F(thread, own_before_shared)
{
	int fd = numbered_file(2);
	struct taken t;

	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 1));
	ASSERT_EQ(0, sendfd(gettid(), SIG_FD, fd, SENDFD_THREAD));
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(2, number_of_file(t.fd));
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(1, number_of_file(t.fd));
}

/* Without the flag, only a process can be named, as in kill()... */
TEST_F(thread, thread_is_no_process)
{
	struct worker a;
	struct taken t;
	int ret;

	worker_start(&a);
	ret = send_number(a.tid, SIG_FD, 5);
	/* ...which takes a thread's number for its process */
	EXPECT_EQ(kill(a.tid, 0) ? -errno : 0, ret);
	if (!ret) {
		ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
		EXPECT_EQ(5, number_of_file(t.fd));
	}
	worker_end(&a);
}

/* Of another process, too. */
static void *say_tid(void *arg)
{
	struct child *c = arg;
	struct taken t;

	say_value(c, gettid());
	if (take_wait(SIG_FD, LIMIT_MS, &t))
		_exit(1);
	say_value(c, number_of_file(t.fd));
	hear(c);
	_exit(0);
}

TEST_F(thread, of_another_process)
{
	pthread_t thread;
	struct child c;
	int tid, fd = numbered_file(31);

	if (!child_fork(&c)) {
		pthread_create(&thread, NULL, say_tid, &c);
		for (;;)
			pause();
	}
	tid = hear(&c);
	ASSERT_LT(0, tid);
	EXPECT_NE(c.pid, tid);
	/* the process's main thread can't take it */
	EXPECT_EQ(0, sendfd(tid, SIG_FD, fd, SENDFD_THREAD));
	EXPECT_EQ(31, hear(&c));
	say(&c);
	EXPECT_EQ(0, child_end(&c));
	EXPECT_EQ(-ESRCH, sendfd(tid, SIG_FD, fd, SENDFD_THREAD));
}

/* A thread's end drops its mailbox; the process goes on. */
TEST_F(thread, end_drops)
{
	struct worker a;
	struct taken t;

	worker_start(&a);
	ASSERT_EQ(0, sendfd(a.tid, SIG_FD, self->pipe[1], SENDFD_THREAD));
	ASSERT_EQ(0, send_number(getpid(), SIG_FD, 3));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	worker_end(&a);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(-ESRCH, sendfd(a.tid, SIG_FD, 0, SENDFD_THREAD));
	/* what was for the process is still there */
	ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
	EXPECT_EQ(3, number_of_file(t.fd));
}

/* The main thread's end drops its own, though the process lives on. */
static void *outlive(void *arg)
{
	struct child *c = arg;

	say(c);
	hear(c);
	_exit(0);
}

TEST_F(thread, end_of_the_leader_drops)
{
	pthread_t thread;
	struct child c;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		say(&c);
		EXPECT_EQ(1, hear(&c));
		pthread_create(&thread, NULL, outlive, &c);
		syscall(__NR_exit, 0);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], SENDFD_THREAD));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	say(&c);
	EXPECT_EQ(1, hear(&c));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	say(&c);
	EXPECT_EQ(0, child_end(&c));
}

/* Ignoring flushes the mailboxes of all threads. */
TEST_F(thread, ignoring_drops_all)
{
	struct worker a;

	worker_start(&a);
	ASSERT_EQ(0, sendfd(a.tid, SIG_FD, self->pipe[1], SENDFD_THREAD));
	ASSERT_EQ(0, sendfd(gettid(), SIG_FD, self->pipe[1], SENDFD_THREAD));
	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	signal(SIG_FD, SIG_IGN);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(-EAGAIN, worker_take(&a, WAY_WAIT, 0));
	worker_end(&a);
}

/*
 * exec() by one of several threads: its own mailbox and the process's stay,
 * the others' are dropped.
 */
struct exec_arg {
	struct child *c;
	bool by_thread;		/* or by the main one */
};

static void execute_self(void)
{
	execl("/proc/self/exe", "thread_test", "executed", NULL);
	_exit(99);
}

static int executed(void)
{
	struct taken t, u;

	/* nothing is taken */
	if (getenv("LEAVE"))
		return 0;
	if (take_wait(SIG_FD, 0, &t) || number_of_file(t.fd) != 1)
		return 10;
	if (take_wait(SIG_FD, 0, &u) || number_of_file(u.fd) != 2)
		return 11;
	return is_pending(SIG_FD) ? 12 : 0;
}

static void *exec_or_stay(void *arg)
{
	struct exec_arg *a = arg;

	say_value(a->c, gettid());
	if (a->by_thread && hear(a->c) == 1)
		execute_self();
	pause();
	return NULL;
}

static void exec_with_threads(struct __test_metadata *_metadata, int pipe[2],
			      bool by_thread)
{
	int own = numbered_file(1), shared = numbered_file(2), tid;
	pthread_t thread;
	struct child c;
	struct exec_arg a = { &c, by_thread };

	if (!child_fork(&c)) {
		close(pipe[1]);
		pthread_create(&thread, NULL, exec_or_stay, &a);
		if (!by_thread && hear(&c) == 1)
			execute_self();
		for (;;)
			pause();
	}
	tid = hear(&c);
	ASSERT_LT(0, tid);
	ASSERT_EQ(0, sendfd(by_thread ? tid : c.pid, SIG_FD, own,
			    SENDFD_THREAD));
	ASSERT_EQ(0, sendfd(by_thread ? c.pid : tid, SIG_FD, pipe[1],
			    SENDFD_THREAD));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, shared, 0));
	close(pipe[1]);
	EXPECT_TRUE(pipe_held(pipe[0]));
	say(&c);
	EXPECT_TRUE(pipe_released(pipe[0]));
	EXPECT_EQ(0, child_end(&c));
}

TEST_F(thread, exec_by_the_leader)
{
	exec_with_threads(_metadata, self->pipe, false);
}

TEST_F(thread, exec_by_another)
{
	exec_with_threads(_metadata, self->pipe, true);
}

/* After such an exec, too, the end of the process is the end of its queue. */
TEST_F(thread, exec_by_another_and_exit)
{
	pthread_t thread;
	struct child c;
	struct exec_arg a = { &c, true };

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		setenv("LEAVE", "1", 1);
		pthread_create(&thread, NULL, exec_or_stay, &a);
		for (;;)
			pause();
	}
	ASSERT_LT(0, hear(&c));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	say(&c);
	ASSERT_EQ(0, wait_zombie(c.pid));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(0, child_end(&c));
}

/* A process of several threads is killed: both kinds of mailboxes are dropped. */
static void *stay(void *arg)
{
	say_value(arg, gettid());
	pause();
	return NULL;
}

TEST_F(thread, kill_drops)
{
	pthread_t threads[3];
	struct child c;
	int i;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		for (i = 0; i < 3; i++)
			pthread_create(&threads[i], NULL, stay, &c);
		for (;;)
			pause();
	}
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, sendfd(hear(&c), SIG_FD, self->pipe[1],
				    SENDFD_THREAD));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], SENDFD_THREAD));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	kill(c.pid, SIGKILL);
	ASSERT_EQ(0, wait_zombie(c.pid));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(256 + SIGKILL, child_end(&c));
}

/* The threads end one by one, the main one first, and nobody calls exit(). */
static void *end_when_told(void *arg)
{
	say(arg);
	hear(arg);
	syscall(__NR_exit, 0);
	return NULL;
}

TEST_F(thread, last_thread_drops)
{
	pthread_t thread;
	struct child c;

	if (!child_fork(&c)) {
		close(self->pipe[1]);
		pthread_create(&thread, NULL, end_when_told, &c);
		syscall(__NR_exit, 0);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	say(&c);
	ASSERT_EQ(0, wait_zombie(c.pid));
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	EXPECT_EQ(0, child_end(&c));
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "executed"))
		return executed();
	return test_harness_run(argc, argv);
}
