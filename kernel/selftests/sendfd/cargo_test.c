// SPDX-License-Identifier: GPL-2.0
/* sendfd(): whatever can be open can be sent, and works where it arrives. */

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include "sendfd_test.h"

/*
 * make() makes the thing, in the sender, use() uses what has arrived, in the
 * receiver, and check() sees in the sender what came of it: 0 if all is well.
 * make() may leave what check() needs in other[].
 */
static int other[2];

FIXTURE(cargo) {
	int fd;
};

FIXTURE_VARIANT(cargo) {
	int (*make)(void);
	int (*use)(int fd);
	int (*check)(void);
};

static int make_pipe(void)
{
	int fds[2];

	if (pipe(fds))
		return -1;
	other[0] = fds[0];
	return fds[1];
}

static int write_word(int fd)
{
	return write(fd, "word", 4) != 4;
}

static int read_word(int fd)
{
	char buf[8] = "";

	return read(fd, buf, sizeof(buf)) != 4 || strcmp(buf, "word");
}

static int read_other(void)
{
	return read_word(other[0]);
}

static int make_pipe_reader(void)
{
	int fds[2];

	if (pipe(fds) || write_word(fds[1]))
		return -1;
	return fds[0];
}

static int make_unix_socket(void)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -1;
	other[0] = fds[0];
	return fds[1];
}

static int make_tcp_listener(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (void *)&a, sizeof(a)) || listen(fd, 5))
		return -1;
	return fd;
}

static int connect_to(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int s;

	if (getsockname(fd, (void *)&a, &len))
		return -1;
	s = socket(a.ss_family, SOCK_STREAM, 0);
	return s < 0 || connect(s, (void *)&a, len) ? -1 : s;
}

/* A connection waits in the listener when it arrives. */
static int make_connected_listener(void)
{
	int fd = make_tcp_listener();

	other[0] = connect_to(fd);
	return other[0] < 0 ? -1 : fd;
}

static int make_unix_listener(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	/* an address of the kernel's choice */
	if (fd < 0 || bind(fd, (void *)&a, sizeof(sa_family_t)) ||
	    listen(fd, 5))
		return -1;
	other[0] = connect_to(fd);
	return other[0] < 0 ? -1 : fd;
}

static int accept_and_write(int fd)
{
	int s = accept(fd, NULL, NULL);

	return s < 0 || write_word(s);
}

static int make_tcp_connection(void)
{
	int fd = make_connected_listener();

	return fd < 0 ? -1 : accept(fd, NULL, NULL);
}

static int make_datagram(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), s;
	socklen_t len = sizeof(a);

	s = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || s < 0 || bind(fd, (void *)&a, sizeof(a)) ||
	    getsockname(fd, (void *)&a, &len) ||
	    connect(s, (void *)&a, len) || write_word(s))
		return -1;
	return fd;
}

static int make_memfd(void)
{
	int fd = syscall(__NR_memfd_create, "x", MFD_ALLOW_SEALING);

	if (fd < 0 || write_word(fd) || lseek(fd, 0, SEEK_SET) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW))
		return -1;
	return fd;
}

static int use_memfd(int fd)
{
	char *p = mmap(NULL, 4, PROT_READ, MAP_SHARED, fd, 0);

	return p == MAP_FAILED || memcmp(p, "word", 4) ||
		!(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE) ||
		write(fd, "x", 1) != -1 || errno != EPERM;
}

static int make_eventfd(void)
{
	other[0] = eventfd(0, 0);
	return dup(other[0]);
}

static int use_eventfd(int fd)
{
	return eventfd_write(fd, 42);
}

static int check_eventfd(void)
{
	eventfd_t v;

	return eventfd_read(other[0], &v) || v != 42;
}

static int make_pidfd(void)
{
	return syscall(__NR_pidfd_open, getpid(), 0);
}

static int use_pidfd(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return syscall(__NR_pidfd_send_signal, fd, 0, NULL, 0) ||
		poll(&p, 1, 0);
}

/* Whose signals a signalfd shows is decided by who reads it. */
static int make_signalfd(void)
{
	sigset_t set = signal_set(SIG_LOW);

	return signalfd(-1, &set, 0);
}

static int use_signalfd(int fd)
{
	struct taken t;

	return send_number(getpid(), SIG_LOW, 3) || take_signalfd(fd, &t) ||
		number_of_file(t.fd) != 3;
}

/* An epoll watches the sender's eventfd, also from afar. */
static int make_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = 77 };
	int fd = epoll_create1(0), event = eventfd(1, 0);

	return fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, event, &e) ? -1 : fd;
}

static int use_epoll(int fd)
{
	struct epoll_event e;

	return epoll_wait(fd, &e, 1, LIMIT_MS) != 1 || e.data.u32 != 77;
}

static int make_timerfd(void)
{
	struct itimerspec when = { .it_value = { .tv_nsec = 1 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	return fd < 0 || timerfd_settime(fd, 0, &when, NULL) ? -1 : fd;
}

static int use_timerfd(int fd)
{
	unsigned long long n;

	return read(fd, &n, sizeof(n)) != sizeof(n) || n != 1;
}

static int make_null(void)
{
	return open("/dev/null", O_RDWR);
}

static int make_directory(void)
{
	return open("/", O_RDONLY | O_DIRECTORY);
}

static int use_directory(int fd)
{
	struct stat a, b;

	return fchdir(fd) || stat(".", &a) || stat("/", &b) ||
		a.st_ino != b.st_ino;
}

static int make_path(void)
{
	return open("/", O_PATH);
}

static int use_path(int fd)
{
	return openat(fd, "proc", O_RDONLY | O_DIRECTORY) < 0;
}

FIXTURE_VARIANT_ADD(cargo, pipe_writer) {
	make_pipe, write_word, read_other,
};

FIXTURE_VARIANT_ADD(cargo, pipe_reader) { make_pipe_reader, read_word, NULL };
FIXTURE_VARIANT_ADD(cargo, unix_socket) {
	make_unix_socket, write_word, read_other,
};

FIXTURE_VARIANT_ADD(cargo, unix_listener) {
	make_unix_listener, accept_and_write, read_other,
};

FIXTURE_VARIANT_ADD(cargo, tcp_listener) {
	make_connected_listener, accept_and_write, read_other,
};

FIXTURE_VARIANT_ADD(cargo, tcp_connection) {
	make_tcp_connection, write_word, read_other,
};

FIXTURE_VARIANT_ADD(cargo, udp_socket) { make_datagram, read_word, NULL };
FIXTURE_VARIANT_ADD(cargo, sealed_memfd) { make_memfd, use_memfd, NULL };
FIXTURE_VARIANT_ADD(cargo, eventfd) {
	make_eventfd, use_eventfd, check_eventfd,
};

FIXTURE_VARIANT_ADD(cargo, pidfd) { make_pidfd, use_pidfd, NULL };
FIXTURE_VARIANT_ADD(cargo, signalfd) { make_signalfd, use_signalfd, NULL };
FIXTURE_VARIANT_ADD(cargo, epoll) { make_epoll, use_epoll, NULL };
FIXTURE_VARIANT_ADD(cargo, timerfd) { make_timerfd, use_timerfd, NULL };
FIXTURE_VARIANT_ADD(cargo, dev_null) { make_null, write_word, NULL };
FIXTURE_VARIANT_ADD(cargo, directory) { make_directory, use_directory, NULL };
FIXTURE_VARIANT_ADD(cargo, path) { make_path, use_path, NULL };

FIXTURE_SETUP(cargo)
{
	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	self->fd = variant->make();
	if (self->fd < 0)
		SKIP(return, "can't be made here: %s", strerror(errno));
}

FIXTURE_TEARDOWN(cargo)
{
}

static void arrive(struct __test_metadata *_metadata, int fd,
		   int (*use)(int fd), int (*check)(void), enum way way)
{
	struct child c;
	struct taken t;

	if (!child_fork(&c)) {
		close(fd);
		say(&c);
		ASSERT_EQ(0, take(way, SIG_FD, &t));
		EXPECT_LE(0, t.fd);
		EXPECT_EQ(FD_CLOEXEC, fcntl(t.fd, F_GETFD));
		EXPECT_EQ(0, use(t.fd));
		say(&c);
		hear(&c);
		_exit(0);
	}
	ASSERT_EQ(1, hear(&c));
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, fd, 0));
	close(fd);
	EXPECT_EQ(1, hear(&c));
	if (check)
		EXPECT_EQ(0, check());
	EXPECT_EQ(0, child_end(&c));
}

TEST_F(cargo, by_sigtimedwait)
{
	arrive(_metadata, self->fd, variant->use, variant->check, WAY_WAIT);
}

TEST_F(cargo, by_signalfd)
{
	arrive(_metadata, self->fd, variant->use, variant->check,
	       WAY_SIGNALFD);
}

TEST_F(cargo, by_handler)
{
	arrive(_metadata, self->fd, variant->use, variant->check, WAY_HANDLER);
}

/* It arrives, and nobody wants it. */
TEST_F(cargo, dropped)
{
	ASSERT_EQ(0, sendfd(getpid(), SIG_FD, self->fd, 0));
	close(self->fd);
	signal(SIG_FD, SIG_IGN);
	EXPECT_FALSE(is_pending(SIG_FD));
}

TEST_HARNESS_MAIN
