// SPDX-License-Identifier: GPL-2.0
/* sendfd(): the sender, as it is called in the receiver's namespaces. */

#include "sendfd_test.h"

FIXTURE(ns) {
	int pipe[2];
	int overflow;		/* who isn't mapped */
};

FIXTURE_SETUP(ns)
{
	FILE *f = fopen("/proc/sys/kernel/overflowuid", "re");

	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	if (getuid())
		SKIP(return, "needs root");
	block_realtime(SIG_BLOCK);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
	if (!f || fscanf(f, "%d", &self->overflow) != 1)
		self->overflow = 65534;
	if (f)
		fclose(f);
}

FIXTURE_TEARDOWN(ns)
{
}

/* A child in a new pid namespace: its pid out here, 1 in there. */
static pid_t fork_into_pid_ns(struct child *c)
{
	pid_t pid;
	int sv[2];

	/* getppid() is 0 in there, so child_fork() can't be used */
	if (unshare(CLONE_NEWPID) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv))
		return -1;
	pid = fork();
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	c->pid = pid;
	c->sock = sv[pid ? 0 : 1];
	close(sv[pid ? 1 : 0]);
	return pid;
}

/* From outside: nobody that has a number in here. */
TEST_F(ns, pid_of_one_outside)
{
	enum way way;
	struct child c;
	struct taken t;
	pid_t pid;

	pid = fork_into_pid_ns(&c);
	if (pid < 0)
		SKIP(return, "no pid namespaces");
	if (!pid) {
		EXPECT_EQ(1, getpid());
		for (way = WAY_WAIT; way <= WAY_HANDLER; way++) {
			say(&c);
			ASSERT_EQ(0, take(way, SIG_FD, &t));
			EXPECT_EQ(SI_SENDFD, t.code);
			EXPECT_EQ(0, t.pid);
			EXPECT_EQ(0, t.uid);
			EXPECT_EQ((int)way, number_of_file(t.fd));
		}
		_exit(0);
	}
	for (way = WAY_WAIT; way <= WAY_HANDLER; way++) {
		ASSERT_EQ(1, hear(&c));
		ASSERT_EQ(0, send_number(pid, SIG_FD, way));
	}
	EXPECT_EQ(0, child_end(&c));
}

/* From inside: the number it has in here. */
TEST_F(ns, pid_of_one_inside)
{
	struct child c, d;
	struct taken t;
	pid_t pid;

	pid = fork_into_pid_ns(&c);
	if (pid < 0)
		SKIP(return, "no pid namespaces");
	if (!pid) {
		ASSERT_EQ(0, send_number(1, SIG_FD, 1));
		ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
		EXPECT_EQ(1, t.pid);
		if (!child_fork(&d)) {
			EXPECT_EQ(2, getpid());
			EXPECT_EQ(0, send_number(1, SIG_FD, 2));
			_exit(0);
		}
		EXPECT_EQ(0, child_end(&d));
		ASSERT_EQ(0, take_wait(SIG_FD, 0, &t));
		EXPECT_EQ(2, t.pid);
		/* whoever is outside has no number to be sent to */
		EXPECT_EQ(-ESRCH, sendfd(3000000, SIG_FD, 0, 0));
		_exit(0);
	}
	EXPECT_EQ(0, child_end(&c));
}

/* A namespace's init isn't killed by its own, but it isn't sent to, either. */
TEST_F(ns, init_with_default_action)
{
	struct child c;
	pid_t pid;

	pid = fork_into_pid_ns(&c);
	if (pid < 0)
		SKIP(return, "no pid namespaces");
	if (!pid) {
		close(self->pipe[1]);
		block_realtime(SIG_UNBLOCK);
		say(&c);
		hear(&c);
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	EXPECT_EQ(-ECONNREFUSED, sendfd(pid, SIG_FD, self->pipe[1], 0));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
	say(&c);
	EXPECT_EQ(0, child_end(&c));
}

/* The end of a namespace ends all in it, and what was queued there. */
TEST_F(ns, end_of_a_pid_namespace)
{
	struct child c, d;
	pid_t pid;

	pid = fork_into_pid_ns(&c);
	if (pid < 0)
		SKIP(return, "no pid namespaces");
	if (!pid) {
		if (!child_fork(&d)) {
			for (;;)
				pause();
		}
		ASSERT_EQ(0, sendfd(d.pid, SIG_FD, self->pipe[1], 0));
		ASSERT_EQ(0, sendfd(1, SIG_FD, self->pipe[1], 0));
		say(&c);
		hear(&c);
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	close(self->pipe[1]);
	EXPECT_TRUE(pipe_held(self->pipe[0]));
	child_kill(&c);
	EXPECT_TRUE(pipe_released(self->pipe[0]));
}

static int write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/*
 * A child in a user namespace where it's root, which is SOMEBODY outside. It
 * has told that it is ready.
 */
static pid_t fork_into_user_ns(struct child *c)
{
	char map[32];

	if (!child_fork(c)) {
		if (setresgid(SOMEBODY, SOMEBODY, SOMEBODY) ||
		    setresuid(SOMEBODY, SOMEBODY, SOMEBODY) ||
		    unshare(CLONE_NEWUSER))
			_exit(4);
		say(c);
		if (hear(c) != 1 || setresuid(0, 0, 0))
			_exit(5);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		say(c);
		return 0;
	}
	if (hear(c) != 1)
		return -1;
	snprintf(map, sizeof(map), "0 %d 1\n", SOMEBODY);
	if (write_file(c->pid, "uid_map", map) || say(c) || hear(c) != 1)
		return -1;
	return c->pid;
}

/* si_uid: mapped into the receiver's namespace, or the overflow uid. */
TEST_F(ns, uid_inside)
{
	struct child c, d;
	struct taken t;
	enum way way;
	pid_t pid;

	pid = fork_into_user_ns(&c);
	if (pid < 0)
		SKIP(return, "no user namespaces");
	if (!pid) {
		for (way = WAY_WAIT; way <= WAY_HANDLER; way++) {
			/* root out there is nobody in here */
			say(&c);
			ASSERT_EQ(0, take(way, SIG_FD, &t));
			EXPECT_EQ(self->overflow, t.uid);
			/* and SOMEBODY is root */
			say(&c);
			ASSERT_EQ(0, take(way, SIG_FD, &t));
			EXPECT_EQ(0, t.uid);
			EXPECT_EQ(SI_SENDFD, t.code);
		}
		_exit(0);
	}
	for (way = WAY_WAIT; way <= WAY_HANDLER; way++) {
		ASSERT_EQ(1, hear(&c));
		ASSERT_EQ(0, send_number(pid, SIG_FD, 1));
		ASSERT_EQ(1, hear(&c));
		if (!child_fork(&d)) {
			ASSERT_EQ(0, setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
			EXPECT_EQ(0, send_number(pid, SIG_FD, 2));
			_exit(0);
		}
		EXPECT_EQ(0, child_end(&d));
	}
	EXPECT_EQ(0, child_end(&c));
}

/* Root in there is SOMEBODY out here, and has SOMEBODY's rights. */
TEST_F(ns, uid_outside)
{
	struct child c, d;
	struct taken t;
	pid_t pid, me = getpid();

	/* a receiver of SOMEBODY's */
	if (!child_fork(&d)) {
		ASSERT_EQ(0, setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
		say(&d);
		ASSERT_EQ(0, take_wait(SIG_FD, LIMIT_MS, &t));
		EXPECT_EQ(SOMEBODY, t.uid);
		say_value(&d, t.pid);
		hear(&d);
		_exit(0);
	}
	ASSERT_EQ(1, hear(&d));
	pid = fork_into_user_ns(&c);
	if (pid < 0)
		SKIP(child_kill(&d); return, "no user namespaces");
	if (!pid) {
		EXPECT_EQ(0, send_number(d.pid, SIG_FD, 1));
		EXPECT_EQ(-EPERM, send_number(me, SIG_FD, 1));
		say(&c);
		hear(&c);
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	EXPECT_EQ(pid, hear(&d));
	EXPECT_EQ(0, child_end(&c));
	EXPECT_EQ(0, child_end(&d));
	EXPECT_FALSE(is_pending(SIG_FD));
}

/* Capabilities of a namespace reach as far as the namespace. */
TEST_F(ns, rights_end_at_the_namespace)
{
	struct child c, d;
	pid_t pid;

	if (!child_fork(&d)) {
		ASSERT_EQ(0, setresuid(SOMEBODY + 1, SOMEBODY + 1, -1));
		say(&d);
		hear(&d);
		_exit(0);
	}
	ASSERT_EQ(1, hear(&d));
	pid = fork_into_user_ns(&c);
	if (pid < 0)
		SKIP(child_kill(&d); return, "no user namespaces");
	if (!pid) {
		EXPECT_EQ(-EPERM, sendfd(d.pid, SIG_FD, 0, 0));
		EXPECT_EQ(-EPERM, sendfd(1, SIG_FD, 0, 0));
		_exit(0);
	}
	EXPECT_EQ(0, child_end(&c));
	EXPECT_EQ(0, child_end(&d));
}

/* Root of a namespace is limited in what it has in flight: its user is. */
TEST_F(ns, in_flight_limit)
{
	struct rlimit limit = { 32, 32 };
	struct child c;
	int i, ret = 0;
	pid_t pid;

	pid = fork_into_user_ns(&c);
	if (pid < 0)
		SKIP(return, "no user namespaces");
	if (!pid) {
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
		for (i = 0; i < 100 && !ret; i++)
			ret = sendfd(getpid(), SIG_FD, 0, 0);
		EXPECT_EQ(-ETOOMANYREFS, ret);
		_exit(0);
	}
	EXPECT_EQ(0, child_end(&c));
}

TEST_HARNESS_MAIN
