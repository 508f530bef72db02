/* SPDX-License-Identifier: MIT */
/* Notifications to the manager: see notify.h. */
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"

static int notify_open(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const char *path = getenv("NOTIFY_SOCKET");

        if (!path) {
                report("error no NOTIFY_SOCKET");
                return -1;
        }
        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        if (path[0] == '@')
                address.sun_path[0] = '\0';
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
        if (connect(fd, (struct sockaddr *)&address, length) < 0)
                report("error notify: %m");
        return fd;
}

void notify_send(const char *text) {
        int fd = notify_open();

        if (fd < 0)
                return;
        if (send(fd, text, strlen(text), 0) < 0)
                report("error notify: %m");
        close(fd);
}

void notify_flood(const char *text) {
        int fd = notify_open();

        for (;;)
                if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
                        _exit(0);
}
