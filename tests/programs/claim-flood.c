/* SPDX-License-Identifier: MIT */
/* A stranger at the manager's claim socket: claim-flood ADDRESS COUNT MODE. It connects COUNT times
 * to the abstract address (16 hex digits, or "-": the first one that /proc/net/unix shows), or to a
 * stream socket's path, and prints how often that went well and whether it ever got a byte or a
 * descriptor. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bell.h"
#include "fd.h"
#include "message.h"

static unsigned int connected, refused, got;

static uint64_t address_find(void) {
        char line[512];
        uint64_t address = 0;
        FILE *file = fopen("/proc/net/unix", "re");

        while (file && address == 0 && fgets(line, sizeof(line), file)) {
                const char *at = strstr(line, "@bellhop/");
                if (at)
                        address = strtoull(at + strlen("@bellhop/"), NULL, 16);
        }
        if (file)
                fclose(file);
        return address;
}

static int flood_connect(const struct sockaddr_un *sockaddr, socklen_t length) {
        int type = sockaddr->sun_path[0] == '/' ? SOCK_STREAM : SOCK_SEQPACKET;
        int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd >= 0 && connect(fd, (const struct sockaddr *)sockaddr, length) == 0) {
                connected++;
                return fd;
        }
        refused++;
        return fd_close(fd);
}

static void look(int fd) {
        char bytes[64];

        if (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
                got++;
}

static void mode_connect(int fd) {
        look(fd);
        close(fd);
}

/* Kept open until the end, never read. */
static void mode_hold(int fd) {
        (void)fd;
}

static void mode_garbage(int fd) {
        char bytes[4096];

        memset(bytes, 'x', sizeof(bytes));
        (void)send(fd, bytes, MESSAGE_HEADER_SIZE, MSG_NOSIGNAL);
        (void)send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
        look(fd);
        close(fd);
}

static void mode_receipt(int fd) {
        uint8_t receipt[MESSAGE_HEADER_SIZE];

        message_encode_receipt(receipt, 1);
        (void)send(fd, receipt, sizeof(receipt), MSG_NOSIGNAL);
        look(fd);
        close(fd);
}

/* Waits for the manager's verdict: a byte, or the end. */
static void mode_wait(int fd) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

        if (poll(&poll_fd, 1, 60000) == 0)
                puts("never closed");
        look(fd);
        close(fd);
}

static const struct {
        const char *name;
        void (*act)(int fd);
} modes[] = {
        { "connect", mode_connect }, { "hold", mode_hold }, { "garbage", mode_garbage },
        { "receipt", mode_receipt }, { "wait", mode_wait },
};

static socklen_t target_parse(const char *text, struct sockaddr_un *ret) {
        if (text[0] != '/')
                return bell_to_sockaddr(
                        strcmp(text, "-") == 0 ? address_find() : strtoull(text, NULL, 16), ret);
        *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
        strncpy(ret->sun_path, text, sizeof(ret->sun_path) - 1);
        return sizeof(*ret);
}

int main(int argc, char **argv) {
        struct sockaddr_un sockaddr;
        struct rlimit files;

        if (argc < 4)
                return 2;
        getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
        socklen_t length = target_parse(argv[1], &sockaddr);
        int count = atoi(argv[2]);
        for (int i = 0; i < count; i++) {
                int fd = flood_connect(&sockaddr, length);
                for (size_t j = 0; fd >= 0 && j < ARRAY_SIZE(modes); j++) {
                        if (strcmp(modes[j].name, argv[3]) == 0)
                                modes[j].act(fd);
                }
        }
        printf("connected %u refused %u got %u\n", connected, refused, got);
        fflush(stdout);
        /* Holds until the test says enough. */
        if (strcmp(argv[3], "hold") == 0)
                pause();
        return 0;
}
