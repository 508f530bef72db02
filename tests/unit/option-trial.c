/* SPDX-License-Identifier: MIT */
/* One option in the text of a unit, and what its line opens. */
#include "option-trial.h"

#include <netinet/in.h>
#include <unistd.h>

#include "fd.h"
#include "log.h"
#include "socket-open.h"
#include "unit-load.h"

char *trial_folder;

const PlaceLines places[] = {
        [TCP4] = { "TCP", "ListenStream=127.0.0.1:%P\n" },
        [TCP6] = { "TCP, IPv6", "ListenStream=[::1]:%P\n" },
        [ANY6] = { "TCP, any IPv6", "ListenStream=[::]:%P\n" },
        [MPTCP] = { "MPTCP", "ListenStream=127.0.0.1:%P\nSocketProtocol=mptcp\n" },
        [SCTP] = { "SCTP", "ListenStream=127.0.0.1:%P\nSocketProtocol=sctp\n" },
        [UDP4] = { "UDP", "ListenDatagram=127.0.0.1:%P\n" },
        [UDP6] = { "UDP, IPv6", "ListenDatagram=[::1]:%P\n" },
        [UDPLITE] = { "UDP-Lite", "ListenDatagram=127.0.0.1:%P\nSocketProtocol=udplite\n" },
        [UNIX] = { "Unix", "ListenStream=%D/deep/stream\n" },
        [UNIX_DATAGRAM] = { "Unix, datagrams", "ListenDatagram=%D/deep/datagram\n" },
        [NETLINK] = { "netlink", "ListenNetlink=route 1\n" },
        [VSOCK] = { "vsock", "ListenStream=vsock::%P\n" },
        [FIFO] = { "FIFO", "ListenFIFO=%D/deep/fifo\n" },
        [QUEUE] = { "message queue", "ListenMessageQueue=/bellhop-test-%I\n" },
        [SPECIAL] = { "special file", "ListenSpecial=/dev/null\n" },
};

unsigned int trial_free_port(void) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t length = sizeof(address);
        _cleanup_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
        g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
        return ntohs(address.sin_port);
}

void trial_clear(Trial *trial) {
        settings_unref(&trial->settings->unit);
        g_free(trial->warnings);
}

Trial trial_load(Place place, unsigned int port, const char *key, const char *value) {
        g_autoptr(GString) text = g_string_new("[Socket]\n");
        g_autofree char *number = g_strdup_printf("%u", port);
        g_autofree char *process = g_strdup_printf("%d", (int)getpid());
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings;
        g_string_append(text, places[place].lines);
        if (key)
                g_string_append_printf(text, "%s=%s\n", key, value);
        g_string_replace(text, "%D", trial_folder, 0);
        g_string_replace(text, "%P", number, 0);
        g_string_replace(text, "%I", process, 0);
        int r = unit_load_data("x.socket", "x.socket", text->str, text->len, diagnostics,
                               &settings);
        g_autoptr(GString) warnings = g_string_new(NULL);
        for (guint i = 0; i < diagnostics->list->len; i++) {
                g_autofree char *line = diagnostic_to_string(diagnostics->list->pdata[i]);
                g_string_append(warnings, line);
        }
        if (r < 0)
                g_error("%s", warnings->str);
        SocketSettings *socket = SOCKET_SETTINGS(settings);
        const Listen *listen = socket->listens->pdata[0];
        return (Trial){ .settings = socket,
                        .address = listen->address,
                        .warnings = g_string_free(g_steal_pointer(&warnings), FALSE) };
}

int trial_try(const Trial *trial) {
        const char *step = "nothing";
        int fd = socket_open(trial->address, trial->settings, &step);
        if (fd < 0)
                g_test_message("%s %s: %s", step, trial->address->text, g_strerror(-fd));
        return fd;
}

int trial_open(const Trial *trial) {
        int fd = trial_try(trial);
        g_assert_cmpint(fd, >=, 0);
        return fd;
}

void trial_close(const Trial *trial, int fd) {
        fd_close(fd);
        socket_remove(trial->address);
        g_autofree char *deep = g_build_filename(trial_folder, "deep", NULL);
        g_assert_true(rmdir(deep) == 0 || errno == ENOENT);
}

char *trial_log(void) {
        g_auto(GStrv) lines = log_tail("x.socket", 100);
        return g_strjoinv("\n", lines);
}
