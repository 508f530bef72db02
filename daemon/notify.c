/* SPDX-License-Identifier: MIT */
/* RUNTIME_DIRECTORY/notify: datagrams of "KEY=value" lines. */
#include "notify.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "log.h"
#include "process-tree.h"
#include "rights.h"
#include "service.h"

/* Newer than the headers we may be built with (Linux 6.5). */
#ifndef SO_PASSPIDFD
#        define SO_PASSPIDFD 76
#endif
#ifndef SCM_PIDFD
#        define SCM_PIDFD 4
#endif

/* As systemd: longer ones are dropped. */
#define MESSAGE_MAX 4096

/* SCM_MAX_FD of the kernel: as many descriptors may come in a message, all to be closed. */
#define DESCRIPTORS_MAX 253

/* So many in one go. */
#define MESSAGES_AT_ONCE 8

/* They go before everything else, and everybody can send them: who floods us has so much of the
 * time, and the others have the rest. */
#define TURNS_INTERVAL_USEC (10 * USEC_PER_MSEC)
#define TURNS_MAX           4

/* No kernel queues more, as it is set up anywhere (net.unix.max_dgram_qlen). */
#define QUEUE_MAX 1024

struct NotifySocket {
        Manager *manager;
        char *path;
        int fd;
        sd_event_source *source;
};

typedef union Control {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int)) +
                   CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
} Control;

static void descriptors_close(const struct cmsghdr *header) {
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (size_t i = 0; i < count; i++) {
                int fd;

                memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
                fd_close(fd);
        }
}

/* Who sent it. pidfd: it pins the number; -EBADF: this kernel doesn't tell; another negative
 * errno: there is no such process any more. */
typedef struct Sender {
        pid_t pid; /* 0: unknown */
        int pidfd; /* owned */
} Sender;

static void sender_done(Sender *sender) {
        sender->pidfd = fd_close(sender->pidfd);
}

/* Descriptors are closed at once: that is what sd_notify_barrier(3) waits for, and nothing else is
 * taken. */
static Sender control_read(struct msghdr *message) {
        Sender sender = { .pidfd = -EBADF };

        for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
             header = CMSG_NXTHDR(message, header)) {
                if (header->cmsg_level != SOL_SOCKET)
                        continue;
                if (header->cmsg_type == SCM_RIGHTS)
                        descriptors_close(header);
                if (header->cmsg_type == SCM_CREDENTIALS &&
                    header->cmsg_len == CMSG_LEN(sizeof(struct ucred))) {
                        struct ucred credentials;

                        memcpy(&credentials, CMSG_DATA(header), sizeof(credentials));
                        sender.pid = credentials.pid;
                }
                if (header->cmsg_type == SCM_PIDFD && header->cmsg_len == CMSG_LEN(sizeof(int)))
                        memcpy(&sender.pidfd, CMSG_DATA(header), sizeof(int));
        }
        return sender;
}

/* A process may have sent and ended long since, and its number be another's. Who is still there
 * after the look was there during it. */
static Unit *sender_unit(const NotifySocket *notify, const Sender *sender) {
        Unit *unit = sender->pid > 0 ? service_of_pid(notify->manager, sender->pid) : NULL;

        if (sender->pidfd == -EBADF)
                return unit;
        return sender->pidfd >= 0 && process_is_there(sender->pidfd) ? unit : NULL;
}

static void notify_dispatch(NotifySocket *notify, const Sender *sender, const char *text) {
        Unit *unit = sender_unit(notify, sender);
        g_auto(GStrv) fields = NULL;

        if (!unit) {
                log_debug(NULL, "notification of process %d, which is of no service",
                          (int)sender->pid);
                return;
        }
        fields = g_strsplit(text, "\n", -1);
        service_notify_message(unit, sender->pid, fields);
}

/* Returns: false when there is no more. */
static bool notify_receive(NotifySocket *notify) {
        char text[MESSAGE_MAX + 1];
        struct iovec iov = { .iov_base = text, .iov_len = MESSAGE_MAX };
        Control control;
        struct msghdr message = { .msg_iov = &iov,
                                  .msg_iovlen = 1,
                                  .msg_control = &control,
                                  .msg_controllen = sizeof(control) };
        ssize_t n = recvmsg(notify->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        _cleanup_(sender_done) Sender sender = { .pidfd = -EBADF };

        if (n < 0)
                return errno == EINTR;
        sender = control_read(&message);
        if (message.msg_flags & MSG_TRUNC)
                return true;
        text[n] = '\0';
        notify_dispatch(notify, &sender, text);
        return true;
}

static int on_message(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        for (unsigned int i = 0; i < MESSAGES_AT_ONCE && notify_receive(userdata); i++)
                ;
        return 0;
}

void notify_socket_catch_up(NotifySocket *notify) {
        if (!notify || sd_event_source_is_ratelimited(notify->source) <= 0)
                return;
        for (unsigned int i = 0; i < QUEUE_MAX && notify_receive(notify); i++)
                ;
}

static int notify_bind(NotifySocket *notify) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int one = 1;

        if (g_strlcpy(address.sun_path, notify->path, sizeof(address.sun_path)) >=
            sizeof(address.sun_path))
                return -ENAMETOOLONG;
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (notify->fd < 0)
                return -errno;
        /* In a system everybody can send to us: better no barriers than a manager that hangs. A
         * user's manager hears of that user alone. */
        if (!notify->manager->user_mode)
                socket_refuse_rights(notify->fd);
        (void)setsockopt(notify->fd, SOL_SOCKET, SO_PASSPIDFD, &one, sizeof(one));
        (void)unlink(notify->path); /* of a manager that was killed; the lock is ours */
        if (setsockopt(notify->fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0 ||
            bind(notify->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            chmod(notify->path, 0777) < 0)
                return -errno;
        return 0;
}

int notify_socket_new(Manager *manager, NotifySocket **ret) {
        NotifySocket *notify = g_new(NotifySocket, 1);
        int r;

        *notify = (NotifySocket){
                .manager = manager,
                .path = g_build_filename(manager->runtime_directory, "notify", NULL),
                .fd = -EBADF,
        };
        r = notify_bind(notify);
        if (r >= 0)
                r = sd_event_add_io(manager->event, &notify->source, notify->fd, EPOLLIN,
                                    on_message, notify);
        if (r < 0) {
                notify_socket_free(notify);
                return r;
        }
        (void)sd_event_source_set_description(notify->source, "notify");
        /* Before the end of the processes that sent them. */
        (void)sd_event_source_set_priority(notify->source, SD_EVENT_PRIORITY_NORMAL - 10);
        (void)sd_event_source_set_ratelimit(notify->source, TURNS_INTERVAL_USEC, TURNS_MAX);
        *ret = notify;
        return 0;
}

NotifySocket *notify_socket_free(NotifySocket *notify) {
        if (!notify)
                return NULL;

        sd_event_source_disable_unref(notify->source);
        if (notify->fd >= 0)
                (void)unlink(notify->path);
        fd_close(notify->fd);
        g_free(notify->path);
        g_free(notify);
        return NULL;
}

const char *notify_socket_path(const NotifySocket *notify) {
        return notify->path;
}
