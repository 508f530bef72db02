/* SPDX-License-Identifier: MIT */
/* A page fault that nobody serves. */
#include "stuck-call.h"

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

static void *thread_call(void *data) {
        const StuckCall *stuck = data;

        g_assert_cmpint(stuck->call(stuck->fd, stuck->page, 1), >=, 0);
        return NULL;
}

static void *thread_rescue(void *data) {
        StuckCall *stuck = data;
        struct uffdio_zeropage page = { .range = { .start = (uintptr_t)stuck->page,
                                                   .len = (uint64_t)getpagesize() } };

        stuck->was_stuck = is_readable(stuck->go[0]);
        g_assert_no_errno(ioctl(stuck->faults, UFFDIO_ZEROPAGE, &page));
        return NULL;
}

static void page_withhold(StuckCall *stuck) {
        struct uffdio_api api = { .api = UFFD_API };
        struct uffdio_register pages = { .range.len = (uint64_t)getpagesize(),
                                         .mode = UFFDIO_REGISTER_MODE_MISSING };

        stuck->page = mmap(NULL, pages.range.len, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        g_assert_true(stuck->page != MAP_FAILED);
        pages.range.start = (uintptr_t)stuck->page;
        g_assert_no_errno(ioctl(stuck->faults, UFFDIO_API, &api));
        g_assert_no_errno(ioctl(stuck->faults, UFFDIO_REGISTER, &pages));
}

bool stuck_call_begin(StuckCall *stuck, int fd, ssize_t (*call)(int fd, void *page, size_t size)) {
        *stuck = (StuckCall){ .fd = fd,
                              .call = call,
                              .faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK) };
        if (stuck->faults < 0)
                return false;
        page_withhold(stuck);
        g_assert_no_errno(pipe2(stuck->go, O_CLOEXEC));
        g_assert_cmpint(pthread_create(&stuck->caller, NULL, thread_call, stuck), ==, 0);
        g_assert_true(is_readable(stuck->faults));
        g_assert_cmpint(pthread_create(&stuck->rescuer, NULL, thread_rescue, stuck), ==, 0);
        return true;
}

bool stuck_call_end(StuckCall *stuck) {
        g_assert_cmpint(write(stuck->go[1], "", 1), ==, 1);
        g_assert_cmpint(pthread_join(stuck->rescuer, NULL), ==, 0);
        g_assert_cmpint(pthread_join(stuck->caller, NULL), ==, 0);
        g_assert_cmpint(munmap(stuck->page, (size_t)getpagesize()), ==, 0);
        (void)close(stuck->go[0]);
        (void)close(stuck->go[1]);
        (void)close(stuck->faults);
        return stuck->was_stuck;
}
