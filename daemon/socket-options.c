/* SPDX-License-Identifier: MIT */
/* The options of listeners. To add one: its row in units/rows-socket.h, its row here. */
#include "socket-options.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "directive.h"
#include "fd.h"
#include "log.h"
#include "socket-constants.h"
#include "value.h"

/* ---- kinds of descriptors ---- */

enum {
        ON_FIFO = 1 << 0,
        ON_UNIX = 1 << 1,
        ON_NETLINK = 1 << 2,
        ON_VSOCK = 1 << 3,
        ON_TCP4 = 1 << 4,
        ON_TCP6 = 1 << 5,
        ON_UDP4 = 1 << 6,
        ON_UDP6 = 1 << 7,
        ON_SCTP4 = 1 << 8,
        ON_SCTP6 = 1 << 9,

        ON_TCP = ON_TCP4 | ON_TCP6,
        ON_UDP = ON_UDP4 | ON_UDP6,
        ON_SCTP = ON_SCTP4 | ON_SCTP6,
        ON_IPV4 = ON_TCP4 | ON_UDP4 | ON_SCTP4,
        ON_IPV6 = ON_TCP6 | ON_UDP6 | ON_SCTP6,
        ON_INTERNET = ON_IPV4 | ON_IPV6,
        ON_SOCKET = ON_UNIX | ON_NETLINK | ON_VSOCK | ON_INTERNET,
};

static unsigned int kind_of_internet(int family, int type, int protocol) {
        bool v4 = family == AF_INET;
        if (type == SOCK_DGRAM)
                return v4 ? ON_UDP4 : ON_UDP6;
        if (protocol == IPPROTO_SCTP)
                return v4 ? ON_SCTP4 : ON_SCTP6;
        return v4 ? ON_TCP4 : ON_TCP6;
}

static unsigned int kind_of(const Address *address, int family, const SocketSettings *settings) {
        if (address->type == ADDRESS_FIFO)
                return ON_FIFO;
        switch (family) {
        case AF_UNIX:
                return ON_UNIX;
        case AF_NETLINK:
                return ON_NETLINK;
        case AF_VSOCK:
                return ON_VSOCK;
        case AF_INET:
        case AF_INET6:
                return kind_of_internet(family, address->type,
                                        socket_options_protocol(address, settings));
        default:
                return 0;
        }
}

/* A port alone may be of either family: the descriptor knows. */
static int family_of(int fd, const Address *address) {
        int family;
        socklen_t length = sizeof(family);
        if (!address->port_only)
                return address->family;
        return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) < 0 ? AF_UNSPEC : family;
}

int socket_options_protocol(const Address *address, const SocketSettings *settings) {
        if (address->family == AF_NETLINK)
                return address_netlink_protocol(address);
        const int *given = settings_given(&settings->unit, "SocketProtocol");
        if (!given || !address_is_internet(address))
                return 0;
        return (*given == IPPROTO_UDPLITE) == (address->type == SOCK_DGRAM) ? *given : 0;
}

/* ---- values ---- */

typedef struct OptionValue {
        bool set;
        int number;
        const char *string;
} OptionValue;

typedef struct SocketOption SocketOption;

typedef void (*OptionRead)(const void *field, OptionValue *ret);

struct SocketOption {
        const char *key;
        const char *property; /* NULL: called as the key */
        unsigned int on;
        OptionRead read;
        int level, name;
        const char *step;
        size_t field; /* of a boolean in SocketSettings; 0: a sparse value, the key's */
        /* NULL: an int by setsockopt(2). Returns: 0 or negative errno. */
        int (*set)(int fd, const SocketOption *option, const OptionValue *value);
        bool bind;   /* it is about binding: none of a connection's */
        bool reopen; /* a change needs a new descriptor */
        bool must;   /* if it fails, the address isn't opened */
};

/* What is so by itself isn't set: an old kernel can't be asked for it. */
static void read_boolean(const void *field, OptionValue *ret) {
        bool on = *(const bool *)field;
        *ret = (OptionValue){ .set = on, .number = on };
}

static void read_denial(const void *field, OptionValue *ret) {
        bool on = *(const bool *)field;
        *ret = (OptionValue){ .set = !on, .number = on };
}

static void read_signed(const void *field, OptionValue *ret) {
        int number = *(const int *)field;
        *ret = (OptionValue){ .set = number >= 0, .number = number };
}

static void read_unsigned(const void *field, OptionValue *ret) {
        unsigned int number = *(const unsigned int *)field;
        *ret = (OptionValue){ .set = number > 0, .number = (int)number };
}

/* Rounded up: 0 would mean something else. */
static void read_seconds(const void *field, OptionValue *ret) {
        uint64_t usec = *(const uint64_t *)field;
        uint64_t seconds = usec / USEC_PER_SEC + (usec % USEC_PER_SEC > 0);
        *ret = (OptionValue){ .set = usec > 0 && usec != TIME_INFINITY,
                              .number = (int)MIN(seconds, (uint64_t)INT_MAX) };
}

static void read_size(const void *field, OptionValue *ret) {
        uint64_t size = *(const uint64_t *)field;
        *ret = (OptionValue){ .set = size > 0, .number = (int)MIN(size, (uint64_t)INT_MAX) };
}

static void read_string(const void *field, OptionValue *ret) {
        const char *string = *(char *const *)field;
        *ret = (OptionValue){ .set = string != NULL, .string = string };
}

/* ---- setters that aren't a plain setsockopt(2) ---- */

static int set_number(int fd, int level, int name, int number) {
        return setsockopt(fd, level, name, &number, sizeof(number)) < 0 ? -errno : 0;
}

static int set_string(int fd, const SocketOption *option, const OptionValue *value) {
        return setsockopt(fd, option->level, option->name, value->string,
                          (socklen_t)strlen(value->string)) < 0
                       ? -errno
                       : 0;
}

/* The kernel keeps twice of what it is told, and of the plain option no more than the system's
 * limit: then by force, which takes privilege. */
static int set_buffer(int fd, const SocketOption *option, const OptionValue *value) {
        int kept, force = option->name == SO_RCVBUF ? SO_RCVBUFFORCE : SO_SNDBUFFORCE;
        socklen_t length = sizeof(kept);
        int r = set_number(fd, option->level, option->name, value->number);
        if (r < 0 || getsockopt(fd, option->level, option->name, &kept, &length) < 0)
                return r;
        if (kept / 2 >= value->number)
                return 0;
        return set_number(fd, option->level, force, value->number);
}

static int set_timestamping(int fd, const SocketOption *option, const OptionValue *value) {
        switch ((Timestamping)value->number) {
        case TIMESTAMPING_OFF:
                return set_number(fd, SOL_SOCKET, SO_TIMESTAMP, 0);
        case TIMESTAMPING_US:
                return set_number(fd, SOL_SOCKET, SO_TIMESTAMP, 1);
        case TIMESTAMPING_NS:
                return set_number(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
        }
        return -EINVAL;
}

static int set_pipe_size(int fd, const SocketOption *option, const OptionValue *value) {
        return fcntl(fd, F_SETPIPE_SZ, value->number) == -1 ? -errno : 0;
}

/* Where there is no Smack, the attribute would be one that nobody looks at. */
static int set_smack(int fd, const SocketOption *option, const OptionValue *value) {
        if (access("/sys/fs/smackfs", F_OK) < 0)
                return -EOPNOTSUPP;
        return fsetxattr(fd, option->step, value->string, strlen(value->string), 0) < 0 ? -errno
                                                                                        : 0;
}

/* ---- the table ---- */

#define BOOLEAN(key_, on_, level_, name_, ...)                                                \
        {                                                                                     \
                .key = key_, .on = on_, .read = read_boolean, .level = level_, .name = name_, \
                .step = #name_, __VA_ARGS__                                                   \
        }
#define FIELD(key_, on_, level_, name_, field_, ...)                                          \
        {                                                                                     \
                .key = key_, .on = on_, .read = read_boolean, .level = level_, .name = name_, \
                .step = #name_, .field = offsetof(SocketSettings, field_), __VA_ARGS__        \
        }
#define SECONDS(key_, property_, on_, level_, name_)                                 \
        {                                                                            \
                .key = key_, .property = property_, .on = on_, .read = read_seconds, \
                .level = level_, .name = name_, .step = #name_                       \
        }
#define NUMBER(key_, on_, read_, level_, name_) \
        { .key = key_, .on = on_, .read = read_, .level = level_, .name = name_, .step = #name_ }

/* clang-format off */
static const SocketOption options[] = {
        { .key = "BindToDevice", .on = ON_INTERNET, .read = read_string, .level = SOL_SOCKET,
          .name = SO_BINDTODEVICE, .step = "SO_BINDTODEVICE", .set = set_string, .bind = true,
          .reopen = true, .must = true },
        { .key = "ReusePort", .on = ON_INTERNET, .read = read_boolean,
          .level = SOL_SOCKET, .name = SO_REUSEPORT, .step = "SO_REUSEPORT",
          .field = offsetof(SocketSettings, reuse_port), .bind = true, .reopen = true },
        FIELD("FreeBind", ON_IPV4, IPPROTO_IP, IP_FREEBIND, free_bind, .bind = true),
        FIELD("FreeBind", ON_IPV6, IPPROTO_IPV6, IPV6_FREEBIND, free_bind, .bind = true),
        BOOLEAN("Transparent", ON_IPV4, IPPROTO_IP, IP_TRANSPARENT, .bind = true),
        BOOLEAN("Transparent", ON_IPV6, IPPROTO_IPV6, IPV6_TRANSPARENT, .bind = true),
        BOOLEAN("Broadcast", ON_UDP, SOL_SOCKET, SO_BROADCAST),
        BOOLEAN("KeepAlive", ON_TCP | ON_SCTP | ON_VSOCK, SOL_SOCKET, SO_KEEPALIVE),
        SECONDS("KeepAliveTimeSec", "KeepAliveTimeUSec", ON_TCP, IPPROTO_TCP, TCP_KEEPIDLE),
        SECONDS("KeepAliveIntervalSec", "KeepAliveIntervalUSec", ON_TCP, IPPROTO_TCP,
                TCP_KEEPINTVL),
        NUMBER("KeepAliveProbes", ON_TCP, read_unsigned, IPPROTO_TCP, TCP_KEEPCNT),
        SECONDS("DeferAcceptSec", "DeferAcceptUSec", ON_TCP, IPPROTO_TCP, TCP_DEFER_ACCEPT),
        FIELD("NoDelay", ON_TCP, IPPROTO_TCP, TCP_NODELAY, no_delay),
        FIELD("NoDelay", ON_SCTP, IPPROTO_SCTP, SCTP_NODELAY, no_delay),
        { .key = "TCPCongestion", .on = ON_TCP, .read = read_string, .level = IPPROTO_TCP,
          .name = TCP_CONGESTION, .step = "TCP_CONGESTION", .set = set_string },
        BOOLEAN("PassCredentials", ON_UNIX | ON_NETLINK, SOL_SOCKET, SO_PASSCRED),
        BOOLEAN("PassPIDFD", ON_UNIX, SOL_SOCKET, SO_PASSPIDFD),
        BOOLEAN("PassSecurity", ON_UNIX | ON_NETLINK, SOL_SOCKET, SO_PASSSEC),
        NUMBER("AcceptFileDescriptors", ON_UNIX, read_denial, SOL_SOCKET, SO_PASSRIGHTS),
        BOOLEAN("PassPacketInfo", ON_IPV4, IPPROTO_IP, IP_PKTINFO),
        BOOLEAN("PassPacketInfo", ON_IPV6, IPPROTO_IPV6, IPV6_RECVPKTINFO),
        BOOLEAN("PassPacketInfo", ON_NETLINK, SOL_NETLINK, NETLINK_PKTINFO),
        { .key = "Timestamping", .on = ON_SOCKET, .read = read_signed,
          .step = "SO_TIMESTAMP", .set = set_timestamping },
        NUMBER("Priority", ON_SOCKET, read_signed, SOL_SOCKET, SO_PRIORITY),
        { .key = "ReceiveBuffer", .on = ON_SOCKET, .read = read_size, .level = SOL_SOCKET,
          .name = SO_RCVBUF, .step = "SO_RCVBUF", .set = set_buffer },
        { .key = "SendBuffer", .on = ON_SOCKET, .read = read_size, .level = SOL_SOCKET,
          .name = SO_SNDBUF, .step = "SO_SNDBUF", .set = set_buffer },
        NUMBER("Mark", ON_SOCKET, read_signed, SOL_SOCKET, SO_MARK),
        NUMBER("IPTOS", ON_INTERNET, read_signed, IPPROTO_IP, IP_TOS),
        NUMBER("IPTTL", ON_IPV4, read_signed, IPPROTO_IP, IP_TTL),
        NUMBER("IPTTL", ON_IPV6, read_signed, IPPROTO_IPV6, IPV6_UNICAST_HOPS),
        { .key = "PipeSize", .on = ON_FIFO, .read = read_size, .step = "F_SETPIPE_SZ",
          .set = set_pipe_size },
        { .key = "SmackLabel", .on = ON_FIFO, .read = read_string,
          .step = "security.SMACK64", .set = set_smack, .reopen = true },
        { .key = "SmackLabelIPIn", .on = ON_SOCKET, .read = read_string,
          .step = "security.SMACK64IPIN", .set = set_smack, .reopen = true },
        { .key = "SmackLabelIPOut", .on = ON_SOCKET, .read = read_string,
          .step = "security.SMACK64IPOUT", .set = set_smack, .reopen = true },
};
/* clang-format on */

/* What isn't given isn't set. */
static OptionValue option_value(const SocketOption *option, const SocketSettings *settings) {
        OptionValue value = { 0 };
        const void *field;
        if (option->field > 0)
                field = (const char *)settings + option->field;
        else
                field = settings_given(&settings->unit, option->property ?: option->key);
        if (field)
                option->read(field, &value);
        return value;
}

static bool option_value_same(const OptionValue *a, const OptionValue *b) {
        return a->set == b->set && a->number == b->number && g_strcmp0(a->string, b->string) == 0;
}

static int option_set(int fd, const SocketOption *option, const OptionValue *value) {
        if (option->set)
                return option->set(fd, option, value);
        return set_number(fd, option->level, option->name, value->number);
}

static void option_warn(const SocketOption *option, const Address *address,
                        const SocketSettings *settings, int error) {
        bool no_smack = option->set == set_smack && error == -EOPNOTSUPP;
        log_warning(settings->unit.name, "%s= (%s) of %s: %s; the unit goes on without it",
                    option->key, option->step, address->text,
                    no_smack ? "this kernel runs no Smack" : g_strerror(-error));
}

int socket_options_apply(int fd, const Address *address, const SocketSettings *settings,
                         const char **ret_step) {
        unsigned int kind = kind_of(address, family_of(fd, address), settings);
        for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
                const SocketOption *option = &options[i];
                if (!(option->on & kind))
                        continue;
                OptionValue value = option_value(option, settings);
                int r = value.set ? option_set(fd, option, &value) : 0;
                if (r >= 0)
                        continue;
                *ret_step = option->step;
                if (option->must)
                        return r;
                option_warn(option, address, settings, r);
        }
        return 0;
}

void socket_options_apply_connection(int fd, const Address *address,
                                     const SocketSettings *settings) {
        unsigned int kind = kind_of(address, family_of(fd, address), settings);
        for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
                const SocketOption *option = &options[i];
                if (!(option->on & kind) || option->bind)
                        continue;
                OptionValue value = option_value(option, settings);
                int r = value.set ? option_set(fd, option, &value) : 0;
                if (r < 0)
                        log_debug(settings->unit.name, "%s= of a connection: %s", option->key,
                                  g_strerror(-r));
        }
}

/* ---- changing ---- */

/* A pipe's is no socket option. */
#define PIPE_SIZE_DEFAULT 65536

/* A descriptor that nobody has set anything on says what the default is. */
static int option_read_default(int fd, const SocketOption *option, void *buffer,
                               socklen_t *length) {
        int domain = 0, type = 0, protocol = 0;
        socklen_t size = sizeof(int);
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
            getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
            getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0)
                return -errno;
        _cleanup_fd_ int fresh = socket(domain, type | SOCK_CLOEXEC, protocol);
        if (fresh < 0 || getsockopt(fresh, option->level, option->name, buffer, length) < 0)
                return -errno;
        return 0;
}

static int option_reset(int fd, const SocketOption *option) {
        char buffer[64];
        socklen_t length = sizeof(buffer);
        if (option->set == set_pipe_size)
                return set_pipe_size(fd, option, &(OptionValue){ .number = PIPE_SIZE_DEFAULT });
        if (option->set == set_timestamping)
                return set_timestamping(fd, option, &(OptionValue){ .number = TIMESTAMPING_OFF });
        int r = option_read_default(fd, option, buffer, &length);
        if (r < 0)
                return r;
        if (option->set == set_buffer) {
                int kept;
                memcpy(&kept, buffer, sizeof(kept));
                return set_number(fd, option->level, option->name, kept / 2);
        }
        return setsockopt(fd, option->level, option->name, buffer, length) < 0 ? -errno : 0;
}

void socket_options_adjust(int fd, const Address *address, const SocketSettings *old,
                           const SocketSettings *settings) {
        unsigned int kind = kind_of(address, family_of(fd, address), settings);
        for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
                const SocketOption *option = &options[i];
                if (!(option->on & kind))
                        continue;
                OptionValue before = option_value(option, old);
                OptionValue now = option_value(option, settings);
                if (option_value_same(&before, &now))
                        continue;
                int r = now.set ? option_set(fd, option, &now) : option_reset(fd, option);
                if (r < 0)
                        option_warn(option, address, settings, r);
        }
}

bool socket_options_need_reopen(const Address *address, const SocketSettings *old,
                                const SocketSettings *settings) {
        unsigned int kind = kind_of(address, address->family, settings);
        if (socket_options_protocol(address, old) != socket_options_protocol(address, settings))
                return true;
        for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
                const SocketOption *option = &options[i];
                if (!option->reopen || !(option->on & kind))
                        continue;
                OptionValue before = option_value(option, old);
                OptionValue now = option_value(option, settings);
                if (!option_value_same(&before, &now))
                        return true;
        }
        return false;
}

/* ---- what fits nowhere ---- */

/* All the kinds that a unit's addresses are of. */
static unsigned int kinds_of(const SocketSettings *settings) {
        unsigned int kinds = 0;
        for (guint i = 0; i < settings->listens->len; i++) {
                const Listen *listen = settings->listens->pdata[i];
                kinds |= kind_of(listen->address, listen->address->family, settings);
        }
        return kinds;
}

static bool fits(const char *key, unsigned int kinds) {
        for (size_t i = 0; i < ARRAY_SIZE(options); i++)
                if (strcmp(options[i].key, key) == 0 && options[i].on & kinds)
                        return true;
        return false;
}

/* Keys that are looked at where a descriptor is made. */
static const struct {
        const char *key;
        int type; /* of the addresses it is for; 0: those that SocketProtocol= changes */
} birth_keys[] = {
        { "SocketProtocol", 0 },
        { "Writable", ADDRESS_SPECIAL },
        { "MessageQueueMaxMessages", ADDRESS_MESSAGE_QUEUE },
        { "MessageQueueMessageSize", ADDRESS_MESSAGE_QUEUE },
};

static bool birth_key_fits(int type, const SocketSettings *settings) {
        for (guint i = 0; i < settings->listens->len; i++) {
                const Listen *listen = settings->listens->pdata[i];
                if (type > 0 ? listen->address->type == type
                             : listen->address->family != AF_NETLINK &&
                                       socket_options_protocol(listen->address, settings) > 0)
                        return true;
        }
        return false;
}

static void report_misfit(const SocketSettings *settings, const char *key) {
        log_warning(settings->unit.name,
                    "%s=: there is no such option for what this unit listens on", key);
}

void socket_options_report(const SocketSettings *settings) {
        unsigned int kinds = kinds_of(settings);
        for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
                const SocketOption *option = &options[i];
                bool said = i > 0 && strcmp(options[i - 1].key, option->key) == 0;
                if (!said && option_value(option, settings).set && !fits(option->key, kinds))
                        report_misfit(settings, option->key);
        }
        for (size_t i = 0; i < ARRAY_SIZE(birth_keys); i++)
                if (settings_given(&settings->unit, birth_keys[i].key) &&
                    !birth_key_fits(birth_keys[i].type, settings))
                        report_misfit(settings, birth_keys[i].key);
}
