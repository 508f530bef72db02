/* SPDX-License-Identifier: MIT */
/* The manager of the client library's tests. */
#include "fake-manager.h"

#include <dirent.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bell.h"
#include "desk.h"
#include "fd.h"

#define TIME_LIMIT_SEC 60

static const int delivery_signals[] = { BELLHOP_SIGNAL_LISTENER, BELLHOP_SIGNAL_CONNECTION,
                                        BELLHOP_SIGNAL_MEMFD, BELLHOP_SIGNAL_OTHER };

void fake_manager_open(FakeManager *ret) {
        struct sockaddr_un address;
        socklen_t length;

        g_assert_cmpint(getrandom(&ret->address, sizeof(ret->address), 0), ==, 8);
        ret->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        g_assert_cmpint(ret->listener, >=, 0);
        length = bell_to_sockaddr(ret->address, &address);
        g_assert_no_errno(bind(ret->listener, (struct sockaddr *)&address, length));
        g_assert_no_errno(listen(ret->listener, 16));
}

void fake_manager_close(FakeManager *manager) {
        manager->listener = fd_close(manager->listener);
}

unsigned int count_fds(void) {
        DIR *dir = opendir("/proc/self/fd");
        unsigned int count = 0;

        g_assert_nonnull(dir);
        while (readdir(dir))
                count++;
        g_assert_no_errno(closedir(dir));
        return count;
}

static void signals_prepare(ServiceStart start, sigset_t *before) {
        sigset_t set;

        (void)sigemptyset(&set);
        for (size_t i = 0; i < ARRAY_SIZE(delivery_signals); i++) {
                (void)sigaddset(&set, delivery_signals[i]);
                if (start == SERVICE_PREPARED)
                        (void)signal(delivery_signals[i], SIG_IGN);
        }
        (void)sigprocmask(start == SERVICE_BARE ? SIG_UNBLOCK : SIG_BLOCK, &set, before);
}

static void signals_restore(const sigset_t *before) {
        for (size_t i = 0; i < ARRAY_SIZE(delivery_signals); i++)
                (void)signal(delivery_signals[i], SIG_DFL);
        (void)sigprocmask(SIG_SETMASK, before, NULL);
}

static _noreturn_ void service_run(void (*function)(int channel), int channel) {
        unsigned int before;

        (void)alarm(TIME_LIMIT_SEC);
        before = count_fds();
        function(channel);
        if (count_fds() != before) {
                (void)!system("ls -l /proc/$PPID/fd >&2");
                g_error("%u descriptors before, %u after", before, count_fds());
        }
        _exit(EXIT_SUCCESS);
}

Service service_start(ServiceStart start, void (*function)(int channel)) {
        Service service;
        sigset_t before;
        int pair[2];

        g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
        signals_prepare(start, &before);
        service.pid = fork();
        g_assert_cmpint(service.pid, >=, 0);
        if (service.pid == 0) {
                (void)close(pair[0]);
                service_run(function, pair[1]);
        }
        signals_restore(&before);
        (void)close(pair[1]);
        service.channel = pair[0];
        return service;
}

void service_end(Service *service) {
        int status;

        g_assert_cmpint(waitpid(service->pid, &status, 0), ==, service->pid);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, EXIT_SUCCESS);
        service->channel = fd_close(service->channel);
}

void say(int channel, char word) {
        g_assert_cmpint(send(channel, &word, 1, MSG_NOSIGNAL), ==, 1);
}

void hear(int channel, char word) {
        char heard = 0;

        g_assert_cmpint(read(channel, &heard, 1), ==, 1);
        g_assert_cmpint(heard, ==, word);
}

/* Not by a pidfd, which valgrind 3.19 doesn't know. */
void ring_raw(pid_t pid, int sig, siginfo_t *info) {
        info->si_signo = sig;
        g_assert_no_errno((int)syscall(SYS_rt_sigqueueinfo, pid, sig, info));
}

void ring(pid_t pid, int sig, uint64_t address) {
        siginfo_t info;

        bell_to_siginfo(&(Bell){ .address = address }, sig, &info);
        ring_raw(pid, sig, &info);
}

static void wait_readable(int fd) {
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };

        g_assert_cmpint(poll(&pollfd, 1, TIME_LIMIT_SEC * 1000), ==, 1);
}

int visit_accept(const FakeManager *manager) {
        int fd;

        wait_readable(manager->listener);
        fd = accept4(manager->listener, NULL, NULL, SOCK_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        return fd;
}

void visit_send_raw(int fd, const void *data, size_t length, const int *fds, size_t fd_count) {
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(253 * sizeof(int))];
        } control = { 0 };
        struct iovec iov = { .iov_base = (void *)data, .iov_len = length };
        struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

        if (fd_count > 0) {
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
                control.header.cmsg_level = SOL_SOCKET;
                control.header.cmsg_type = SCM_RIGHTS;
                control.header.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
                memcpy(CMSG_DATA(&control.header), fds, fd_count * sizeof(int));
        }
        g_assert_cmpint(sendmsg(fd, &message, MSG_NOSIGNAL), ==, length);
}

static void describe(const FakeItem *items, unsigned int count, MessageItem *ret) {
        for (unsigned int i = 0; i < count; i++)
                ret[i] = (MessageItem){ .kind = BELLHOP_KIND_MEMFD,
                                        .signal = BELLHOP_SIGNAL_MEMFD,
                                        .flags = (uint8_t)items[i].flags,
                                        .name = items[i].name,
                                        .name_length = (uint8_t)strlen(items[i].name) };
}

void visit_send(int fd, const FakeItem *items, unsigned int count, uint32_t remaining) {
        uint8_t buffer[MESSAGE_SIZE_MAX];
        MessageItem records[MESSAGE_ITEMS_MAX] = { 0 };
        int fds[MESSAGE_ITEMS_MAX], length;

        describe(items, count, records);
        for (unsigned int i = 0; i < count; i++)
                fds[i] = memfd_with(items[i].content);
        length = message_encode_items(buffer, sizeof(buffer), records, count, remaining);
        g_assert_cmpint(length, >, 0);
        visit_send_raw(fd, buffer, (size_t)length, fds, count);
        for (unsigned int i = 0; i < count; i++)
                (void)close(fds[i]);
}

int manifest_with(const FakeItem *items, const int *files, unsigned int count) {
        int fd, length;
        MessageItem records[MESSAGE_ITEMS_MAX];
        MessageFile identities[MESSAGE_ITEMS_MAX];
        uint8_t text[MANIFEST_SIZE_MAX];

        describe(items, count, records);
        for (unsigned int i = 0; i < count; i++)
                g_assert_cmpint(message_file_of(files[i], &identities[i]), ==, 0);
        length = message_encode_manifest(text, sizeof(text), records, identities, count);
        g_assert_cmpint(length, >, 0);
        fd = message_manifest_new(text, (size_t)length);
        g_assert_cmpint(fd, >=, 0);
        return fd;
}

void visit_expect_receipt(int fd, unsigned int taken) {
        uint8_t receipt[MESSAGE_HEADER_SIZE + 1];
        ssize_t n;

        wait_readable(fd);
        n = read(fd, receipt, sizeof(receipt));
        g_assert_cmpint(n, ==, MESSAGE_HEADER_SIZE);
        g_assert_cmpint(message_decode_receipt(receipt, (size_t)n, MESSAGE_ITEMS_MAX), ==, taken);
}

void visit_expect_end(int fd) {
        char byte;
        ssize_t n;

        wait_readable(fd);
        n = read(fd, &byte, 1);
        /* What the desk hasn't read makes it a reset. */
        g_assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

void deliver(const FakeManager *manager, pid_t pid, const FakeItem *items, unsigned int count) {
        _cleanup_fd_ int fd = -EBADF;

        ring(pid, BELLHOP_SIGNAL_MEMFD, manager->address);
        fd = visit_accept(manager);
        visit_send(fd, items, count, 0);
        visit_expect_receipt(fd, count);
}

int memfd_with(const char *content) {
        int fd = memfd_create("test", MFD_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(write(fd, content, strlen(content)), ==, strlen(content));
        return fd;
}

void assert_content(int fd, const char *content) {
        char buffer[256];
        ssize_t n = pread(fd, buffer, sizeof(buffer) - 1, 0);

        g_assert_cmpint(n, >=, 0);
        buffer[n] = '\0';
        g_assert_cmpstr(buffer, ==, content);
        g_assert_cmpint(fcntl(fd, F_GETFD), ==, FD_CLOEXEC);
}

void assert_claims(const char *name, const char *content) {
        int fd = bellhop_claim(name, TIME_LIMIT_SEC * 1000);

        g_assert_cmpint(fd, >=, 0);
        assert_content(fd, content);
        g_assert_no_errno(close(fd));
}

void forbid_call(long number, int error) {
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

        g_assert_no_errno(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        g_assert_no_errno(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

bool under_valgrind(void) {
        const char *preload = g_getenv("LD_PRELOAD");

        return preload && strstr(preload, "vgpreload");
}

void close_claims_desk(void) {
        Desk *desk;

        g_assert_cmpint(desk_get(&desk), ==, 0);
        desk->kept = false;
        desk_unref(desk);
}

bellhop *open_desk(void) {
        bellhop *desk = NULL;

        g_assert_cmpint(bellhop_new(NULL, &desk), ==, 0);
        return desk;
}

bool is_readable(int fd, int timeout_ms) {
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };
        int r = poll(&pollfd, 1, timeout_ms);

        g_assert_cmpint(r, >=, 0);
        return r > 0;
}

static void play(ServiceStart start, void (*function)(int channel), const FakeItem *items,
                 unsigned int count, bool says_ready) {
        FakeManager manager;
        Service service;

        fake_manager_open(&manager);
        service = service_start(start, function);
        if (says_ready)
                hear(service.channel, 'r');
        deliver(&manager, service.pid, items, count);
        service_end(&service);
        /* One bell, one visit. */
        g_assert_false(is_readable(manager.listener, 0));
        fake_manager_close(&manager);
}

void scene(ServiceStart start, void (*function)(int channel), const FakeItem *items,
           unsigned int count) {
        play(start, function, items, count, start == SERVICE_BARE);
}

void scene_when_ready(ServiceStart start, void (*function)(int channel), const FakeItem *items,
                      unsigned int count) {
        play(start, function, items, count, true);
}
