// SPDX-License-Identifier: GPL-2.0
/*
 * How many instructions it takes to pass a descriptor: by sendfd(), and by
 * SCM_RIGHTS over a pair of sockets. Wants a machine whose time stamp counter
 * counts instructions (qemu-system-x86_64 -icount shift=0), and skips in any
 * other. Tells a JSON line for each case, and as TAP whether the goal is met.
 *
 * Closing what has arrived is part of a case only where two processes play
 * ping-pong: what it costs is the same for all.
 */

#include <sys/eventfd.h>
#include <x86intrin.h>

#include "sendfd.h"

#define ROUNDS 9
#define SINGLES 200
#define QUEUED 96		/* descriptors in a stream */
#define MAX_BATCH 64
#define GOAL 0.6

static int file, signals, pair[2];
static long nothing;		/* what it takes to look at the counter */

static long ticks(void)
{
	return __rdtsc();
}

static int compare(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(long *values, int n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2] - nothing;
}

/* Does the counter count instructions? Of these there are 20000. */
static bool counts_instructions(void)
{
	long samples[ROUNDS], n, t;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		t = ticks();
		samples[i] = ticks() - t;
	}
	nothing = 0;
	nothing = median(samples, ROUNDS);
	for (i = 0; i < ROUNDS; i++) {
		t = ticks();
		n = 10000;
		asm volatile("1: dec %0\n\tjnz 1b" : "+r" (n) : : "cc");
		samples[i] = ticks() - t;
	}
	return labs((long)median(samples, ROUNDS) - 20000) < 200;
}

static void die(const char *what)
{
	printf("# %s: %s\n", what, strerror(errno));
	exit(KSFT_FAIL);
}

/* The ways: each sends @n descriptors to a process, or takes @n into fds. */

struct method {
	const char *name;
	void (*send)(pid_t pid, int sock, int n);
	void (*take)(int sock, int n, int *fds);
	int batch;		/* descriptors sent, or taken, in one call */
	int type;		/* of the sockets, if it needs them */
};

static void send_signal(pid_t pid, int sock, int n)
{
	while (n--)
		if (syscall(__NR_sendfd, pid, SIG_FD, file, 0))
			die("sendfd");
}

static void take_read(int sock, int n, int *fds)
{
	struct signalfd_siginfo si[MAX_BATCH];
	int i;

	if (read(signals, si, n * sizeof(si[0])) != n * (int)sizeof(si[0]))
		die("read");
	for (i = 0; i < n; i++)
		fds[i] = si[i].ssi_fd;
}

static void take_by_wait(int sock, int n, int *fds)
{
	sigset_t set = signal_set(SIG_FD);
	siginfo_t si;

	if (syscall(__NR_rt_sigtimedwait, &set, &si, NULL, 8) != SIG_FD)
		die("rt_sigtimedwait");
	fds[0] = si.si_int;
}

union control {
	char buf[CMSG_SPACE(MAX_BATCH * sizeof(int))];
	struct cmsghdr align;
};

static void send_rights(pid_t pid, int sock, int n)
{
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	union control control;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&m);
	int i;

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(n * sizeof(int));
	for (i = 0; i < n; i++)
		((int *)CMSG_DATA(cm))[i] = file;
	if (sendmsg(sock, &m, 0) != 1)
		die("sendmsg");
}

static void take_rights(int sock, int n, int *fds)
{
	union control control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *cm;

	if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC) != 1)
		die("recvmsg");
	cm = CMSG_FIRSTHDR(&m);
	if (!cm || cm->cmsg_len != CMSG_LEN(n * sizeof(int)))
		die("SCM_RIGHTS");
	memcpy(fds, CMSG_DATA(cm), n * sizeof(int));
}

static const struct method rights = {
	"scm-rights", send_rights, take_rights, 1, SOCK_STREAM,
};

static const struct method rights_packet = {
	"scm-rights-seqpacket", send_rights, take_rights, 1, SOCK_SEQPACKET,
};

static const struct method rights_16 = {
	"scm-rights-16", send_rights, take_rights, 16, SOCK_STREAM,
};

static const struct method rights_64 = {
	"scm-rights-64", send_rights, take_rights, 64, SOCK_STREAM,
};

static const struct method by_read = { "signalfd", send_signal, take_read, 1 };
static const struct method by_read_16 = {
	"signalfd-16", send_signal, take_read, 16,
};

static const struct method by_wait = {
	"sigtimedwait", send_signal, take_by_wait, 1,
};

static void close_all(int *fds, int n)
{
	while (n--)
		if (close(fds[n]))
			die("close");
}

/* One at a time: sent, and taken, by the same process. */
static double one_at_a_time(const struct method *w)
{
	long samples[SINGLES], t;
	pid_t self = getpid();
	int i, fd;

	for (i = 0; i < SINGLES; i++) {
		t = ticks();
		w->send(self, pair[0], 1);
		w->take(pair[1], 1, &fd);
		samples[i] = ticks() - t;
		close_all(&fd, 1);
	}
	return median(samples, SINGLES);
}

/* A stream: all are sent, then all are taken. */
static double stream(const struct method *w)
{
	long samples[ROUNDS], t;
	int i, n, fds[QUEUED + MAX_BATCH];
	pid_t self = getpid();

	for (i = 0; i < ROUNDS; i++) {
		t = ticks();
		for (n = 0; n < QUEUED; n += w->batch)
			w->send(self, pair[0], w->batch);
		for (n = 0; n < QUEUED; n += w->batch)
			w->take(pair[1], w->batch, fds + n);
		samples[i] = ticks() - t;
		close_all(fds, n);
	}
	return median(samples, ROUNDS) / n;
}

/* Two processes send one to each other by turns: with two switches. */
static double ping_pong(const struct method *w)
{
	pid_t parent = getpid(), pid;
	long samples[SINGLES], t;
	int i, fd;

	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			w->take(pair[1], 1, &fd);
			close(fd);
			w->send(parent, pair[1], 1);
		}
	}
	for (i = 0; i < SINGLES; i++) {
		t = ticks();
		w->send(pid, pair[0], 1);
		w->take(pair[0], 1, &fd);
		close(fd);
		samples[i] = ticks() - t;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return median(samples, SINGLES) / 2;
}

/* The second time: the first one warms up. */
static double measure(double (*fn)(const struct method *m),
		      const struct method *m)
{
	double figure;

	if (m->type &&
	    socketpair(AF_UNIX, m->type | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	fn(m);
	figure = fn(m);
	if (m->type)
		close_all(pair, 2);
	return figure;
}

struct measurement {
	const char *name;
	double (*measure)(const struct method *w);
	const struct method *ways[7];	/* the first is what others are held to */
	bool has_goal;
};

static const struct measurement measurements[] = {
	{ "one", one_at_a_time,
	  { &rights, &rights_packet, &by_read, &by_wait }, true },
	{ "stream", stream,
	  { &rights, &rights_packet, &by_read, &by_wait, &by_read_16,
	    &rights_16, &rights_64 }, true },
	{ "ping-pong", ping_pong,
	  { &rights, &rights_packet, &by_read, &by_wait }, false },
};

static int failed, cases;

static void tell(const struct measurement *m, const struct method *w,
		 double figure, double ratio)
{
	bool goal = m->has_goal && w == &by_read;

	printf("{\"bench\":\"sendfd\",\"case\":\"%s-%s\",\"instructions\":%.0f,\"ratio\":%.3f",
	       m->name, w->name, figure, ratio);
	if (goal)
		printf(",\"goal\":\"<=%.1f\",\"met\":%s", GOAL,
		       ratio <= GOAL ? "true" : "false");
	puts("}");
	if (!goal)
		return;
	cases++;
	failed += ratio > GOAL;
	printf("%s %d - %s: signalfd takes %.2f of what SCM_RIGHTS takes\n",
	       ratio <= GOAL ? "ok" : "not ok", cases, m->name, ratio);
}

int main(void)
{
	sigset_t set = signal_set(SIG_FD);
	const struct measurement *m;
	double figure, first;
	size_t i, j;

	setlinebuf(stdout);
	if (!have_sendfd())
		ksft_exit_skip("%s\n", NO_SENDFD);
	if (!counts_instructions())
		ksft_exit_skip("the time stamp counter counts no instructions here\n");
	block_realtime(SIG_BLOCK);
	file = eventfd(0, EFD_CLOEXEC);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (file < 0 || signals < 0)
		die("files");
	for (i = 0; i < ARRAY_SIZE(measurements); i++) {
		m = &measurements[i];
		first = 0;
		for (j = 0; j < ARRAY_SIZE(m->ways) && m->ways[j]; j++) {
			figure = measure(m->measure, m->ways[j]);
			if (!first)
				first = figure;
			tell(m, m->ways[j], figure, figure / first);
		}
	}
	printf("1..%d\n", cases);
	return failed ? KSFT_FAIL : KSFT_PASS;
}
