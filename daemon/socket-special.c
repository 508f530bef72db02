/* SPDX-License-Identifier: MIT */
/* FIFOs, special files, message queues. All are opened without waiting for anybody. */
#include "socket-special.h"

#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directive.h"
#include "fd.h"
#include "log.h"
#include "socket-options.h"
#include "socket-path.h"

#define OPEN_FLAGS (O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* ---- owner and mode of what can be made by others ---- */

/* One that was there may be another user's, who would read along. */
static int take_over(int fd, const SocketSettings *settings, bool made, const char **ret_step) {
        struct stat st;
        *ret_step = "open";
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!made && !socket_path_is_ours(&st, settings))
                return -EEXIST;
        int r = 0;
        if ((st.st_mode & 07777) != settings->socket_mode)
                r = socket_path_set_mode(fd, settings->socket_mode, ret_step);
        return r < 0 ? r : socket_path_set_owner(fd, settings, ret_step);
}

/* ---- FIFOs ---- */

static int make_fifo(const char *path, void *mode) {
        return mkfifo(path, *(const mode_t *)mode) < 0 ? -errno : 0;
}

/* For reading and writing, so that the last writer's end isn't ours. */
static int reopen_fifo(const char *path, const char **ret_step) {
        *ret_step = "open";
        _cleanup_fd_ int fd = socket_path_open(path, S_IFIFO);
        if (fd < 0)
                return fd == -ENOTSOCK ? -EEXIST : fd;
        return fd_reopen(fd, O_RDWR | OPEN_FLAGS);
}

static int open_fifo(const Address *address, const SocketSettings *settings,
                     const char **ret_step) {
        const char *path = address->text;
        mode_t mode = settings->socket_mode;
        int r = socket_path_make(path, settings, make_fifo, &mode, "mkfifo", ret_step);
        if (r < 0 && r != -EEXIST)
                return r;
        bool made = r == 0;
        _cleanup_fd_ int fd = reopen_fifo(path, ret_step);
        r = fd < 0 ? fd : take_over(fd, settings, made, ret_step);
        if (r >= 0)
                r = socket_options_apply(fd, address, settings, ret_step);
        if (r < 0 && made)
                unlink(path);
        return r < 0 ? r : TAKE_FD(fd);
}

/* ---- special files ---- */

static bool is_writable(const SocketSettings *settings) {
        const bool *writable = settings_given(&settings->unit, "Writable");
        return writable && *writable;
}

static int open_file(const Address *address, const SocketSettings *settings,
                     const char **ret_step) {
        struct stat st;
        *ret_step = "open";
        _cleanup_fd_ int fd = open(address->text, (is_writable(settings) ? O_RDWR : O_RDONLY) |
                                                          O_NOFOLLOW | OPEN_FLAGS);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        /* Devices, and the files of /proc and /sys. */
        if (!S_ISCHR(st.st_mode) && !S_ISREG(st.st_mode))
                return -EINVAL;
        return TAKE_FD(fd);
}

/* ---- message queues ---- */

static unsigned int given_unsigned(const SocketSettings *settings, const char *property) {
        const unsigned int *given = settings_given(&settings->unit, property);
        return given ? *given : 0;
}

static mqd_t make_queue(const char *name, const SocketSettings *settings) {
        struct mq_attr attributes = {
                .mq_maxmsg = (long)given_unsigned(settings, "MessageQueueMaxMessages"),
                .mq_msgsize = (long)given_unsigned(settings, "MessageQueueMessageSize"),
        };
        bool given = attributes.mq_maxmsg > 0 && attributes.mq_msgsize > 0;
        return mq_open(name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NONBLOCK,
                       settings->socket_mode, given ? &attributes : NULL);
}

static int open_queue(const Address *address, const SocketSettings *settings,
                      const char **ret_step) {
        const char *name = address->text;
        *ret_step = "mq_open";
        _cleanup_fd_ int fd = make_queue(name, settings);
        bool made = fd >= 0;
        if (!made && errno == EEXIST)
                fd = mq_open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        int r = take_over(fd, settings, made, ret_step);
        if (r < 0 && made)
                mq_unlink(name);
        return r < 0 ? r : TAKE_FD(fd);
}

/* A queue's size is its own from its birth: only another one of the name can have another. */
static void report_size(const SocketSettings *old, const SocketSettings *settings,
                        const char *name) {
        static const char *const properties[] = { "MessageQueueMaxMessages",
                                                  "MessageQueueMessageSize" };
        for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
                if (given_unsigned(old, properties[i]) != given_unsigned(settings, properties[i]))
                        log_warning(settings->unit.name,
                                    "%s of %s: it stays as it is until the queue is removed",
                                    properties[i], name);
}

/* ---- all of them ---- */

int socket_open_special(const Address *address, const SocketSettings *settings,
                        const char **ret_step) {
        switch (address->type) {
        case ADDRESS_FIFO:
                return open_fifo(address, settings, ret_step);
        case ADDRESS_MESSAGE_QUEUE:
                return open_queue(address, settings, ret_step);
        default:
                return open_file(address, settings, ret_step);
        }
}

int socket_adjust_special(int fd, const Address *address, const SocketSettings *old,
                          const SocketSettings *settings, const char **ret_step) {
        if (address->type != ADDRESS_FIFO && address->type != ADDRESS_MESSAGE_QUEUE)
                return 0;
        socket_options_adjust(fd, address, old, settings);
        if (address->type == ADDRESS_MESSAGE_QUEUE)
                report_size(old, settings, address->text);
        return socket_path_adjust(fd, old, settings, ret_step);
}

bool socket_special_must_reopen(const Address *address, const SocketSettings *old,
                                const SocketSettings *settings) {
        return address->type == ADDRESS_SPECIAL && is_writable(old) != is_writable(settings);
}
