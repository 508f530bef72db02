/* SPDX-License-Identifier: MIT */
/* Peer to peer: no bus daemon between, so a refused connection is the manager's absence. */
#include "client.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bus-names.h"
#include "fd.h"
#include "message.h"
#include "output.h"

/* No answer is too late: a start takes as long as its unit says. */
#define CALL_TIMEOUT_USEC UINT64_MAX
#define SECOND_USEC       UINT64_C(1000000)
/* But a manager that is there greets at once; what D-Bus gives a call by default. */
#define GREETING_USEC (25 * SECOND_USEC)

static int client_fail_connect(const Ctl *ctl, int error, sd_bus_error *ret_error) {
        const char *directory = ctl->runtime_directory;
        if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR)
                return sd_bus_error_setf(
                        ret_error, SD_BUS_ERROR_NO_SERVER,
                        "bellhopd isn't running with runtime directory %s: start it with "
                        "'bellhopd%s', or say which one you mean with --system, --user or "
                        "--runtime-directory=DIR",
                        directory, ctl->reach);
        if (error == EACCES || error == EPERM)
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_ACCESS_DENIED,
                                         "no permission to reach the manager in %s: only root and "
                                         "the manager's own user may talk to it",
                                         directory);
        if (error == ETIMEDOUT)
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_TIMEOUT,
                                         "the manager in %s is there but doesn't answer: is its "
                                         "process stopped?",
                                         directory);
        return sd_bus_error_setf(ret_error, SD_BUS_ERROR_IO_ERROR,
                                 "can't connect to %s/" BUS_SOCKET_NAME ": %s", directory,
                                 g_strerror(error));
}

/* Returns: a descriptor or negative errno. */
static int client_open(const Ctl *ctl) {
        g_autofree char *path = g_build_filename(ctl->runtime_directory, BUS_SOCKET_NAME, NULL);
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        _cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static uint64_t client_now(void) {
        struct timespec now;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * SECOND_USEC + (uint64_t)now.tv_nsec / 1000;
}

/* A stopped process has a socket that takes connections, but nobody greets. Other failures are left
 * to the first call. Returns: 0, or -ETIMEDOUT. */
static int client_await_greeting(sd_bus *bus) {
        uint64_t end = client_now() + GREETING_USEC;
        while (sd_bus_is_ready(bus) == 0) {
                uint64_t now = client_now();
                if (now >= end)
                        return -ETIMEDOUT;
                int r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, end - now);
                if (r < 0 && r != -EINTR)
                        return 0;
        }
        return 0;
}

int client_connect(Ctl *ctl, sd_bus_error *ret_error) {
        _cleanup_fd_ int fd = client_open(ctl);
        if (fd < 0)
                return client_fail_connect(ctl, -fd, ret_error);
        _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
        int r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_fd(bus, fd, fd);
        if (r < 0)
                return client_fail_connect(ctl, -r, ret_error);
        (void)TAKE_FD(fd);
        r = sd_bus_start(bus);
        if (r >= 0)
                r = client_await_greeting(bus);
        if (r < 0)
                return client_fail_connect(ctl, -r, ret_error);
        ctl->bus = TAKE_POINTER(bus);
        return 0;
}

/* The one answer that is waited for. */
typedef struct Answer {
        bool here;
        sd_bus_message *message;
} Answer;

static int answer_take(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        Answer *answer = userdata;
        answer->here = true;
        answer->message = sd_bus_message_ref(message);
        return 0;
}

static int client_wait(Ctl *ctl, const Answer *answer, const Waiting *waiting) {
        uint64_t begin = client_now();
        unsigned int seconds = 0;
        while (!answer->here) {
                int r = sd_bus_process(ctl->bus, NULL);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                uint64_t passed = client_now() - begin, next = (seconds + 1) * SECOND_USEC;
                if (passed >= next) {
                        seconds = (unsigned int)(passed / SECOND_USEC);
                        if (waiting)
                                waiting->tick(seconds, waiting->userdata);
                        continue;
                }
                r = sd_bus_wait(ctl->bus, waiting ? next - passed : UINT64_MAX);
                if (r < 0 && r != -EINTR)
                        return r;
        }
        return 0;
}

static int client_fail_call(int error, sd_bus_error *ret_error) {
        if (error == ENOTCONN || error == ECONNRESET || error == EPIPE)
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_DISCONNECTED,
                                        "the manager closed the connection before it answered");
        return sd_bus_error_setf(ret_error, SD_BUS_ERROR_IO_ERROR, "can't ask the manager: %s",
                                 g_strerror(error));
}

/* The answer's body, or its error. */
static int client_read_answer(sd_bus_message *message, GVariant **ret, sd_bus_error *ret_error) {
        const sd_bus_error *error = sd_bus_message_get_error(message);
        if (error) {
                /* What sd-bus makes up when the connection ends has no message worth showing. */
                if (sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY))
                        return client_fail_call(ENOTCONN, ret_error);
                return sd_bus_error_copy(ret_error, error);
        }
        if (!ret)
                return 0;
        int r = message_read_body(message, ret);
        return r < 0 ? client_fail_call(-r, ret_error) : 0;
}

int client_new_call(Ctl *ctl, const char *member, sd_bus_message **ret) {
        return sd_bus_message_new_method_call(ctl->bus, ret, BUS_NAME, BUS_PATH, BUS_INTERFACE,
                                              member);
}

int client_call(Ctl *ctl, sd_bus_message *call, const Waiting *waiting, GVariant **ret,
                sd_bus_error *ret_error) {
        Answer answer = { 0 };
        int r = sd_bus_call_async(ctl->bus, NULL, call, answer_take, &answer, CALL_TIMEOUT_USEC);
        if (r >= 0)
                r = client_wait(ctl, &answer, waiting);
        if (r < 0)
                return client_fail_call(-r, ret_error);
        r = client_read_answer(answer.message, ret, ret_error);
        sd_bus_message_unref(answer.message);
        return r;
}

int client_call_units(Ctl *ctl, const char *member, char *const *units, const Waiting *waiting,
                      sd_bus_error *ret_error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r = client_new_call(ctl, member, &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, (char **)units);
        if (r < 0)
                return client_fail_call(-r, ret_error);
        return client_call(ctl, call, waiting, NULL, ret_error);
}

GVariant *client_ask(Ctl *ctl, const char *member, const char *argument, sd_bus_error *ret_error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        g_autoptr(GVariant) body = NULL;
        int r = client_new_call(ctl, member, &call);
        if (r >= 0 && argument)
                r = sd_bus_message_append(call, "s", argument);
        if (r < 0)
                client_fail_call(-r, ret_error);
        else
                r = client_call(ctl, call, NULL, &body, ret_error);
        if (r < 0)
                return NULL;
        if (g_variant_n_children(body) == 0)
                return g_steal_pointer(&body);
        return g_variant_get_child_value(body, 0);
}

GVariant *client_get_property(Ctl *ctl, const char *name, sd_bus_error *ret_error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autoptr(GVariant) body = NULL;
        int r = sd_bus_call_method(ctl->bus, BUS_NAME, BUS_PATH, "org.freedesktop.DBus.Properties",
                                   "Get", ret_error, &reply, "ss", BUS_INTERFACE, name);
        if (r < 0)
                return NULL;
        r = message_read_body(reply, &body);
        if (r < 0) {
                client_fail_call(-r, ret_error);
                return NULL;
        }
        g_autoptr(GVariant) boxed = g_variant_get_child_value(body, 0);
        return g_variant_get_variant(boxed);
}

void client_wait_closed(Ctl *ctl) {
        int r;
        while ((r = sd_bus_process(ctl->bus, NULL)) >= 0 && sd_bus_is_open(ctl->bus) > 0)
                if (r == 0 && (r = sd_bus_wait(ctl->bus, UINT64_MAX)) < 0 && r != -EINTR)
                        return;
}

/* What an error means for the exit status, and what to do about it. */
static const struct {
        const char *error;
        CtlExit status;
        const char *hint; /* after "bellhopctl" and the options that lead to the manager */
} client_errors[] = {
        { BUS_ERROR_NO_SUCH_UNIT, CTL_NO_SUCH_UNIT, "list-units" },
};

CtlExit client_fail(Ctl *ctl, const sd_bus_error *error) {
        g_auto(GStrv) lines = g_strsplit(error->message ?: error->name ?: "unknown error", "\n", -1);
        for (char **line = lines; *line; line++)
                output_error("%s", *line);
        for (size_t i = 0; i < ARRAY_SIZE(client_errors); i++) {
                if (!sd_bus_error_has_name(error, client_errors[i].error))
                        continue;
                output_hint("see 'bellhopctl%s %s'", ctl->reach, client_errors[i].hint);
                return client_errors[i].status;
        }
        return CTL_FAILURE;
}
