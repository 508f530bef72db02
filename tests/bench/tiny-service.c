/* SPDX-License-Identifier: MIT */
/* tiny-service: a service that does without libc, so that its own start-up hides nothing of what
 * handing over a listener costs. It answers one connection and ends.
 *
 *     tiny-service            claims its listener: bell, claim socket, receipt, in plain system
 * calls tiny-service FD         serves a listener that it inherited
 *
 * The protocol is that of common/message.h; this is the least that a desk must do. */
#include <stddef.h>
#include <stdint.h>

#include <asm/unistd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "bellhop.h"
#include "message.h"
#include TINY_ARCHITECTURE

#define RECEIPT_TYPE 2
#define CALL(number, a, b, c, d, e) \
        tiny_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

static _Noreturn void tiny_exit(int status) {
        for (;;)
                CALL(__NR_exit_group, status, 0, 0, 0, 0);
}

/* The bell is pending or about to come; its 64 bits name the claim socket. */
static uint64_t take_bell(void) {
        uint64_t signals = BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_LISTENER);
        siginfo_t info;

        if (CALL(__NR_rt_sigtimedwait, &signals, &info, NULL, sizeof(signals), 0) < 0)
                tiny_exit(10);
        return (uint64_t)(uint32_t)info.si_errno << 32 | (uint32_t)info.si_int;
}

static int open_claim_socket(uint64_t address) {
        static const char prefix[] = "bellhop/";
        struct sockaddr_un name;
        struct ucred owner;
        socklen_t length = sizeof(owner);
        char *at = name.sun_path;

        /* Field by field: to clear a whole struct the compiler would call memset(). */
        name.sun_family = AF_UNIX;
        *at++ = '\0';
        for (const char *c = prefix; *c; c++)
                *at++ = *c;
        for (int shift = 60; shift >= 0; shift -= 4)
                *at++ = "0123456789abcdef"[address >> shift & 15];

        int fd = (int)CALL(__NR_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, 0, 0);
        if (CALL(__NR_connect, fd, &name, at - (char *)&name, 0, 0) < 0)
                tiny_exit(11);
        if (CALL(__NR_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &owner, &length) < 0)
                tiny_exit(12);
        if (owner.uid != 0 && owner.uid != (uid_t)CALL(__NR_getuid, 0, 0, 0, 0, 0))
                tiny_exit(13);
        return fd;
}

static int claim(void) {
        union {
                uint32_t words[4];
                uint16_t halves[8];
                uint8_t bytes[512];
        } message;
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec iovec = { .iov_base = &message, .iov_len = sizeof(message) };
        struct msghdr header;

        header.msg_name = NULL;
        header.msg_namelen = 0;
        header.msg_iov = &iovec;
        header.msg_iovlen = 1;
        header.msg_control = &control;
        header.msg_controllen = sizeof(control);
        header.msg_flags = 0;

        int fd = open_claim_socket(take_bell());

        long n = CALL(__NR_recvmsg, fd, &header, MSG_CMSG_CLOEXEC, 0, 0);
        if (n < MESSAGE_HEADER_SIZE || message.words[0] != MESSAGE_MAGIC ||
            message.halves[3] != 1 || message.words[3] != 0)
                tiny_exit(14);
        if (header.msg_controllen < CMSG_LEN(sizeof(int)) ||
            control.header.cmsg_type != SCM_RIGHTS || (header.msg_flags & MSG_CTRUNC))
                tiny_exit(15);
        int item = *(const int *)(const void *)CMSG_DATA(&control.header);

        /* The receipt is the header sent back, with another type and its own length. */
        message.bytes[5] = RECEIPT_TYPE;
        message.words[2] = MESSAGE_HEADER_SIZE;
        if (CALL(__NR_sendto, fd, &message, MESSAGE_HEADER_SIZE, MSG_NOSIGNAL, 0) < 0)
                tiny_exit(16);
        return item;
}

static int parse_number(const char *text) {
        int number = 0;

        while (*text)
                number = number * 10 + (*text++ - '0');
        return number;
}

static void answer(int listener) {
        static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntiny\n";
        char request[1024];
        int fd = (int)CALL(__NR_accept4, listener, NULL, NULL, SOCK_CLOEXEC, 0);

        if (fd < 0 || CALL(__NR_read, fd, request, sizeof(request), 0, 0) <= 0)
                tiny_exit(17);
        CALL(__NR_write, fd, text, sizeof(text) - 1, 0, 0);
}

_Noreturn void tiny_main(const long *stack);

_Noreturn void tiny_main(const long *stack) {
        const char *const *argv = (const char *const *)(stack + 1);

        answer(stack[0] > 1 ? parse_number(argv[1]) : claim());
        tiny_exit(0);
}
