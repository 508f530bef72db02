/* SPDX-License-Identifier: MIT */
/* A real socket unit for tests of what it opens. */
#include "listen-fixture.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "log.h"

ManagerFixture listen_fixture;

static unsigned int free_port(void) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t length = sizeof(address);
        _cleanup_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
        g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
        return ntohs(address.sin_port);
}

void listen_write(const char *lines) {
        g_autofree char *number = g_strdup_printf("%u", free_port());
        g_autofree char *process = g_strdup_printf("%d", (int)getpid());
        g_autoptr(GString) text = g_string_new("[Socket]\n");
        g_string_append(text, lines);
        g_string_replace(text, "%P", number, 0);
        g_string_replace(text, "%I", process, 0);
        manager_fixture_write(&listen_fixture, "x.socket", text->str);
}

void listen_begin(void) {
        manager_fixture_init(&listen_fixture);
        log_open(LOG_WARNING);
        manager_fixture_write(&listen_fixture, "x.service", "[Service]\nExecStart=/bin/true\n");
}

void listen_end(void) {
        manager_fixture_done(&listen_fixture);
}

char *listen_try(const char *lines) {
        listen_write(lines);
        if (manager_find_unit(listen_fixture.manager, "x.socket"))
                g_assert_cmpuint(manager_fixture_reload(&listen_fixture, 0), ==, 0);
        Unit *unit = manager_fixture_load(&listen_fixture, "x.socket");
        unit_reset_failed(unit); /* its tries follow each other faster than they may */
        return manager_fixture_start(&listen_fixture, unit);
}

Socket *listen_start(const char *lines) {
        g_autofree char *errors = listen_try(lines);
        g_assert_cmpstr(errors, ==, "");
        return SOCKET(manager_fixture_load(&listen_fixture, "x.socket"));
}

void listen_stop(void) {
        g_autofree char *errors = manager_fixture_stop(
                &listen_fixture, manager_fixture_load(&listen_fixture, "x.socket"));
        g_assert_cmpstr(errors, ==, "");
}

void listen_assert_fails(const char *lines, const char *reason) {
        g_autofree char *errors = listen_try(lines);
        g_test_message("%s", errors);
        g_assert_nonnull(strstr(errors, reason));
}

const Item *listen_item(const Socket *socket) {
        g_assert_cmpuint(socket->port_count, ==, 1);
        return socket->ports[0]->item;
}

char *listen_log(void) {
        g_auto(GStrv) lines = log_tail("x.socket", 100);
        return g_strjoinv("\n", lines);
}

char *listen_path(const char *name) {
        return manager_fixture_path(&listen_fixture, name);
}

void file_write(const char *name, const char *text) {
        g_autofree char *path = listen_path(name);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

void file_assert(const char *name, const char *expected) {
        g_autofree char *path = listen_path(name), *text = NULL;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, expected);
}

mode_t file_type(const char *name) {
        g_autofree char *path = listen_path(name);
        struct stat st;
        return lstat(path, &st) < 0 ? 0 : st.st_mode & S_IFMT;
}

void link_make(const char *target, const char *name) {
        g_autofree char *path = listen_path(name);
        g_assert_cmpint(symlink(target, path), ==, 0);
}

void link_assert(const char *name, const char *target) {
        g_autofree char *path = listen_path(name);
        g_autofree char *expected = target[0] == '/' ? g_strdup(target) : listen_path(target);
        char found[512] = "";
        g_assert_cmpint(readlink(path, found, sizeof(found) - 1), >, 0);
        g_assert_cmpstr(found, ==, expected);
}
