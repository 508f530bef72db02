/* SPDX-License-Identifier: MIT */
/* Preloaded under valgrind, for what valgrind doesn't know of the kernel (3.27 neither): how to
 * signal by a pidfd, that a signal stays pending over exec, and three ways in which a process gets
 * a descriptor, which it would then report as closed without being open, and never as left open. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#        define SO_PEERPIDFD 77
#endif

#ifndef SCM_PIDFD
#        define SCM_PIDFD 4
#endif

#define ARGUMENTS 6

/* Looks in a row at which a child isn't at work, until it is taken to wait for somebody. */
#define IDLE_LOOKS 20

typedef long (*SystemCall)(long number, ...);
typedef int (*GetSocketOption)(int fd, int level, int name, void *value, socklen_t *length);
typedef ssize_t (*ReceiveMessage)(int fd, struct msghdr *message, int flags);

/* The function of that name behind ours. Asked for each time: other libraries call ours before our
 * own constructor has run. */
#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

/* We are the last in the list; valgrind takes itself out of it at exec. */
__attribute__((constructor)) static void preload_hide(void) {
        char *preload = getenv("LD_PRELOAD"), *last = preload ? strrchr(preload, ':') : NULL;

        if (last)
                *last = '\0';
}

/* The copy is one that valgrind knows how to follow, and it keeps the number. */
static void descriptor_announce(int fd) {
        int saved_errno = errno, copy = dup(fd);

        if (copy >= 0) {
                (void)dup3(copy, fd, O_CLOEXEC);
                (void)close(copy);
        }
        errno = saved_errno;
}

/* Returns: how much of the file has been read. */
static size_t file_read(const char *path, char *buffer, size_t size) {
        ssize_t length = -1;
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd >= 0) {
                length = read(fd, buffer, size);
                (void)close(fd);
        }
        return length > 0 ? (size_t)length : 0;
}

/* Returns: the pid; -1 and errno, as for a signal by the descriptor. */
static pid_t pid_of(int pidfd) {
        char path[64], text[512];

        (void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
        text[file_read(path, text, sizeof(text) - 1)] = '\0';
        const char *line = strstr(text, "\nPid:");
        pid_t pid = line ? (pid_t)strtol(line + strlen("\nPid:"), NULL, 10) : 0;
        errno = line ? ESRCH : EBADF;
        return pid > 0 ? pid : -1;
}

/* Before exec it has our command line, which is valgrind's: by another name than "self", which
 * valgrind answers itself. One that has ended has none. */
static bool has_called_exec(pid_t pid) {
        char path[64], ours[4096], its[4096];
        size_t length = file_read("/proc/thread-self/cmdline", ours, sizeof(ours));

        (void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
        return file_read(path, its, sizeof(its)) != length || memcmp(ours, its, length) != 0;
}

static bool is_at_work(pid_t pid) {
        char path[64], text[512];
        const char *end;

        (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        text[file_read(path, text, sizeof(text) - 1)] = '\0';
        end = strrchr(text, ')');
        return end && (strncmp(end, ") R", 3) == 0 || strncmp(end, ") D", 3) == 0);
}

/* What is sent to a child before exec is dropped there, however slow the child is: it doesn't get a
 * chance, but for one that waits for somebody (the other end of a FIFO) or has been stopped. */
static void exec_wait(pid_t pid, int pidfd) {
        static const struct timespec pause = { .tv_nsec = 200000 };
        struct pollfd end = { .fd = pidfd, .events = POLLIN };
        unsigned int idle = 0;
        int saved_errno = errno;

        while (idle < IDLE_LOOKS && !has_called_exec(pid)) {
                idle = is_at_work(pid) ? 0 : idle + 1;
                (void)ppoll(&end, 1, &pause, NULL);
        }
        errno = saved_errno;
}

/* Between the look and the signal the process may end and another get its pid: this is for tests.
 */
static long signal_by_pidfd(int pidfd, int sig, siginfo_t *info) {
        pid_t pid = pid_of(pidfd);

        if (pid < 0)
                return -1;
        return info ? NEXT(SystemCall, "syscall")(SYS_rt_sigqueueinfo, pid, sig, info)
                    : kill(pid, sig);
}

__attribute__((visibility("default"))) long syscall(long number, ...) {
        long argument[ARGUMENTS], result;
        va_list list;

        va_start(list, number);
        for (int i = 0; i < ARGUMENTS; i++)
                argument[i] = va_arg(list, long);
        va_end(list);

        if (number == SYS_pidfd_send_signal)
                return signal_by_pidfd((int)argument[0], (int)argument[1], (void *)argument[2]);
        result = NEXT(SystemCall, "syscall")(number, argument[0], argument[1], argument[2],
                                             argument[3], argument[4], argument[5]);
        if (number == SYS_clone && result > 0 && argument[0] & CLONE_PIDFD) {
                int pidfd = *(int *)argument[2];

                descriptor_announce(pidfd);
                exec_wait((pid_t)result, pidfd);
        }
        return result;
}

__attribute__((visibility("default"))) int getsockopt(int fd, int level, int name, void *value,
                                                      socklen_t *length) {
        int r = NEXT(GetSocketOption, "getsockopt")(fd, level, name, value, length);

        if (r == 0 && level == SOL_SOCKET && name == SO_PEERPIDFD)
                descriptor_announce(*(int *)value);
        return r;
}

__attribute__((visibility("default"))) ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
        ssize_t n = NEXT(ReceiveMessage, "recvmsg")(fd, message, flags);

        for (struct cmsghdr *header = n < 0 ? NULL : CMSG_FIRSTHDR(message); header;
             header = CMSG_NXTHDR(message, header)) {
                int pidfd;

                if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_PIDFD)
                        continue;
                memcpy(&pidfd, CMSG_DATA(header), sizeof(pidfd));
                descriptor_announce(pidfd);
        }
        return n;
}
