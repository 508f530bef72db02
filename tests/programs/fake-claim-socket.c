/* SPDX-License-Identifier: MIT */
/* An attacker with a claim socket of its own: fake-claim-socket MODE PID SIGNAL REPORT. It listens,
 * rings PID with its address, and answers whoever connects with something out of rule. PID 0: it
 * only reports its address. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bell.h"
#include "fd.h"
#include "message.h"
#include "report.h"

#define FDS_MAX 8

/* What is sent: a valid message for one listener, then bent by the mode. */
typedef struct Answer {
        uint8_t bytes[MESSAGE_SIZE_MAX + 64];
        size_t length;
        unsigned int fds;
        int wait_only; /* 1: close at once; 2: never send */
} Answer;

static void bend_length(Answer *answer, int by) {
        answer->length = (size_t)((int)answer->length + by);
}

static void bend_byte(Answer *answer, int value, size_t offset) {
        answer->bytes[offset] = (uint8_t)value;
}

static void bend_random(Answer *answer) {
        if (getrandom(answer->bytes, answer->length, 0) < 0)
                report_die("getrandom", errno);
}

enum Bend { VALID, LENGTH, BYTE, RANDOM, FDS, WAIT };

#define RECORD MESSAGE_HEADER_SIZE

static const struct {
        const char *name;
        enum Bend bend;
        int value;
        size_t offset;
} modes[] = {
        { "valid", VALID, 0, 0 },
        { "empty", LENGTH, -1000, 0 },
        { "short", LENGTH, -3, 0 },
        { "long", LENGTH, 9, 0 },
        { "random", RANDOM, 0, 0 },
        { "magic", BYTE, 'B', 0 },
        { "version", BYTE, 9, 4 },
        { "type", BYTE, 77, 5 },
        { "count-zero", BYTE, 0, 6 },
        { "count-two", BYTE, 2, 6 },
        { "count-many", BYTE, 65, 6 },
        { "kind-zero", BYTE, 0, RECORD },
        { "kind-99", BYTE, 99, RECORD },
        { "signal", BYTE, SIGKILL, RECORD + 1 },
        { "flags", BYTE, 0xfe, RECORD + 2 },
        { "name-empty", BYTE, 0, RECORD + 3 },
        { "name-overlong", BYTE, 255, RECORD + 3 },
        { "name-colon", BYTE, ':', RECORD + 4 },
        { "name-control", BYTE, 7, RECORD + 5 },
        { "name-nul", BYTE, 0, RECORD + 6 },
        { "name-latin", BYTE, 0xe4, RECORD + 4 },
        { "fds-none", FDS, 0, 0 },
        { "fds-many", FDS, 3, 0 },
        { "close", WAIT, 1, 0 },
        { "mute", WAIT, 2, 0 },
};

static void answer_make(Answer *answer, const char *mode) {
        MessageItem item = { BELLHOP_KIND_LISTENER, BELLHOP_SIGNAL_LISTENER, 0, 4, "fake" };

        *answer = (Answer){ .fds = 1 };
        answer->length =
                (size_t)message_encode_items(answer->bytes, sizeof(answer->bytes), &item, 1, 0);
        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
                if (strcmp(modes[i].name, mode) != 0)
                        continue;
                switch (modes[i].bend) {
                case VALID:
                        return;
                case LENGTH:
                        if (modes[i].value < -100)
                                answer->length = 0;
                        else
                                bend_length(answer, modes[i].value);
                        return;
                case BYTE:
                        return bend_byte(answer, modes[i].value, modes[i].offset);
                case RANDOM:
                        return bend_random(answer);
                case FDS:
                        answer->fds = (unsigned int)modes[i].value;
                        return;
                case WAIT:
                        answer->wait_only = modes[i].value;
                        return;
                }
        }
        report_die(mode, EINVAL);
}

static void answer_send(int fd, Answer *answer) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
        } control = { .space = { 0 } };
        struct iovec iovec = { answer->bytes, answer->length };
        struct msghdr message = { .msg_iov = &iovec, .msg_iovlen = 1 };
        int fds[FDS_MAX];

        for (unsigned int i = 0; i < answer->fds; i++)
                fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (answer->fds > 0) {
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(sizeof(int) * answer->fds);
                struct cmsghdr *header = CMSG_FIRSTHDR(&message);
                header->cmsg_level = SOL_SOCKET;
                header->cmsg_type = SCM_RIGHTS;
                header->cmsg_len = CMSG_LEN(sizeof(int) * answer->fds);
                memcpy(CMSG_DATA(header), fds, sizeof(int) * answer->fds);
        }
        if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
                report("send: %m");
        for (unsigned int i = 0; i < answer->fds; i++)
                close(fds[i]);
}

static int fake_listen(uint64_t *ret_address) {
        struct sockaddr_un sockaddr;

        if (getrandom(ret_address, sizeof(*ret_address), 0) < 0)
                report_die("getrandom", errno);
        socklen_t length = bell_to_sockaddr(*ret_address, &sockaddr);
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *)&sockaddr, length) < 0 || listen(fd, 8) < 0)
                report_die("listen", errno);
        return fd;
}

static void ring(pid_t pid, int sig, uint64_t address) {
        Bell bell = { address };
        siginfo_t info;

        bell_to_siginfo(&bell, sig, &info);
        if (syscall(SYS_rt_sigqueueinfo, pid, sig, &info) < 0)
                report("ring: %m");
        else
                report("rang");
}

/* What came back: "receipt N" if the desk took something, "closed" if it hung up. */
static void outcome_report(int fd) {
        uint8_t receipt[MESSAGE_HEADER_SIZE + 1];

        ssize_t n = recv(fd, receipt, sizeof(receipt), 0);
        if (n > 0)
                report("receipt %d", message_decode_receipt(receipt, (size_t)n, 64));
        else
                report("closed");
}

int main(int argc, char **argv) {
        static Answer answer;
        uint64_t address;

        if (argc < 5)
                return 2;
        report_open(argv[4]);
        answer_make(&answer, argv[1]);
        _cleanup_fd_ int listener = fake_listen(&address);
        report("address %016llx", (unsigned long long)address);
        if (atoi(argv[2]) > 0)
                ring((pid_t)atoi(argv[2]), atoi(argv[3]), address);
        _cleanup_fd_ int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
                report_die("accept4", errno);
        report("connected");
        if (answer.wait_only == 1)
                return 0;
        if (answer.wait_only == 0)
                answer_send(fd, &answer);
        outcome_report(fd);
        return 0;
}
