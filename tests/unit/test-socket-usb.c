/* SPDX-License-Identifier: MIT */
/* ListenUSBFunction=, with a folder that looks as functionfs does to whoever opens its files. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "directive.h"
#include "fd.h"
#include "listen-fixture.h"
#include "socket-usb.h"
#include "unit-load.h"

static UnitSettings *load_usb_service(const char *lines) {
        g_autoptr(GString) text = g_string_new("[Service]\nExecStart=/bin/true\n");
        UnitSettings *settings;
        g_string_append(text, lines);
        g_string_replace(text, "%D", listen_fixture.folder, 0);
        g_assert_cmpint(
                unit_load_data("x.service", "x.service", text->str, text->len, NULL, &settings), ==,
                0);
        return settings;
}

#define USB_LINES "USBFunctionDescriptors=%D/descriptors\nUSBFunctionStrings=%D/strings\n"

static void make_usb(void) {
        g_autofree char *folder = listen_path("usb");
        g_assert_cmpint(mkdir(folder, 0700), ==, 0);
        file_write("usb/ep0", "");
        file_write("descriptors", "DESCRIPTORS");
        file_write("strings", "STRINGS");
}

static int open_usb(const char *lines, GPtrArray **ret_endpoints, const char **ret_step) {
        g_autofree char *folder = listen_path("usb");
        _cleanup_(address_free_cleanup) Address *address = NULL;
        _cleanup_(settings_unref_cleanup) UnitSettings *service = load_usb_service(lines);
        const char *why;
        g_assert_cmpint(address_parse(folder, ADDRESS_USB_FUNCTION, &address, &why), ==, 0);
        return socket_usb_open(address, service, ret_endpoints, ret_step);
}

static void assert_is_file(int fd, const char *name) {
        g_autofree char *path = listen_path(name);
        struct stat a, b;
        g_assert_cmpint(fstat(fd, &a), ==, 0);
        g_assert_cmpint(stat(path, &b), ==, 0);
        g_assert_cmpuint(a.st_ino, ==, b.st_ino);
        g_assert_cmpint(fcntl(fd, F_GETFL) & O_ACCMODE, ==, O_RDWR);
        g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
}

static void test_usb(void) {
        static const char *const names[] = { "usb/ep1", "usb/ep2", "usb/ep3" };
        g_autoptr(GPtrArray) endpoints = NULL;
        const char *step = "nothing";
        listen_begin();
        make_usb();
        file_write("usb/ep2", "");
        file_write("usb/ep1", "");
        file_write("usb/ep3", "");
        _cleanup_fd_ int fd = open_usb(USB_LINES, &endpoints, &step);
        g_assert_cmpint(fd, >=, 0);
        assert_is_file(fd, "usb/ep0");
        file_assert("usb/ep0", "DESCRIPTORSSTRINGS");
        g_assert_cmpuint(endpoints->len, ==, ARRAY_SIZE(names));
        for (guint i = 0; i < endpoints->len; i++) {
                int endpoint = GPOINTER_TO_INT(endpoints->pdata[i]);
                assert_is_file(endpoint, names[i]);
                fd_close(endpoint);
        }
        fd = fd_close(fd);
        listen_end();
}

static void assert_usb_fails(const char *lines, int error, const char *expected_step) {
        GPtrArray *endpoints = NULL;
        const char *step = "nothing";
        int r = open_usb(lines, &endpoints, &step);
        g_test_message("%s: %s", step, g_strerror(-r));
        g_assert_cmpint(r, ==, error);
        g_assert_cmpstr(step, ==, expected_step);
        g_assert_null(endpoints);
}

static void test_usb_refused(void) {
        g_autofree char *large = g_strnfill(65536, 'x');
        listen_begin();
        g_autofree char *fifo = listen_path("fifo"), *endpoint = listen_path("usb/ep1");
        assert_usb_fails(USB_LINES, -ENOENT, "open");
        make_usb();
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        file_write("large", large);
        assert_usb_fails("", -EINVAL, "USBFunctionDescriptors");
        assert_usb_fails("USBFunctionDescriptors=%D/descriptors\n", -EINVAL, "USBFunctionStrings");
        assert_usb_fails("USBFunctionDescriptors=%D/none\nUSBFunctionStrings=%D/strings\n", -ENOENT,
                         "USBFunctionDescriptors");
        assert_usb_fails("USBFunctionDescriptors=%D/large\nUSBFunctionStrings=%D/strings\n", -EFBIG,
                         "USBFunctionDescriptors");
        assert_usb_fails("USBFunctionDescriptors=%D/fifo\nUSBFunctionStrings=%D/strings\n", -EINVAL,
                         "USBFunctionDescriptors");
        g_assert_cmpint(mkfifo(endpoint, 0600), ==, 0);
        assert_usb_fails(USB_LINES, -EINVAL, "open endpoints of");
        g_assert_cmpint(unlink(endpoint), ==, 0);
        link_make("/dev/null", "usb/ep1");
        assert_usb_fails(USB_LINES, -ELOOP, "open endpoints of");
        listen_end();
}

/* The whole way. These aren't functionfs's files: in the end there is nothing to wait for. */
static void test_usb_unit(void) {
        listen_begin();
        make_usb();
        file_write("usb/ep1", "");
        manager_fixture_write(&listen_fixture, "x.service",
                              "[Service]\nExecStart=/bin/true\n" USB_LINES);
        listen_assert_fails("ListenUSBFunction=%D/usb\n", "is always ready");
        file_assert("usb/ep0", "DESCRIPTORSSTRINGS");
        manager_fixture_write(&listen_fixture, "y.socket", "[Socket]\nListenUSBFunction=%D/usb\n");
        g_autofree char *errors = manager_fixture_start(
                &listen_fixture, manager_fixture_load(&listen_fixture, "y.socket"));
        g_assert_nonnull(strstr(errors, "find the service of"));
        listen_end();
}

static Item *item_of(int *ret_other_end) {
        int fds[2];
        g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
        *ret_other_end = fds[1];
        return item_new(fds[0], "old", BELLHOP_KIND_OTHER, 0);
}

static void free_item(gpointer item) {
        item_unref(item);
}

/* All that one line opened has one name: a reload that changes it changes it for all. */
static void test_usb_renamed(void) {
        _cleanup_fd_ int control = -EBADF, endpoint = -EBADF;
        listen_begin();
        listen_write("ListenUSBFunction=%D/usb\nFileDescriptorName=new\n");
        Unit *unit = manager_fixture_load(&listen_fixture, "x.socket");
        const SocketSettings *settings = SOCKET_SETTINGS(unit->settings);
        const Listen *listen = settings->listens->pdata[0];
        Port *port = port_new(SOCKET(unit), listen);
        port->item = item_of(&control);
        port->endpoints = g_ptr_array_new_with_free_func(free_item);
        g_ptr_array_add(port->endpoints, item_of(&endpoint));
        g_assert_false(port_item_matches(port, settings, listen));
        g_assert_cmpint(port_rename(port, settings, listen), ==, 0);
        g_assert_true(port_item_matches(port, settings, listen));
        g_assert_cmpstr(((const Item *)port->endpoints->pdata[0])->name, ==, "new");
        /* The same file: what is written at the other end comes out. */
        char byte = 0;
        g_assert_cmpint(write(endpoint, "x", 1), ==, 1);
        g_assert_cmpint(read(((const Item *)port->endpoints->pdata[0])->fd, &byte, 1), ==, 1);
        port_free(port);
        control = fd_close(control);
        endpoint = fd_close(endpoint);
        listen_end();
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return 0;
        }
        g_test_add_func("/socket-usb/usb", test_usb);
        g_test_add_func("/socket-usb/usb-refused", test_usb_refused);
        g_test_add_func("/socket-usb/usb-unit", test_usb_unit);
        g_test_add_func("/socket-usb/renamed", test_usb_renamed);
        return g_test_run();
}
