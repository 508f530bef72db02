/* SPDX-License-Identifier: MIT */
/* daemon-reload: what a change of a file changes, and what it must leave alone. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "fill-table.h"
#include "log.h"
#include "manager-fixture.h"
#include "manager-internal.h"
#include "socket.h"
#include "unit-batch.h"

static ManagerFixture fixture;

static Socket *begin(const char *text) {
        manager_fixture_init(&fixture);
        manager_fixture_write(&fixture, "x.service", "[Service]\nExecStart=/bin/true\n");
        manager_fixture_write(&fixture, "x.socket", text);
        g_ptr_array_unref(manager_load_all(fixture.manager));
        Unit *unit = manager_find_unit(fixture.manager, "x.socket");
        g_autofree char *errors = manager_fixture_start(&fixture, unit);
        g_assert_cmpstr(errors, ==, "");
        return SOCKET(unit);
}

static void end(void) {
        manager_fixture_done(&fixture);
}

static bool can_connect(const char *name) {
        g_autofree char *path = manager_fixture_path(&fixture, name);
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        _cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static ino_t port_inode(const Socket *socket, guint i) {
        struct stat st;
        g_assert_cmpint(fstat(socket->ports[i]->item->fd, &st), ==, 0);
        return st.st_ino;
}

static void test_nothing_changed(void) {
        Socket *socket = begin("[Socket]\nListenStream=%D/a\n");
        const UnitSettings *settings = socket->unit.settings;
        Port *port = socket->ports[0];
        g_assert_cmpuint(manager_fixture_reload(&fixture, 0), ==, 0);
        g_assert_true(socket->unit.settings == settings);
        g_assert_true(socket->ports[0] == port);
        end();
}

static void test_lines(void) {
        Socket *socket = begin("[Socket]\nListenStream=%D/a\nListenStream=%D/b\n");
        Port *b = socket->ports[1];
        int fd = b->item->fd;
        ino_t inode = port_inode(socket, 1);
        manager_fixture_write(&fixture, "x.socket",
                              "[Socket]\nListenStream=%D/c\nListenStream=%D/b\n");
        manager_fixture_reload(&fixture, 0);
        g_assert_cmpuint(socket->port_count, ==, 2);
        g_assert_true(socket->ports[1] == b);
        g_assert_cmpint(socket->ports[1]->item->fd, ==, fd);
        g_assert_cmpuint(port_inode(socket, 1), ==, inode);
        g_assert_false(can_connect("a"));
        g_assert_true(can_connect("c"));
        g_assert_cmpint(socket->state, ==, SOCKET_LISTENING);
        end();
}

/* Another name: the same socket, with what waits in its queue. */
static void test_renamed(void) {
        Socket *socket = begin("[Socket]\nListenStream=%D/a\n");
        ino_t inode = port_inode(socket, 0);
        g_assert_cmpstr(socket->ports[0]->item->name, ==, "x.socket");
        manager_fixture_write(&fixture, "x.socket",
                              "[Socket]\nFileDescriptorName=other\nSignal=RTMIN+20\n"
                              "ListenStream=%D/a\n");
        manager_fixture_reload(&fixture, 0);
        g_assert_cmpstr(socket->ports[0]->item->name, ==, "other");
        g_assert_cmpint(socket->ports[0]->item->signal, ==, 54);
        g_assert_cmpuint(port_inode(socket, 0), ==, inode);
        end();
}

static void test_live_options(void) {
        Socket *socket = begin("[Socket]\nListenStream=%D/a\n");
        Port *port = socket->ports[0];
        g_autofree char *path = manager_fixture_path(&fixture, "a");
        manager_fixture_write(&fixture, "x.socket",
                              "[Socket]\nListenStream=%D/a\nSocketMode=0600\nBacklog=7\n");
        manager_fixture_reload(&fixture, 0);
        struct stat st;
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 0777, ==, 0600);
        g_assert_true(socket->ports[0] == port);
        end();
}

static void test_new_line_fails(void) {
        Socket *socket = begin("[Socket]\nListenStream=%D/a\n");
        g_autofree char *blocker = manager_fixture_path(&fixture, "b");
        g_assert_true(g_file_set_contents(blocker, "", -1, NULL));
        manager_fixture_write(&fixture, "x.socket",
                              "[Socket]\nListenStream=%D/a\nListenStream=%D/b\n"
                              "ListenStream=%D/c\n");
        manager_fixture_reload(&fixture, 0);
        g_autofree char *expected = g_strdup_printf("bind %s: Address already in use", blocker);
        g_assert_cmpstr(socket->unit.failure, ==, expected);
        g_assert_cmpint(socket->state, ==, SOCKET_LISTENING);
        /* The next reload tries again, though the file is the same. */
        g_assert_cmpint(unlink(blocker), ==, 0);
        manager_fixture_reload(&fixture, 0);
        g_assert_cmpstr(socket->unit.failure, ==, NULL);
        g_assert_true(can_connect("a"));
        g_assert_true(can_connect("b"));
        g_assert_true(can_connect("c"));
        end();
}

/* With few descriptors left fewer files are read at a time; with none none is taken for gone. */
static void test_shortage(void) {
        Socket *socket = begin("[Socket]\nListenStream=%D/a\n");
        struct rlimit before;
        int fds[FILL_MAX];
        g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
        int count = fill_table(fds);
        log_open(LOG_WARNING);
        g_assert_cmpint(manager_check_room(fixture.manager, UNIT_BATCH_THREADS_MAX), ==, -EMFILE);
        g_assert_cmpuint(manager_fixture_reload(&fixture, -EBADMSG), ==, 1);
        g_auto(GStrv) log = log_tail(NULL, 2); /* whoever has sent a SIGHUP hears it there only */
        log_open(LOG_CRIT);
        g_assert_cmpuint(g_strv_length(log), ==, 2);
        g_assert_nonnull(strstr(log[0], "no file can be read now: Too many open files"));
        g_assert_nonnull(strstr(log[1], "reload refused"));
        for (int i = 0; i < 6; i++)
                close(fds[--count]);
        g_assert_cmpint(manager_check_room(fixture.manager, UNIT_BATCH_THREADS_MAX), ==, 1);
        g_assert_cmpuint(manager_fixture_reload(&fixture, 0), ==, 0);
        for (int i = 0; i < 16; i++)
                close(fds[--count]);
        g_assert_cmpint(manager_check_room(fixture.manager, UNIT_BATCH_THREADS_MAX), ==,
                        UNIT_BATCH_THREADS_MAX);
        while (count > 0)
                close(fds[--count]);
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
        g_assert_cmpint(socket->state, ==, SOCKET_LISTENING);
        end();
}

static void test_refused(void) {
        Socket *socket = begin("[Socket]\nListenStream=%D/a\n");
        Port *port = socket->ports[0];
        manager_fixture_write(&fixture, "y.socket", "[Socket]\nListenStream=%D/y\n");
        manager_fixture_write(&fixture, "x.socket",
                              "[Socket]\nListenStream=%D/b\nBacklog=many\nNope=1\n");
        g_assert_cmpuint(manager_fixture_reload(&fixture, -EBADMSG), ==, 2); /* no warnings */
        g_assert_true(socket->ports[0] == port);
        g_assert_true(can_connect("a"));
        g_assert_null(manager_find_unit(fixture.manager, "y.socket")); /* nothing at all */
        end();
}

static void test_new_broken_unit(void) {
        begin("[Socket]\nListenStream=%D/a\n");
        manager_fixture_write(&fixture, "y.socket", "[Socket]\nListenStream=nonsense:\n");
        manager_fixture_write(&fixture, "z.socket", "[Socket]\nListenStream=%D/z\n");
        g_assert_cmpuint(manager_fixture_reload(&fixture, 0), >, 0);
        Unit *unit;
        g_assert_cmpint(manager_load_unit(fixture.manager, "y.socket", &unit), ==, -EBADMSG);
        g_assert_nonnull(g_hash_table_lookup(fixture.manager->broken, "y.socket"));
        g_assert_nonnull(manager_find_unit(fixture.manager, "z.socket"));
        end();
}

static void test_gone(void) {
        Socket *socket = begin("[Socket]\nListenStream=%D/a\n");
        manager_fixture_remove(&fixture, "x.socket");
        manager_fixture_remove(&fixture, "x.service");
        manager_fixture_reload(&fixture, 0);
        /* What is down is forgotten, what is up stays until it is stopped. */
        g_assert_null(manager_find_unit(fixture.manager, "x.service"));
        g_assert_true(manager_find_unit(fixture.manager, "x.socket") == &socket->unit);
        g_free(manager_fixture_stop(&fixture, &socket->unit));
        manager_fixture_run_pending(&fixture);
        g_assert_null(manager_find_unit(fixture.manager, "x.socket"));
        end();
}

static void test_many_lines(void) {
        GString *text = g_string_new("[Socket]\n");
        for (int i = 0; i < 500; i++)
                g_string_append_printf(text, "ListenStream=@bellhop-%d-%d\n", (int)getpid(), i);
        Socket *socket = begin(text->str);
        g_autofree Port **before = g_memdup2(socket->ports, 500 * sizeof(Port *));
        g_string_append_printf(text, "ListenStream=@bellhop-%d-new\n", (int)getpid());
        manager_fixture_write(&fixture, "x.socket", text->str);
        manager_fixture_reload(&fixture, 0);
        g_assert_cmpuint(socket->port_count, ==, 501);
        g_assert_cmpmem(before, 500 * sizeof(Port *), socket->ports, 500 * sizeof(Port *));
        g_string_free(text, TRUE);
        end();
}

int main(int argc, char **argv) {
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return EXIT_SUCCESS;
        }
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/reload/nothing-changed", test_nothing_changed);
        g_test_add_func("/reload/lines", test_lines);
        g_test_add_func("/reload/renamed", test_renamed);
        g_test_add_func("/reload/live-options", test_live_options);
        g_test_add_func("/reload/new-line-fails", test_new_line_fails);
        g_test_add_func("/reload/refused", test_refused);
        g_test_add_func("/reload/shortage", test_shortage);
        g_test_add_func("/reload/new-broken-unit", test_new_broken_unit);
        g_test_add_func("/reload/gone", test_gone);
        g_test_add_func("/reload/many-lines", test_many_lines);
        return g_test_run();
}
