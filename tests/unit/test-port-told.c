/* SPDX-License-Identifier: MIT */
/* A listener that has told of a connection: it leaves the event loop, and comes back. */
#include <sys/socket.h>
#include <sys/un.h>

#include "fd.h"
#include "service-fixture.h"
#include "socket.h"

typedef struct Scene {
        Socket *socket;
        Service *service;
        int client; /* nobody accepts it */
} Scene;

static Scene begin(ServiceFixture *fixture) {
        g_autofree char *errors = NULL, *path = service_fixture_path(fixture, "x");
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        Scene scene;

        manager_fixture_write(&fixture->manager, "x.socket", "[Socket]\nListenStream=%D/x\n");
        scene.service = service_fixture_load(fixture, "[Service]\nExecStart=/bin/sleep 1000\n");
        scene.socket = SOCKET(manager_fixture_load(&fixture->manager, "x.socket"));
        errors = manager_fixture_start(&fixture->manager, &scene.socket->unit);
        g_assert_cmpstr(errors, ==, "");
        scene.client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(scene.client, >=, 0);
        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        g_assert_cmpint(connect(scene.client, (struct sockaddr *)&address, sizeof(address)), ==, 0);
        return scene;
}

static bool is_running(const void *data) {
        return ((const Service *)data)->state == SERVICE_RUNNING;
}

static bool is_out(const void *data) {
        const Port *port = ((const Socket *)data)->ports[0];

        return sd_event_source_get_enabled(port->source, NULL) == 0;
}

static bool has_run_again(const void *data) {
        const Service *service = data;

        return service->state == SERVICE_RUNNING && service->unit.job == NULL;
}

/* Without another connection, and the one that waits isn't forgotten. */
static void test_taken_out(ServiceFixture *fixture, gconstpointer data) {
        Scene scene = begin(fixture);
        g_autofree char *errors = NULL;
        pid_t before;

        service_fixture_run_until(fixture, is_running, scene.service);
        service_fixture_run_until(fixture, is_out, scene.socket);
        before = scene.service->main_pid;
        service_fixture_stop(fixture, scene.service);
        service_fixture_run_until(fixture, has_run_again, scene.service);
        g_assert_cmpint(scene.service->main_pid, !=, before);
        errors = manager_fixture_stop(&fixture->manager, &scene.socket->unit);
        g_assert_cmpstr(errors, ==, "");
        service_fixture_stop(fixture, scene.service);
        fd_close(scene.client);
}

/* It is gone before it would have been taken out. */
static void test_stopped_before(ServiceFixture *fixture, gconstpointer data) {
        Scene scene = begin(fixture);
        g_autofree char *errors = NULL;

        service_fixture_run_until(fixture, is_running, scene.service);
        g_assert_cmpuint(fixture->manager.manager->told_ports->len, ==, 1);
        errors = manager_fixture_stop(&fixture->manager, &scene.socket->unit);
        g_assert_cmpstr(errors, ==, "");
        g_assert_cmpuint(fixture->manager.manager->told_ports->len, ==, 0);
        service_fixture_stop(fixture, scene.service);
        fd_close(scene.client);
}

int main(int argc, char **argv) {
        static const ServiceTest tests[] = {
                { "taken-out", test_taken_out },
                { "stopped-before", test_stopped_before },
        };

        return service_fixture_main(&argc, &argv, "/port-told", tests, ARRAY_SIZE(tests));
}
