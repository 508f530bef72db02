/* SPDX-License-Identifier: MIT */
/* Many units at once: the same as one after the other. */
#include <pthread.h>

#include "unit-batch.h"
#include "unit-folder.h"

/* More than a thread takes at a time, and than two do. */
#define COUNT 400

static int threads_made, thread_error;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);

/* --wrap=pthread_create. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument) {
        if (thread_error)
                return thread_error;
        threads_made++;
        return __real_pthread_create(thread, attributes, start, argument);
}

/* What may be met in a folder. */
static const struct {
        const char *type;
        const char *text, *target; /* of a file, or of a link */
        const char *dropin;
} kinds[] = {
        { .type = "service",
          .text = "[Unit]\nDescription=%n of %u in %h\n[Service]\nExecStart=/bin/true\n" },
        { .type = "service", .text = "[Service]\nExecStart=relative/path\n" },
        { .type = "service", .text = "[Service]\nExecStart=/bin/true\nNonsense=yes\n" },
        { .type = "service", .text = "" },
        { .type = "service", .target = "/no/where.service" },
        { .type = "service", .target = "../opt/elsewhere.service" },
        { .type = "service",
          .text = "[Service]\nExecStart=/bin/true\n",
          .dropin = "[Unit]\nDescription=%n\nWants=u0.service\n" },
        { .type = "socket", .text = "[Socket]\nListenStream=[::1]:%i80\nListenFIFO=/run/%n\n" },
        { .type = "socket", .text = "[Socket]\nListenStream=%t/%n\nListenNetlink=route 1\n" },
        { .type = "memfd", .text = "[Memfd]\nContent=of %u on %m\n" },
        { .type = "target", .text = "[Unit]\nWants=a.service b.service a.service\n" },
};

static void put(const UnitFolder *folder, size_t i) {
        size_t kind = i % ARRAY_SIZE(kinds);
        g_autofree char *name = g_strdup_printf("lib/u%zu.%s", i, kinds[kind].type);
        g_autofree char *dropin = g_strdup_printf("%s.d/x.conf", name);

        if (kinds[kind].text)
                unit_folder_put(folder, name, kinds[kind].text);
        else
                unit_folder_link(folder, name, kinds[kind].target);
        if (kinds[kind].dropin)
                unit_folder_put(folder, dropin, kinds[kind].dropin);
}

/* With so many units in it. */
static void init(UnitFolder *folder, size_t count) {
        unit_folder_init(folder);
        unit_folder_put(folder, "opt/elsewhere.service", "[Service]\nExecStart=/bin/true\n");
        for (size_t i = 0; i < count; i++)
                put(folder, i);
}

static void assert_same_messages(const Diagnostics *a, const Diagnostics *b) {
        guint count = a ? a->list->len : 0;

        g_assert_cmpuint(count, ==, b->list->len);
        for (guint i = 0; i < count; i++) {
                g_autofree char *x = diagnostic_to_string(a->list->pdata[i]);
                g_autofree char *y = diagnostic_to_string(b->list->pdata[i]);

                g_assert_cmpstr(x, ==, y);
        }
}

static void assert_as_alone(const UnitPath *path, const BatchUnit *unit) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        g_assert_cmpint(unit_load(path, unit->name, diagnostics, &settings), ==, unit->result);
        g_assert_true((settings != NULL) == (unit->settings != NULL));
        g_assert_true(!settings || settings_equal(settings, unit->settings));
        assert_same_messages(unit->diagnostics, diagnostics);
}

static void assert_batch(const UnitFolder *folder, guint count, size_t threads) {
        g_autoptr(GArray) files = unit_path_list_files(folder->path, NULL);
        _cleanup_(unit_batch_free_cleanup) UnitBatch *batch =
                unit_batch_load(folder->path, files, threads);

        g_assert_cmpuint(batch->count, ==, count);
        for (size_t i = 0; i < batch->count; i++) {
                g_assert_true(i == 0 || strcmp(batch->units[i - 1].name, batch->units[i].name) < 0);
                assert_as_alone(folder->path, &batch->units[i]);
        }
}

static void test_many(void) {
        int helpers = (int)MIN(g_get_num_processors(), UNIT_BATCH_THREADS_MAX) - 1;
        UnitFolder folder;

        init(&folder, COUNT);
        threads_made = 0;
        assert_batch(&folder, COUNT, UNIT_BATCH_THREADS_MAX);
        g_assert_cmpint(threads_made, ==, helpers);
        assert_batch(&folder, COUNT, 1); /* there is no room for more */
        g_assert_cmpint(threads_made, ==, helpers);
        unit_folder_done(&folder);
}

/* No thread is made for so few. */
static void test_few(void) {
        UnitFolder folder;

        threads_made = 0;
        init(&folder, 0);
        assert_batch(&folder, 0, UNIT_BATCH_THREADS_MAX);
        unit_folder_done(&folder);
        init(&folder, ARRAY_SIZE(kinds));
        assert_batch(&folder, ARRAY_SIZE(kinds), UNIT_BATCH_THREADS_MAX);
        unit_folder_done(&folder);
        g_assert_cmpint(threads_made, ==, 0);
}

/* By a limit, or by a sandbox whose filter knows no clone3(2). */
static void test_no_threads(void) {
        static const int errors[] = { EAGAIN, EPERM, ENOSYS };
        UnitFolder folder;

        init(&folder, COUNT);
        for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
                thread_error = errors[i];
                assert_batch(&folder, COUNT, UNIT_BATCH_THREADS_MAX);
        }
        thread_error = 0;
        unit_folder_done(&folder);
}

/* What has changed since it was listed. */
static void test_stale(void) {
        static const char *const names[] = { "both", "fifo", "gone", "mask" };
        char *service_of[ARRAY_SIZE(names)];
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/both.service", "[Service]\nExecStart=/bin/true\n");
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                g_autofree char *name = g_strdup_printf("etc/%s.service", names[i]);

                unit_folder_put(&folder, name, "[Service]\nExecStart=/bin/true\n");
                service_of[i] = unit_folder_place(&folder, name);
        }
        g_autoptr(GArray) files = unit_path_list_files(folder.path, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                g_assert_cmpint(unlink(service_of[i]), ==, 0);
        g_assert_cmpint(mkfifo(service_of[1], 0600), ==, 0);
        unit_folder_put(&folder, "etc/mask.service", "");
        _cleanup_(unit_batch_free_cleanup) UnitBatch *batch =
                unit_batch_load(folder.path, files, 1);
        g_assert_cmpuint(batch->count, ==, ARRAY_SIZE(names));
        g_assert_cmpint(batch->units[0].result, ==, 0); /* the other one */
        g_assert_true(g_str_has_suffix(batch->units[0].settings->path, "/lib/both.service"));
        g_assert_cmpint(batch->units[1].result, ==, -EBADMSG);
        g_assert_nonnull(find_diagnostic(batch->units[1].diagnostics, 0, NULL, "a FIFO"));
        g_assert_cmpint(batch->units[2].result, ==, -ENOENT);
        g_assert_null(batch->units[2].diagnostics);
        g_assert_cmpint(batch->units[3].result, ==, -ENOENT);
        g_assert_nonnull(find_diagnostic(batch->units[3].diagnostics, 0, NULL, "masked"));
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                g_free(service_of[i]);
        unit_folder_done(&folder);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/unit-batch/many", test_many);
        g_test_add_func("/unit-batch/few", test_few);
        g_test_add_func("/unit-batch/no-threads", test_no_threads);
        g_test_add_func("/unit-batch/stale", test_stale);
        return g_test_run();
}
