// SPDX-License-Identifier: GPL-2.0
/*
 * sendfd(): senders, takers in all ways, threads, execs, exits, kills, ignored
 * signals, full tables and a tracer, all at random, for SENDFD_RACE_SECONDS
 * (10). Then everything must be back where it was.
 */

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#include "sendfd_test.h"

#define NSLOTS 6
#define NSENDERS 3
#define SHARED_FD 100		/* inherited over exec */
#define FIRST_SIG 40
#define NSIGS 4

struct shared {
	int stop;
	long wrong;		/* what must not happen */
	long sent, refused, full, taken, table_full, execs, kills, traced;
	pid_t pid[NSLOTS], tid[NSLOTS];
};

static struct shared *shared;
static unsigned int seed;

static void count(long *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static int get(int *what)
{
	return __atomic_load_n(what, __ATOMIC_RELAXED);
}

static void set(int *what, int value)
{
	__atomic_store_n(what, value, __ATOMIC_RELAXED);
}

static unsigned int any(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static int any_sig(void)
{
	return FIRST_SIG + any(NSIGS);
}

static sigset_t all_sigs(void)
{
	sigset_t sigs;
	int i;

	sigemptyset(&sigs);
	for (i = 0; i < NSIGS; i++)
		sigaddset(&sigs, FIRST_SIG + i);
	return sigs;
}

static void complain(const char *what, int value)
{
	char text[128];
	int n;

	count(&shared->wrong);
	n = snprintf(text, sizeof(text), "# %s: %d, errno %d\n", what,
		     value, errno);
	if (write(2, text, n) < 0)
		_exit(1);
}

/* What was taken is a descriptor, of this process alone. */
static void check(int code, int fd, int fd2)
{
	if (code != SI_SENDFD)
		return;
	count(&shared->taken);
	if (fd == -EMFILE) {
		count(&shared->table_full);
		return;
	}
	if (fd < 3 || fd != fd2)
		complain("descriptor", fd);
	else if (fcntl(fd, F_GETFD) != FD_CLOEXEC)
		complain("flags", fcntl(fd, F_GETFD));
	else if (close(fd))
		complain("close", fd);
}

static void check_in_handler(int sig, siginfo_t *si, void *ctx)
{
	int saved = errno;

	check(si->si_code, si->si_int, si->si_int);
	errno = saved;
}

/* Receivers. */

static void take_some(int ms)
{
	sigset_t sigs = all_sigs();
	struct taken t;
	int ret = take_wait_set(&sigs, ms, &t);

	if (!ret)
		check(t.code, t.fd, t.ssi_fd);
	else if (ret == -EMFILE)
		count(&shared->table_full);
	else if (ret != -EAGAIN && ret != -EINTR)
		complain("sigtimedwait", ret);
}

static void read_some(void)
{
	struct signalfd_siginfo si[8];
	sigset_t sigs = all_sigs();
	int fd = signalfd(-1, &sigs, SFD_NONBLOCK | SFD_CLOEXEC);
	ssize_t n = read(fd, si, sizeof(si)), i;

	if (n < 0 && errno == EMFILE)
		count(&shared->table_full);
	else if (n < 0 && errno != EAGAIN && errno != EBADF)
		complain("signalfd", n);
	for (i = 0; i < n / (ssize_t)sizeof(si[0]); i++)
		check(si[i].ssi_code, si[i].ssi_int, si[i].ssi_fd);
	if (fd >= 0)
		close(fd);
}

static void *thread(void *arg)
{
	int slot = (long)arg;

	set(&shared->tid[slot], gettid());
	take_some(any(3));
	read_some();
	return NULL;
}

static void with_a_full_table(void)
{
	struct rlimit limit, less;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	less = limit;
	less.rlim_cur = any(2) ? 3 : lowest_free_fd() + 1;
	setrlimit(RLIMIT_NOFILE, &less);
	take_some(0);
	read_some();
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void flip(int slot)
{
	int sig = any_sig();

	signal(sig, SIG_IGN);
	if (any(2))
		take_some(0);
	set_handler(sig, 0, check_in_handler);
}

static void unblock(void)
{
	sigset_t sigs = all_sigs();

	pthread_sigmask(SIG_UNBLOCK, &sigs, NULL);
	sched_yield();
	pthread_sigmask(SIG_BLOCK, &sigs, NULL);
}

static int receiver(int slot)
{
	pthread_t threads[2];
	char name[16];
	int i;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      SHARED_FD, 0);
	if (shared == MAP_FAILED)
		return 1;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	seed = getpid() * 7919 + now_ms();
	for (i = 0; i < NSIGS; i++)
		set_handler(FIRST_SIG + i, any(2) ? SA_RESTART : 0,
			    check_in_handler);
	while (!get(&shared->stop)) {
		set(&shared->tid[slot], gettid());
		switch (any(12)) {
		case 0:
		case 1:
			take_some(any(4));
			break;
		case 2:
		case 3:
			read_some();
			break;
		case 4:
		case 5:
			unblock();
			break;
		case 6:
			with_a_full_table();
			break;
		case 7:
			flip(slot);
			break;
		case 8:
			for (i = 0; i < 2; i++)
				pthread_create(&threads[i], NULL, thread,
					       (void *)(long)slot);
			if (!any(8))
				break;	/* and it goes on beside them */
			for (i = 0; i < 2; i++)
				pthread_join(threads[i], NULL);
			break;
		case 9:
			if (any(10))
				break;
			count(&shared->execs);
			snprintf(name, sizeof(name), "%d", slot);
			execl("/proc/self/exe", "race_test", "receiver", name,
			      NULL);
			complain("exec", errno);
			break;
		case 10:
			if (!any(20))
				_exit(0);
			break;
		default:
			take_some(0);
			break;
		}
	}
	return 0;
}

/*
 * One that has nothing to do with all this: it neither blocks, catches nor
 * ignores a signal, and must live on. (It starts no threads, as libraries block
 * all signals while they do.)
 */
static int bystander(int slot)
{
	char name[16];
	int i;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      SHARED_FD, 0);
	if (shared == MAP_FAILED)
		return 1;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	block_realtime(SIG_UNBLOCK);
	set(&shared->pid[slot], getpid());
	set(&shared->tid[slot], getpid());
	seed = getpid() * 7919 + now_ms();
	for (i = any(500); i && !get(&shared->stop); i--)
		sched_yield();
	if (get(&shared->stop))
		return 0;
	count(&shared->execs);
	snprintf(name, sizeof(name), "%d", slot);
	execl("/proc/self/exe", "race_test", "bystander", name, NULL);
	return 1;
}

/* Senders. */

static int any_file(pid_t target)
{
	sigset_t sigs = all_sigs();
	int sv[2];

	switch (any(6)) {
	case 0:
		return signalfd(-1, &sigs, SFD_CLOEXEC);
	case 1:
		return epoll_create1(EPOLL_CLOEXEC);
	case 2:
		return syscall(__NR_pidfd_open, target, 0);
	case 3:
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
			return -1;
		close(sv[0]);
		return sv[1];
	default:
		return eventfd(0, EFD_CLOEXEC);
	}
}

static int sender(void)
{
	int slot, fd, ret;
	unsigned int flags;
	pid_t pid;

	seed = getpid() * 7919 + now_ms();
	while (!get(&shared->stop)) {
		slot = any(NSLOTS);
		flags = any(3) ? 0 : SENDFD_THREAD;
		pid = flags ? get(&shared->tid[slot]) : get(&shared->pid[slot]);
		if (pid <= 0)
			continue;
		fd = any_file(pid);
		if (fd < 0)
			continue;
		ret = sendfd(pid, any_sig(), fd, flags);
		close(fd);
		if (!ret)
			count(&shared->sent);
		else if (ret == -ECONNREFUSED)
			count(&shared->refused);
		else if (ret == -EAGAIN || ret == -ETOOMANYREFS)
			count(&shared->full);
		else if (ret != -ESRCH && ret != -EPERM)
			complain("sendfd", ret);
		if (ret == -ETOOMANYREFS)
			sched_yield();
	}
	return 0;
}

/* A tracer: sees signals, and lets them through, or not, or changes them. */
static int tracer(void)
{
	int i, status, sig;
	long end;
	pid_t pid;

	seed = getpid() * 7919 + now_ms();
	while (!get(&shared->stop)) {
		pid = get(&shared->pid[any(NSLOTS)]);
		if (pid <= 0 || ptrace(PTRACE_SEIZE, pid, NULL, 0))
			continue;
		end = now_ms() + 50;
		for (i = 0; i < 20 && now_ms() < end;) {
			if (waitpid(pid, &status, WNOHANG | __WALL) != pid)
				continue;
			if (!WIFSTOPPED(status))
				break;
			sig = WSTOPSIG(status);
			if (status >> 16)
				sig = 0;
			else if (sig >= FIRST_SIG && sig < FIRST_SIG + NSIGS)
				sig = any(3) ? sig : any(2) ? 0 : any_sig();
			count(&shared->traced);
			if (!any(6))
				break;	/* detach in the stop */
			ptrace(PTRACE_CONT, pid, NULL, sig);
			i++;
		}
		/* only a stopped one can be let go of */
		if (ptrace(PTRACE_DETACH, pid, NULL, 0)) {
			ptrace(PTRACE_INTERRUPT, pid, NULL, 0);
			while (waitpid(pid, &status, __WALL) == pid &&
			       WIFSTOPPED(status)) {
				sig = status >> 16 ? 0 : WSTOPSIG(status);
				if (!ptrace(PTRACE_DETACH, pid, NULL, sig))
					break;
			}
		}
	}
	return 0;
}

FIXTURE(race) {
	long before;
	pid_t helpers[NSENDERS + 1];
};

FIXTURE_SETUP(race)
{
	int fd;

	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	if (getuid())
		SKIP(return, "needs root");
	block_realtime(SIG_BLOCK);
	fd = syscall(__NR_memfd_create, "shared", 0);
	ASSERT_EQ(0, ftruncate(fd, sizeof(*shared)));
	ASSERT_EQ(SHARED_FD, dup2(fd, SHARED_FD));
	close(fd);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      SHARED_FD, 0);
	ASSERT_NE(MAP_FAILED, (void *)shared);
	self->before = file_nr();
}

FIXTURE_TEARDOWN(race)
{
}

static pid_t start(int (*fn)(int), int (*fn0)(void), int arg, bool as_somebody)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (as_somebody && setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(fn ? fn(arg) : fn0());
}

/* The rest of what SOMEBODY may have in flight: all of it. */
static int in_flight_left(void)
{
	struct rlimit limit = { 64, 64 };
	struct child c;
	int n = 0;

	if (!child_fork(&c)) {
		if (setrlimit(RLIMIT_NOFILE, &limit) ||
		    setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
			_exit(255);
		while (n < 200 && !sendfd(getpid(), SIG_FD, 0, 0))
			n++;
		_exit(n);
	}
	return child_end(&c);
}

TEST_F_TIMEOUT(race, all_at_once, 600)
{
	const char *seconds = getenv("SENDFD_RACE_SECONDS");
	int status, i;
	long end;
	pid_t pid;

	seed = now_ms();
	TH_LOG("seed %u", seed);
	EXPECT_LE(64, in_flight_left());
	for (i = 0; i < NSENDERS; i++)
		self->helpers[i] = start(NULL, sender, 0, true);
	self->helpers[NSENDERS] = start(NULL, tracer, 0, false);
	end = now_ms() + 1000L * (seconds ? atoi(seconds) : 10);
	while (now_ms() < end && !shared->wrong) {
		for (i = 0; i < NSLOTS; i++) {
			pid = shared->pid[i];
			if (pid && waitpid(pid, &status, WNOHANG) == pid) {
				if (WIFSIGNALED(status) &&
				    WTERMSIG(status) != SIGKILL)
					complain("a receiver died of",
						 WTERMSIG(status));
				pid = 0;
			}
			if (!pid) {
				pid = start(receiver, NULL, i, true);
				set(&shared->tid[i], pid);
				set(&shared->pid[i], pid);
			}
		}
		i = any(NSLOTS);
		if (!any(20)) {
			count(&shared->kills);
			kill(shared->pid[i], SIGKILL);
		} else if (!any(10)) {
			kill(shared->pid[i], SIGSTOP);
			sched_yield();
			kill(shared->pid[i], SIGCONT);
		}
		sched_yield();
	}
	set(&shared->stop, 1);
	for (i = 0; i <= NSENDERS; i++)
		waitpid(self->helpers[i], &status, 0);
	for (i = 0; i < NSLOTS; i++) {
		kill(shared->pid[i], SIGKILL);
		waitpid(shared->pid[i], &status, 0);
	}
	TH_LOG("%ld sent, %ld refused, %ld over a limit", shared->sent,
	       shared->refused, shared->full);
	TH_LOG("%ld taken, %ld times without a descriptor", shared->taken,
	       shared->table_full);
	TH_LOG("%ld execs, %ld kills, %ld stops for a tracer", shared->execs,
	       shared->kills, shared->traced);
	EXPECT_EQ(0, shared->wrong);
	EXPECT_LT(0, shared->taken);
	EXPECT_TRUE(file_nr_is_back(self->before));
	EXPECT_LE(64, in_flight_left());
}

/* Nobody is killed by surprise. */
TEST_F_TIMEOUT(race, bystanders_live, 600)
{
	const char *seconds = getenv("SENDFD_RACE_SECONDS");
	pid_t pids[NSLOTS];
	int status, i;
	long end;

	for (i = 0; i < NSLOTS; i++)
		pids[i] = start(bystander, NULL, i, true);
	for (i = 0; i < NSENDERS; i++)
		self->helpers[i] = start(NULL, sender, 0, true);
	end = now_ms() + 1000L * (seconds ? atoi(seconds) : 10) / 4;
	while (now_ms() < end && waitpid(-1, &status, WNOHANG) == 0)
		sched_yield();
	EXPECT_LE(end, now_ms());
	set(&shared->stop, 1);
	for (i = 0; i < NSLOTS; i++) {
		EXPECT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	for (i = 0; i < NSENDERS; i++)
		waitpid(self->helpers[i], &status, 0);
	TH_LOG("%ld refused, %ld sent, %ld execs", shared->refused,
	       shared->sent, shared->execs);
	EXPECT_EQ(0, shared->wrong);
	EXPECT_EQ(0, shared->sent);
	EXPECT_LT(0, shared->refused);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "bystander"))
		return bystander(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "receiver"))
		return receiver(atoi(argv[2]));
	return test_harness_run(argc, argv);
}
