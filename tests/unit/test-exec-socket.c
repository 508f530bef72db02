/* SPDX-License-Identifier: MIT */
/* StandardInput=socket and its like: services as inetd has them. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec-fixture.h"
#include "fd.h"
#include "recipient.h"

static void start(ServiceFixture *fixture, const char *name) {
        Unit *unit = manager_fixture_load(&fixture->manager, name);
        g_autofree char *errors = manager_fixture_start(&fixture->manager, unit);

        g_assert_cmpstr(errors, ==, "");
}

static void stop(ServiceFixture *fixture, const char *name) {
        Unit *unit = manager_find_unit(fixture->manager.manager, name);
        g_autofree char *errors = manager_fixture_stop(&fixture->manager, unit);

        g_assert_cmpstr(errors, ==, "");
}

typedef struct Reader {
        int fd;
        GString *text;
        bool ended;
        sd_event_source *source;
} Reader;

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Reader *reader = userdata;
        char buffer[256];
        ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

        if (n > 0)
                g_string_append_len(reader->text, buffer, n);
        else
                reader->ended = n == 0 || errno != EAGAIN;
        return 0;
}

static bool has_ended(const void *data) {
        return ((const Reader *)data)->ended;
}

/* What comes until the end, which is the service's: nobody else holds the connection. Consumes fd.
 */
static char *read_whole(ServiceFixture *fixture, int fd) {
        Reader reader = { .fd = fd, .text = g_string_new(NULL) };

        g_assert_cmpint(sd_event_add_io(fixture->manager.manager->event, &reader.source, fd,
                                        EPOLLIN, on_readable, &reader),
                        >=, 0);
        service_fixture_run_until(fixture, has_ended, &reader);
        sd_event_source_disable_unref(reader.source);
        fd_close(fd);
        return g_string_free(reader.text, FALSE);
}

static void assert_answer(ServiceFixture *fixture, const char *service, const char *question,
                          const char *answer) {
        g_autofree char *got = NULL;
        int fd;

        manager_fixture_write(&fixture->manager, "y.socket",
                              "[Socket]\nListenStream=%D/y\nAccept=yes\n");
        manager_fixture_write(&fixture->manager, "y@.service", service);
        start(fixture, "y.socket");
        fd = manager_fixture_connect(&fixture->manager, "y");
        g_assert_cmpint(send(fd, question, strlen(question), 0), ==, (gssize)strlen(question));
        g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
        got = read_whole(fixture, fd);
        g_assert_cmpstr(got, ==, answer);
        stop(fixture, "y.socket");
}

static void test_connection(ServiceFixture *fixture, gconstpointer data) {
        assert_answer(fixture, "[Service]\nStandardInput=socket\nExecStart=/bin/cat\n", "ask\n",
                      "ask\n");
}

static void test_connection_both(ServiceFixture *fixture, gconstpointer data) {
        assert_answer(fixture,
                      "[Service]\nStandardInput=socket\nStandardError=socket\n"
                      "ExecStart=%D/report --report stdin socket:0 socket:1 socket:2 socket:3\n",
                      "x",
                      "stdin=x\nsocket:0=connection\nsocket:1=connection\nsocket:2=connection\n"
                      "socket:3=none\n");
}

/* What it says goes there, but what it reads comes from elsewhere. */
static void test_output_only(ServiceFixture *fixture, gconstpointer data) {
        assert_answer(fixture,
                      "[Service]\nStandardOutput=socket\nStandardInputText=told\n"
                      "ExecStart=%D/report --report stdin socket:0 socket:1\n",
                      "x", "stdin=told\\0a\nsocket:0=none\nsocket:1=connection\n");
}

static void test_listener(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *got = NULL;

        manager_fixture_write(&fixture->manager, "x.socket", "[Socket]\nListenStream=%D/x\n");
        (void)manager_fixture_load(&fixture->manager, "x.socket");
        got = exec_fixture_run(fixture, "StandardInput=socket\n", "socket:0 socket:3");
        g_assert_cmpstr(got, ==, "socket:0=listener\nsocket:3=none\n");
        stop(fixture, "x.socket");
}

/* It has it already, so it isn't delivered. */
static void test_not_delivered(ServiceFixture *fixture, gconstpointer data) {
        Service *service;

        manager_fixture_write(&fixture->manager, "x.socket", "[Socket]\nListenStream=%D/x\n");
        (void)manager_fixture_load(&fixture->manager, "x.socket");
        service = service_fixture_load(
                fixture, "[Service]\nStandardInput=socket\nExecStart=/bin/sleep 1000\n");
        service_fixture_start(fixture, service);
        g_assert_cmpuint(service->recipient->deliveries->len, ==, 0);
        service_fixture_stop(fixture, service);
        stop(fixture, "x.socket");
}

static void test_which(ServiceFixture *fixture, gconstpointer data) {
        Service *service;

        exec_fixture_run_failing(fixture, "StandardInput=socket\n",
                                 "standard input: no socket is open for it", 0);
        manager_fixture_write(&fixture->manager, "x.socket",
                              "[Socket]\nListenStream=%D/x\nListenStream=%D/y\n");
        (void)manager_fixture_load(&fixture->manager, "x.socket");
        service = exec_fixture_load(fixture, "StandardInput=socket\n", "umask");
        service_fixture_start_failing(fixture, service, "standard input: 2 sockets could be meant");
        stop(fixture, "x.socket");
}

static void add(const char *name, void (*function)(ServiceFixture *, gconstpointer)) {
        g_test_add(name, ServiceFixture, GINT_TO_POINTER(false), exec_fixture_set_up, function,
                   service_fixture_tear_down);
}

static void add_all(void) {
        add("/exec-socket/connection", test_connection);
        add("/exec-socket/connection-both", test_connection_both);
        add("/exec-socket/output-only", test_output_only);
        add("/exec-socket/listener", test_listener);
        add("/exec-socket/not-delivered", test_not_delivered);
        add("/exec-socket/which", test_which);
}

int main(int argc, char **argv) {
        return exec_test_main(argc, argv, add_all);
}
