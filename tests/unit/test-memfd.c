/* SPDX-License-Identifier: MIT */
/* Memfds: content, seals, sources that are no good, and following a source. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "manager-fixture.h"
#include "memfd.h"

#ifndef F_SEAL_EXEC
#        define F_SEAL_EXEC 0x0020
#endif

#define SNAPSHOT_SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

typedef struct Folder {
        char *path, *file;
} Folder;

static void folder_init(Folder *folder) {
        folder->path = g_dir_make_tmp("bellhop-memfd-XXXXXX", NULL);
        folder->file = g_build_filename(folder->path, "source", NULL);
}

static void folder_done(Folder *folder) {
        remove(folder->file);
        rmdir(folder->path);
        g_free(folder->path);
        g_free(folder->file);
}

static MemfdSettings *settings_make(void) {
        return MEMFD_SETTINGS(settings_new(UNIT_MEMFD, "x.memfd", NULL));
}
static void settings_cleanup(MemfdSettings **settings) {
        settings_unref(&(*settings)->unit);
}
#define _cleanup_settings_ _cleanup_(settings_cleanup)

static int must_make(const MemfdSettings *settings, uint64_t size) {
        const char *step = NULL;
        uint64_t got = UINT64_MAX;
        int fd = memfd_make(settings, &got, &step);
        if (fd < 0)
                g_error("%s: %s", step, g_strerror(-fd));
        g_assert_cmpuint(got, ==, size);
        return fd;
}

static void must_fail(const MemfdSettings *settings, int error, const char *expected_step) {
        const char *step = NULL;
        uint64_t size = 4711;
        g_assert_cmpint(memfd_make(settings, &size, &step), ==, error);
        g_assert_cmpstr(step, ==, expected_step);
        g_assert_cmpuint(size, ==, 4711);
}

static void expect_content(int fd, const char *content) {
        char buffer[256] = "";
        g_assert_cmpint(read(fd, buffer, sizeof(buffer) - 1), ==, strlen(content));
        g_assert_cmpstr(buffer, ==, content);
}

static void test_content(void) {
        _cleanup_settings_ MemfdSettings *settings = settings_make();
        settings->content = g_string_new("one\ntwo\n");
        _cleanup_fd_ int fd = must_make(settings, 8);
        expect_content(fd, "one\ntwo\n"); /* from the beginning */
        g_assert_cmpint(fcntl(fd, F_GET_SEALS), ==, SNAPSHOT_SEALS);
        g_assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        g_assert_cmpint(write(fd, "x", 1), <, 0);
        g_assert_cmpint(ftruncate(fd, 0), <, 0);
}

static void test_source(void) {
        Folder folder;
        folder_init(&folder);
        _cleanup_settings_ MemfdSettings *settings = settings_make();
        settings->source = g_strdup(folder.file);
        g_assert_true(g_file_set_contents(folder.file, "hello", -1, NULL));
        _cleanup_fd_ int fd = must_make(settings, 5);
        expect_content(fd, "hello");
        g_assert_cmpint(fcntl(fd, F_GET_SEALS), ==, SNAPSHOT_SEALS);
        /* An empty file is a snapshot, too. */
        g_assert_true(g_file_set_contents(folder.file, "", -1, NULL));
        _cleanup_fd_ int empty = must_make(settings, 0);
        folder_done(&folder);
}

static void test_max_size(void) {
        Folder folder;
        folder_init(&folder);
        _cleanup_settings_ MemfdSettings *settings = settings_make();
        settings->source = g_strdup(folder.file);
        settings->max_size = 5;
        g_assert_true(g_file_set_contents(folder.file, "12345", -1, NULL));
        fd_close(must_make(settings, 5));
        g_assert_true(g_file_set_contents(folder.file, "123456", -1, NULL));
        must_fail(settings, -EFBIG, "read");
        folder_done(&folder);
}

/* A file that doesn't tell its size beforehand. */
static void test_proc(void) {
        _cleanup_settings_ MemfdSettings *settings = settings_make();
        settings->source = g_strdup("/proc/self/status");
        uint64_t size = 0;
        const char *step;
        _cleanup_fd_ int fd = memfd_make(settings, &size, &step);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpuint(size, >, 100);
        settings->max_size = 10;
        must_fail(settings, -EFBIG, "read");
}

static void test_bad_sources(void) {
        Folder folder;
        folder_init(&folder);
        _cleanup_settings_ MemfdSettings *settings = settings_make();
        settings->source = g_strdup(folder.file);
        must_fail(settings, -ENOENT, "open");
        g_assert_cmpint(mkfifo(folder.file, 0600), ==, 0);
        must_fail(settings, -EINVAL, "read"); /* and doesn't wait for a writer */
        remove(folder.file);
        g_assert_cmpint(mkdir(folder.file, 0700), ==, 0);
        must_fail(settings, -EISDIR, "read");
        folder_done(&folder);
}

static void test_size(void) {
        _cleanup_settings_ MemfdSettings *settings = settings_make();
        settings->size = 12345;
        _cleanup_fd_ int fd = must_make(settings, 12345);
        struct stat st;
        g_assert_cmpint(fstat(fd, &st), ==, 0);
        g_assert_cmpint(st.st_size, ==, 12345);
        g_assert_cmpint(fcntl(fd, F_GET_SEALS), ==, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
        g_assert_cmpint(pwrite(fd, "x", 1, 100), ==, 1);
        g_assert_cmpint(ftruncate(fd, 5), <, 0);
}

static void test_seals(void) {
        static const unsigned int seals[] = {
                0,
                F_SEAL_WRITE,
                F_SEAL_FUTURE_WRITE | F_SEAL_SEAL,
                F_SEAL_GROW | F_SEAL_SHRINK,
        };
        for (size_t i = 0; i < ARRAY_SIZE(seals); i++) {
                _cleanup_settings_ MemfdSettings *settings = settings_make();
                settings->content = g_string_new("x");
                settings->seals = seals[i];
                settings->seals_set = true;
                _cleanup_fd_ int fd = must_make(settings, 1);
                g_assert_cmpuint((unsigned int)fcntl(fd, F_GET_SEALS), ==, seals[i]);
        }
}

static void test_seal_exec(void) {
        _cleanup_settings_ MemfdSettings *settings = settings_make();
        settings->content = g_string_new("x");
        settings->seals = F_SEAL_EXEC;
        settings->seals_set = true;
        const char *step;
        uint64_t size;
        _cleanup_fd_ int fd = memfd_make(settings, &size, &step);
        if (fd == -EINVAL) {
                g_test_skip("this kernel has no F_SEAL_EXEC");
                return;
        }
        struct stat st;
        g_assert_cmpint(fstat(fd, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 0111, ==, 0);
        g_assert_cmpint(fchmod(fd, 0777), <, 0);
}

#define HUGE_PAGES_EXTRA "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages"

/* How many huge pages the kernel may make when they are asked for. Returns: whether it was set. */
static bool set_huge_pages(const char *count) {
        _cleanup_fd_ int fd = open(HUGE_PAGES_EXTRA, O_WRONLY | O_CLOEXEC);
        return fd >= 0 && write(fd, count, strlen(count)) == (ssize_t)strlen(count);
}

static void expect_huge_snapshot(const MemfdSettings *settings) {
        const char *step;
        uint64_t size;
        _cleanup_fd_ int fd = memfd_make(settings, &size, &step);
        if (fd < 0) {
                g_test_skip("needs 2 MiB huge pages, or root to allow some");
                return;
        }
        g_assert_cmpuint(size, ==, 4);
        struct stat st;
        g_assert_cmpint(fstat(fd, &st), ==, 0);
        g_assert_cmpint(st.st_size, ==, 2 << 20);
        char *memory = mmap(NULL, 2 << 20, PROT_READ, MAP_SHARED, fd, 0);
        g_assert_true(memory != MAP_FAILED);
        g_assert_cmpmem(memory, 5, "huge", 5);
        munmap(memory, 2 << 20);
}

static void test_huge_pages(void) {
        _cleanup_settings_ MemfdSettings *settings = settings_make();
        settings->content = g_string_new("huge");
        settings->huge_pages = HUGE_PAGES_2M;
        g_autofree char *before = NULL;
        bool lent = g_file_get_contents(HUGE_PAGES_EXTRA, &before, NULL, NULL) &&
                    atoi(before) < 4 && set_huge_pages("4");
        expect_huge_snapshot(settings);
        if (lent)
                g_assert_true(set_huge_pages(before));
}

/* ---- following ---- */

typedef struct Generation {
        const Memfd *memfd;
        unsigned int wanted;
} Generation;

static bool has_generation(const void *data) {
        const Generation *generation = data;
        return generation->memfd->generation >= generation->wanted;
}

static void expect_snapshot(ManagerFixture *fixture, Memfd *memfd, unsigned int wanted,
                            const char *content) {
        Generation generation = { memfd, wanted };
        manager_fixture_run_until(fixture, has_generation, &generation);
        char path[64];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd->item->fd);
        g_autofree char *got = NULL;
        g_assert_true(g_file_get_contents(path, &got, NULL, NULL));
        g_assert_cmpstr(got, ==, content);
}

static void write_in_place(const char *path, const char *text) {
        FILE *file = fopen(path, "we");
        g_assert_nonnull(file);
        fputs(text, file);
        fclose(file);
}

static void test_follow(void) {
        ManagerFixture fixture;
        manager_fixture_init(&fixture);
        g_autofree char *source = manager_fixture_path(&fixture, "conf");
        g_autofree char *other = manager_fixture_path(&fixture, "conf.new");
        manager_fixture_write(&fixture, "x.memfd",
                              "[Memfd]\nSource=%D/conf\nRedeliverOnChange=yes\n");
        write_in_place(source, "one");
        Memfd *memfd = MEMFD(manager_fixture_load(&fixture, "x.memfd"));
        g_autofree char *errors = manager_fixture_start(&fixture, &memfd->unit);
        g_assert_cmpstr(errors, ==, "");
        expect_snapshot(&fixture, memfd, 1, "one");
        write_in_place(source, "two");
        expect_snapshot(&fixture, memfd, 2, "two");
        write_in_place(other, "three");
        g_assert_cmpint(rename(other, source), ==, 0);
        expect_snapshot(&fixture, memfd, 3, "three");
        /* Gone: the last good one stays; when it is back, it goes on. */
        g_assert_cmpint(unlink(source), ==, 0);
        manager_fixture_run_pending(&fixture);
        expect_snapshot(&fixture, memfd, 3, "three");
        g_assert_cmpint(unit_active_state(&memfd->unit), ==, ACTIVE_ACTIVE);
        write_in_place(source, "four");
        expect_snapshot(&fixture, memfd, 4, "four");
        manager_fixture_done(&fixture);
}

static bool is_last(const void *data) {
        const Memfd *memfd = data;
        char path[64];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd->item->fd);
        g_autofree char *got = NULL;
        g_assert_true(g_file_get_contents(path, &got, NULL, NULL));
        return strcmp(got, "last") == 0;
}

/* Whoever may write it writes all the time: that isn't a snapshot each, but the last is seen. */
static void test_follow_busy(void) {
        ManagerFixture fixture;
        manager_fixture_init(&fixture);
        g_autofree char *source = manager_fixture_path(&fixture, "conf");
        manager_fixture_write(&fixture, "x.memfd",
                              "[Memfd]\nSource=%D/conf\nRedeliverOnChange=yes\n");
        write_in_place(source, "first");
        Memfd *memfd = MEMFD(manager_fixture_load(&fixture, "x.memfd"));
        g_free(manager_fixture_start(&fixture, &memfd->unit));
        gint64 begin = g_get_monotonic_time();
        for (int i = 0; i < 1000; i++) {
                write_in_place(source, i < 999 ? "other" : "last");
                manager_fixture_run_pending(&fixture);
        }
        gint64 tenths = (g_get_monotonic_time() - begin) / 100000;
        g_assert_cmpuint(memfd->generation, <=, 30 + 3 * tenths);
        manager_fixture_run_until(&fixture, is_last, memfd);
        manager_fixture_done(&fixture);
}

/* As a mounted ConfigMap changes: by turning a link beside the one that is named. */
static void test_follow_link(void) {
        ManagerFixture fixture;
        manager_fixture_init(&fixture);
        g_autofree char *link = manager_fixture_path(&fixture, "conf");
        g_autofree char *data = manager_fixture_path(&fixture, "data");
        g_autofree char *new_data = manager_fixture_path(&fixture, "data.new");
        g_autofree char *one = manager_fixture_path(&fixture, "one");
        g_autofree char *two = manager_fixture_path(&fixture, "two");
        write_in_place(one, "one");
        write_in_place(two, "two");
        g_assert_cmpint(symlink("one", data), ==, 0);
        g_assert_cmpint(symlink("data", link), ==, 0);
        manager_fixture_write(&fixture, "x.memfd",
                              "[Memfd]\nSource=%D/conf\nRedeliverOnChange=yes\n");
        Memfd *memfd = MEMFD(manager_fixture_load(&fixture, "x.memfd"));
        g_free(manager_fixture_start(&fixture, &memfd->unit));
        expect_snapshot(&fixture, memfd, 1, "one");
        g_assert_cmpint(symlink("two", new_data), ==, 0);
        g_assert_cmpint(rename(new_data, data), ==, 0);
        expect_snapshot(&fixture, memfd, 2, "two");
        manager_fixture_done(&fixture);
}

static void test_failure(void) {
        ManagerFixture fixture;
        manager_fixture_init(&fixture);
        manager_fixture_write(&fixture, "x.memfd", "[Memfd]\nSource=%D/nowhere\n");
        Unit *unit = manager_fixture_load(&fixture, "x.memfd");
        g_autofree char *errors = manager_fixture_start(&fixture, unit);
        g_autofree char *expected = g_strdup_printf(
                "x.memfd: open %s/nowhere: No such file or directory", fixture.folder);
        g_assert_cmpstr(errors, ==, expected);
        g_assert_cmpint(unit_active_state(unit), ==, ACTIVE_FAILED);
        g_autofree char *why = NULL;
        g_assert_cmpint(memfd_refresh(unit, &why), ==, -ENOENT);
        g_autofree char *path = manager_fixture_path(&fixture, "nowhere");
        write_in_place(path, "here");
        g_autofree char *none = manager_fixture_start(&fixture, unit);
        g_assert_cmpstr(none, ==, "");
        g_assert_null(unit->failure);
        g_assert_cmpint(memfd_refresh(unit, &why), ==, 0);
        manager_fixture_done(&fixture);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/memfd/content", test_content);
        g_test_add_func("/memfd/source", test_source);
        g_test_add_func("/memfd/max-size", test_max_size);
        g_test_add_func("/memfd/proc", test_proc);
        g_test_add_func("/memfd/bad-sources", test_bad_sources);
        g_test_add_func("/memfd/size", test_size);
        g_test_add_func("/memfd/seals", test_seals);
        g_test_add_func("/memfd/seal-exec", test_seal_exec);
        g_test_add_func("/memfd/huge-pages", test_huge_pages);
        if (manager_fixture_is_possible()) {
                g_test_add_func("/memfd/follow", test_follow);
                g_test_add_func("/memfd/follow-busy", test_follow_busy);
                g_test_add_func("/memfd/follow-link", test_follow_link);
                g_test_add_func("/memfd/failure", test_failure);
        }
        return g_test_run();
}
