/* SPDX-License-Identifier: MIT */
/* A page fault that nobody serves. */
#include "stuck-reader.h"

#include <fcntl.h>
#include <glib.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RESCUE_MS 5000

static bool is_readable(int fd) {
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };

        return poll(&pollfd, 1, RESCUE_MS) > 0 && (pollfd.revents & POLLIN);
}

static void *thread_read(void *data) {
        const StuckReader *reader = data;

        g_assert_cmpint(read(reader->fd, reader->page, 1), ==, 1);
        return NULL;
}

static void *thread_rescue(void *data) {
        StuckReader *reader = data;
        struct uffdio_zeropage page = { .range = { .start = (uintptr_t)reader->page,
                                                   .len = (uint64_t)getpagesize() } };

        reader->was_stuck = is_readable(reader->go[0]);
        g_assert_no_errno(ioctl(reader->faults, UFFDIO_ZEROPAGE, &page));
        return NULL;
}

static void page_withhold(StuckReader *reader) {
        struct uffdio_api api = { .api = UFFD_API };
        struct uffdio_register pages = { .range.len = (uint64_t)getpagesize(),
                                         .mode = UFFDIO_REGISTER_MODE_MISSING };

        reader->page = mmap(NULL, pages.range.len, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        g_assert_true(reader->page != MAP_FAILED);
        pages.range.start = (uintptr_t)reader->page;
        g_assert_no_errno(ioctl(reader->faults, UFFDIO_API, &api));
        g_assert_no_errno(ioctl(reader->faults, UFFDIO_REGISTER, &pages));
}

bool stuck_reader_begin(StuckReader *reader, int fd) {
        *reader = (StuckReader){ .fd = fd,
                                 .faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK) };
        if (reader->faults < 0)
                return false;
        page_withhold(reader);
        g_assert_no_errno(pipe2(reader->go, O_CLOEXEC));
        g_assert_cmpint(pthread_create(&reader->reader, NULL, thread_read, reader), ==, 0);
        g_assert_true(is_readable(reader->faults));
        g_assert_cmpint(pthread_create(&reader->rescuer, NULL, thread_rescue, reader), ==, 0);
        return true;
}

bool stuck_reader_end(StuckReader *reader) {
        g_assert_cmpint(write(reader->go[1], "", 1), ==, 1);
        g_assert_cmpint(pthread_join(reader->rescuer, NULL), ==, 0);
        g_assert_cmpint(pthread_join(reader->reader, NULL), ==, 0);
        g_assert_cmpint(munmap(reader->page, (size_t)getpagesize()), ==, 0);
        (void)close(reader->go[0]);
        (void)close(reader->go[1]);
        (void)close(reader->faults);
        return reader->was_stuck;
}
