/* SPDX-License-Identifier: MIT */
/* echo-service: a datagram service. bellhopd holds the socket and starts it when the first datagram
 * comes; it sends every datagram back, and goes away when nothing has come for a while. */
#include <bellhop.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define IDLE_MS (10 * 1000)

static void answer(int fd) {
        char datagram[65536];
        struct sockaddr_storage sender;
        socklen_t length = sizeof(sender);

        ssize_t n = recvfrom(fd, datagram, sizeof(datagram), MSG_DONTWAIT,
                             (struct sockaddr *)&sender, &length);
        /* A sender on a unix socket may have no address: then nobody waits for an answer. */
        if (n >= 0 && length > sizeof(sender.ss_family))
                (void)sendto(fd, datagram, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&sender,
                             length);
}

int main(void) {
        /* All of bellhop: the socket by its name. */
        int fd = bellhop_claim("echo.socket", 5000);
        if (fd < 0) {
                fprintf(stderr, "echo.socket: %s\n", bellhop_strerror(fd));
                return EXIT_FAILURE;
        }

        /* What comes while nobody runs waits in the socket, and starts the service again. */
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };
        while (poll(&pollfd, 1, IDLE_MS) > 0)
                answer(fd);
        return EXIT_SUCCESS;
}
