/* SPDX-License-Identifier: MIT */
/* Unit files that are none: the daemon says so of each, starts and reloads with them there, and
 * what runs isn't touched. And a runtime directory that isn't its alone. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

/* ---- what they are made of ---- */

static void make_binary(const char *path) {
        static const char text[] = "\x7f"
                                   "ELF\2\1\1\0\n";

        g_assert_true(g_file_set_contents(path, text, sizeof(text), NULL));
}

static void make_latin1(const char *path) {
        g_assert_true(g_file_set_contents(path, "[Unit]\nDescription=\xe4\n", -1, NULL));
}

static void make_large(const char *path) {
        _cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

        g_assert_cmpint(ftruncate(fd, (off_t)1 << 30), ==, 0);
}

static void make_long_line(const char *path) {
        g_autofree char *line = g_strnfill(1000 * 1024, 'x');
        g_autofree char *text = g_strdup_printf("[Unit]\nDescription=%s\n", line);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void make_fifo(const char *path) {
        g_assert_cmpint(mkfifo(path, 0644), ==, 0);
}

static void make_folder(const char *path) {
        g_assert_cmpint(mkdir(path, 0755), ==, 0);
}

static void make_socket(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        g_assert_true(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
}

static void make_device(const char *path) {
        g_assert_cmpint(symlink("/dev/zero", path), ==, 0);
}

static void make_loop(const char *path) {
        g_autofree char *name = g_path_get_basename(path);

        g_assert_cmpint(symlink(name, path), ==, 0);
}

static void make_dangling(const char *path) {
        g_assert_cmpint(symlink("/no/where", path), ==, 0);
}

static const struct {
        const char *name;
        void (*make)(const char *path);
        const char *said; /* after the file's name */
} kinds[] = {
        { "binary", make_binary, ":1: error: there is a NUL byte" },
        { "latin1", make_latin1, ":2: error: this is not valid UTF-8" },
        { "large", make_large, ":1: error: the file is larger than 1 MiB" },
        { "line", make_long_line, ":2: error: the line is longer than 64 KiB" },
        { "fifo", make_fifo, ":1: error: this is a FIFO" },
        { "folder", make_folder, ":1: error: this is a directory" },
        { "socket", make_socket, ":1: error: this is a socket" },
        { "device", make_device, ":1: error: this is a device" },
        { "loop", make_loop, ":1: error: can't be read: Too many levels of symbolic links" },
        { "dangling", make_dangling, ":1: error: can't be read: No such file or directory" },
};

/* NAME.service of each kind. */
static void put_all(const Fixture *fixture) {
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
                g_autofree char *path =
                        g_strdup_printf("%s/%s.service", fixture->units, kinds[i].name);

                kinds[i].make(path);
        }
}

static void put_dropins(const Fixture *fixture, const char *unit, unsigned int count) {
        g_autofree char *folder = g_strdup_printf("%s/%s.d", fixture->units, unit);
        _cleanup_fd_ int fd = -EBADF;

        make_folder(folder);
        fd = open(folder, O_DIRECTORY | O_CLOEXEC);
        for (unsigned int i = 0; i < count; i++) {
                g_autofree char *name = g_strdup_printf("%u.conf", i);

                g_assert_cmpint(mknodat(fd, name, S_IFREG | 0644, 0), ==, 0);
        }
}

/* The line that says it of a file ("": the folder), in a log or in the answer to a reload. */
static void assert_said(const Fixture *fixture, const char *text, const char *name,
                        const char *said) {
        g_autofree char *file = g_build_filename(fixture->units, name[0] ? name : NULL, NULL);
        g_autofree char *line = g_strconcat(file, said, NULL);

        if (!strstr(text, line))
                g_error("no \"%s\" in:\n%s", line, text);
}

static void assert_all_said(const Fixture *fixture, const char *text) {
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
                g_autofree char *name = g_strconcat(kinds[i].name, ".service", NULL);

                assert_said(fixture, text, name, kinds[i].said);
        }
}

/* ---- cases ---- */

static void test_start(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web"), *log = NULL;

        put_all(fixture);
        unit_write(fixture, "many.service", "[Service]\nExecStart=/bin/true\n");
        put_dropins(fixture, "many.service", 5000);
        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        log = fixture_log(fixture);
        assert_all_said(fixture, log);
        assert_said(fixture, log, "many.service.d",
                    ":1: error: there are more than 1024 files for one unit");
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
                g_autofree char *name = g_strconcat(kinds[i].name, ".service", NULL);
                g_autofree char *error = NULL;

                g_assert_cmpint(bus_units_call(fixture, "Start", &error, name, NULL), <, 0);
                assert_said(fixture, error, name, kinds[i].said);
        }
        ask_name(address, SOCK_STREAM, "web.socket");
}

/* They come while it runs: the reload names them, and that is all. */
static void test_reload(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web"), *output = NULL;
        pid_t pid;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        pid = ask_name(address, SOCK_STREAM, "web.socket");
        put_all(fixture);
        g_assert_cmpint(ctl(fixture, &output, "daemon-reload", NULL), ==, 1);
        assert_all_said(fixture, output);
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), ==, pid);
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==, pid);
}

static void assert_refused(Fixture *fixture, const char *name, const char *said) {
        g_autofree char *error = NULL;

        g_assert_cmpint(bus_reload(fixture, &error), <, 0);
        assert_said(fixture, error, name, said);
}

static void assert_untouched(Fixture *fixture, pid_t pid) {
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *description = unit_property(fixture, "web.service", "Description");

        g_assert_cmpstr(description, ==, "the last good one");
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), ==, pid);
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==, pid);
}

/* A file of a service that runs becomes each of them: nothing of the reload is done. */
static void test_replaced(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *path = g_build_filename(fixture->units, "web.service", NULL);
        g_autofree char *kept = g_build_filename(fixture->units, "kept", NULL);
        pid_t pid;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket",
                   "[Unit]\nDescription=the last good one\n");
        fixture_start(fixture, NULL);
        pid = ask_name(address, SOCK_STREAM, "web.socket");
        g_assert_cmpint(rename(path, kept), ==, 0);
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
                kinds[i].make(path);
                unit_write(fixture, "new.target", "[Unit]\n");
                assert_refused(fixture, "web.service", kinds[i].said);
                assert_untouched(fixture, pid);
                unit_remove(fixture, "new.target");
                g_assert_cmpint(remove(path), ==, 0);
        }
        g_assert_cmpint(rename(kept, path), ==, 0);
        bus_reload(fixture, NULL);
        assert_untouched(fixture, pid);
        put_dropins(fixture, "web.service", 1025);
        assert_refused(fixture, "web.service.d", ":1: error: there are more than 1024 files");
        assert_untouched(fixture, pid);
}

/* All the unit files are out of reach: they haven't gone. */
static void test_folder_out_of_reach(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *aside = g_strconcat(fixture->units, ".aside", NULL);
        pid_t pid;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket",
                   "[Unit]\nDescription=the last good one\n");
        fixture_start(fixture, NULL);
        pid = ask_name(address, SOCK_STREAM, "web.socket");
        g_assert_cmpint(rename(fixture->units, aside), ==, 0);
        make_loop(fixture->units);
        assert_refused(fixture, "", ":1: error: no unit files can be read from here: Too many");
        assert_untouched(fixture, pid);
        g_assert_cmpint(unlink(fixture->units), ==, 0);
        g_assert_cmpint(rename(aside, fixture->units), ==, 0);
        if (geteuid() != 0) {
                g_assert_cmpint(chmod(fixture->units, 0), ==, 0);
                assert_refused(fixture, "", ":1: error: no unit files can be read from here: Perm");
                assert_untouched(fixture, pid);
                g_assert_cmpint(chmod(fixture->units, 0755), ==, 0);
        }
        bus_reload(fixture, NULL);
        assert_untouched(fixture, pid);
}

/* An instance that is wrong doesn't spoil the others of its template. */
static void test_instances(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *error = NULL;

        unit_write(fixture, "t@.service", "[Service]\nExecStart=/bin/sleep %%i\n");
        put_dropins(fixture, "t@bad.service", 1025);
        fixture_start(fixture, NULL);
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "t@bad.service", NULL), <, 0);
        assert_said(fixture, error, "t@bad.service.d", ":1: error: there are more than 1024");
        unit_start(fixture, "t@1000.service");
        unit_expect(fixture, "t@1000.service", "active", "running");
}

/* A runtime directory that isn't the manager's alone. */
static void test_shared_folder(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *log = NULL, *restarted = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        g_assert_cmpint(mkdir(fixture->runtime, 0755), ==, 0);
        fixture_start(fixture, NULL);
        log = fixture_log(fixture);
        g_assert_null(strstr(log, "can replace"));
        g_assert_nonnull(strstr(log, "ready, 2 units loaded"));
        fixture_stop(fixture);
        g_assert_cmpint(chmod(fixture->runtime, 0777), ==, 0);
        fixture_start(fixture, NULL);
        restarted = fixture_log(fixture);
        g_assert_nonnull(strstr(restarted, "/run has mode 0777: others can replace what is in it"));
}

/* That is somebody else's. */
static void test_strange_folder(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *log = NULL;

        g_assert_cmpint(mkdir(fixture->runtime, 0755), ==, 0);
        g_assert_cmpint(chown(fixture->runtime, STRANGER_UID, (gid_t)-1), ==, 0);
        fixture_start(fixture, NULL);
        log = fixture_log(fixture);
        g_assert_nonnull(strstr(log, "/run belongs to uid"));
}

static const TestCase cases[] = {
        { "start", test_start, AS_BOTH, 0 },
        { "reload", test_reload, AS_BOTH, 0 },
        { "replaced", test_replaced, AS_BOTH, 0 },
        { "folder-out-of-reach", test_folder_out_of_reach, AS_BOTH, 0 },
        { "instances", test_instances, AS_BOTH, 0 },
        { "shared folder", test_shared_folder, AS_BOTH, 0 },
        { "somebody else's folder", test_strange_folder, AS_ROOT, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
