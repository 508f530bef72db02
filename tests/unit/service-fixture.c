/* SPDX-License-Identifier: MIT */
/* Runs one service in a real manager. */
#include "service-fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "unignore.h"

void service_fixture_set_up(ServiceFixture *fixture, gconstpointer data) {
        fixture->cgroups = GPOINTER_TO_INT(data);
        manager_fixture_init(&fixture->manager);
        if (!fixture->cgroups) {
                Manager *manager = fixture->manager.manager;

                manager->cgroups = cgroup_tree_free(manager->cgroups);
        } else if (!fixture->manager.manager->cgroups)
                g_test_skip("no cgroup may be made here");
}

static bool has_no_children(const void *data) {
        siginfo_t info;

        return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0;
}

void service_fixture_tear_down(ServiceFixture *fixture, gconstpointer data) {
        manager_fixture_run_until(&fixture->manager, has_no_children, NULL);
        manager_fixture_done(&fixture->manager);
}

/* ---- what the loop isn't told ---- */

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        g_assert_cmpint(sd_event_source_set_time(source, usec + USEC_PER_MSEC), >=, 0);
        return 0;
}

void service_fixture_look_until(ServiceFixture *fixture, bool (*condition)(const void *data),
                                const void *data) {
        sd_event_source *tick = NULL;

        if (condition(data))
                return;
        g_assert_cmpint(sd_event_add_time_relative(fixture->manager.manager->event, &tick,
                                                   CLOCK_MONOTONIC, USEC_PER_MSEC, 1, on_tick,
                                                   NULL),
                        >=, 0);
        g_assert_cmpint(sd_event_source_set_enabled(tick, SD_EVENT_ON), >=, 0);
        service_fixture_run_until(fixture, condition, data);
        sd_event_source_disable_unref(tick);
}

static bool file_is_there(const void *data) {
        g_autofree char *text = NULL;
        gsize length = 0;

        return g_file_get_contents(data, &text, &length, NULL) && length > 0;
}

/* ---- the service ---- */

Service *service_fixture_load(ServiceFixture *fixture, const char *text) {
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
        g_auto(GStrv) parts = g_strsplit(text, "%S", -1);
        g_autofree char *content = g_strjoinv(self, parts);

        manager_fixture_write(&fixture->manager, "x.service", content);
        return SERVICE(manager_fixture_load(&fixture->manager, "x.service"));
}

void service_fixture_start(ServiceFixture *fixture, Service *service) {
        g_autofree char *errors = manager_fixture_start(&fixture->manager, &service->unit);

        g_assert_cmpstr(errors, ==, "");
}

void service_fixture_start_failing(ServiceFixture *fixture, Service *service, const char *why) {
        g_autofree char *errors = manager_fixture_start(&fixture->manager, &service->unit);

        g_test_message("%s", errors);
        g_assert_nonnull(strstr(errors, why));
}

void service_fixture_stop(ServiceFixture *fixture, Service *service) {
        g_autofree char *errors = manager_fixture_stop(&fixture->manager, &service->unit);

        g_assert_cmpstr(errors, ==, "");
}

void service_fixture_run_until(ServiceFixture *fixture, bool (*condition)(const void *data),
                               const void *data) {
        manager_fixture_run_until(&fixture->manager, condition, data);
}

char *service_fixture_path(ServiceFixture *fixture, const char *name) {
        return manager_fixture_path(&fixture->manager, name);
}

pid_t service_fixture_read_pid(ServiceFixture *fixture, const char *name) {
        g_autofree char *path = service_fixture_path(fixture, name);
        g_autofree char *text = NULL;

        service_fixture_look_until(fixture, file_is_there, path);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return (pid_t)atoi(text);
}

/* ---- the tests of a program ---- */

int service_fixture_main(int *argc, char ***argv, const char *prefix, const ServiceTest *tests,
                         size_t count) {
        signals_unignore();
        g_test_init(argc, argv, NULL);
        g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
        for (int cgroups = 0; cgroups < 2; cgroups++)
                for (size_t i = 0; i < count; i++) {
                        g_autofree char *path = g_strdup_printf(
                                "%s/%s/%s", prefix, cgroups ? "cgroup" : "descent", tests[i].name);

                        g_test_add(path, ServiceFixture, GINT_TO_POINTER(cgroups),
                                   service_fixture_set_up, tests[i].function,
                                   service_fixture_tear_down);
                }
        return g_test_run();
}
