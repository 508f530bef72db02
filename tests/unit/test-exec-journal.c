/* SPDX-License-Identifier: MIT */
/* SyslogIdentifier= and its like: what the journal is told of a stream. The test is the journal. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "exec-fixture.h"
#include "fd.h"

#define JOURNAL "/run/systemd/journal/stdout"

static int journal_open(void) {
        const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = JOURNAL };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(g_mkdir_with_parents("/run/systemd/journal", 0755), ==, 0);
        g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
        g_assert_cmpint(listen(fd, 8), ==, 0);
        return fd;
}

/* A stream, to its end. */
static char *journal_read(int journal) {
        _cleanup_fd_ int fd = accept4(journal, NULL, NULL, SOCK_CLOEXEC);
        GString *text = g_string_new(NULL);
        char buffer[256];
        ssize_t n;

        g_assert_cmpint(fd, >=, 0);
        while ((n = read(fd, buffer, sizeof(buffer))) > 0)
                g_string_append_len(text, buffer, n);
        return g_string_free(text, FALSE);
}

static const struct {
        const char *lines, *stream;
} rows[] = {
        { "", "x.service\n\n30\n1\n0\n0\n0\nnice=0\n" },
        { "UMask=0077\n", "x.service\n\n30\n1\n0\n0\n0\nnice=0\n" },
        { "SyslogIdentifier=web\n", "web\n\n30\n1\n0\n0\n0\nnice=0\n" },
        { "SyslogIdentifier=%p-%u\n", "x-root\n\n30\n1\n0\n0\n0\nnice=0\n" },
        { "SyslogFacility=local3\nSyslogLevel=warning\n",
          "x.service\n\n156\n1\n0\n0\n0\nnice=0\n" },
        { "SyslogLevel=debug\nSyslogLevelPrefix=no\n", "x.service\n\n31\n0\n0\n0\n0\nnice=0\n" },
};

static void test_streams(ServiceFixture *fixture, gconstpointer data) {
        _cleanup_fd_ int journal = -EBADF;

        if (!exec_has_own_mounts())
                return;
        journal = journal_open();
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                g_autofree char *lines =
                        g_strconcat(rows[i].lines, "StandardOutput=journal\n", NULL);
                g_autofree char *stream = NULL;
                Service *service = exec_fixture_load(fixture, lines, "nice");

                g_test_message("%s", lines);
                service_fixture_start(fixture, service);
                stream = journal_read(journal);
                g_assert_cmpstr(stream, ==, rows[i].stream);
        }
        g_assert_cmpint(g_unlink(JOURNAL), ==, 0);
}

static void add_all(void) {
        exec_make_own_mounts();
        g_test_add("/exec-journal/streams", ServiceFixture, GINT_TO_POINTER(false),
                   exec_fixture_set_up, test_streams, service_fixture_tear_down);
}

int main(int argc, char **argv) {
        return exec_test_main(argc, argv, add_all);
}
