/* SPDX-License-Identifier: MIT */
/* What a service gets of Listen lines that aren't listeners: each kind is filled by whoever would
 * fill it, starts the service, and is claimed and read there. */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/vm_sockets.h>

#include "harness.h"
#include "sendfd.h"

/* NAME.socket with these lines, and NAME.service that runs the reader of it. */
static void reader_write(const Fixture *fixture, const char *name, const char *socket_lines,
                         const char *service_lines) {
        g_autofree char *socket = g_strdup_printf("%s.socket", name);
        g_autofree char *service = g_strdup_printf("%s.service", name);

        unit_write(fixture, socket, "[Socket]\n%s\n", socket_lines);
        unit_write(fixture, service, NO_START_LIMIT "ExecStart=@bin@/reader @dir@/report %s\n%s\n",
                   socket, service_lines);
}

/* Takes a report of what was claimed, and one of what was read; then the unit listens again. */
static void reader_expect(Fixture *fixture, const char *name, const char *claimed,
                          const char *text) {
        g_autofree char *socket = g_strdup_printf("%s.socket", name);
        g_autofree char *first = g_strdup_printf("claimed %s %s", socket, claimed);
        g_autofree char *second = g_strdup_printf("read %s %s", socket, text);

        g_free(report_wait(fixture, first, NULL));
        g_free(report_wait(fixture, second, NULL));
        unit_wait(fixture, socket, "active", "listening");
}

/* ---- FIFOs ---- */

static void shell(const Fixture *fixture, const char *command) {
        g_autofree char *expanded = fixture_expand(fixture, command);

        g_assert_cmpint(run(fixture, NULL, "sh", "-c", expanded, NULL), ==, 0);
}

static void test_fifo(void) {
        _fixture_ Fixture *fixture = fixture_new();

        reader_write(fixture, "log", "ListenFIFO=@dir@/fifo\nSymlinks=@dir@/link", "");
        fixture_start(fixture, "log.socket", NULL);
        unit_expect(fixture, "log.service", "inactive", "dead");
        shell(fixture, "echo one >@dir@/fifo");
        reader_expect(fixture, "log", "other fifo rw blocking signal=45", "one");
        shell(fixture, "echo two >@dir@/link");
        reader_expect(fixture, "log", "other fifo rw blocking signal=45", "two");
}

/* What was in the FIFO before the manager came is in it still. */
static void test_fifo_kept(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = fixture_expand(fixture, "@dir@/fifo");

        reader_write(fixture, "log", "ListenFIFO=@dir@/fifo", "");
        fixture_start(fixture, "log.socket", NULL);
        int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        fixture_stop(fixture);
        g_assert_cmpint(write(fd, "kept\n", 5), ==, 5);
        fixture_start(fixture, "log.socket", NULL);
        reader_expect(fixture, "log", "other fifo *", "kept");
        close(fd);
}

/* What nobody has read is thrown away instead of starting the service again. */
static void test_fifo_flushed(void) {
        _fixture_ Fixture *fixture = fixture_new();

        pair_write(fixture, "log", "ListenFIFO=@dir@/fifo\nFlushPending=yes", "--exit-early=0",
                   NO_START_LIMIT);
        fixture_start(fixture, "log.socket", NULL);
        unsigned int mark = events_mark(fixture);
        shell(fixture, "echo one >@dir@/fifo");
        event_wait(fixture, mark, "unit log.service inactive dead");
        unit_wait(fixture, "log.socket", "active", "listening");
        unit_stop(fixture, "log.socket");
        g_assert_cmpuint(report_count(fixture, "up"), ==, 1);
}

/* ---- message queues ---- */

static void queue_send(const char *name, const char *text) {
        mqd_t queue = mq_open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

        g_assert_cmpint(queue, >=, 0);
        g_assert_cmpint(mq_send(queue, text, strlen(text), 1), ==, 0);
        mq_close(queue);
}

static void test_queue(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *name = g_strdup_printf("/bellhop-kinds-%d", (int)getpid());
        g_autofree char *lines = g_strdup_printf(
                "ListenMessageQueue=%s\nMessageQueueMaxMessages=4\nMessageQueueMessageSize=100\n"
                "RemoveOnStop=yes",
                name);

        reader_write(fixture, "jobs", lines, "");
        fixture_start(fixture, "jobs.socket", NULL);
        queue_send(name, "one");
        reader_expect(fixture, "jobs", "other queue r blocking signal=45", "one");
        queue_send(name, "two");
        reader_expect(fixture, "jobs", "other queue r blocking signal=45", "two");
        unit_stop(fixture, "jobs.socket");
        g_assert_cmpint(mq_open(name, O_WRONLY | O_CLOEXEC), ==, -1);
}

/* ---- netlink ---- */

static void netlink_send(unsigned int process, unsigned int groups) {
        struct {
                struct nlmsghdr header;
                char text[8];
        } message = { { .nlmsg_len = sizeof(message), .nlmsg_type = NLMSG_MIN_TYPE }, "hello" };
        struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = process, .nl_groups = groups };
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);

        g_assert_cmpint(fd, >=, 0);
        /* After the groups the kernel tries the process, and of groups alone there is none. */
        ssize_t n = sendto(fd, &message, sizeof(message), 0, (struct sockaddr *)&to, sizeof(to));
        g_assert_true(n == sizeof(message) || (groups > 0 && errno == ECONNREFUSED));
        close(fd);
}

/* From process to process; a process's first netlink socket has its pid for an address. */
static void test_netlink(void) {
        _fixture_ Fixture *fixture = fixture_new();

        reader_write(fixture, "net", "ListenNetlink=2", "");
        fixture_start(fixture, "net.socket", NULL);
        netlink_send((unsigned int)fixture->daemon, 0);
        reader_expect(fixture, "net", "other netlink rw blocking signal=45", "*");
}

static void test_netlink_group(void) {
        _fixture_ Fixture *fixture = fixture_new();

        reader_write(fixture, "net", "ListenNetlink=2 4", "");
        fixture_start(fixture, "net.socket", NULL);
        netlink_send(0, 4);
        reader_expect(fixture, "net", "other netlink rw blocking signal=45", "*");
}

/* As a device manager has it: the kernel tells of a device. */
static void test_uevents(void) {
        static const char *const device = "/sys/class/mem/null/uevent";
        _fixture_ Fixture *fixture = fixture_new();

        int fd = open(device, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                skip_case("no device in /sys can be asked for an event");
        reader_write(fixture, "udev", "ListenNetlink=kobject-uevent 1", "");
        fixture_start(fixture, "udev.socket", NULL);
        g_assert_cmpint(write(fd, "change", 6), ==, 6);
        reader_expect(fixture, "udev", "other netlink rw blocking signal=45", "*@/*");
        close(fd);
}

/* ---- special files ---- */

/* A terminal, where somebody types. */
static void test_special(void) {
        _fixture_ Fixture *fixture = fixture_new();
        int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

        if (terminal < 0 || unlockpt(terminal) < 0)
                skip_case("there are no pseudo terminals here");
        g_autofree char *lines =
                g_strdup_printf("ListenSpecial=%s\nWritable=yes", ptsname(terminal));
        reader_write(fixture, "login", lines, "");
        fixture_start(fixture, "login.socket", NULL);
        g_assert_cmpint(write(terminal, "root\n", 5), ==, 5);
        reader_expect(fixture, "login", "other device rw blocking signal=45", "root");
        close(terminal);
}

/* ---- several of them ---- */

/* One unit, each line with a name of its own: each is claimed under its name, whatever it is. */
static void test_together(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *queue = g_strdup_printf("/bellhop-kinds-%d", (int)getpid());
        g_autofree char *datagram = fixture_expand(fixture, "@dir@/datagram");

        unit_write(fixture, "all.socket",
                   "[Socket]\nRemoveOnStop=yes\nFileDescriptorName=queue\nListenMessageQueue=%s\n"
                   "FileDescriptorName=fifo\nListenFIFO=@dir@/fifo\n"
                   "FileDescriptorName=net\nListenNetlink=2\n"
                   "FileDescriptorName=datagram\nListenDatagram=@dir@/datagram\n",
                   queue);
        unit_write(fixture, "all.service",
                   "[Service]\nExecStart=@bin@/reader @dir@/report datagram net fifo queue\n");
        fixture_start(fixture, "all.socket", NULL);
        netlink_send((unsigned int)fixture->daemon, 0);
        shell(fixture, "echo of the FIFO >@dir@/fifo");
        queue_send(queue, "of the queue");
        int fd = address_connect(datagram, SOCK_DGRAM);
        close(fd);
        g_free(report_wait(fixture, "claimed datagram datagram socket *", NULL));
        g_free(report_wait(fixture, "read datagram hello", NULL));
        g_free(report_wait(fixture, "claimed net other netlink *", NULL));
        g_free(report_wait(fixture, "claimed fifo other fifo *", NULL));
        g_free(report_wait(fixture, "read fifo of the FIFO", NULL));
        g_free(report_wait(fixture, "claimed queue other queue *", NULL));
        g_free(report_wait(fixture, "read queue of the queue", NULL));
        unit_wait(fixture, "all.socket", "active", "listening");
        unit_stop(fixture, "all.socket");
}

/* ---- vsock ---- */

static int vsock_connect(unsigned int port) {
        struct sockaddr_vm to = { .svm_family = AF_VSOCK,
                                  .svm_cid = VMADDR_CID_LOCAL,
                                  .svm_port = port };
        int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
                close(fd);
                return -errno;
        }
        return fd;
}

static void test_vsock(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        g_autofree char *lines = g_strdup_printf("ListenStream=vsock:1:%u", port);
        g_autofree char *error = NULL;

        pair_write(fixture, "vm", lines, "vm.socket", "");
        fixture_start(fixture, NULL);
        if (bus_units_call(fixture, "Start", &error, "vm.socket", NULL) < 0) {
                fixture_stop(fixture);
                skip_case("no vsock with a loopback here (vsock_loopback)");
        }
        int fd = vsock_connect(port);
        g_assert_cmpint(fd, >=, 0);
        g_autofree char *answer = ask_on(fd);
        g_assert_true(g_str_has_prefix(answer, "vm.socket "));
}

/* ---- blocking or not ---- */

static void reload_well(Fixture *fixture) {
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
}

/* The service says how it wants it, each time it starts. */
static void test_nonblocking(void) {
        _fixture_ Fixture *fixture = fixture_new();

        reader_write(fixture, "log", "ListenFIFO=@dir@/fifo", "NonBlocking=yes");
        fixture_start(fixture, "log.socket", NULL);
        shell(fixture, "echo one >@dir@/fifo");
        reader_expect(fixture, "log", "other fifo rw nonblocking *", "one");
        reader_write(fixture, "log", "ListenFIFO=@dir@/fifo", "");
        reload_well(fixture);
        shell(fixture, "echo two >@dir@/fifo");
        reader_expect(fixture, "log", "other fifo rw blocking *", "two");
}

/* The same of listeners, datagram sockets, and the connections of Accept=yes, from which the
 * manager itself must never wait. */
static void test_nonblocking_sockets(void) {
        static const char *const modes[] = { "blocking", "nonblocking" };
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *datagram = fixture_expand(fixture, "@dir@/datagram");
        g_autofree char *stream = fixture_expand(fixture, "@dir@/stream");

        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
                const char *line = i > 0 ? "NonBlocking=yes" : "NonBlocking=no";
                g_autofree char *of_datagram = g_strdup_printf("datagram socket rw %s *", modes[i]);
                g_autofree char *of_connection =
                        g_strdup_printf("claimed connection connection socket rw %s *", modes[i]);

                reader_write(fixture, "datagram", "ListenDatagram=@dir@/datagram", line);
                unit_write(fixture, "stream.socket",
                           "[Socket]\nListenStream=@dir@/stream\nAccept=yes\n");
                unit_write(fixture, "stream@.service",
                           "[Service]\nExecStart=@bin@/reader @dir@/report connection\n%s\n", line);
                if (i == 0)
                        fixture_start(fixture, "datagram.socket", "stream.socket", NULL);
                else
                        reload_well(fixture);
                int fd = address_connect(datagram, SOCK_DGRAM);
                reader_expect(fixture, "datagram", of_datagram, "hello");
                close(fd);
                fd = address_connect(stream, SOCK_STREAM);
                g_assert_cmpint(send(fd, "hello", 5, 0), ==, 5);
                g_free(report_wait(fixture, of_connection, NULL));
                close(fd);
        }
}

/* A Unix connection inherits next to nothing of its listener. */
static void test_connection_options(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *stream = fixture_expand(fixture, "@dir@/stream");

        unit_write(fixture, "stream.socket",
                   "[Socket]\nListenStream=@dir@/stream\nAccept=yes\nReceiveBuffer=20000\n"
                   "Priority=5\n");
        unit_write(fixture, "stream@.service",
                   "[Service]\nExecStart=@bin@/reader @dir@/report connection\n");
        fixture_start(fixture, "stream.socket", NULL);
        int fd = address_connect(stream, SOCK_STREAM);
        g_assert_cmpint(send(fd, "hello", 5, 0), ==, 5);
        g_free(report_wait(fixture, "options connection buffer=40000 priority=5", NULL));
        g_free(report_wait(fixture, "read connection hello", NULL));
        close(fd);
}

/* ---- Transport= ---- */

static void test_transport(void) {
        _fixture_ Fixture *fixture = fixture_new();

        reader_write(fixture, "log", "ListenFIFO=@dir@/fifo\nTransport=socket", "");
        reader_write(fixture, "call", "ListenFIFO=@dir@/other\nTransport=kernel", "");
        fixture_start(fixture, "log.socket", "call.socket", NULL);
        shell(fixture, "echo one >@dir@/fifo");
        reader_expect(fixture, "log", "other fifo *", "one");
        /* Where the kernel has the call: it comes by that. Else it says so. */
        shell(fixture, "echo one >@dir@/other");
        if (sendfd_is_there())
                reader_expect(fixture, "call", "other fifo *", "one");
        else
                g_free(delivery_wait(fixture, "call.socket", 0, "failed"));
}

static const TestCase cases[] = {
        { "FIFO", test_fifo, AS_BOTH, 0 },
        { "FIFO, over a restart of the manager", test_fifo_kept, AS_BOTH, 0 },
        { "FIFO, flushed", test_fifo_flushed, AS_BOTH, 0 },
        { "message queue", test_queue, AS_BOTH, 0 },
        { "netlink", test_netlink, AS_BOTH, 0 },
        { "netlink, multicast", test_netlink_group, AS_ROOT, 0 },
        { "netlink, device events", test_uevents, AS_ROOT, 0 },
        { "special file", test_special, AS_BOTH, 0 },
        { "all in one unit", test_together, AS_BOTH, 0 },
        { "vsock", test_vsock, AS_BOTH, 0 },
        { "NonBlocking=", test_nonblocking, AS_BOTH, 0 },
        { "NonBlocking= and sockets", test_nonblocking_sockets, AS_BOTH, 0 },
        { "options of connections", test_connection_options, AS_BOTH, 0 },
        { "Transport=", test_transport, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
