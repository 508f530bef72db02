/* SPDX-License-Identifier: MIT */
/* What is made ahead of a service's next start: for whom, and that nothing of it is out of date. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "directive.h"
#include "exec-context.h"
#include "service-fixture.h"
#include "service-internal.h"
#include "value-process.h"

/* A client may start it, by x.socket. */
static Service *load(ServiceFixture *fixture, const char *text) {
        g_autofree char *errors = NULL;

        manager_fixture_write(&fixture->manager, "x.socket", "[Socket]\nListenStream=%D/x\n");
        errors = manager_fixture_start(&fixture->manager,
                                       manager_fixture_load(&fixture->manager, "x.socket"));
        g_assert_cmpstr(errors, ==, "");
        return service_fixture_load(fixture, text);
}

/* Its main process's, once that is the program (g_free), or NULL. */
static char *environment_read(const Service *service, gsize *ret_length) {
        g_autofree char *link = g_strdup_printf("/proc/%d/exe", (int)service->main_pid);
        g_autofree char *path = g_strdup_printf("/proc/%d/environ", (int)service->main_pid);
        g_autofree char *program = g_file_read_link(link, NULL);
        g_autofree char *own = g_file_read_link("/proc/self/exe", NULL);
        g_autofree char *text = NULL;

        if (g_strcmp0(program, own) == 0 || !g_file_get_contents(path, &text, ret_length, NULL) ||
            *ret_length == 0)
                return NULL;
        return g_steal_pointer(&text);
}

static bool has_environment(const void *data) {
        gsize length;
        g_autofree char *text = environment_read(data, &length);

        return text != NULL;
}

static char *environment_get(ServiceFixture *fixture, const Service *service, const char *name) {
        g_autofree char *text = NULL;
        size_t name_length = strlen(name);
        gsize length;

        service_fixture_look_until(fixture, has_environment, service);
        text = environment_read(service, &length);
        g_assert_nonnull(text);
        for (const char *entry = text; entry < text + length; entry += strlen(entry) + 1)
                if (strncmp(entry, name, name_length) == 0 && entry[name_length] == '=')
                        return g_strdup(entry + name_length + 1);
        return NULL;
}

static void check_invocation(ServiceFixture *fixture, const Service *service) {
        g_autofree char *told = environment_get(fixture, service, "INVOCATION_ID");
        char own[SD_ID128_STRING_MAX];

        g_assert_cmpstr(told, ==, sd_id128_to_string(service->invocation, own));
}

static void test_invocation(ServiceFixture *fixture, gconstpointer data) {
        Service *service = load(fixture, "[Service]\nExecStart=/bin/sleep 1000\n");
        sd_id128_t first;

        g_assert_null(service->ahead);
        service_fixture_start(fixture, service);
        g_assert_null(service->ahead);
        check_invocation(fixture, service);
        first = service->invocation;
        service_fixture_stop(fixture, service);
        g_assert_nonnull(service->ahead);
        g_assert_true(sd_id128_equal(service->invocation, first));
        service_fixture_start(fixture, service);
        g_assert_null(service->ahead);
        check_invocation(fixture, service);
        g_assert_false(sd_id128_equal(service->invocation, first));
        service_fixture_stop(fixture, service);
}

/* What has to be looked up is looked up when it starts. */
static void test_looked_up(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *user = g_strdup_printf("ExecStart=/bin/sleep 1000\nUser=%u", geteuid());
        g_autofree char *group = g_strdup_printf("ExecStart=/bin/sleep 1000\nGroup=%u", getegid());
        g_autofree char *groups =
                g_strdup_printf("ExecStart=/bin/sleep 1000\nSupplementaryGroups=%u", getegid());
        const char *const texts[] = {
                user,
                group,
                groups,
                "ExecStart=/bin/sleep 1000\nDynamicUser=no",
                "ExecStart=/bin/sleep 1000\nEnvironmentFile=-%D/environment",
                "ExecStart=sleep 1000",
                "ExecStart=/bin/sleep 1000\nSetLoginEnvironment=yes",
                "ExecStart=/bin/sleep 1000\nStandardInputText=text",
                "ExecStart=/bin/sleep 1000\nStandardInput=data",
                "ExecStart=/bin/sleep 1000\nNUMAPolicy=default\nNUMAMask=all",
                "ExecStart=/bin/sleep 1000\nStandardInput=socket",
        };
        Service *service = load(fixture, "[Service]\nExecStart=/bin/sleep 1000\n");

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                g_autofree char *text =
                        g_strdup_printf("[Unit]\nStartLimitBurst=0\n[Service]\n%s\n", texts[i]);

                manager_fixture_write(&fixture->manager, "x.service", text);
                manager_fixture_reload(&fixture->manager, 0);
                service_fixture_start(fixture, service);
                service_fixture_stop(fixture, service);
                g_assert_null(service->ahead);
        }
}

/* What asks for nothing between clone and exec. */
static const char *const other_keys[] = { "FinalKillSignal",
                                          "RestartKillSignal",
                                          "SendSIGHUP",
                                          "SendSIGKILL",
                                          "WatchdogSignal",
                                          "ExecStartPre",
                                          "ExecStartPost",
                                          "ExecStopPost",
                                          "RuntimeDirectoryPreserve",
                                          "AllowedCPUs",
                                          "AllowedMemoryNodes",
                                          "CPUQuotaPerSecUSec",
                                          "CPUQuotaPeriodUSec",
                                          "CPUWeight",
                                          "Delegate",
                                          "IODeviceLatencyTargetUSec",
                                          "IODeviceWeight",
                                          "IOReadBandwidthMax",
                                          "IOReadIOPSMax",
                                          "IOWeight",
                                          "IOWriteBandwidthMax",
                                          "IOWriteIOPSMax",
                                          "MemoryHigh",
                                          "MemoryLow",
                                          "MemoryMax",
                                          "MemoryMin",
                                          "MemorySwapMax",
                                          "MemoryZSwapMax",
                                          "MemoryZSwapWriteback",
                                          "TasksMax",
                                          NULL };

/* Each key of what starts processes is to say when it is known; a limit is so at once. */
static void test_keys(ServiceFixture *fixture, gconstpointer data) {
        size_t count;
        const Directive *rows = directive_table(&count);
        unsigned int unsaid = 0;

        for (size_t i = 0; i < count; i++) {
                const Directive *row = &rows[i];

                if (row->type == UNIT_SERVICE && row->offset == DIRECTIVE_SPARSE && row->property &&
                    row->status == DIRECTIVE_HONOURED && row->value != &value_limit &&
                    directive_find(UNIT_SOCKET, "Socket", row->key) &&
                    !g_strv_contains(other_keys, row->property) &&
                    exec_key_time(row->property) == EXEC_TIME_NONE) {
                        g_test_message("%s: exec-context.c doesn't say when it is known", row->key);
                        unsaid++;
                }
        }
        g_assert_cmpuint(unsaid, ==, 0);
}

/* A user may empty his ~/.cache while nothing runs. */
static void test_user_folders(ServiceFixture *fixture, gconstpointer data) {
        const char *cache = g_get_user_cache_dir();
        Service *service;

        fixture->manager.manager->user_mode = true;
        service = load(fixture, "[Service]\nType=exec\nExecStart=/bin/sleep 1000\n"
                                "CacheDirectory=x\n");
        for (int i = 0; i < 2; i++) {
                service_fixture_start(fixture, service);
                service_fixture_stop(fixture, service);
                g_assert_cmpint(manager_fixture_remove_folder(cache), ==, 0);
        }
}

static bool is_down(const void *data) {
        return service_is_down(data);
}

/* It is about to be forgotten. */
static void test_transient(ServiceFixture *fixture, gconstpointer data) {
        Service *service = load(fixture, "[Service]\nExecStart=/bin/sleep 1000\n");

        service->unit.transient = true;
        service_fixture_start(fixture, service);
        g_assert_cmpint(kill(service->main_pid, SIGKILL), ==, 0);
        service_fixture_run_until(fixture, is_down, &service->unit);
        g_assert_null(service->ahead);
}

/* Nobody starts it but an operator, who has time. */
static void test_without_socket(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nExecStart=/bin/sleep 1000\n");

        service_fixture_start(fixture, service);
        service_fixture_stop(fixture, service);
        g_assert_null(service->ahead);
}

static void test_reload(ServiceFixture *fixture, gconstpointer data) {
        Service *service = load(fixture, "[Service]\nExecStart=/bin/sleep 1000\n");
        g_autofree char *told = NULL;

        service_fixture_start(fixture, service);
        service_fixture_stop(fixture, service);
        g_assert_nonnull(service->ahead);
        manager_fixture_write(&fixture->manager, "x.service",
                              "[Service]\nExecStart=/bin/sleep 1000\nEnvironment=IS=new\n");
        manager_fixture_reload(&fixture->manager, 0);
        g_assert_null(service->ahead);
        service_fixture_start(fixture, service);
        told = environment_get(fixture, service, "IS");
        g_assert_cmpstr(told, ==, "new");
        service_fixture_stop(fixture, service);
}

static bool is_failed(const void *data) {
        return ((const Service *)data)->state == SERVICE_FAILED;
}

/* Starts that don't come to the main process have ids of their own, too. */
static void test_start_pre_fails(ServiceFixture *fixture, gconstpointer data) {
        Service *service = load(fixture, "[Unit]\nStartLimitBurst=4\n"
                                         "[Service]\nExecStart=/bin/sleep 1000\n"
                                         "ExecStartPre=/bin/sh -c 'echo $$INVOCATION_ID >>%D/ids; "
                                         "test ! -e %D/broken'\n"
                                         "Restart=on-failure\nRestartSec=1ms\n");
        g_autofree char *broken = service_fixture_path(fixture, "broken");
        g_autofree char *path = service_fixture_path(fixture, "ids");
        g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        service_fixture_start(fixture, service);
        check_invocation(fixture, service);
        service_fixture_stop(fixture, service);
        g_assert_nonnull(service->ahead);
        g_assert_true(g_file_set_contents(broken, "", 0, NULL));
        service_fixture_start_failing(fixture, service, "x.service");
        service_fixture_run_until(fixture, is_failed, service);

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        lines = g_strsplit(g_strchomp(text), "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), ==, 4);
        for (char **line = lines; *line; line++) {
                g_assert_cmpuint(strlen(*line), ==, SD_ID128_STRING_MAX - 1);
                g_assert_true(g_hash_table_add(ids, *line));
        }
}

int main(int argc, char **argv) {
        static const ServiceTest tests[] = {
                { "invocation", test_invocation },
                { "looked-up", test_looked_up },
                { "keys", test_keys },
                { "without-socket", test_without_socket },
                { "reload", test_reload },
                { "start-pre-fails", test_start_pre_fails },
                { "user-folders", test_user_folders },
                { "transient", test_transient },
        };
        g_autofree char *cache = g_strdup_printf("%s/bellhop-cache-%d", g_get_tmp_dir(), getpid());

        g_setenv("XDG_CACHE_HOME", cache, TRUE);

        return service_fixture_main(&argc, &argv, "/service-ahead", tests, ARRAY_SIZE(tests));
}
