/* SPDX-License-Identifier: MIT */
/* A listener that has told of a connection: it leaves the event loop when its service has it, and
 * comes back. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "delivery-fixture.h"
#include "fd.h"
#include "service-fixture.h"
#include "socket.h"

typedef struct Scene {
        Socket *socket;
        Service *service;
        int client; /* nobody accepts it */
} Scene;

static Scene begin(ServiceFixture *fixture, const char *service_text) {
        g_autofree char *errors = NULL;
        Scene scene;

        manager_fixture_write(&fixture->manager, "x.socket", "[Socket]\nListenStream=%D/x\n");
        scene.service = service_fixture_load(fixture, service_text);
        scene.socket = SOCKET(manager_fixture_load(&fixture->manager, "x.socket"));
        errors = manager_fixture_start(&fixture->manager, &scene.socket->unit);
        g_assert_cmpstr(errors, ==, "");
        scene.client = manager_fixture_connect(&fixture->manager, "x");
        return scene;
}

static void end(ServiceFixture *fixture, const Scene *scene) {
        g_autofree char *errors = manager_fixture_stop(&fixture->manager, &scene->socket->unit);

        g_assert_cmpstr(errors, ==, "");
        service_fixture_stop(fixture, scene->service);
        fd_close(scene->client);
}

static bool is_running(const void *data) {
        const Service *service = data;

        return service->state == SERVICE_RUNNING && service->unit.job == NULL;
}

static bool is_out(const void *data) {
        const Port *port = ((const Socket *)data)->ports[0];

        return sd_event_source_get_enabled(port->source, NULL) == 0;
}

/* Without another connection, and the one that waits isn't forgotten. */
static void leave_and_return(ServiceFixture *fixture, const char *service_text) {
        Scene scene = begin(fixture, service_text);
        pid_t before;

        service_fixture_run_until(fixture, is_running, scene.service);
        service_fixture_run_until(fixture, is_out, scene.socket);
        before = scene.service->main_pid;
        service_fixture_stop(fixture, scene.service);
        service_fixture_run_until(fixture, is_running, scene.service);
        g_assert_cmpint(scene.service->main_pid, !=, before);
        end(fixture, &scene);
}

static void test_claimed(ServiceFixture *fixture, gconstpointer data) {
        leave_and_return(fixture, "[Service]\nType=claim\nExecStart=%S --claim\n");
}

/* It has the listener without a claim. */
static void test_standard_input(ServiceFixture *fixture, gconstpointer data) {
        leave_and_return(fixture, "[Service]\nExecStart=/bin/sleep 1000\nStandardInput=socket\n");
}

/* It is gone before it has left. */
static void test_stopped_before(ServiceFixture *fixture, gconstpointer data) {
        Scene scene = begin(fixture, "[Service]\nExecStart=/bin/sleep 1000\n");

        service_fixture_run_until(fixture, is_running, scene.service);
        g_assert_true(scene.socket->told);
        g_assert_false(is_out(scene.socket));
        end(fixture, &scene);
}

/* The service. */
static int claim(void) {
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_LISTENER));
        DeskMessage message;

        desk_receive(fd, &message);
        CHECK(message.count == 1);
        desk_receipt(fd, 1);
        for (;;)
                pause();
}

int main(int argc, char **argv) {
        static const ServiceTest tests[] = {
                { "claimed", test_claimed },
                { "standard-input", test_standard_input },
                { "stopped-before", test_stopped_before },
        };

        if (argc == 2 && strcmp(argv[1], "--claim") == 0)
                return claim();
        return service_fixture_main(&argc, &argv, "/port-told", tests, ARRAY_SIZE(tests));
}
