// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit receiver, for compat_test. Freestanding, so that no 32-bit library
 * is needed. It finds SIG_FD pending, takes it in the way its argument says,
 * writes what it was told to descriptor 1, and a word to the descriptor that it
 * was told of.
 */

typedef unsigned int u32;

#define SIG_FD 42

#define NR_EXIT 1
#define NR_READ 3
#define NR_WRITE 4
#define NR_RT_SIGRETURN 173
#define NR_RT_SIGACTION 174
#define NR_RT_SIGSUSPEND 179
#define NR_FCNTL64 221
#define NR_RT_SIGTIMEDWAIT 177
#define NR_SIGNALFD4 327
#define NR_RT_SIGTIMEDWAIT_TIME64 421

#define SA_SIGINFO 0x4
#define SA_RESTORER 0x04000000
#define F_GETFD 1

struct sigset32 {
	u32 sig[2];
};

struct siginfo32 {
	int si_signo, si_errno, si_code;
	int pid;
	u32 uid;
	int si_int;
	int pad[29 - 3];
};

struct sigaction32 {
	void (*handler)(int sig, struct siginfo32 *si, void *ctx);
	u32 flags;
	void (*restorer)(void);
	struct sigset32 mask;
};

static const struct sigset32 the_signal = { { 0, 1U << (SIG_FD - 33) } };

static int call(int nr, u32 a, u32 b, u32 c, u32 d)
{
	int ret;

	asm volatile("int $0x80" : "=a" (ret)
		     : "0" (nr), "b" (a), "c" (b), "d" (c), "S" (d)
		     : "memory");
	return ret;
}

/* sig, code, pid, uid, si_int or ssi_int, ssi_fd, F_GETFD */
static void tell(int sig, int code, int pid, int uid, int fd, int fd2)
{
	int told[7] = { sig, code, pid, uid, fd, fd2,
			call(NR_FCNTL64, fd, F_GETFD, 0, 0) };

	call(NR_WRITE, fd, (u32)"word", 4, 0);
	call(NR_WRITE, 1, (u32)told, sizeof(told), 0);
	call(NR_EXIT, 0, 0, 0, 0);
}

static void tell_error(int error)
{
	tell(error, error, error, error, -1, -1);
}

static void by_wait(int nr)
{
	struct siginfo32 si;
	int ret = call(nr, (u32)&the_signal, (u32)&si, 0, 8);

	if (ret < 0)
		tell_error(ret);
	tell(ret, si.si_code, si.pid, si.uid, si.si_int, si.si_int);
}

static void by_signalfd(void)
{
	int si[32], ret;

	ret = call(NR_SIGNALFD4, -1, (u32)&the_signal, 8, 0);
	if (ret < 0)
		tell_error(ret);
	ret = call(NR_READ, ret, (u32)si, sizeof(si), 0);
	if (ret < 0)
		tell_error(ret);
	/* as in struct signalfd_siginfo; ssi_int is the twelfth */
	tell(si[0], si[2], si[3], si[4], si[11], si[5]);
}

static void handler(int sig, struct siginfo32 *si, void *ctx)
{
	tell(sig, si->si_code, si->pid, si->uid, si->si_int, si->si_int);
}

static void restorer(void)
{
	call(NR_RT_SIGRETURN, 0, 0, 0, 0);
}

static void by_handler(void)
{
	struct sigaction32 sa = { handler, SA_SIGINFO | SA_RESTORER, restorer,
				  { { 0, 0 } } };
	struct sigset32 none = { { 0, 0 } };

	call(NR_RT_SIGACTION, SIG_FD, (u32)&sa, 0, 8);
	call(NR_RT_SIGSUSPEND, (u32)&none, 8, 0, 0);
	tell_error(-4);
}

void start(char way);

void start(char way)
{
	if (way == 'w')
		by_wait(NR_RT_SIGTIMEDWAIT);
	else if (way == 'W')
		by_wait(NR_RT_SIGTIMEDWAIT_TIME64);
	else if (way == 's')
		by_signalfd();
	else
		by_handler();
}

/* argc, argv[0], argv[1] */
asm(".globl _start\n"
	"_start:\n"
	"	mov 8(%esp), %eax\n"
	"	movsbl (%eax), %eax\n"
	"	and $-16, %esp\n"
	"	sub $12, %esp\n"
	"	push %eax\n"
	"	call start\n"
	"	hlt\n");
