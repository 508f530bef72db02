/* SPDX-License-Identifier: MIT */
/* Many units at once: the same as one after the other. */
#include <sys/resource.h>

#include "unit-batch.h"
#include "unit-folder.h"

/* More than a thread takes at a time, and than two do. */
#define COUNT 400

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

static void assert_batch(const UnitFolder *folder, guint count) {
        g_autoptr(GArray) files = unit_path_list_files(folder->path, NULL);
        _cleanup_(unit_batch_free_cleanup) UnitBatch *batch = unit_batch_load(folder->path, files);

        g_assert_cmpuint(batch->count, ==, count);
        for (size_t i = 0; i < batch->count; i++) {
                g_assert_true(i == 0 || strcmp(batch->units[i - 1].name, batch->units[i].name) < 0);
                assert_as_alone(folder->path, &batch->units[i]);
        }
}

static void test_many(void) {
        UnitFolder folder;

        init(&folder, COUNT);
        assert_batch(&folder, COUNT);
        unit_folder_done(&folder);
}

static void test_few(void) {
        UnitFolder folder;

        init(&folder, 0);
        assert_batch(&folder, 0);
        unit_folder_done(&folder);
        init(&folder, ARRAY_SIZE(kinds));
        assert_batch(&folder, ARRAY_SIZE(kinds));
        unit_folder_done(&folder);
}

/* To root no limit applies: then it is one with threads. */
static void test_no_threads(void) {
        struct rlimit before, none = { 0 };
        UnitFolder folder;

        g_assert_cmpint(getrlimit(RLIMIT_NPROC, &before), ==, 0);
        none.rlim_max = before.rlim_max;
        init(&folder, COUNT);
        g_assert_cmpint(setrlimit(RLIMIT_NPROC, &none), ==, 0);
        assert_batch(&folder, COUNT);
        g_assert_cmpint(setrlimit(RLIMIT_NPROC, &before), ==, 0);
        unit_folder_done(&folder);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/unit-batch/many", test_many);
        g_test_add_func("/unit-batch/few", test_few);
        g_test_add_func("/unit-batch/no-threads", test_no_threads);
        return g_test_run();
}
