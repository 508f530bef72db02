/* SPDX-License-Identifier: MIT */
/* Every option key of [Socket]: from the text of a unit to the open descriptor, and read back from
 * that; then the way a reload goes, there and back. */
#include <fcntl.h>
#include <ftw.h>
#include <mqueue.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "directive.h"
#include "fd.h"
#include "log.h"
#include "option-trial.h"
#include "socket-constants.h"
#include "socket-open.h"
#include "socket-options.h"

/* ---- reading back ---- */

typedef struct Row Row;

/* Returns: what the descriptor has, as text (g_free); NULL: this kernel has no such option. */
typedef char *(*RowRead)(const Row *row, int fd, const Address *address);

struct Row {
        const char *key, *value;
        Place place;
        const char *expected;
        RowRead read;
        int level, name;
        unsigned int flags;
};

enum {
        PRIVILEGED = 1 << 0, /* skipped unless root */
        REOPENS = 1 << 1,    /* a reload opens it anew */
        FIXED = 1 << 2,      /* a reload can't change it, and says so */
        ONCE = 1 << 3,       /* when it is made, and never again */
};

static char *read_int(const Row *row, int fd, const Address *address) {
        int value;
        socklen_t length = sizeof(value);
        if (getsockopt(fd, row->level, row->name, &value, &length) < 0) {
                g_assert_true(errno == ENOPROTOOPT || errno == EOPNOTSUPP);
                return NULL;
        }
        return g_strdup_printf("%d", value);
}

static char *read_text(const Row *row, int fd, const Address *address) {
        char value[64] = "";
        socklen_t length = sizeof(value) - 1;
        g_assert_cmpint(getsockopt(fd, row->level, row->name, value, &length), ==, 0);
        return g_strdup(value);
}

/* The kernel keeps twice of it. */
static char *read_buffer(const Row *row, int fd, const Address *address) {
        g_autofree char *twice = read_int(row, fd, address);
        return g_strdup_printf("%d", atoi(twice) / 2);
}

static char *read_backlog(const Row *row, int fd, const Address *address) {
        struct tcp_info info;
        socklen_t length = sizeof(info);
        g_assert_cmpint(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), ==, 0);
        return g_strdup_printf("%u", info.tcpi_sacked);
}

static char *read_pipe_size(const Row *row, int fd, const Address *address) {
        return g_strdup_printf("%d", fcntl(fd, F_GETPIPE_SZ));
}

static char *read_access(const Row *row, int fd, const Address *address) {
        return g_strdup((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR ? "rw" : "r");
}

static char *read_queue(const Row *row, int fd, const Address *address) {
        struct mq_attr attributes;
        g_assert_cmpint(mq_getattr(fd, &attributes), ==, 0);
        return g_strdup_printf("%ld x %ld", attributes.mq_maxmsg, attributes.mq_msgsize);
}

static struct stat node_of(int fd, const Address *address) {
        struct stat st;
        const char *path = address_path(address);
        g_assert_cmpint(path ? stat(path, &st) : fstat(fd, &st), ==, 0);
        return st;
}

static char *read_mode(const Row *row, int fd, const Address *address) {
        return g_strdup_printf("%04o", node_of(fd, address).st_mode & 07777);
}

static char *read_folder_mode(const Row *row, int fd, const Address *address) {
        g_autofree char *parent = g_path_get_dirname(address->text);
        struct stat st;
        g_assert_cmpint(stat(parent, &st), ==, 0);
        return g_strdup_printf("%04o", st.st_mode & 07777);
}

static char *read_user(const Row *row, int fd, const Address *address) {
        return g_strdup_printf("%u", node_of(fd, address).st_uid);
}

static char *read_group(const Row *row, int fd, const Address *address) {
        return g_strdup_printf("%u", node_of(fd, address).st_gid);
}

/* ---- the table ---- */

#define INT(key_, value_, place_, expected_, level_, name_, flags_) \
        { key_, value_, place_, expected_, read_int, level_, name_, flags_ }
#define SOCKET_INT(key_, value_, place_, expected_, name_, flags_) \
        INT(key_, value_, place_, expected_, SOL_SOCKET, name_, flags_)
#define TCP_INT(key_, value_, place_, expected_, name_) \
        INT(key_, value_, place_, expected_, IPPROTO_TCP, name_, 0)
#define OTHER(key_, value_, place_, expected_, read_, flags_) \
        { key_, value_, place_, expected_, read_, 0, 0, flags_ }

/* clang-format off */
static const Row rows[] = {
        { "BindToDevice", "lo", TCP4, "lo", read_text, SOL_SOCKET, SO_BINDTODEVICE, REOPENS },
        { "BindToDevice", "lo", UDP6, "lo", read_text, SOL_SOCKET, SO_BINDTODEVICE, REOPENS },
        INT("BindIPv6Only", "ipv6-only", ANY6, "1", IPPROTO_IPV6, IPV6_V6ONLY, REOPENS),
        SOCKET_INT("SocketProtocol", "mptcp", TCP4, "262", SO_PROTOCOL, REOPENS),
        SOCKET_INT("SocketProtocol", "sctp", TCP4, "132", SO_PROTOCOL, REOPENS),
        SOCKET_INT("SocketProtocol", "udplite", UDP6, "136", SO_PROTOCOL, REOPENS),
        OTHER("Backlog", "17", TCP4, "17", read_backlog, 0),
        SOCKET_INT("ReusePort", "yes", TCP4, "1", SO_REUSEPORT, REOPENS),
        SOCKET_INT("ReusePort", "yes", UDP6, "1", SO_REUSEPORT, REOPENS),
        INT("FreeBind", "yes", TCP4, "1", IPPROTO_IP, IP_FREEBIND, 0),
        INT("FreeBind", "yes", UDP6, "1", IPPROTO_IPV6, IPV6_FREEBIND, 0),
        INT("Transparent", "yes", TCP4, "1", IPPROTO_IP, IP_TRANSPARENT, PRIVILEGED),
        INT("Transparent", "yes", UDP6, "1", IPPROTO_IPV6, IPV6_TRANSPARENT, PRIVILEGED),
        SOCKET_INT("Broadcast", "yes", UDP4, "1", SO_BROADCAST, 0),
        SOCKET_INT("Broadcast", "yes", UDPLITE, "1", SO_BROADCAST, 0),
        SOCKET_INT("KeepAlive", "yes", TCP4, "1", SO_KEEPALIVE, 0),
        SOCKET_INT("KeepAlive", "yes", MPTCP, "1", SO_KEEPALIVE, 0),
        SOCKET_INT("KeepAlive", "yes", VSOCK, "1", SO_KEEPALIVE, 0),
        TCP_INT("KeepAliveTimeSec", "2min", TCP4, "120", TCP_KEEPIDLE),
        TCP_INT("KeepAliveTimeSec", "1ms", TCP6, "1", TCP_KEEPIDLE),
        TCP_INT("KeepAliveIntervalSec", "11", TCP4, "11", TCP_KEEPINTVL),
        TCP_INT("KeepAliveProbes", "127", TCP6, "127", TCP_KEEPCNT),
        TCP_INT("DeferAcceptSec", "3", TCP4, "3", TCP_DEFER_ACCEPT),
        TCP_INT("NoDelay", "yes", TCP4, "1", TCP_NODELAY),
        TCP_INT("NoDelay", "yes", MPTCP, "1", TCP_NODELAY),
        INT("NoDelay", "yes", SCTP, "1", IPPROTO_SCTP, SCTP_NODELAY, 0),
        { "TCPCongestion", "reno", TCP4, "reno", read_text, IPPROTO_TCP, TCP_CONGESTION, 0 },
        SOCKET_INT("PassCredentials", "yes", UNIX, "1", SO_PASSCRED, 0),
        SOCKET_INT("PassCredentials", "yes", NETLINK, "1", SO_PASSCRED, 0),
        SOCKET_INT("PassPIDFD", "yes", UNIX_DATAGRAM, "1", SO_PASSPIDFD, 0),
        SOCKET_INT("PassSecurity", "yes", UNIX, "1", SO_PASSSEC, 0),
        SOCKET_INT("AcceptFileDescriptors", "no", UNIX, "0", SO_PASSRIGHTS, 0),
        INT("PassPacketInfo", "yes", UDP4, "1", IPPROTO_IP, IP_PKTINFO, 0),
        INT("PassPacketInfo", "yes", UDP6, "1", IPPROTO_IPV6, IPV6_RECVPKTINFO, 0),
        INT("PassPacketInfo", "yes", NETLINK, "1", SOL_NETLINK, NETLINK_PKTINFO, 0),
        SOCKET_INT("Timestamping", "us", UDP4, "1", SO_TIMESTAMP, 0),
        SOCKET_INT("Timestamping", "yes", UNIX_DATAGRAM, "1", SO_TIMESTAMPNS, 0),
        SOCKET_INT("Timestamping", "nsec", NETLINK, "1", SO_TIMESTAMPNS, 0),
        SOCKET_INT("Priority", "5", TCP4, "5", SO_PRIORITY, 0),
        SOCKET_INT("Priority", "6", UNIX_DATAGRAM, "6", SO_PRIORITY, 0),
        SOCKET_INT("Mark", "0x2a", TCP4, "42", SO_MARK, PRIVILEGED),
        SOCKET_INT("Mark", "7", NETLINK, "7", SO_MARK, PRIVILEGED),
        { "ReceiveBuffer", "32K", TCP4, "32768", read_buffer, SOL_SOCKET, SO_RCVBUF, 0 },
        { "ReceiveBuffer", "3M", UNIX_DATAGRAM, "3145728", read_buffer, SOL_SOCKET, SO_RCVBUF,
          PRIVILEGED },
        { "ReceiveBuffer", "3M", NETLINK, "3145728", read_buffer, SOL_SOCKET, SO_RCVBUF,
          PRIVILEGED },
        { "SendBuffer", "32K", UDP6, "32768", read_buffer, SOL_SOCKET, SO_SNDBUF, 0 },
        { "SendBuffer", "3M", UNIX, "3145728", read_buffer, SOL_SOCKET, SO_SNDBUF, PRIVILEGED },
        INT("IPTOS", "low-delay", TCP4, "16", IPPROTO_IP, IP_TOS, 0),
        INT("IPTOS", "throughput", UDP4, "8", IPPROTO_IP, IP_TOS, 0),
        INT("IPTOS", "reliability", TCP6, "4", IPPROTO_IP, IP_TOS, 0),
        INT("IPTOS", "0x20", UDP6, "32", IPPROTO_IP, IP_TOS, 0),
        INT("IPTTL", "7", TCP4, "7", IPPROTO_IP, IP_TTL, 0),
        INT("IPTTL", "255", UDP6, "255", IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0),
        OTHER("PipeSize", "128K", FIFO, "131072", read_pipe_size, 0),
        OTHER("Writable", "yes", SPECIAL, "rw", read_access, REOPENS),
        OTHER("MessageQueueMaxMessages", "3\nMessageQueueMessageSize=80", QUEUE, "3 x 80",
              read_queue, FIXED),
        OTHER("MessageQueueMessageSize", "81\nMessageQueueMaxMessages=2", QUEUE, "2 x 81",
              read_queue, FIXED),
        OTHER("SocketMode", "0640", UNIX, "0640", read_mode, 0),
        OTHER("SocketMode", "0604", FIFO, "0604", read_mode, 0),
        OTHER("SocketMode", "0600", QUEUE, "0600", read_mode, 0),
        OTHER("DirectoryMode", "0711", UNIX, "0711", read_folder_mode, ONCE),
        OTHER("DirectoryMode", "0701", FIFO, "0701", read_folder_mode, ONCE),
        OTHER("SocketUser", "4242", UNIX, "4242", read_user, PRIVILEGED),
        OTHER("SocketUser", "4242", FIFO, "4242", read_user, PRIVILEGED),
        OTHER("SocketUser", "4242", QUEUE, "4242", read_user, PRIVILEGED),
        OTHER("SocketGroup", "4243", UNIX, "4243", read_group, PRIVILEGED),
        OTHER("SocketGroup", "4243", FIFO, "4243", read_group, PRIVILEGED),
        OTHER("SocketGroup", "4243", QUEUE, "4243", read_group, PRIVILEGED),
};
/* clang-format on */

/* ---- one row ---- */

static bool is_absent(int error) {
        return error == -EAFNOSUPPORT || error == -EPROTONOSUPPORT || error == -ESOCKTNOSUPPORT ||
               error == -ENODEV || error == -EADDRNOTAVAIL || error == -ENOSYS;
}

/* What it is without the line: NULL where this can't be tried here. */
static char *row_read_plain(const Row *row, const Trial *plain) {
        int fd = trial_try(plain);
        if (is_absent(fd)) {
                g_test_skip("this kernel has no such socket");
                return NULL;
        }
        g_assert_cmpint(fd, >=, 0);
        char *value = row->read(row, fd, plain->address);
        trial_close(plain, fd);
        if (!value)
                g_test_skip("this kernel has no such option");
        return value;
}

static void row_adjust(const Row *row, int fd, const Trial *from, const Trial *to,
                       const char *expected) {
        const char *step = "nothing";
        g_assert_cmpint(socket_adjust(fd, from->address, from->settings, to->settings, &step), ==,
                        0);
        g_autofree char *value = row->read(row, fd, to->address);
        g_assert_cmpstr(value, ==, expected);
}

/* A reload. */
static void row_change(const Row *row, int fd, const Trial *plain, const Trial *given,
                       const char *before) {
        bool reopens = socket_must_reopen(given->address, plain->settings, given->settings);
        g_assert_true(reopens == !!(row->flags & REOPENS));
        if (reopens || row->flags & ONCE)
                return;
        row_adjust(row, fd, given, plain, row->flags & FIXED ? row->expected : before);
        row_adjust(row, fd, plain, given, row->expected);
        g_autofree char *lines = trial_log();
        g_assert_true(!!lines[0] == !!(row->flags & FIXED));
}

static void test_row(gconstpointer data) {
        const Row *row = data;
        unsigned int port = trial_free_port();
        if (row->flags & PRIVILEGED && geteuid() != 0) {
                g_test_skip("not root");
                return;
        }
        log_close();
        _cleanup_trial_ Trial plain = trial_load(row->place, port, NULL, NULL);
        _cleanup_trial_ Trial given = trial_load(row->place, port, row->key, row->value);
        g_assert_cmpstr(given.warnings, ==, "");
        g_autofree char *before = row_read_plain(row, &plain);
        if (!before)
                return;
        int fd = trial_try(&given);
        if (is_absent(fd)) {
                g_test_skip("this kernel has no such socket");
                return;
        }
        g_assert_cmpint(fd, >=, 0);
        g_autofree char *after = row->read(row, fd, given.address);
        g_autofree char *lines = trial_log();
        g_assert_cmpstr(after, ==, row->expected);
        g_assert_cmpstr(after, !=, before);
        g_assert_cmpstr(lines, ==, "");
        row_change(row, fd, &plain, &given, before);
        trial_close(&given, fd);
}

/* ---- what can't be set ---- */

typedef struct Refusal {
        const char *key, *value;
        Place place;
        const char *warning; /* in it */
        bool unprivileged;
} Refusal;

#define NO_ERRNO(text_) ": " text_ "; the unit goes on without it"

static const Refusal refusals[] = {
        { "TCPCongestion", "no-such-thing", TCP4,
          "TCPCongestion= (TCP_CONGESTION) of 127.0.0.1:%u" NO_ERRNO("No such file or directory"),
          false },
        { "IPTTL", "0", UDP4, "IPTTL= (IP_TTL) of 127.0.0.1:%u" NO_ERRNO("Invalid argument"),
          false },
        { "PipeSize", "4096G", FIFO, "PipeSize= (F_SETPIPE_SZ) of ", true },
        { "Mark", "1", TCP4, "Mark= (SO_MARK) of 127.0.0.1:%u" NO_ERRNO("Operation not permitted"),
          true },
        { "Transparent", "yes", TCP4,
          "Transparent= (IP_TRANSPARENT) of 127.0.0.1:%u" NO_ERRNO("Operation not permitted"),
          true },
        { "Priority", "7", UDP4,
          "Priority= (SO_PRIORITY) of 127.0.0.1:%u" NO_ERRNO("Operation not permitted"), true },
        { "ReceiveBuffer", "64M", UDP4,
          "ReceiveBuffer= (SO_RCVBUF) of 127.0.0.1:%u" NO_ERRNO("Operation not permitted"), true },
        { "SendBuffer", "64M", UDP4,
          "SendBuffer= (SO_SNDBUF) of 127.0.0.1:%u" NO_ERRNO("Operation not permitted"), true },
};

/* As systemd does: a word in the log, and the unit listens. */
static void test_refused(gconstpointer data) {
        const Refusal *refusal = data;
        unsigned int port = trial_free_port();
        log_close();
        _cleanup_trial_ Trial trial =
                trial_load(refusal->place, port, refusal->key, refusal->value);
        uid_t uid = geteuid();
        if (refusal->unprivileged && uid == 0)
                g_assert_cmpint(seteuid(65534), ==, 0);
        int fd = trial_open(&trial);
        g_assert_cmpint(seteuid(uid), ==, 0);
        g_autofree char *lines = trial_log();
        g_autoptr(GString) expected = g_string_new(refusal->warning);
        g_autofree char *number = g_strdup_printf("%u", port);
        g_string_replace(expected, "%u", number, 0);
        g_test_message("%s", lines);
        g_assert_nonnull(strstr(lines, expected->str));
        trial_close(&trial, fd);
}

/* Where there is no Smack, all of its labels are warnings. */
static void test_smack(void) {
        static const struct {
                const char *key, *attribute;
                Place place;
        } labels[] = {
                { "SmackLabel", "security.SMACK64", FIFO },
                { "SmackLabelIPIn", "security.SMACK64IPIN", TCP4 },
                { "SmackLabelIPOut", "security.SMACK64IPOUT", UDP4 },
        };
        if (access("/sys/fs/smackfs", F_OK) == 0) {
                g_test_skip("this kernel runs Smack: its labels would be this system's");
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
                log_close();
                _cleanup_trial_ Trial trial =
                        trial_load(labels[i].place, trial_free_port(), labels[i].key, "label");
                int fd = trial_open(&trial);
                g_autofree char *lines = trial_log();
                g_autofree char *expected = g_strdup_printf(
                        "%s= (%s) of %s: this kernel runs no Smack; the unit goes on without it",
                        labels[i].key, labels[i].attribute, trial.address->text);
                g_assert_nonnull(strstr(lines, expected));
                trial_close(&trial, fd);
        }
}

/* Nobody sets SELinux contexts here: the file is told so, and loaded. */
static void test_selinux(void) {
        _cleanup_trial_ Trial trial =
                trial_load(TCP4, trial_free_port(), "SELinuxContextFromNet", "yes");
        g_assert_nonnull(strstr(trial.warnings, "SELinuxContextFromNet"));
        trial_close(&trial, trial_open(&trial));
}

/* The one without which a listener would be open to more than it should be. */
static void test_must(void) {
        _cleanup_trial_ Trial trial =
                trial_load(TCP4, trial_free_port(), "BindToDevice", "nosuch0");
        const char *step = "nothing";
        g_assert_cmpint(socket_open(trial.address, trial.settings, &step), ==, -ENODEV);
        g_assert_cmpstr(step, ==, "SO_BINDTODEVICE");
}

/* An option that fits none of the unit's addresses is told, one that fits one of them isn't. */
static void test_misfits(void) {
        static const struct {
                const char *key, *value;
                Place place;
                bool fits;
        } misfits[] = {
                { "NoDelay", "yes", UNIX, false },
                { "NoDelay", "yes", TCP6, true },
                { "PassCredentials", "yes", TCP4, false },
                { "PassCredentials", "no", TCP4, true },
                { "AcceptFileDescriptors", "no", NETLINK, false },
                { "AcceptFileDescriptors", "yes", NETLINK, true },
                { "PipeSize", "4K", QUEUE, false },
                { "Mark", "1", FIFO, false },
                { "Mark", "-1", FIFO, true },
                { "Broadcast", "yes", TCP4, false },
                { "KeepAliveTimeSec", "1", UDP4, false },
                { "FreeBind", "yes", SPECIAL, false },
                { "Timestamping", "us", FIFO, false },
                { "SocketProtocol", "sctp", UDP4, false },
                { "SocketProtocol", "udplite", UNIX_DATAGRAM, false },
                { "Writable", "yes", FIFO, false },
                { "Writable", "yes", SPECIAL, true },
                { "MessageQueueMaxMessages", "1\nMessageQueueMessageSize=1", UNIX, false },
        };
        for (size_t i = 0; i < ARRAY_SIZE(misfits); i++) {
                log_close();
                _cleanup_trial_ Trial trial = trial_load(misfits[i].place, trial_free_port(),
                                                         misfits[i].key, misfits[i].value);
                socket_options_report(trial.settings);
                g_autofree char *lines = trial_log(), *expected = NULL;
                expected = g_strdup_printf(
                        "%s=: there is no such option for what this unit listens on",
                        misfits[i].key);
                g_test_message("%s=%s", misfits[i].key, misfits[i].value);
                g_assert_true((strstr(lines, expected) == NULL) == misfits[i].fits);
        }
}

/* ---- no key without a test ---- */

/* What isn't an option of the descriptor, and the program that shows it. */
static const struct {
        const char *key, *file;
} elsewhere[] = {
        { "ListenStream", "unit/test-socket-listen.c" },
        { "ListenDatagram", "unit/test-socket-listen.c" },
        { "ListenSequentialPacket", "unit/test-socket-listen.c" },
        { "ListenFIFO", "unit/test-socket-special.c" },
        { "ListenSpecial", "unit/test-socket-special.c" },
        { "ListenNetlink", "unit/test-socket-listen.c" },
        { "ListenMessageQueue", "unit/test-socket-special.c" },
        { "ListenUSBFunction", "unit/test-socket-usb.c" },
        { "Symlinks", "unit/test-socket-special.c" },
        { "RemoveOnStop", "unit/test-socket-special.c" },
        { "FileDescriptorName", "system/test-socket.c" },
        { "Service", "system/test-activation.c" },
        { "Accept", "system/test-socket.c" },
        { "MaxConnections", "system/test-activation.c" },
        { "MaxConnectionsPerSource", "system/test-socket.c" },
        { "Signal", "system/test-delivery.c" },
        { "Transport", "system/test-socket-kinds.c" },
        { "ClaimTimeoutSec", "system/test-delivery.c" },
        { "TriggerLimitIntervalSec", "system/test-socket-commands.c" },
        { "TriggerLimitBurst", "system/test-socket.c" },
        { "PollLimitIntervalSec", "system/test-socket.c" },
        { "PollLimitBurst", "system/test-socket.c" },
        { "FlushPending", "system/test-socket.c" },
        { "DeferTrigger", "system/test-socket.c" },
        { "DeferTriggerMaxSec", "system/test-socket.c" },
        { "ExecStartPre", "system/test-socket-commands.c" },
        { "ExecStartPost", "system/test-socket-commands.c" },
        { "ExecStopPre", "system/test-socket-commands.c" },
        { "ExecStopPost", "system/test-socket-commands.c" },
        { "PassFileDescriptorsToExec", "system/test-socket-commands.c" },
        { "TimeoutSec", "system/test-socket-commands.c" },
        { "User", "system/test-socket-commands.c" },
        { "Group", "system/test-socket-commands.c" },
        { "WorkingDirectory", "system/test-socket-commands.c" },
        { "Environment", "system/test-socket-commands.c" },
        { "EnvironmentFile", "system/test-socket-commands.c" },
        { "StandardOutput", "system/test-socket-commands.c" },
        { "StandardError", "system/test-socket-commands.c" },
        { "KillMode", "system/test-socket-commands.c" },
        { "KillSignal", "system/test-socket-commands.c" },
        { "FinalKillSignal", "system/test-socket-commands.c" },
        { "SendSIGHUP", "system/test-socket-commands.c" },
        { "SendSIGKILL", "system/test-socket-commands.c" },
};

/* What surrounds any process is the same code for services and sockets: it is shown with services,
 * and that a socket's commands go that way, in system/test-socket-commands.c. */
static const char *const surroundings[] = {
        "unit/test-exec.c",         "unit/test-exec-folders.c", "unit/test-exec-rights.c",
        "unit/test-exec-journal.c", "unit/test-exec-socket.c",  "unit/test-cgroup-limits.c",
};

static bool is_tested_here(const char *key) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (strcmp(rows[i].key, key) == 0)
                        return true;
        return g_str_has_prefix(key, "SmackLabel");
}

/* The key at the beginning of a unit file's line, as a string of a program has it: after a quote,
 * an end of line or the place of another. */
static bool is_in_program(const char *key, const char *program) {
        g_autofree char *file = g_test_build_filename(G_TEST_DIST, "..", program, NULL);
        g_autofree char *line = g_strdup_printf("(\"|\\\\n|%%s)%s=", key);
        g_autofree char *text = NULL;
        return g_file_get_contents(file, &text, NULL, NULL) &&
               g_regex_match_simple(line, text, 0, 0);
}

/* Returns: 1, 0, or -1: nothing is said of the key. */
static int is_tested_elsewhere(const char *key) {
        for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
                if (strcmp(elsewhere[i].key, key) == 0)
                        return is_in_program(key, elsewhere[i].file);
        return -1;
}

/* That of a service would show nothing of a socket's, but where it is one row of both. */
static bool is_tested_as_surroundings(const char *key) {
        if (!directive_find(UNIT_SERVICE, "Service", key))
                return false;
        for (size_t i = 0; i < ARRAY_SIZE(surroundings); i++)
                if (is_in_program(key, surroundings[i]))
                        return true;
        return false;
}

static bool is_tested(const char *key) {
        int elsewhere_too = is_tested_elsewhere(key);
        return elsewhere_too >= 0 ? elsewhere_too
                                  : is_tested_here(key) || is_tested_as_surroundings(key);
}

static void test_all_keys(void) {
        size_t count;
        const Directive *table = directive_table(&count);
        for (size_t i = 0; i < count; i++) {
                const Directive *row = &table[i];
                if (row->type != UNIT_SOCKET || strcmp(row->section, "Socket") != 0 ||
                    row->status != DIRECTIVE_HONOURED || is_tested(row->key))
                        continue;
                g_test_message("no test shows what %s= does", row->key);
                g_test_fail();
        }
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk) {
        return remove(path);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        trial_folder = g_dir_make_tmp("bellhop-options-XXXXXX", NULL);
        g_assert_cmpint(chmod(trial_folder, 0777), ==, 0);
        umask(022);
        log_open(LOG_WARNING);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                g_autofree char *path =
                        g_strdup_printf("/socket-options/%s/%s=%s/%zu", places[rows[i].place].name,
                                        rows[i].key, rows[i].value, i);
                path[strcspn(path, "\n")] = '\0';
                g_test_add_data_func(path, &rows[i], test_row);
        }
        for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
                g_autofree char *path =
                        g_strconcat("/socket-options/refused/", refusals[i].key, NULL);
                g_test_add_data_func(path, &refusals[i], test_refused);
        }
        g_test_add_func("/socket-options/smack", test_smack);
        g_test_add_func("/socket-options/selinux", test_selinux);
        g_test_add_func("/socket-options/must", test_must);
        g_test_add_func("/socket-options/misfits", test_misfits);
        g_test_add_func("/socket-options/all-keys", test_all_keys);
        int r = g_test_run();
        log_close();
        nftw(trial_folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        g_free(trial_folder);
        return r;
}
