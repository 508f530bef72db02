/* SPDX-License-Identifier: MIT */
/* Whole units: values that hang together, the search path. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "directive.h"
#include "unit-text.h"

static void test_unknown(void) {
        settings_unref(load_warned("a.target", "[Unit]\nDescripton=x\n", 2, "Descripton",
                                   "did you mean Description=?"));
        settings_unref(load_warned("a.target", "[Unti]\nDescription=x\n", 1, NULL,
                                   "did you mean [Unit]?"));
        settings_unref(load_warned("a.target", "[Unit]\nFoo Bar=x\n", 2, "Foo Bar", "unknown key"));
        settings_unref(
                load_warned("a.target", "[Something]\n", 1, NULL, "unknown section [Something]"));
        settings_unref(load_warned("a.socket", "[Socket]\nListenStream=80\n[Unit]\nBacklog=5\n", 4,
                                   "Backlog", "belongs into [Socket]"));
        settings_unref(load_warned("a.service", "[Service]\nExecStart=/x\nBusName=a.b\n", 3,
                                   "BusName", "not honoured"));
}

/* What an ordinary unit file of a distribution has in it. */
static void test_real_file(void) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
        int r = load_text("ssh.service",
                          "[Unit]\n"
                          "Description=OpenBSD Secure Shell server\n"
                          "Documentation=man:sshd(8) man:sshd_config(5)\n"
                          "After=network.target auditd.service tmp.mount\n"
                          "ConditionPathExists=!/etc/ssh/sshd_not_to_be_run\n"
                          "[Service]\n"
                          "EnvironmentFile=-/etc/default/ssh\n"
                          "ExecStartPre=/usr/sbin/sshd -t\n"
                          "ExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n"
                          "ExecReload=/bin/kill -HUP $MAINPID\n"
                          "KillMode=process\n"
                          "Restart=on-failure\n"
                          "RestartPreventExitStatus=255\n"
                          "Type=notify\n"
                          "RuntimeDirectory=sshd\n"
                          "[Install]\n"
                          "WantedBy=multi-user.target\n"
                          "Alias=sshd.service\n",
                          diagnostics, &settings);

        g_assert_cmpint(r, ==, 0);
        g_assert_cmpuint(diagnostics->errors, ==, 0);
        for (guint i = 0; i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];

                g_assert_null(strstr(diagnostic->text, "unknown"));
        }
        g_assert_cmpuint(g_strv_length(settings->after), ==, 3);
}

static const Listen *listen_at(UnitSettings *settings, guint i) {
        return SOCKET_SETTINGS(settings)->listens->pdata[i];
}

static const char *name_at(UnitSettings *settings, guint i) {
        return socket_settings_item_name(SOCKET_SETTINGS(settings), listen_at(settings, i));
}

static void test_listen_names(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *none =
                load_good("a.socket", "[Socket]\nListenStream=80\n");
        _cleanup_(settings_unref_cleanup) UnitSettings *once = load_good(
                "a.socket", "[Socket]\nListenStream=80\nFileDescriptorName=x\nListenStream=81\n");
        _cleanup_(settings_unref_cleanup) UnitSettings *often =
                load_warned("a.socket",
                            "[Socket]\nListenStream=80\nFileDescriptorName=x\nListenStream=81\n"
                            "ListenDatagram=/d\nFileDescriptorName=y\nListenStream=@s\n",
                            2, "ListenStream", "claimed as 'a.socket'");

        g_assert_cmpstr(name_at(none, 0), ==, "a.socket");
        g_assert_cmpstr(name_at(once, 0), ==, "x");
        g_assert_cmpstr(name_at(once, 1), ==, "x");
        g_assert_cmpstr(name_at(often, 0), ==, "a.socket");
        g_assert_cmpstr(name_at(often, 1), ==, "x");
        g_assert_cmpstr(name_at(often, 2), ==, "x");
        g_assert_cmpstr(name_at(often, 3), ==, "y");
        g_assert_cmpuint(listen_at(often, 2)->line, ==, 5);
}

/* A name below its line is lost by a second one. */
static void test_listen_unnamed(void) {
        static const struct {
                const char *text;
                guint warnings;
        } files[] = {
                { "[Socket]\nListenStream=80\nFileDescriptorName=x\n", 0 },
                { "[Socket]\nFileDescriptorName=x\nListenStream=80\nFileDescriptorName=y\n"
                  "ListenStream=81\n",
                  0 },
                { "[Socket]\nListenStream=80\nFileDescriptorName=x\nFileDescriptorName=y\n"
                  "ListenStream=81\n",
                  1 },
                /* That it has the unit's name is said here. */
                { "[Socket]\nFileDescriptorName=a.socket\nListenStream=80\n"
                  "FileDescriptorName=y\nListenStream=81\n",
                  0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
                _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
                _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

                g_assert_cmpint(load_text("a.socket", files[i].text, diagnostics, &settings), ==,
                                0);
                g_assert_cmpuint(diagnostics->list->len, ==, files[i].warnings);
                if (files[i].warnings > 0)
                        g_assert_nonnull(find_diagnostic(diagnostics, 2, "ListenStream",
                                                         "claimed as 'a.socket'"));
        }
}

static void test_duplicate_listens(void) {
        assert_bad("a.socket", "[Socket]\nListenStream=80\nListenStream=81\nListenStream=[::]:80\n",
                   4, "ListenStream", "'[::]:80' is line 2's already");
        assert_bad("a.socket", "[Socket]\nListenStream=/x\nListenDatagram=//x\n", 3,
                   "ListenDatagram", "line 2");
        settings_unref(load_good("a.socket", "[Socket]\nListenStream=80\nListenDatagram=80\n"
                                             "ListenStream=@x\nListenDatagram=@x\n"));
}

static void test_socket(void) {
        assert_bad("a.socket", "[Socket]\n", 0, NULL, "ListenStream=");
        assert_bad("a.socket", "[Socket]\nListenStream=80\nListenStream=\n", 0, NULL, "needs a");
        assert_bad("a.socket", "[Socket]\nListenStream=80\nAccept=dispatch\n", 3, "Accept",
                   "not honoured yet");
        assert_bad("a.socket", "[Socket]\nListenStream=80\nAccept=yes\nService=b.service\n", 4,
                   "Service", "template");
        assert_bad("a.socket", "[Socket]\nListenStream=80\nService=b@.service\n", 3, "Service",
                   "Accept=yes");
        assert_bad("a.socket", "[Socket]\nListenDatagram=80\nAccept=yes\n", 2, "ListenDatagram",
                   "no connections");
        assert_bad("a.socket", "[Socket]\nListenStream=80\nSignal=RTMIN+12\n", 3, "Signal",
                   "taken");
        assert_bad("a.socket", "[Socket]\nListenStream=80\nSignal=TERM\n", 3, "Signal",
                   "real-time");
        settings_unref(load_good("a.socket", "[Socket]\nListenStream=80\nTransport=kernel\n"));
}

#define STREAM "[Socket]\nListenStream=80\n"

/* What says nothing in a unit like this. */
static void test_accept_keys(void) {
        settings_unref(load_warned("a.socket", STREAM "Accept=yes\nFlushPending=yes\n", 4,
                                   "FlushPending", "no effect with Accept=yes"));
        settings_unref(load_warned("a.socket", STREAM "Accept=yes\nDeferTrigger=patient\n", 4,
                                   "DeferTrigger", "no effect with Accept=yes"));
        settings_unref(load_warned("a.socket", STREAM "MaxConnectionsPerSource=3\n", 3,
                                   "MaxConnectionsPerSource", "no effect without Accept=yes"));
        settings_unref(load_good("a.socket", STREAM "Accept=yes\nFlushPending=no\nDeferTrigger=no\n"
                                                    "MaxConnectionsPerSource=3\n"));
        settings_unref(load_good("a.socket", STREAM "FlushPending=yes\nDeferTrigger=yes\n"
                                                    "MaxConnectionsPerSource=0\n"));
}

static void assert_service_of(const char *name, const char *text, const char *wanted) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = load_good(name, text);
        g_autofree char *service = socket_settings_service(SOCKET_SETTINGS(settings));

        g_assert_cmpstr(service, ==, wanted);
}

static void test_socket_service(void) {
        assert_service_of("a.socket", "[Socket]\nListenStream=80\n", "a.service");
        assert_service_of("a@1.socket", "[Socket]\nListenStream=80\n", "a@1.service");
        assert_service_of("a.socket", "[Socket]\nListenStream=80\nAccept=yes\n", "a@.service");
        assert_service_of("a@1.socket", "[Socket]\nListenStream=80\nService=b@%i.service\n",
                          "b@1.service");
}

static void test_memfd(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *content = load_good(
                "a@x.memfd", "[Memfd]\nContent=one %i\nContent=two\nService=a.service b.service\n");
        _cleanup_(settings_unref_cleanup) UnitSettings *size =
                load_good("a.memfd", "[Memfd]\nSize=4K\n");
        _cleanup_(settings_unref_cleanup) UnitSettings *seals =
                load_good("a.memfd", "[Memfd]\nSource=/x\nSeal=grow\nSeal=shrink exec\n");

        g_assert_cmpstr(MEMFD_SETTINGS(content)->content->str, ==, "one x\ntwo\n");
        g_assert_cmpuint(g_strv_length(MEMFD_SETTINGS(content)->services), ==, 2);
        g_assert_cmpuint(MEMFD_SETTINGS(content)->seals, ==,
                         F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
        g_assert_cmpuint(MEMFD_SETTINGS(size)->size, ==, 4096);
        g_assert_cmpuint(MEMFD_SETTINGS(size)->seals, ==,
                         F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
        g_assert_cmpuint(MEMFD_SETTINGS(seals)->seals, ==, F_SEAL_GROW | F_SEAL_SHRINK | 0x20);
        g_assert_cmpstr(memfd_settings_item_name(MEMFD_SETTINGS(size)), ==, "a.memfd");
        assert_bad("a.memfd", "[Memfd]\n", 0, NULL, "needs one of");
        assert_bad("a.memfd", "[Memfd]\nSource=/x\nContent=y\n", 0, NULL, "only one of");
        assert_bad("a.memfd", "[Memfd]\nSize=1\nRedeliverOnChange=yes\n", 3, "RedeliverOnChange",
                   "no Source=");
        assert_bad("a.memfd", "[Memfd]\nSize=1\nSeal=none grow\n", 3, "Seal", "combined");
        assert_bad("a.memfd", "[Memfd]\nSize=0\n", 2, "Size", "'0'");
        settings_unref(load_good("a.memfd", "[Memfd]\nSize=1\nSeal=none\nHugePages=2M\n"));
}

static void test_service(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                load_good("a.service", "[Service]\nExecStart=/x\n"
                                       "Environment=A=1 'B=2 3'\nEnvironment=A=4 C=5\n"
                                       "WorkingDirectory=-/w/\nTimeoutSec=0\nKillSignal=SIGHUP\n"
                                       "StandardOutput=append:/o\nSockets=a.socket b.socket\n"
                                       "Sockets=a.socket\nEnvironmentFile=-/e\nRestartSec=5min\n");
        ServiceSettings *service = SERVICE_SETTINGS(settings);
        const Output *output = settings_given(settings, "StandardOutput");
        g_autofree char *environment = g_strjoinv("|", service->environment);

        g_assert_cmpstr(environment, ==, "A=4|B=2 3|C=5");
        g_assert_cmpstr(service->working_directory, ==, "/w");
        g_assert_true(service->working_directory_optional);
        g_assert_cmpuint(service->timeout_start, ==, TIME_INFINITY);
        g_assert_cmpuint(service->timeout_stop, ==, TIME_INFINITY);
        g_assert_cmpint(service->kill_signal, ==, 1);
        g_assert_cmpint(output->kind, ==, OUTPUT_APPEND);
        g_assert_cmpstr(output->path, ==, "/o");
        g_assert_cmpuint(g_strv_length(service->sockets), ==, 2);
        g_assert_true(((EnvironmentFile *)service->environment_files->pdata[0])->optional);
        g_assert_cmpuint(service->restart_delay, ==, 300 * USEC_PER_SEC);
}

static void test_bad_service(void) {
        assert_bad("a.service", "[Service]\n", 0, NULL, "ExecStart=");
        assert_bad("a.service", "[Service]\nType=external\n", 0, NULL, "PIDFile=");
        assert_bad("a.service", "[Service]\nType=external\nPIDFile=/p\nExecStart=/x\n", 4,
                   "ExecStart", "not started here");
        assert_bad("a.service", "[Service]\nType=forked\nExecStart=/x\n", 2, "Type",
                   "'forked' is not one of");
        assert_bad("a.service", "[Service]\nExecStart=/x\nSockets=a.service\n", 3, "Sockets",
                   "'a.service' is not the name of a .socket unit");
        assert_bad("a.service", "[Service]\nExecStart=/x\n[Unit]\nAfter=b\nAfter=c.service\n", 4,
                   "After", "'b' is not a unit name");
        assert_bad("a.service", "[Service]\nExecStart=/x\nMemfds=b@.memfd\n", 3, "Memfds",
                   "template");
        settings_unref(load_good("a.service", "[Service]\nType=external\nPIDFile=/p\n"));
}

/* A reset must not reach into the field that lies next to it. */
static void test_reset(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                load_good("a.service", "[Service]\nExecStart=/x\nRestart=always\n"
                                       "WorkingDirectory=-/w\nWorkingDirectory=\n"
                                       "Environment=A=1\nEnvironment=\nKillSignal=HUP\n"
                                       "KillSignal=\nTimeoutSec=1\nTimeoutSec=\n");
        _cleanup_(settings_unref_cleanup) UnitSettings *plain =
                load_good("a.service", "[Service]\nRestart=always\nExecStart=/x\n");

        g_assert_true(settings_equal(settings, plain));
        g_assert_cmpint(SERVICE_SETTINGS(settings)->restart, ==, RESTART_ALWAYS);
}

/* A folder of our own. */
static char *make_folder(void) {
        char *folder = g_dir_make_tmp("bellhop-units-XXXXXX", NULL);

        g_assert_nonnull(folder);
        return folder;
}

static void put_file(const char *folder, const char *name, const char *text) {
        g_autofree char *file = g_build_filename(folder, name, NULL);

        g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

static void remove_folder(const char *folder) {
        GDir *dir = g_dir_open(folder, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *file = g_build_filename(folder, name, NULL);

                g_remove(file);
        }
        g_dir_close(dir);
        g_rmdir(folder);
}

static int load_from(const UnitPath *path, const char *name, const char *message) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings = NULL;
        int r = unit_load(path, name, diagnostics, &settings);

        settings_unref(settings);
        if (message)
                g_assert_nonnull(find_diagnostic(diagnostics, 0, NULL, message));
        return r;
}

static void test_path(void) {
        g_autofree char *first = make_folder(), *second = make_folder();
        g_autofree char *both = g_strconcat(first, ":", second, ":", first, "/", NULL);
        g_autofree char *mask = g_build_filename(first, "masked.service", NULL);
        _cleanup_(unit_path_free_cleanup) UnitPath *path = unit_path_new(false, both);
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
        g_auto(GStrv) names = NULL;
        g_autofree char *joined = NULL;

        put_file(first, "a.service", "[Service]\nExecStart=/first\n");
        put_file(second, "a.service", "[Service]\nExecStart=/second\n");
        put_file(second, "b@.service", "[Service]\nExecStart=/x %i\n");
        put_file(second, "b@own.service", "[Service]\nExecStart=/own\n");
        put_file(second, "masked.service", "[Service]\nExecStart=/x\n");
        put_file(second, "empty.service", "");
        put_file(second, "README", "");
        g_assert_cmpint(symlink("/dev/null", mask), ==, 0);

        g_assert_cmpuint(g_strv_length(path->folders), ==, 2);
        names = list_names(path, NULL);
        joined = g_strjoinv(" ", names);
        g_assert_cmpstr(joined, ==, "a.service b@own.service empty.service");
        g_assert_cmpint(unit_load(path, "a.service", NULL, &settings), ==, 0);
        g_assert_cmpstr(exec_start_first(SERVICE_SETTINGS(settings))->path, ==, "/first");
        g_assert_true(g_str_has_prefix(settings->path, first));
        settings = settings_unref(settings);
        g_assert_cmpint(unit_load(path, "b@7.service", NULL, &settings), ==, 0);
        g_assert_cmpstr(exec_start_first(SERVICE_SETTINGS(settings))->argv[1], ==, "7");
        g_assert_cmpstr(settings->name, ==, "b@7.service");
        settings = settings_unref(settings);
        g_assert_cmpint(unit_load(path, "b@own.service", NULL, &settings), ==, 0);
        g_assert_cmpstr(exec_start_first(SERVICE_SETTINGS(settings))->path, ==, "/own");

        g_assert_cmpint(load_from(path, "masked.service", "masked"), ==, -ENOENT);
        g_assert_cmpint(load_from(path, "empty.service", "masked"), ==, -ENOENT);
        g_assert_cmpint(load_from(path, "none.service", NULL), ==, -ENOENT);
        g_assert_cmpint(load_from(path, "../a.service", NULL), ==, -EINVAL);
        g_assert_cmpint(load_from(path, "README", NULL), ==, -EINVAL);
        remove_folder(first);
        remove_folder(second);
}

static void test_default_path(void) {
        _cleanup_(unit_path_free_cleanup) UnitPath *user = NULL;
        _cleanup_(unit_path_free_cleanup) UnitPath *system = unit_path_new(false, NULL);

        g_setenv("XDG_RUNTIME_DIR", "/run/user/7", TRUE);
        user = unit_path_new(true, NULL);
        g_assert_true(g_strv_contains((const char *const *)system->folders, "/run/bellhop/units"));
        g_assert_true(
                g_strv_contains((const char *const *)system->folders, "/usr/lib/bellhop/units"));
        g_assert_true(
                g_strv_contains((const char *const *)user->folders, "/run/user/7/bellhop/units"));
        g_assert_false(g_strv_contains((const char *const *)user->folders, "/run/bellhop/units"));
        g_assert_true(user->user_mode);
}

/* A file of 1 MiB of nonsense is answered at once and with a few lines. Time is the processor's:
 * what others do meanwhile doesn't count. */
static void test_garbage(void) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autoptr(GString) text = g_string_new("[Service]\n");
        UnitSettings *settings = NULL;
        clock_t start = clock();

        while (text->len < UNIT_FILE_SIZE_MAX - 100)
                g_string_append(text, "ExecStrat=x\nType=y\nSockets=a.socket\n");
        g_assert_cmpint(load_text("a.service", text->str, diagnostics, &settings), ==, -EBADMSG);
        g_assert_cmpuint(diagnostics->list->len, <=, 2 * (DIAGNOSTICS_PER_FILE_MAX + 1));
        g_assert_cmpuint(diagnostics->errors, >, 20000);
        g_assert_cmpint(clock() - start, <, 5 * CLOCKS_PER_SEC);
}

/* 16000 lines: as fast as they are read, duplicates included. */
static void test_many_listens(void) {
        g_autoptr(GString) text = g_string_new("[Socket]\n");
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
        clock_t start;

        for (int i = 0; i < 16000; i++)
                g_string_append_printf(text, "ListenStream=/run/many/%d\n", i);
        start = clock();
        settings = load_good("a.socket", text->str);
        g_assert_cmpuint(SOCKET_SETTINGS(settings)->listens->len, ==, 16000);
        g_assert_cmpint(clock() - start, <, 5 * CLOCKS_PER_SEC);
        g_string_append(text, "ListenStream=/run/many/7\n");
        assert_bad("a.socket", text->str, 16002, "ListenStream", "line 9");
}

/* What thousands of units cost in this layer: a socket and its service at most 1.5 KiB. */
static void test_memory(void) {
        enum { PAIRS = 500 };
        UnitSettings *settings[2 * PAIRS];
        size_t before = mallinfo2().uordblks, used;

        for (int i = 0; i < 2 * PAIRS; i += 2) {
                g_autofree char *socket = g_strdup_printf("[Unit]\nDescription=Number %d\n"
                                                          "[Socket]\nListenStream=/run/memory/%d\n",
                                                          i, i);
                g_autofree char *service =
                        g_strdup_printf("[Unit]\nDescription=Number %d\n"
                                        "[Service]\nExecStart=/usr/bin/memory --number %d\n",
                                        i, i);

                settings[i] = load_good("memory.socket", socket);
                settings[i + 1] = load_good("memory.service", service);
        }
        used = mallinfo2().uordblks - before;
        for (int i = 0; i < 2 * PAIRS; i++)
                settings_unref(settings[i]);
        if (used == 0) {
                g_test_skip("this allocator doesn't say what it has given out");
                return;
        }
        g_test_message("%zu bytes a pair", used / PAIRS);
        g_assert_cmpuint(used / PAIRS, <, 1536);
}

static void test_references(void) {
        UnitSettings *settings = load_good("a.target", "[Unit]\nDescription=x\n");

        g_assert_true(settings_ref(settings) == settings);
        g_assert_null(settings_unref(settings));
        g_assert_cmpstr(settings->description, ==, "x");
        g_assert_null(settings_unref(settings));
        g_assert_null(settings_unref(NULL));
}

static void test_diagnostics(void) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autofree char *first = NULL, *second = NULL;

        diagnostics_add(NULL, DIAGNOSTIC_ERROR, "f", 1, NULL, "dropped");
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, "f", 3, "Key", "bad\n'%d'\x1b[2J", 7);
        diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, "f", 0, NULL, "whole");
        first = diagnostic_to_string(diagnostics->list->pdata[0]);
        second = diagnostic_to_string(diagnostics->list->pdata[1]);
        g_assert_cmpstr(first, ==, "f:3: error: Key: bad?'7'?[2J");
        g_assert_cmpstr(second, ==, "f:1: warning: whole");
        g_assert_cmpuint(diagnostics->errors, ==, 1);
        g_assert_cmpstr(diagnostic_level_to_string(DIAGNOSTIC_WARNING), ==, "warning");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/unit-load/unknown", test_unknown);
        g_test_add_func("/unit-load/real-file", test_real_file);
        g_test_add_func("/unit-load/listen-names", test_listen_names);
        g_test_add_func("/unit-load/listen-unnamed", test_listen_unnamed);
        g_test_add_func("/unit-load/duplicate-listens", test_duplicate_listens);
        g_test_add_func("/unit-load/socket", test_socket);
        g_test_add_func("/unit-load/accept-keys", test_accept_keys);
        g_test_add_func("/unit-load/socket-service", test_socket_service);
        g_test_add_func("/unit-load/memfd", test_memfd);
        g_test_add_func("/unit-load/service", test_service);
        g_test_add_func("/unit-load/bad-service", test_bad_service);
        g_test_add_func("/unit-load/reset", test_reset);
        g_test_add_func("/unit-load/path", test_path);
        g_test_add_func("/unit-load/default-path", test_default_path);
        g_test_add_func("/unit-load/garbage", test_garbage);
        g_test_add_func("/unit-load/many-listens", test_many_listens);
        g_test_add_func("/unit-load/memory", test_memory);
        g_test_add_func("/unit-load/references", test_references);
        g_test_add_func("/unit-load/diagnostics", test_diagnostics);
        return g_test_run();
}
