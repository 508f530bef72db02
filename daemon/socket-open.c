/* SPDX-License-Identifier: MIT */
/* Opens what a Listen*= line says. Nothing here blocks: names of users are looked up in the files,
 * and the one connect is to a Unix socket, without waiting. */
#include "socket-open.h"

#include <mqueue.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credentials.h"
#include "fd.h"
#include "socket-options.h"
#include "socket-path.h"
#include "socket-special.h"

#define DESCRIPTORS_KEPT 64

/* ---- the socket's place in the file system ---- */

/* Whether a path is a socket's that nobody holds any more: a connect says so at once. Or negative
 * errno: it can't be known. */
static int path_is_stale(const struct sockaddr *sockaddr, socklen_t length, const char *path,
                         int type) {
        struct stat st;
        if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
                return false;
        _cleanup_fd_ int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        return connect(fd, sockaddr, length) < 0 && errno == ECONNREFUSED;
}

typedef struct Bind {
        int fd;
        const struct sockaddr *sockaddr;
        socklen_t length;
} Bind;

static int bind_to(const char *path, void *data) {
        const Bind *to = data;
        return bind(to->fd, to->sockaddr, to->length) < 0 ? -errno : 0;
}

static int bind_path(const Bind *to, const Address *address, const SocketSettings *settings,
                     const char **ret_step) {
        const char *path = address_path(address);
        int r = socket_path_make(path, settings, bind_to, (void *)to, "bind", ret_step);
        if (r != -EADDRINUSE)
                return r;
        int stale = path_is_stale(to->sockaddr, to->length, path, address->type);
        if (stale <= 0)
                return stale < 0 ? stale : r;
        unlink(path);
        return socket_path_make(path, settings, bind_to, (void *)to, "bind", ret_step);
}

static int set_path_owner(const char *path, const SocketSettings *settings, const char **ret_step) {
        if (!settings->user && !settings->group)
                return 0;
        *ret_step = "chown";
        _cleanup_fd_ int fd = socket_path_open(path, S_IFSOCK);
        return fd < 0 ? fd : socket_path_set_owner(fd, settings, ret_step);
}

/* ---- options without which there is no binding ---- */

static int set_option(int fd, int level, int name, int value, const char *step,
                      const char **ret_step) {
        *ret_step = step;
        return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int set_bind_options(int fd, int family, const Address *address,
                            const SocketSettings *settings, const char **ret_step) {
        bool internet = family == AF_INET || family == AF_INET6;
        int r = 0;
        /* Not for datagrams: there it would let two sockets have one address. */
        if (internet && address->type == SOCK_STREAM)
                r = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR", ret_step);
        if (r >= 0 && family == AF_INET6 && settings->bind_ipv6_only != BIND_IPV6_ONLY_DEFAULT)
                r = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY,
                               settings->bind_ipv6_only == BIND_IPV6_ONLY_IPV6_ONLY, "IPV6_V6ONLY",
                               ret_step);
        return r;
}

/* ---- opening ---- */

static int make_listen(int fd, const Address *address, const SocketSettings *settings,
                       const char **ret_step) {
        *ret_step = "listen";
        if (address_is_listener(address) && listen(fd, settings->backlog) < 0)
                return -errno;
        return 0;
}

static int bind_unix_path(const Bind *to, const Address *address, const SocketSettings *settings,
                          const char **ret_step) {
        int r = bind_path(to, address, settings, ret_step);
        if (r < 0)
                return r;
        r = set_path_owner(address_path(address), settings, ret_step);
        if (r >= 0)
                r = make_listen(to->fd, address, settings, ret_step);
        if (r < 0)
                unlink(address_path(address));
        return r;
}

static int bind_and_listen(const Bind *to, const Address *address, const SocketSettings *settings,
                           const char **ret_step) {
        if (address_path(address))
                return bind_unix_path(to, address, settings, ret_step);
        *ret_step = "bind";
        int r = bind_to(NULL, (void *)to);
        return r < 0 ? r : make_listen(to->fd, address, settings, ret_step);
}

/* Listeners don't get the last descriptors there are: the manager could start no service for them,
 * nor be asked why. The kernel gives the lowest number that is free, so the number tells. */
static bool fd_is_of_the_last(int fd) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return false;
        return (rlim_t)fd >= limit.rlim_cur - MIN(limit.rlim_cur / 4, DESCRIPTORS_KEPT);
}

/* Where the manager accepts, it must not wait; whoever gets the listener chooses himself. */
static bool is_nonblocking(const SocketSettings *settings) {
        return settings->accept != ACCEPT_NO;
}

static int open_sockaddr(const Address *address, const SocketAddress *sockaddr, socklen_t length,
                         const SocketSettings *settings, const char **ret_step) {
        *ret_step = "socket";
        int family = sockaddr->any.sa_family;
        int nonblock = is_nonblocking(settings) ? SOCK_NONBLOCK : 0;
        _cleanup_fd_ int fd = socket(family, address->type | nonblock | SOCK_CLOEXEC,
                                     socket_options_protocol(address, settings));
        if (fd < 0)
                return -errno;
        if (fd_is_of_the_last(fd))
                return -EMFILE;
        int r = set_bind_options(fd, family, address, settings, ret_step);
        if (r >= 0)
                r = socket_options_apply(fd, address, settings, ret_step);
        if (r < 0)
                return r;
        Bind to = { .fd = fd, .sockaddr = &sockaddr->any, .length = length };
        r = bind_and_listen(&to, address, settings, ret_step);
        return r < 0 ? r : TAKE_FD(fd);
}

static int open_socket(const Address *address, const SocketSettings *settings,
                       const char **ret_step) {
        SocketAddress sockaddr;
        socklen_t length = address_to_sockaddr(address, &sockaddr);
        *ret_step = "find the interface of";
        if (address->family == AF_INET6 && strchr(address->text, '%') &&
            sockaddr.in6.sin6_scope_id == 0)
                return -ENODEV;
        int fd = open_sockaddr(address, &sockaddr, length, settings, ret_step);
        if (!address->port_only || (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL))
                return fd;
        /* A port alone, and there is no IPv6 here. */
        SocketAddress v4 = { .in = { .sin_family = AF_INET, .sin_port = sockaddr.in6.sin6_port } };
        return open_sockaddr(address, &v4, sizeof(v4.in), settings, ret_step);
}

int socket_open(const Address *address, const SocketSettings *settings, const char **ret_step) {
        _cleanup_fd_ int fd = address_is_socket(address)
                                      ? open_socket(address, settings, ret_step)
                                      : socket_open_special(address, settings, ret_step);
        if (fd < 0)
                return fd;
        int r = fd_set_nonblocking(fd, is_nonblocking(settings)); /* of what isn't a socket */
        *ret_step = "fcntl";
        return r < 0 ? r : TAKE_FD(fd);
}

void socket_remove(const Address *address) {
        if (address_path(address))
                unlink(address_path(address));
        else if (address->type == ADDRESS_MESSAGE_QUEUE)
                mq_unlink(address->text);
}

/* ---- saying what failed ---- */

/* Where the errno alone would mislead. */
static const struct {
        const char *step;
        int error;
        const char *text;
} failures[] = {
        { "open", -EEXIST, "what is there is of another kind or somebody else's" },
        { "mq_open", -EMFILE, "too many open files, or more bytes than RLIMIT_MSGQUEUE allows" },
        { "mq_open", -EINVAL, "the queue is larger than /proc/sys/fs/mqueue allows" },
        { "mq_open", -EOVERFLOW, "the queue is larger than /proc/sys/fs/mqueue allows" },
};

static const char *failure_to_string(const char *step, int error) {
        for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
                if (failures[i].error == error && strcmp(failures[i].step, step) == 0)
                        return failures[i].text;
        return g_strerror(-error);
}

char *socket_open_failure(const Address *address, const SocketSettings *settings, const char *step,
                          int error) {
        if (strcmp(step, "user") == 0)
                return credentials_failure("SocketUser", settings->user, error);
        if (strcmp(step, "group") == 0)
                return credentials_failure("SocketGroup", settings->group, error);
        return g_strdup_printf("%s %s: %s", step, address->text, failure_to_string(step, error));
}

/* ---- changing ---- */

static int adjust_path(const char *path, const SocketSettings *old, const SocketSettings *settings,
                       const char **ret_step) {
        if (!path || !socket_path_differs(old, settings))
                return 0;
        *ret_step = "open";
        _cleanup_fd_ int fd = socket_path_open(path, S_IFSOCK);
        return fd < 0 ? fd : socket_path_adjust(fd, old, settings, ret_step);
}

int socket_adjust(int fd, const Address *address, const SocketSettings *old,
                  const SocketSettings *settings, const char **ret_step) {
        *ret_step = "fcntl";
        int r = old->accept != settings->accept ? fd_set_nonblocking(fd, is_nonblocking(settings))
                                                : 0;
        if (r < 0)
                return r;
        if (!address_is_socket(address))
                return socket_adjust_special(fd, address, old, settings, ret_step);
        if (old->backlog != settings->backlog) {
                r = make_listen(fd, address, settings, ret_step);
                if (r < 0)
                        return r;
        }
        socket_options_adjust(fd, address, old, settings);
        return adjust_path(address_path(address), old, settings, ret_step);
}

bool socket_must_reopen(const Address *address, const SocketSettings *old,
                        const SocketSettings *settings) {
        if (address_is_internet(address) && old->bind_ipv6_only != settings->bind_ipv6_only)
                return true;
        return socket_options_need_reopen(address, old, settings) ||
               socket_special_must_reopen(address, old, settings);
}
