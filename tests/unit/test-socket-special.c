/* SPDX-License-Identifier: MIT */
/* Listen lines that are no sockets: FIFOs, special files, message queues; the links to what is in
 * the file system; and what stands in their way. */
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "listen-fixture.h"
#include "stuck-call.h"

/* ---- FIFOs ---- */

#define IN_THE_WAY "what is there is of another kind or somebody else's"

/* Open for reading and writing: a writer finds a reader, and his end isn't the end of file. */
static void test_fifo(void) {
        listen_begin();
        g_autofree char *path = listen_path("deep/er/fifo");
        const Item *item = listen_item(listen_start("ListenFIFO=%D/deep/er/fifo\nPollLimitBurst=1\n"
                                                    "PollLimitIntervalSec=1h\n"));
        g_assert_cmpint(item->kind, ==, BELLHOP_KIND_OTHER);
        g_assert_cmpstr(item->name, ==, "x.socket");
        g_assert_cmpuint(file_type("deep/er/fifo"), ==, S_IFIFO);
        g_assert_cmpint(fcntl(item->fd, F_GETFL) & O_ACCMODE, ==, O_RDWR);
        g_assert_cmpint(fcntl(item->fd, F_GETFL) & O_NONBLOCK, ==, 0);
        struct pollfd idle = { .fd = item->fd, .events = POLLIN };
        for (int i = 0; i < 2; i++) {
                char buffer[8];
                _cleanup_fd_ int writer = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
                g_assert_cmpint(writer, >=, 0);
                g_assert_cmpint(write(writer, "hello", 5), ==, 5);
                g_assert_cmpint(read(item->fd, buffer, sizeof(buffer)), ==, 5);
        }
        g_assert_cmpint(poll(&idle, 1, 0), ==, 0);
        listen_end();
}

/* What stands where the FIFO should be is left alone. */
static void test_fifo_in_the_way(void) {
        listen_begin();
        g_autofree char *fifo = listen_path("real"), *folder = listen_path("folder");
        file_write("file", "precious");
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        g_assert_cmpint(mkdir(folder, 0700), ==, 0);
        link_make(fifo, "link");
        link_make("/nowhere/at/all", "dangling");
        listen_assert_fails("ListenFIFO=%D/file\n", IN_THE_WAY);
        listen_assert_fails("ListenFIFO=%D/link\n", IN_THE_WAY);
        listen_assert_fails("ListenFIFO=%D/dangling\n", IN_THE_WAY);
        listen_assert_fails("ListenFIFO=%D/folder\n", IN_THE_WAY);
        listen_assert_fails("ListenFIFO=/dev/null\n", IN_THE_WAY);
        listen_assert_fails("ListenFIFO=%D/file/fifo\n", "Not a directory");
        file_assert("file", "precious");
        g_assert_cmpuint(file_type("link"), ==, S_IFLNK);
        g_assert_cmpuint(file_type("dangling"), ==, S_IFLNK);
        (void)listen_start("ListenFIFO=%D/real\n"); /* of an earlier run */
        listen_end();
}

/* Its owner could read along. */
static void test_fifo_of_others(void) {
        if (geteuid() != 0) {
                g_test_skip("not root");
                return;
        }
        listen_begin();
        g_autofree char *path = listen_path("fifo");
        struct stat st;
        g_assert_cmpint(mkfifo(path, 0600), ==, 0);
        g_assert_cmpint(chown(path, 4242, 4242), ==, 0);
        listen_assert_fails("ListenFIFO=%D/fifo\n", IN_THE_WAY);
        listen_assert_fails("ListenFIFO=%D/fifo\nSocketUser=4243\n", IN_THE_WAY);
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
        g_assert_cmpuint(st.st_uid, ==, 4242);
        (void)listen_start("ListenFIFO=%D/fifo\nSocketUser=4242\nSocketMode=0620\n");
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0620);
        listen_end();
}

/* ---- special files ---- */

static void test_special(void) {
        listen_begin();
        const Item *item = listen_item(listen_start("ListenSpecial=/dev/ptmx\nWritable=yes\n"));
        struct stat st;
        g_assert_cmpint(fstat(item->fd, &st), ==, 0);
        g_assert_true(S_ISCHR(st.st_mode));
        g_assert_cmpint(item->kind, ==, BELLHOP_KIND_OTHER);
        g_assert_cmpint(fcntl(item->fd, F_GETFL) & O_ACCMODE, ==, O_RDWR);
        g_assert_cmpint(fcntl(item->fd, F_GETFL) & O_NONBLOCK, ==, 0);
        listen_stop();
        item = listen_item(listen_start("ListenSpecial=/dev/ptmx\n"));
        g_assert_cmpint(fcntl(item->fd, F_GETFL) & O_ACCMODE, ==, O_RDONLY);
        listen_stop();
        /* Of /proc, with a poll of its own. */
        item = listen_item(listen_start("ListenSpecial=/proc/self/mountinfo\n"));
        g_assert_cmpint(fstat(item->fd, &st), ==, 0);
        g_assert_true(S_ISREG(st.st_mode));
        listen_end();
}

/* None of them makes the manager wait. */
static void test_special_refused(void) {
        listen_begin();
        g_autofree char *fifo = listen_path("fifo");
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        file_write("file", "text");
        link_make("/dev/null", "link");
        (void)listen_start("ListenStream=%D/socket\n");
        listen_stop();
        listen_assert_fails("ListenSpecial=%D/fifo\n", "/fifo: Invalid argument");
        listen_assert_fails("ListenSpecial=%D/fifo\nWritable=yes\n", "Invalid argument");
        listen_assert_fails("ListenSpecial=%D/link\n", g_strerror(ELOOP));
        listen_assert_fails("ListenSpecial=%D/socket\n", g_strerror(ENXIO));
        listen_assert_fails("ListenSpecial=%D\n", g_strerror(EINVAL));
        listen_assert_fails("ListenSpecial=%D\nWritable=yes\n", g_strerror(EISDIR));
        listen_assert_fails("ListenSpecial=%D/none\n", g_strerror(ENOENT));
        /* Nothing can be waited for: poll(2) is always ready. */
        listen_assert_fails("ListenSpecial=%D/file\n", "is always ready");
        listen_assert_fails("ListenSpecial=/dev/zero\n", "is always ready");
        listen_end();
}

/* A terminal whose other end goes: that is no service's doing. */
static bool has_failed(const void *socket) {
        return ((const Socket *)socket)->state == SOCKET_FAILED;
}

static void test_special_hangs_up(void) {
        listen_begin();
        int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        g_assert_cmpint(unlockpt(terminal), ==, 0);
        g_autofree char *lines = g_strdup_printf("ListenSpecial=%s\n", ptsname(terminal));
        Socket *socket = listen_start(lines);
        fd_close(terminal);
        manager_fixture_run_until(&listen_fixture, has_failed, socket);
        g_assert_nonnull(strstr(socket->unit.failure, "has hung up"));
        listen_end();
}

/* What is never empty is read to its end, and left there. */
static void test_special_flushed(void) {
        listen_begin();
        Socket *socket = listen_start("ListenSpecial=/proc/self/mountinfo\n");
        char byte;
        ports_flush(socket->ports, 1);
        g_assert_cmpint(read(listen_item(socket)->fd, &byte, 1), ==, 0);
        g_assert_cmpint(fcntl(listen_item(socket)->fd, F_GETFL) & O_NONBLOCK, ==, 0);
        listen_end();
}

static void datagram_send(const char *name) {
        _cleanup_fd_ int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        g_autofree char *path = listen_path(name);
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
                         sizeof(address.sun_path));
        g_assert_cmpint(sendto(sender, "hello", 5, 0, (struct sockaddr *)&address, sizeof(address)),
                        ==, 5);
}

/* All at once, and nothing else. */
static void test_all_flushed(void) {
        listen_begin();
        Socket *socket = listen_start("ListenFIFO=%D/a\nListenDatagram=%D/b\nListenFIFO=%D/c\n"
                                      "ListenFIFO=%D/d\nListenDatagram=%D/e\n");
        Port *const flushed[] = { socket->ports[4], socket->ports[0], socket->ports[2] };
        datagram_send("b");
        datagram_send("e");
        for (guint i = 0; i < socket->port_count; i++)
                if (socket->ports[i]->item->kind == BELLHOP_KIND_OTHER)
                        g_assert_cmpint(write(socket->ports[i]->item->fd, "hello", 5), ==, 5);
        ports_flush(flushed, ARRAY_SIZE(flushed));
        for (guint i = 0; i < socket->port_count; i++) {
                struct pollfd pending = { .fd = socket->ports[i]->item->fd, .events = POLLIN };
                g_assert_cmpint(poll(&pending, 1, 0), ==, i % 2);
                g_assert_cmpint(fcntl(pending.fd, F_GETFL) & O_NONBLOCK, ==, 0);
        }
        listen_end();
}

static void connect_to(int fd) {
        struct sockaddr_in address;
        socklen_t length = sizeof(address);
        g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
        _cleanup_fd_ int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(connect(client, (struct sockaddr *)&address, length), ==, 0);
}

/* Somebody whom the service has left behind is in the middle of a call, and doesn't come to an end.
 * It may hold the manager up for a while, but not again. */
static void flush_held(const char *lines, const char *name,
                       ssize_t (*call)(int fd, void *page, size_t size)) {
        listen_begin();
        Socket *socket = listen_start(lines);
        int fd = listen_item(socket)->fd;
        StuckCall stuck;
        if (strcmp(name, "fifo") == 0)
                g_assert_cmpint(write(fd, "hello", 5), ==, 5);
        for (int i = 0; strcmp(name, "datagram") == 0 && i < 2; i++)
                datagram_send(name);
        if (strcmp(name, "listener") == 0)
                connect_to(fd);
        if (stuck_call_begin(&stuck, fd, call)) {
                for (int i = 0; i < 10; i++)
                        ports_flush(socket->ports, 1);
                g_assert_true(socket->ports[0]->is_stuck);
                g_assert_true(stuck_call_end(&stuck));
        } else
                g_test_skip("no userfaultfd here");
        listen_end();
}

static void test_fifo_held(void) {
        flush_held("ListenFIFO=%D/fifo\n", "fifo", read);
}

static void test_datagram_held(void) {
        flush_held("ListenDatagram=%D/datagram\n", "datagram", read);
}

static void test_special_held(void) {
        flush_held("ListenSpecial=/proc/self/mountinfo\n", "mountinfo", read);
}

static ssize_t set_options(int fd, void *page, size_t size) {
        return setsockopt(fd, IPPROTO_IP, IP_OPTIONS, page, (socklen_t)size);
}

static void test_listener_held(void) {
        flush_held("ListenStream=127.0.0.1:%P\n", "listener", set_options);
}

/* ---- message queues ---- */

static const char *queue_name(void) {
        static char name[64];
        snprintf(name, sizeof(name), "/bellhop-test-%d", (int)getpid());
        return name;
}

#define QUEUE "ListenMessageQueue=/bellhop-test-%I\n"

static void test_queue(void) {
        struct mq_attr attributes;
        char buffer[64];
        listen_begin();
        const Item *item = listen_item(listen_start(
                QUEUE "MessageQueueMaxMessages=2\nMessageQueueMessageSize=64\nRemoveOnStop=yes\n"));
        g_assert_cmpint(item->kind, ==, BELLHOP_KIND_OTHER);
        g_assert_cmpint(mq_getattr(item->fd, &attributes), ==, 0);
        g_assert_cmpint(attributes.mq_maxmsg, ==, 2);
        g_assert_cmpint(attributes.mq_flags & O_NONBLOCK, ==, 0);
        _cleanup_fd_ int sender = mq_open(queue_name(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        g_assert_cmpint(mq_send(sender, "hello", 5, 1), ==, 0);
        g_assert_cmpint(mq_receive(item->fd, buffer, sizeof(buffer), NULL), ==, 5);
        sender = fd_close(sender);
        listen_stop();
        g_assert_cmpint(mq_open(queue_name(), O_RDONLY | O_CLOEXEC), ==, -1); /* RemoveOnStop= */
        g_assert_cmpint(errno, ==, ENOENT);
        listen_end();
}

static void test_queue_flushed(void) {
        struct mq_attr attributes;
        listen_begin();
        Socket *socket = listen_start(QUEUE "RemoveOnStop=yes\n");
        _cleanup_fd_ int sender = mq_open(queue_name(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        for (int i = 0; i < 3; i++)
                g_assert_cmpint(mq_send(sender, "hello", 5, 1), ==, 0);
        ports_flush(socket->ports, 1);
        g_assert_cmpint(mq_getattr(listen_item(socket)->fd, &attributes), ==, 0);
        g_assert_cmpint(attributes.mq_curmsgs, ==, 0);
        sender = fd_close(sender);
        listen_stop();
        listen_end();
}

/* The message tells which limit it is: EMFILE alone would mislead. */
static void test_queue_too_large(void) {
        struct rlimit old, small = { .rlim_cur = 100 };
        listen_begin();
        listen_assert_fails(QUEUE "MessageQueueMaxMessages=2147483647\n"
                                  "MessageQueueMessageSize=2147483647\n",
                            "/proc/sys/fs/mqueue");
        g_assert_cmpint(getrlimit(RLIMIT_MSGQUEUE, &old), ==, 0);
        small.rlim_max = old.rlim_max;
        g_assert_cmpint(setrlimit(RLIMIT_MSGQUEUE, &small), ==, 0);
        listen_assert_fails(QUEUE "MessageQueueMaxMessages=2\nMessageQueueMessageSize=64\n",
                            "RLIMIT_MSGQUEUE");
        g_assert_cmpint(setrlimit(RLIMIT_MSGQUEUE, &old), ==, 0);
        g_assert_cmpint(mq_open(queue_name(), O_RDONLY | O_CLOEXEC), ==, -1); /* nothing is left */
        listen_end();
}

static void test_queue_of_others(void) {
        if (geteuid() != 0) {
                g_test_skip("not root");
                return;
        }
        listen_begin();
        struct stat st;
        _cleanup_fd_ int fd =
                mq_open(queue_name(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600, NULL);
        g_assert_cmpint(fchown(fd, 4242, 4242), ==, 0);
        listen_assert_fails(QUEUE, IN_THE_WAY);
        g_assert_cmpint(fstat(fd, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
        (void)listen_start(QUEUE "SocketUser=4242\nSocketMode=0640\n");
        g_assert_cmpint(fstat(fd, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0640);
        mq_unlink(queue_name());
        fd = fd_close(fd);
        listen_end();
}

/* ---- links ---- */

static void test_symlinks(void) {
        listen_begin();
        (void)listen_start(
                "ListenFIFO=%D/fifo\nSymlinks=%D/one %D/deep/two\nSymlinks=\"%D/th ree\"\n");
        link_assert("one", "fifo");
        link_assert("deep/two", "fifo");
        link_assert("th ree", "fifo");
        g_autofree char *lines = listen_log();
        g_assert_cmpstr(lines, ==, "");
        listen_stop();
        link_assert("one", "fifo"); /* as the FIFO itself */
        /* A second time they are right already. */
        (void)listen_start("ListenFIFO=%D/fifo\nSymlinks=%D/one\nRemoveOnStop=yes\n");
        listen_stop();
        g_assert_cmpuint(file_type("one"), ==, 0);
        g_assert_cmpuint(file_type("fifo"), ==, 0);
        g_assert_cmpuint(file_type("deep/two"), ==, S_IFLNK);
        g_autofree char *later = listen_log();
        g_assert_cmpstr(later, ==, "");
        listen_end();
}

/* The unit starts, nothing is lost, and the log says what is in the way. */
static void test_symlinks_in_the_way(void) {
        listen_begin();
        g_autofree char *folder = listen_path("folder");
        file_write("file", "precious");
        link_make("/nowhere", "link");
        g_assert_cmpint(mkdir(folder, 0700), ==, 0);
        (void)listen_start("ListenStream=%D/s\nSymlinks=%D/file %D/folder %D/link %D/s %D/fine\n");
        g_autofree char *lines = listen_log();
        g_assert_nonnull(strstr(lines, "/file: File exists"));
        g_assert_nonnull(strstr(lines, "/folder: File exists"));
        g_assert_nonnull(strstr(lines, "/link: File exists"));
        g_assert_nonnull(strstr(lines, "/s: File exists"));
        g_assert_null(strstr(lines, "/fine"));
        file_assert("file", "precious");
        link_assert("link", "/nowhere");
        link_assert("fine", "s");
        listen_stop();
        /* Who tidies up behind himself may replace a link, but nothing that has a content. */
        (void)listen_start(
                "ListenStream=%D/s\nSymlinks=%D/file %D/folder %D/link\nRemoveOnStop=yes\n");
        file_assert("file", "precious");
        link_assert("link", "s");
        listen_stop();
        g_assert_cmpuint(file_type("file"), ==, S_IFREG);
        g_assert_cmpuint(file_type("folder"), ==, S_IFDIR);
        g_assert_cmpuint(file_type("link"), ==, 0);
        g_assert_cmpuint(file_type("s"), ==, 0);
        listen_end();
}

/* What points elsewhere by now is somebody else's. */
static void test_symlinks_moved(void) {
        listen_begin();
        (void)listen_start("ListenStream=%D/s\nSymlinks=%D/link\nRemoveOnStop=yes\n");
        g_autofree char *link = listen_path("link");
        g_assert_cmpint(unlink(link), ==, 0);
        link_make("/elsewhere", "link");
        listen_stop();
        link_assert("link", "/elsewhere");
        listen_end();
}

static void test_symlinks_reload(void) {
        listen_begin();
        (void)listen_start("ListenStream=%D/s\nSymlinks=%D/old %D/both\nRemoveOnStop=yes\n");
        listen_write("ListenStream=%D/s\nSymlinks=%D/both %D/new\nRemoveOnStop=yes\n");
        g_assert_cmpuint(manager_fixture_reload(&listen_fixture, 0), ==, 0);
        g_assert_cmpuint(file_type("old"), ==, 0);
        link_assert("both", "s");
        link_assert("new", "s");
        listen_end();
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return 0;
        }
        g_test_add_func("/socket-special/fifo", test_fifo);
        g_test_add_func("/socket-special/fifo-in-the-way", test_fifo_in_the_way);
        g_test_add_func("/socket-special/fifo-of-others", test_fifo_of_others);
        g_test_add_func("/socket-special/special", test_special);
        g_test_add_func("/socket-special/special-refused", test_special_refused);
        g_test_add_func("/socket-special/special-hangs-up", test_special_hangs_up);
        g_test_add_func("/socket-special/special-flushed", test_special_flushed);
        g_test_add_func("/socket-special/all-flushed", test_all_flushed);
        g_test_add_func("/socket-special/fifo-held", test_fifo_held);
        g_test_add_func("/socket-special/datagram-held", test_datagram_held);
        g_test_add_func("/socket-special/special-held", test_special_held);
        g_test_add_func("/socket-special/listener-held", test_listener_held);
        g_test_add_func("/socket-special/queue", test_queue);
        g_test_add_func("/socket-special/queue-flushed", test_queue_flushed);
        g_test_add_func("/socket-special/queue-too-large", test_queue_too_large);
        g_test_add_func("/socket-special/queue-of-others", test_queue_of_others);
        g_test_add_func("/socket-special/symlinks", test_symlinks);
        g_test_add_func("/socket-special/symlinks-in-the-way", test_symlinks_in_the_way);
        g_test_add_func("/socket-special/symlinks-moved", test_symlinks_moved);
        g_test_add_func("/socket-special/symlinks-reload", test_symlinks_reload);
        return g_test_run();
}
