/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the sendfd() tests share: the call and its constants, the three ways to
 * take a signal that carries a descriptor, and children in step with their
 * parent.
 *
 * All tests use fixtures, as only their metadata is shared with the children,
 * where EXPECT_*() and ASSERT_*() work thus too.
 */

#ifndef SELFTEST_SENDFD_H
#define SELFTEST_SENDFD_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"

#ifndef __NR_sendfd
#define __NR_sendfd 548
#endif

#ifndef SENDFD_THREAD
#define SENDFD_THREAD 0x1
#endif

#ifndef SI_SENDFD
#define SI_SENDFD 0x81
#endif

#define SIG_LOW 41		/* dequeued before SIG_FD */
#define SIG_FD 42
#define SIG_LAST 64

#define LIMIT_MS 100000		/* guards against hangs, never waited for */
#define NOBODY 65534
#define SOMEBODY 4321		/* another user, with nothing in flight */

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* 0 or a negative errno, so that a failed test says which one. */
static inline int sendfd(pid_t pid, int sig, int fd, unsigned int flags)
{
	return syscall(__NR_sendfd, pid, sig, fd, flags) ? -errno : 0;
}

/* What a kernel without the call says, whatever the arguments. */
#define NO_SENDFD "this kernel has no sendfd()"
#define NO_SUCH_CALL 38

static inline bool have_sendfd(void)
{
	return sendfd(0, 0, -1, 0) != -NO_SUCH_CALL;
}

static inline void block_realtime(int how)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	for (sig = 34; sig <= SIG_LAST; sig++)
		sigaddset(&set, sig);
	pthread_sigmask(how, &set, NULL);
}

/* Taking: what came with the signal, whichever way it was taken. */

enum way { WAY_WAIT, WAY_SIGNALFD, WAY_HANDLER };

struct taken {
	int sig;
	int code;
	pid_t pid;
	int uid;
	int fd;			/* si_int, ssi_int */
	int ssi_fd;		/* ssi_fd; the same as fd for the other ways */
};

static inline sigset_t signal_set(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

static inline int take_wait_set(const sigset_t *set, int ms, struct taken *t)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };
	siginfo_t si;
	int ret;

	ret = syscall(__NR_rt_sigtimedwait, set, &si, &ts, 8);
	if (ret < 0)
		return -errno;
	*t = (struct taken){
		ret, si.si_code, si.si_pid, si.si_uid, si.si_int, si.si_int,
	};
	return 0;
}

static inline int take_wait(int sig, int ms, struct taken *t)
{
	sigset_t set = signal_set(sig);

	return take_wait_set(&set, ms, t);
}

static inline void from_record(const struct signalfd_siginfo *si,
			       struct taken *t)
{
	*t = (struct taken){
		si->ssi_signo, si->ssi_code, si->ssi_pid, si->ssi_uid,
		si->ssi_int, si->ssi_fd,
	};
}

static inline int take_signalfd(int sfd, struct taken *t)
{
	struct signalfd_siginfo si;
	ssize_t n = read(sfd, &si, sizeof(si));

	if (n < 0)
		return -errno;
	if (n != sizeof(si))
		return -EIO;
	from_record(&si, t);
	return 0;
}

static struct taken handled;
static sig_atomic_t handled_count;

static inline void take_in_handler(int sig, siginfo_t *si, void *ctx)
{
	handled.sig = sig;
	handled.code = si->si_code;
	handled.pid = si->si_pid;
	handled.uid = si->si_uid;
	handled.fd = si->si_int;
	handled.ssi_fd = si->si_int;
	handled_count++;
}

static inline void set_handler(int sig, int flags,
			       void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction sa = { .sa_sigaction = fn,
				.sa_flags = SA_SIGINFO | flags };

	sigfillset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

/* Waits, without a limit but that of the test itself. */
static inline int take_handler(int sig, struct taken *t)
{
	int before = handled_count;
	sigset_t set;

	set_handler(sig, 0, take_in_handler);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	sigdelset(&set, sig);
	while (handled_count == before)
		sigsuspend(&set);
	signal(sig, SIG_DFL);
	*t = (struct taken){
		handled.sig, handled.code, handled.pid, handled.uid,
		handled.fd, handled.ssi_fd,
	};
	return 0;
}

/* 0 or a negative errno; the signal must be blocked. */
static inline int take(enum way way, int sig, struct taken *t)
{
	sigset_t set = signal_set(sig);
	struct pollfd p;
	int ret;

	if (way == WAY_WAIT)
		return take_wait(sig, LIMIT_MS, t);
	if (way == WAY_HANDLER)
		return take_handler(sig, t);

	p.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p.fd < 0)
		return -errno;
	p.events = POLLIN;
	ret = poll(&p, 1, LIMIT_MS);
	ret = ret == 1 ? take_signalfd(p.fd, t) : -ETIMEDOUT;
	close(p.fd);
	return ret;
}

static inline bool is_pending(int sig)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, sig);
}

/* Descriptors and files. */

static inline int lowest_free_fd(void)
{
	int fd = dup(0);

	if (fd >= 0)
		close(fd);
	return fd;
}

static inline int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A file that says who it is. */
static inline int numbered_file(int number)
{
	int fd = syscall(__NR_memfd_create, "numbered", MFD_CLOEXEC);

	if (fd >= 0 && pwrite(fd, &number, sizeof(number), 0) < 0)
		return -1;
	return fd;
}

static inline int number_of_file(int fd)
{
	int number = -1;

	if (pread(fd, &number, sizeof(number), 0) != sizeof(number))
		return -1;
	return number;
}

/* Queues a numbered file and keeps no copy of it. */
static inline int send_number(pid_t pid, int sig, int number)
{
	int fd = numbered_file(number), ret;

	ret = sendfd(pid, sig, fd, 0);
	close(fd);
	return ret;
}

/* Is the other end of this pipe's reading end still held by anything? */
static inline bool pipe_held(int rd)
{
	struct pollfd p = { .fd = rd };

	poll(&p, 1, 0);
	return !(p.revents & POLLHUP);
}

static inline bool pipe_released(int rd)
{
	struct pollfd p = { .fd = rd };

	return poll(&p, 1, LIMIT_MS) == 1 && (p.revents & POLLHUP);
}

static inline long file_nr(void)
{
	FILE *f = fopen("/proc/sys/fs/file-nr", "re");
	long n = -1;

	if (!f || fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

static inline long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The counter has a part for each processor, of which only 32s are shown. */
static inline long file_nr_slack(void)
{
	return 8 + 2 * 32 * sysconf(_SC_NPROCESSORS_CONF);
}

/*
 * Files are released by whoever drops them, on the way out of the kernel, or
 * by a work queue: nothing tells when. Other processes open files, too.
 */
static inline bool file_nr_is_back(long before)
{
	long end = now_ms() + LIMIT_MS, slack = file_nr_slack();

	while (file_nr() > before + slack) {
		if (now_ms() > end)
			return false;
		sched_yield();
	}
	return true;
}

/* Children, in step with their parent over a socket pair. */

struct child {
	pid_t pid;
	int sock;
};

/* fork(), with the other side at c->sock in both. */
static inline pid_t child_fork(struct child *c)
{
	pid_t parent = getpid();
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv))
		return -1;
	c->pid = fork();
	if (c->pid < 0)
		return -1;
	if (c->pid) {
		close(sv[1]);
		c->sock = sv[0];
		return c->pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	close(sv[0]);
	c->sock = sv[1];
	return 0;
}

static inline int say_value(struct child *c, int value)
{
	return send(c->sock, &value, sizeof(value), MSG_NOSIGNAL) ==
		sizeof(value) ? 0 : -EPIPE;
}

/* What the other one said, or a negative errno if it's gone or silent. */
static inline int hear(struct child *c)
{
	struct pollfd p = { .fd = c->sock, .events = POLLIN };
	int value;

	if (poll(&p, 1, LIMIT_MS) != 1)
		return -ETIMEDOUT;
	if (recv(c->sock, &value, sizeof(value), 0) != sizeof(value))
		return -EPIPE;
	return value;
}

static inline int say(struct child *c)
{
	return say_value(c, 1);
}

/* The exit status, or 256 + the signal that ended it. */
static inline int child_end(struct child *c)
{
	int status;

	close(c->sock);
	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static inline int child_kill(struct child *c)
{
	kill(c->pid, SIGKILL);
	return child_end(c);
}

/* Sees the child end, and leaves a zombie. */
static inline int wait_zombie(pid_t pid)
{
	siginfo_t si;

	return waitid(P_PID, pid, &si, WEXITED | WNOWAIT) ? -errno : 0;
}

/*
 * Waits until a thread sleeps in the system call @nr: nothing else tells that
 * a call has begun to block.
 */
static inline bool wait_blocked(pid_t tid, long nr)
{
	long end = now_ms() + LIMIT_MS, in = -1;
	char path[64], state;
	FILE *f;

	while (now_ms() < end) {
		snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
		f = fopen(path, "re");
		if (!f || fscanf(f, "%ld", &in) != 1)
			in = -1;
		if (f)
			fclose(f);
		snprintf(path, sizeof(path), "/proc/%d/stat", tid);
		f = fopen(path, "re");
		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = '?';
		if (f)
			fclose(f);
		if (in == nr && state == 'S')
			return true;
		sched_yield();
	}
	return false;
}

#endif /* SELFTEST_SENDFD_H */
