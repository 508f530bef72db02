/* SPDX-License-Identifier: MIT */
/* Type=claim: what decides whether a service has claimed all that it was handed. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "delivery-fixture.h"
#include "job-queue.h"
#include "service-fixture.h"
#include "service-internal.h"

static Delivery *only_delivery(const Service *service) {
        g_assert_nonnull(service->recipient);
        g_assert_cmpuint(service->recipient->deliveries->len, ==, 1);
        return service->recipient->deliveries->pdata[0];
}

static bool is_sent(const void *data) {
        const Service *service = data;

        return service->recipient && only_delivery(service)->state == DELIVERY_SENT;
}

static bool is_running(const void *data) {
        return ((const Service *)data)->state == SERVICE_RUNNING;
}

static bool is_failed(const void *data) {
        return ((const Service *)data)->state == SERVICE_FAILED;
}

/* A memfd waits for it. */
static Service *load(ServiceFixture *fixture, const char *command) {
        g_autofree char *text = g_strconcat("[Service]\nType=claim\n", command, NULL);
        g_autofree char *errors = NULL;

        manager_fixture_write(&fixture->manager, "x.memfd", "[Memfd]\nContent=x\n");
        errors = manager_fixture_start(&fixture->manager,
                                       manager_fixture_load(&fixture->manager, "x.memfd"));
        g_assert_cmpstr(errors, ==, "");
        return service_fixture_load(fixture, text);
}

static Service *begin(ServiceFixture *fixture, const char *command) {
        Service *service = load(fixture, command);

        g_assert_cmpint(service->unit.vtable->start(&service->unit), ==, 0);
        g_assert_cmpint(service->state, ==, SERVICE_START);
        return service;
}

/* It has claimed everything; we just haven't read its receipt. Without the loop, or we would. */
static void run_until_unheard(ServiceFixture *fixture, const Service *service) {
        g_autofree char *path = service_fixture_path(fixture, "claimed");
        gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

        service_fixture_run_until(fixture, is_sent, service);
        while (access(path, F_OK) < 0) {
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                (void)sched_yield();
        }
        g_assert_cmpint(only_delivery(service)->state, ==, DELIVERY_SENT);
}

static void test_timeout_unheard(ServiceFixture *fixture, gconstpointer data) {
        Service *service = begin(fixture, "ExecStart=%S --claim %D/claimed\n");

        run_until_unheard(fixture, service);
        (void)service_on_timeout(NULL, 0, service);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_SUCCESS);
        service_fixture_run_until(fixture, is_running, service);
        service_fixture_stop(fixture, service);
}

static void on_answer(void *userdata, GStrv errors) {
        *(char **)userdata = g_strjoinv("\n", errors);
}

static bool is_answered(const void *data) {
        return *(char *const *)data != NULL;
}

/* The same for the job that waits for it. */
static void test_job_timeout_unheard(ServiceFixture *fixture, gconstpointer data) {
        Manager *manager = fixture->manager.manager;
        Service *service = load(fixture, "ExecStart=%S --claim %D/claimed\n"
                                         "[Unit]\nJobTimeoutSec=1h\n");
        Unit *unit = &service->unit;
        g_autofree char *errors = NULL, *refused = NULL;
        sd_event_source *timer;

        g_assert_cmpint(transaction_run(manager, JOB_START, &unit, 1, on_answer, &errors, &refused),
                        ==, 0);
        timer = unit->job->timer;
        run_until_unheard(fixture, service);
        g_assert_cmpint(sd_event_source_set_priority(timer, INT64_MIN), >=, 0);
        g_assert_cmpint(sd_event_source_set_time(timer, 0), >=, 0);
        g_assert_cmpint(sd_event_run(manager->event, UINT64_MAX), ==, 1);
        g_assert_null(unit->job);
        service_fixture_run_until(fixture, is_answered, &errors);
        g_assert_cmpstr(errors, ==, "");
        g_assert_true(is_running(service));
        service_fixture_stop(fixture, service);
}

/* What is late where nobody can take it back is as good as failed. */
static void test_overdue_in_queue(ServiceFixture *fixture, gconstpointer data) {
        Service *service = begin(fixture, "ExecStart=/bin/sleep 1000\n");
        Delivery *delivery = only_delivery(service);

        delivery_handle(delivery, DELIVERY_EVENT_QUEUED, NULL);
        delivery->timeout_usec = 1;
        delivery->deadline_usec = TIME_INFINITY;
        delivery_handle(delivery, DELIVERY_EVENT_OVERDUE, "not taken");
        service_fixture_run_until(fixture, is_failed, service);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_TIMEOUT);
        g_assert_cmpstr(service->unit.failure, ==, "claim of x.memfd: not taken");
}

/* The service. */
static int claim(const char *path) {
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        DeskMessage message;

        desk_receive(fd, &message);
        CHECK(message.count == 1);
        desk_receipt(fd, 1);
        CHECK(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == 0);
        for (;;)
                pause();
}

int main(int argc, char **argv) {
        static const ServiceTest tests[] = {
                { "timeout-unheard", test_timeout_unheard },
                { "job-timeout-unheard", test_job_timeout_unheard },
                { "overdue-in-queue", test_overdue_in_queue },
        };

        if (argc == 3 && strcmp(argv[1], "--claim") == 0)
                return claim(argv[2]);
        return service_fixture_main(&argc, &argv, "/service-claim", tests, ARRAY_SIZE(tests));
}
