/* SPDX-License-Identifier: MIT */
/* Opens what a Listen*= line says. Nothing here blocks: names of users are looked up in the files,
 * and the one connect is to a Unix socket, without waiting. */
#include "socket-open.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credentials.h"
#include "fd.h"

static bool address_is_unix(const Address *address) {
        return address_path(address) || address->text[0] == '@';
}

/* ---- the socket's place in the file system ---- */

typedef struct Owner {
        uid_t uid;
        gid_t gid;
} Owner;

static int owner_find(const SocketSettings *settings, Owner *ret, const char **ret_step) {
        Owner owner = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
        UserDatabase *users = user_database_system();
        if (settings->user) {
                int r = user_database_find_user(users, settings->user, &owner.uid);
                *ret_step = "user";
                if (r < 0)
                        return r;
        }
        if (settings->group) {
                int r = user_database_find_group(users, settings->group, &owner.gid);
                *ret_step = "group";
                if (r < 0)
                        return r;
        }
        *ret = owner;
        return 0;
}

/* The folder may be somebody else's: what is changed is what was looked at, never a link's end. */
static int path_open(const char *path) {
        struct stat st;
        _cleanup_fd_ int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISSOCK(st.st_mode))
                return -ENOTSOCK;
        return TAKE_FD(fd);
}

static int path_set_owner(const char *path, const SocketSettings *settings, const char **ret_step) {
        if (!settings->user && !settings->group)
                return 0;
        Owner owner;
        int r = owner_find(settings, &owner, ret_step);
        if (r < 0)
                return r;
        *ret_step = "chown";
        _cleanup_fd_ int fd = path_open(path);
        if (fd < 0)
                return fd;
        return fchownat(fd, "", owner.uid, owner.gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

static int path_set_mode(const char *path, mode_t mode, const char **ret_step) {
        *ret_step = "chmod";
        _cleanup_fd_ int fd = path_open(path);
        if (fd < 0)
                return fd;
        char self[sizeof("/proc/self/fd/") + 10];
        snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        return chmod(self, mode) < 0 ? -errno : 0;
}

static int make_parents(const char *path, mode_t mode) {
        g_autofree char *folder = g_strdup(path);
        for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                if (mkdir(folder, mode) < 0 && errno != EEXIST)
                        return -errno;
                *slash = '/';
        }
        return 0;
}

/* Whether a path is a socket's that nobody holds any more: a connect says so at once. */
static bool path_is_stale(const struct sockaddr *sockaddr, socklen_t length, const char *path,
                          int type) {
        struct stat st;
        if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
                return false;
        _cleanup_fd_ int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        return fd >= 0 && connect(fd, sockaddr, length) < 0 && errno == ECONNREFUSED;
}

static int bind_once(int fd, const SocketAddress *sockaddr, socklen_t length, mode_t mode) {
        mode_t old = umask(~mode & 0777);
        int r = bind(fd, &sockaddr->any, length) < 0 ? -errno : 0;
        umask(old);
        return r;
}

static int bind_path(int fd, const Address *address, const SocketAddress *sockaddr,
                     socklen_t length, const SocketSettings *settings, const char **ret_step) {
        const char *path = address_path(address);
        *ret_step = "bind";
        int r = bind_once(fd, sockaddr, length, settings->socket_mode);
        if (r == -ENOENT) {
                *ret_step = "mkdir";
                /* The folders' mode is meant as it is, whatever umask the manager has. */
                mode_t old = umask(0);
                r = make_parents(path, settings->directory_mode);
                umask(old);
                if (r < 0)
                        return r;
                *ret_step = "bind";
                r = bind_once(fd, sockaddr, length, settings->socket_mode);
        }
        if (r == -EADDRINUSE && path_is_stale(&sockaddr->any, length, path, address->type)) {
                unlink(path);
                r = bind_once(fd, sockaddr, length, settings->socket_mode);
        }
        return r;
}

/* ---- options ---- */

typedef struct Option {
        int level, name, value;
        bool wanted;
        const char *step;
} Option;

static int set_options(int fd, const Option *options, size_t count, const char **ret_step) {
        for (size_t i = 0; i < count; i++) {
                const Option *option = &options[i];
                if (!option->wanted)
                        continue;
                *ret_step = option->step;
                if (setsockopt(fd, option->level, option->name, &option->value,
                               sizeof(option->value)) < 0)
                        return -errno;
        }
        return 0;
}

static int set_bind_options(int fd, int family, const Address *address,
                            const SocketSettings *settings, const char **ret_step) {
        bool internet = family != AF_UNIX;
        bool tcp = internet && address->type == SOCK_STREAM;
        const Option options[] = {
                /* Not for datagrams: there it would let two sockets have one address. */
                { SOL_SOCKET, SO_REUSEADDR, 1, tcp, "setsockopt SO_REUSEADDR" },
                { SOL_SOCKET, SO_REUSEPORT, 1, internet && settings->reuse_port,
                  "setsockopt SO_REUSEPORT" },
                { IPPROTO_IP, IP_FREEBIND, 1, internet && settings->free_bind,
                  "setsockopt IP_FREEBIND" },
                { IPPROTO_IPV6, IPV6_V6ONLY, settings->bind_ipv6_only == BIND_IPV6_ONLY_IPV6_ONLY,
                  family == AF_INET6 && settings->bind_ipv6_only != BIND_IPV6_ONLY_DEFAULT,
                  "setsockopt IPV6_V6ONLY" },
                { IPPROTO_TCP, TCP_NODELAY, 1, tcp && settings->no_delay,
                  "setsockopt TCP_NODELAY" },
        };
        return set_options(fd, options, ARRAY_SIZE(options), ret_step);
}

/* ---- opening ---- */

static int make_listen(int fd, const Address *address, const SocketSettings *settings,
                       const char **ret_step) {
        *ret_step = "listen";
        if (address->type != SOCK_DGRAM && listen(fd, settings->backlog) < 0)
                return -errno;
        return 0;
}

static int open_unix_path(int fd, const Address *address, const SocketAddress *sockaddr,
                          socklen_t length, const SocketSettings *settings, const char **ret_step) {
        int r = bind_path(fd, address, sockaddr, length, settings, ret_step);
        if (r < 0)
                return r;
        r = path_set_owner(address_path(address), settings, ret_step);
        if (r >= 0)
                r = make_listen(fd, address, settings, ret_step);
        if (r < 0)
                unlink(address_path(address));
        return r;
}

static int open_sockaddr(const Address *address, const SocketAddress *sockaddr, socklen_t length,
                         const SocketSettings *settings, const char **ret_step) {
        *ret_step = "socket";
        int family = sockaddr->any.sa_family;
        _cleanup_fd_ int fd = socket(family, address->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        int r = set_bind_options(fd, family, address, settings, ret_step);
        if (r < 0)
                return r;
        if (address_path(address)) {
                r = open_unix_path(fd, address, sockaddr, length, settings, ret_step);
                return r < 0 ? r : TAKE_FD(fd);
        }
        *ret_step = "bind";
        if (bind(fd, &sockaddr->any, length) < 0)
                return -errno;
        r = make_listen(fd, address, settings, ret_step);
        return r < 0 ? r : TAKE_FD(fd);
}

int socket_open(const Address *address, const SocketSettings *settings, const char **ret_step) {
        SocketAddress sockaddr;
        socklen_t length = address_to_sockaddr(address, &sockaddr);
        int fd = open_sockaddr(address, &sockaddr, length, settings, ret_step);
        if (!address->port_only || (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL))
                return fd;
        /* A port alone, and there is no IPv6 here. */
        SocketAddress v4 = { .in = { .sin_family = AF_INET, .sin_port = sockaddr.in6.sin6_port } };
        return open_sockaddr(address, &v4, sizeof(v4.in), settings, ret_step);
}

/* ---- saying what failed ---- */

char *socket_open_failure(const Address *address, const SocketSettings *settings, const char *step,
                          int error) {
        bool user = strcmp(step, "user") == 0, group = strcmp(step, "group") == 0;
        if (user || group)
                return g_strdup_printf("%s %s: %s", step, user ? settings->user : settings->group,
                                       credentials_strerror(error));
        return g_strdup_printf("%s %s: %s", step, address->text, g_strerror(-error));
}

/* ---- changing ---- */

static int adjust_path(const char *path, const SocketSettings *old, const SocketSettings *settings,
                       const char **ret_step) {
        int r = 0;
        if (old->socket_mode != settings->socket_mode)
                r = path_set_mode(path, settings->socket_mode, ret_step);
        if (r >= 0 && (g_strcmp0(old->user, settings->user) != 0 ||
                       g_strcmp0(old->group, settings->group) != 0))
                r = path_set_owner(path, settings, ret_step);
        return r;
}

int socket_adjust(int fd, const Address *address, const SocketSettings *old,
                  const SocketSettings *settings, const char **ret_step) {
        if (old->backlog != settings->backlog) {
                int r = make_listen(fd, address, settings, ret_step);
                if (r < 0)
                        return r;
        }
        const Option no_delay = { IPPROTO_TCP, TCP_NODELAY, settings->no_delay,
                                  old->no_delay != settings->no_delay &&
                                          address->type == SOCK_STREAM && !address_is_unix(address),
                                  "setsockopt TCP_NODELAY" };
        int r = set_options(fd, &no_delay, 1, ret_step);
        if (r < 0 || !address_path(address))
                return r;
        return adjust_path(address_path(address), old, settings, ret_step);
}

bool socket_must_reopen(const Address *address, const SocketSettings *old,
                        const SocketSettings *settings) {
        return !address_is_unix(address) && (old->bind_ipv6_only != settings->bind_ipv6_only ||
                                             old->reuse_port != settings->reuse_port);
}
