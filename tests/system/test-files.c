/* SPDX-License-Identifier: MIT */
/* bellhopctl on unit files, without a manager: verify, show --file, cat, directives. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

/* Files, "NAME\nTEXT" each, and what verify must say of them, in order; nothing: silence. */
typedef struct VerifyCase {
        const char *name;
        const char *files[5][2]; /* name, text; @dir@ as everywhere */
        int status;
        const char *expected[4];
} VerifyCase;

#define SERVICE "[Service]\nExecStart=/bin/true\n"

static const VerifyCase verify_cases[] = {
        { "good",
          { { "a.socket", "[Socket]\nListenStream=/run/a\n" }, { "a.service", SERVICE } },
          0,
          { NULL } },
        { "misspelt",
          { { "a.service", SERVICE "ExecStrat=/bin/true\n" } },
          0,
          { "a.service:3: warning: ExecStrat: unknown key in [Service]; did you mean "
            "ExecStart=?" } },
        { "no-service",
          { { "a.socket", "[Socket]\nListenStream=/run/a\n" } },
          1,
          { "a.socket:1: error: there is no a.service to be started" } },
        { "no-named-service",
          { { "a.socket", "[Socket]\nListenStream=/run/a\nService=b.service\n" } },
          1,
          { "a.socket:3: error: Service: there is no b.service to be started" } },
        { "no-template",
          { { "a.socket", "[Socket]\nListenStream=/run/a\nAccept=yes\n" },
            { "a.service", SERVICE } },
          1,
          { "there is no a@.service to be started for each connection" } },
        { "address-twice",
          { { "a.socket", "[Socket]\nListenStream=/run/a\nService=a.service\n" },
            { "b.socket",
              "[Socket]\nListenStream=/run/b\nListenStream=/run/a\nService=a.service\n" },
            { "a.service", SERVICE } },
          1,
          { "a.socket:2: error: /run/a is listened on by b.socket as well",
            "b.socket:3: error: /run/a is listened on by a.socket as well" } },
        { "shared-port",
          { { "a.socket", "[Socket]\nListenStream=8080\nReusePort=yes\nService=a.service\n" },
            { "b.socket", "[Socket]\nListenStream=8080\nReusePort=yes\nService=a.service\n" },
            { "a.service", SERVICE } },
          0,
          { NULL } },
        { "overlap-in-unit",
          { { "a.socket",
              "[Socket]\nListenStream=80\nListenStream=0.0.0.0:80\nListenStream=127.0.0.1:81\n"
              "ListenStream=[::1]:80\nBindIPv6Only=both\n" },
            { "a.service", SERVICE } },
          1,
          { "a.socket:3: error: 0.0.0.0:80 overlaps [::]:80 of line 2, only one of them can be "
            "bound; see BindIPv6Only=",
            "a.socket:5: error: [::1]:80 overlaps [::]:80 of line 2, only one of them can be "
            "bound\n" } },
        { "overlap-of-units",
          { { "a.socket", "[Socket]\nListenStream=0.0.0.0:80\nService=a.service\n" },
            { "b.socket", "[Socket]\nListenStream=127.0.0.2:80\nListenStream=[::]:80\n"
                          "BindIPv6Only=ipv6-only\nService=a.service\n" },
            { "a.service", SERVICE } },
          1,
          { "a.socket:2: error: 0.0.0.0:80 overlaps 127.0.0.2:80 of b.socket",
            "b.socket:2: error: 127.0.0.2:80 overlaps 0.0.0.0:80 of a.socket" } },
        { "path-of-two-types",
          { { "a.socket", "[Socket]\nListenStream=/run/a\nService=a.service\n" },
            { "b.socket", "[Socket]\nListenFIFO=/run/a\nService=a.service\n" },
            { "a.service", SERVICE } },
          1,
          { "a.socket:2: error: /run/a is listened on by b.socket as well",
            "b.socket:2: error: /run/a is listened on by a.socket as well" } },
        { "no-overlap",
          { { "a.socket",
              "[Socket]\nListenStream=[::]:80\nListenDatagram=80\nListenDatagram=127.0.0.1:80\n"
              "ListenStream=@x\nBindIPv6Only=ipv6-only\nService=a.service\n" },
            { "b.socket", "[Socket]\nListenStream=0.0.0.0:80\nListenSequentialPacket=@x\n"
                          "Service=a.service\n" },
            { "c.socket", "[Socket]\nListenStream=81\nBindToDevice=lo\nService=a.service\n" },
            { "d.socket", "[Socket]\nListenStream=81\nBindToDevice=eth0\nService=a.service\n" },
            { "a.service", SERVICE } },
          0,
          { NULL } },
        { "shared-ports",
          { { "a.socket", "[Socket]\nListenStream=80\nListenStream=80\nListenStream=0.0.0.0:80\n"
                          "ReusePort=yes\nService=a.service\n" },
            { "b.socket", "[Socket]\nListenStream=[::1]:80\nReusePort=yes\nService=a.service\n" },
            { "a.service", SERVICE } },
          0,
          { NULL } },
        { "name-twice",
          { { "a.socket", "[Socket]\nListenStream=/run/a\nFileDescriptorName=x\n" },
            { "b.memfd", "[Memfd]\nContent=1\nFileDescriptorName=x\nService=a.service\n" },
            { "a.service", SERVICE } },
          0,
          { "b.memfd:3: warning: FileDescriptorName: a.socket gives a.service a descriptor named "
            "'x' as well" } },
        { "cycle",
          { { "a.service", "[Unit]\nAfter=b.service\n" SERVICE },
            { "b.service", "[Unit]\nAfter=c.service\n" SERVICE },
            { "c.service", "[Unit]\nAfter=a.service\n" SERVICE } },
          1,
          { "a.service:2: error: After: the order goes in a circle: a.service after b.service "
            "after c.service after a.service" } },
        { "cycle-both-ways",
          { { "a.service", "[Unit]\nBefore=c.service\n" SERVICE },
            { "b.service", "[Unit]\nBefore=a.service\nAfter=c.service\n" SERVICE },
            { "c.service", SERVICE } },
          1,
          { "a.service after b.service after c.service after a.service" } },
        { "cycle-of-provider",
          { { "a.socket", "[Unit]\nAfter=a.service\n[Socket]\nListenStream=/run/a\n" },
            { "a.service", SERVICE } },
          1,
          { "a.socket:2: error: After: the order goes in a circle: a.socket after a.service "
            "after a.socket" } },
        { "endless",
          { { "a@.service", "[Unit]\nAfter=a@x%i.service a@y%i.service\n" SERVICE } },
          0,
          { NULL } },
        { "systemds",
          { { "a.service",
              "[Unit]\nRequires=network.target sysinit.target system.slice -.mount\n"
              "Wants=multi-user.target network-online.target foo.mount\n"
              "After=network.target systemd-tmpfiles-setup.service tmp.mount dbus.socket\n"
              "Before=shutdown.target\nConflicts=shutdown.target nobodys.service\n" SERVICE } },
          0,
          { NULL } },
        { "not-systemds",
          { { "a.service",
              "[Unit]\nAfter=netwrok.target\nBindsTo=foo.mount\nOnFailure=mail@%n.service\n"
              "Requisite=b.service\n" SERVICE } },
          1,
          { "a.service:3: warning: BindsTo: there is no unit foo.mount: bellhop has none of this "
            "type; this unit can't start",
            "a.service:5: error: Requisite: there is no unit b.service",
            "a.service:4: warning: OnFailure: there is no unit mail@a.service.service",
            "a.service:2: warning: After: there is no unit netwrok.target" } },
        { "instance-of-nothing",
          { { "a.service", SERVICE "[Install]\nDefaultInstance=1\n" },
            { "b@.service", SERVICE "[Install]\nDefaultInstance=1\n" } },
          0,
          { "a.service:4: warning: DefaultInstance: has no effect: only a template has "
            "instances\n" } },
        { "cycle-by-before",
          { { "a.service", "[Unit]\nDescription=x\nBefore=b.service\n" SERVICE },
            { "b.service", "[Unit]\nBefore=a.service\n" SERVICE } },
          1,
          { "b.service:2: error: Before: the order goes in a circle: a.service after b.service "
            "after a.service" } },
        { "the-very-word",
          { { "a.service", "[Unit]\nAfter=b.service\nAfter=web-b.service %p-b.service\n" SERVICE },
            { "web-b.service", SERVICE },
            { "a-b.service", SERVICE } },
          0,
          { "a.service:2: warning: After: there is no unit b.service" } },
        { "old-names",
          { { "a.service", "[Unit]\nRequiresOverridable=b.service\nBindTo=c.service\n" SERVICE } },
          1,
          { "a.service:2: error: RequiresOverridable: there is no unit b.service",
            "a.service:3: error: BindTo: there is no unit c.service" } },
        { "after-nothing",
          { { "a.service", "[Unit]\nAfter=b.service\n" SERVICE } },
          0,
          { "a.service:2: warning: After: there is no unit b.service; the order has no effect" } },
        { "requires-nothing",
          { { "a.service", "[Unit]\nRequires=b.service\n" SERVICE } },
          1,
          { "a.service:2: error: Requires: there is no unit b.service" } },
        { "no-source",
          { { "a.memfd", "[Memfd]\nSource=@dir@/none\n" }, { "a.service", SERVICE } },
          1,
          { "a.memfd:2: error: Source: ", "/none can't be read: No such file or directory" } },
        { "odd-sources",
          { { "a.memfd", "[Memfd]\nSource=/etc\n" },
            { "b.memfd", "[Memfd]\nSource=/dev/null\nService=a.service\n" },
            { "c.memfd", "[Memfd]\nSource=/bin/sh\nMaxSize=4\nService=a.service\n" },
            { "a.service", SERVICE } },
          1,
          { "a.memfd:2: error: Source: /etc can't be read: Is a directory",
            "b.memfd:2: error: Source: /dev/null can't be read: it is no regular file",
            "c.memfd:2: error: Source: /bin/sh can't be read: it is larger than MaxSize=" } },
        { "folder-as-program",
          { { "a.service", "[Service]\nExecStart=/etc\nExecStop=/dev/null\n" } },
          1,
          { "a.service:2: error: ExecStart: /etc can't be run: Is a directory",
            "a.service:3: error: ExecStop: /dev/null can't be run: Permission denied" } },
        { "udp-overlap",
          { { "a.socket", "[Socket]\nListenDatagram=127.0.0.1:80\nService=a.service\n" },
            { "b.socket", "[Socket]\nListenDatagram=0.0.0.0:80\nService=a.service\n" },
            { "a.service", SERVICE } },
          1,
          { "a.socket:2: error: 127.0.0.1:80 overlaps 0.0.0.0:80 of b.socket",
            "b.socket:2: error: 0.0.0.0:80 overlaps 127.0.0.1:80 of a.socket" } },
        { "no-overlap-together",
          { { "a.socket", "[Unit]\nConflicts=b.socket\n[Socket]\nListenStream=80\n" },
            { "b.socket", "[Socket]\nListenStream=80\nService=a.service\n" },
            { "a.service", SERVICE } },
          0,
          { NULL } },
        { "install-path",
          { { "a.service", SERVICE "[Install]\nAlias=x.target.wants/a.service\n" } },
          0,
          { "a.service:4: warning: Alias: 'x.target.wants/a.service' is not a unit name; it is "
            "left out" } },
        { "no-program",
          { { "a.service", "[Service]\nExecStart=@dir@/none\n" } },
          1,
          { "a.service:2: error: ExecStart: ", "/none can't be run: No such file or directory" } },
        { "for-nobody",
          { { "a.memfd", "[Memfd]\nContent=1\nService=b.service\n" } },
          1,
          { "a.memfd:3: error: Service: there is no b.service to hand it to" } },
        { "misspelt",
          { { "a.service", "[Service]\nExecStrat=/bin/true\nExecStart=/bin/true\n" },
            { "b.target", "[Unti]\nAfter=a.service\n" } },
          0,
          { "a.service:2: warning: ExecStrat: unknown key in [Service]; did you mean ExecStart=?",
            "b.target:1: warning: unknown section [Unti]; did you mean [Unit]?" } },
        { "not-honoured",
          { { "a.service", SERVICE "PrivateTmp=yes\nProtectHome=no\nCPUAccounting=yes\n" } },
          0,
          { "a.service:3: warning: PrivateTmp: known to systemd, not honoured: the service runs "
            "without this protection\n" } },
        { "no-other-program",
          { { "a.service", SERVICE "ExecStartPre=@dir@/pre\nExecReload=-/none\n"
                                   "ExecStop=no-such-program-anywhere\n" },
            { "a.socket", "[Socket]\nListenStream=/run/a\nExecStopPre=@dir@/pre\n" } },
          1,
          { "a.service:3: error: ExecStartPre: ", "/pre can't be run: No such file or directory",
            "a.service:5: error: ExecStop: no-such-program-anywhere can't be run",
            "a.socket:3: error: ExecStopPre: " } },
        { "program-elsewhere",
          { { "a.service", "[Service]\nExecSearchPath=/etc:/usr/bin\nExecStart=env\n" },
            { "b.service", "[Service]\nRootDirectory=/usr\nExecStart=/bin/env\n" },
            { "c.service",
              "[Service]\nExecSearchPath=/bin\nRootDirectory=/usr\nExecStart=env\n" } },
          0,
          { NULL } },
        { "program-not-below",
          { { "a.service", "[Service]\nExecSearchPath=/etc\nExecStart=env\n" },
            { "b.service", "[Service]\nRootDirectory=/etc\nExecStart=/bin/env\n" } },
          1,
          { "a.service:3: error: ExecStart: env can't be run: No such file or directory",
            "b.service:3: error: ExecStart: /etc/bin/env can't be run: No such file" } },
        { "listen-fds",
          { { "a.service", "[Service]\nExecStart=/bin/true -H fd://\n" },
            { "b.service", "[Service]\nExecStart=/bin/true --host=fd://x\n" },
            { "c.service", SERVICE "Environment=A=1 LISTEN_FDS=1\n" },
            { "d.service", "[Service]\nExecStart=/bin/true /fd:// a=fd://\n" } },
          0,
          { "a.service:2: warning: ExecStart: this expects its sockets as LISTEN_FDS says",
            "b.service:2: warning: ExecStart: this expects",
            "c.service:3: warning: Environment: this expects" } },
        { "wrong-alias",
          { { "a.service", SERVICE "[Install]\nAlias=b.socket\nAlias=c.service d@.service\n" },
            { "e@.service", SERVICE "[Install]\nAlias=f@.service f.service f@1.service\n" } },
          1,
          { "a.service:4: error: Alias: b.socket can't be another name of a.service",
            "a.service:5: error: Alias: d@.service can't be another name of a.service",
            "e@.service:4: error: Alias: f.service can't be another name of e@.service" } },
        { "optional-program", { { "a.service", "[Service]\nExecStart=-/none\n" } }, 0, { NULL } },
};

/* Writes a case's files, and has them verified in their order. Returns: the exit status. */
static int verify_files(const Fixture *fixture, const VerifyCase *verify, char **ret_output) {
        g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

        g_ptr_array_add(argv, g_strdup("bellhopctl"));
        g_ptr_array_add(argv, g_strdup("verify"));
        for (size_t i = 0; i < ARRAY_SIZE(verify->files) && verify->files[i][0]; i++) {
                unit_write(fixture, verify->files[i][0], "%s", verify->files[i][1]);
                g_ptr_array_add(argv, g_build_filename(fixture->units, verify->files[i][0], NULL));
        }
        g_ptr_array_add(argv, NULL);
        return run_argv(fixture, ret_output, (const char *const *)argv->pdata);
}

static void verify_check(const Fixture *fixture, const VerifyCase *verify) {
        g_autofree char *output = NULL;
        int status = verify_files(fixture, verify, &output);
        const char *from = output;

        for (size_t i = 0; i < ARRAY_SIZE(verify->expected) && verify->expected[i]; i++) {
                from = strstr(from, verify->expected[i]);
                if (!from)
                        g_error("%s: no \"%s\" in:\n%s", verify->name, verify->expected[i], output);
        }
        if (!verify->expected[0])
                g_assert_cmpstr(output, ==, "");
        if (status != verify->status)
                g_error("%s: exit status %d, output:\n%s", verify->name, status, output);
}

static void test_verify(void) {
        _fixture_ Fixture *fixture = fixture_new();

        for (size_t i = 0; i < ARRAY_SIZE(verify_cases); i++) {
                const VerifyCase *verify = &verify_cases[i];
                verify_check(fixture, verify);
                for (size_t j = 0; j < ARRAY_SIZE(verify->files) && verify->files[j][0]; j++)
                        unit_remove(fixture, verify->files[j][0]);
        }
}

static void test_verify_unreadable(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL;

        g_assert_cmpint(ctl(fixture, &output, "verify", "/nonexistent/a.service", NULL), ==, 2);
        g_assert_nonnull(strstr(output, "/nonexistent/a.service: No such file or directory"));
        g_clear_pointer(&output, g_free);
        g_assert_cmpint(ctl(fixture, &output, "verify", "/etc/passwd", NULL), ==, 2);
        g_assert_nonnull(strstr(output, "/etc/passwd: the name isn't"));
}

static char *units_option(const Fixture *fixture) {
        return g_strdup_printf("--unit-path=%s", fixture->units);
}

/* What can't be read by bellhop at all is said to be so; it is no mistake of the file. */
static void test_verify_foreign(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *path = NULL, *none = NULL;

        unit_write(fixture, "a.timer", "[Timer]\nOnBootSec=1h\n");
        path = g_build_filename(fixture->units, "a.timer", NULL);
        g_assert_cmpint(ctl(fixture, &output, "verify", path, NULL), ==, 0);
        g_assert_nonnull(strstr(output, "a.timer:1: warning: bellhop has no timer units: nothing "
                                        "comes of this file\n"));
        g_assert_cmpint(ctl(fixture, &none, "verify", "/nonexistent/a.timer", NULL), ==, 2);
}

/* An instance is its template beside it; a name alone is looked for in the search path. */
static void test_verify_instance(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *option = units_option(fixture), *beside = NULL;
        g_autofree char *by_name = NULL, *plain = NULL, *none = NULL, *other = NULL;

        unit_write(fixture, "web@.service", SERVICE "[Unit]\nAfter=%%i.service\n");
        unit_write(fixture, "plain.service", SERVICE);
        beside = g_build_filename(fixture->units, "web@1.service", NULL);
        g_assert_cmpint(ctl(fixture, &output, "verify", beside, NULL), ==, 0);
        g_assert_nonnull(strstr(output, "web@.service:4: warning: After: there is no unit "
                                        "1.service"));
        g_assert_cmpint(ctl(fixture, &by_name, option, "verify", "web@2.service", NULL), ==, 0);
        g_assert_nonnull(strstr(by_name, "there is no unit 2.service"));
        g_assert_cmpint(ctl(fixture, &plain, option, "verify", "plain.service", NULL), ==, 0);
        g_assert_cmpstr(plain, ==, "");
        g_assert_cmpint(ctl(fixture, &none, option, "verify", "no@1.service", NULL), ==, 2);
        g_assert_nonnull(strstr(none, "no@1.service: No such file or directory, nor such a unit in "
                                      "the search path"));
        /* A path says where: what lies elsewhere isn't meant. */
        g_assert_cmpint(ctl(fixture, &other, option, "verify", "/nonexistent/web@1.service", NULL),
                        ==, 2);
}

/* A ':' parts the folders of --unit-path, and is a character of a folder's name like any other. */
static void test_verify_colon(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *folder = g_build_filename(fixture->units, "a:b", NULL);
        g_autofree char *path = g_build_filename(folder, "x.service", NULL);
        g_autofree char *output = NULL, *shown = NULL;

        g_assert_cmpint(mkdir(folder, 0755), ==, 0);
        unit_write(fixture, "a:b/x.service", "[Service]\nExecStart=/bin/true\nType=nonsense\n");
        g_assert_cmpint(ctl(fixture, &output, "verify", path, NULL), ==, 1);
        g_assert_nonnull(strstr(output, "/a:b/x.service:3: error: Type: "));
        g_assert_cmpint(ctl(fixture, &shown, "show", "--file", path, NULL), ==, 1);
        g_assert_nonnull(strstr(shown, "/a:b/x.service:3: error: Type: "));
}

/* A link that leads to a unit of another type makes no unit; that is said as well. */
static void test_verify_not_loaded(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = g_build_filename(fixture->units, "x.service", NULL), *output = NULL;

        unit_write(fixture, "y.target", "[Unit]\n");
        g_assert_cmpint(symlink("y.target", path), ==, 0);
        g_assert_cmpint(ctl(fixture, &output, "verify", path, NULL), ==, 1);
        g_assert_nonnull(strstr(output, "/x.service:1: error: it can't be loaded: "));
}

/* As find(1) names them: a unit, a link that pulls it in, and another name of it. */
static void test_verify_links(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *folder = g_build_filename(fixture->units, "s.target.wants", NULL);
        g_autofree char *path = g_build_filename(fixture->units, "b.socket", NULL);
        g_autofree char *link = g_build_filename(folder, "b.socket", NULL);
        g_autofree char *alias = g_build_filename(fixture->units, "c.socket", NULL);
        g_autofree char *output = NULL, *warned = NULL;

        unit_write(fixture, "b.socket", "[Socket]\nListenStream=8080\n");
        unit_write(fixture, "b.service", SERVICE);
        g_assert_cmpint(mkdir(folder, 0755), ==, 0);
        g_assert_cmpint(symlink("../b.socket", link), ==, 0);
        g_assert_cmpint(symlink("b.socket", alias), ==, 0);
        g_assert_cmpint(ctl(fixture, &output, "verify", path, link, alias, NULL), ==, 0);
        g_assert_cmpstr(output, ==, "");
        /* What is wrong is said once. */
        unit_write(fixture, "b.socket", "[Socket]\nListenStream=8080\nNonsense=1\n");
        g_assert_cmpint(ctl(fixture, &warned, "verify", link, path, alias, NULL), ==, 0);
        g_assert_nonnull(strstr(warned, "b.socket:3: warning: Nonsense: "));
        g_assert_cmpstr(strchr(warned, '\n'), ==, "\n");
}

static void test_verify_json(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *path = NULL;

        unit_write(fixture, "a.service", SERVICE "Nonsense=1\n");
        path = g_build_filename(fixture->units, "a.service", NULL);
        g_assert_cmpint(ctl(fixture, &output, "--json=short", "verify", path, NULL), ==, 0);
        g_assert_true(g_str_has_prefix(output, "[{\"file\":\""));
        g_assert_nonnull(strstr(output, "\"key\":\"Nonsense\",\"level\":\"warning\",\"line\":3,"));
}

static void test_show_file(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *json = NULL, *path = NULL;

        unit_write(fixture, "a.socket",
                   "[Socket]\nListenStream=8080\nFileDescriptorName=http\nTimeoutSec=2min\n");
        path = g_build_filename(fixture->units, "a.socket", NULL);
        g_assert_cmpint(ctl(fixture, &output, "show", "--file", path, NULL), ==, 0);
        g_assert_nonnull(strstr(output, "\nSocketMode=0666\n"));
        g_assert_nonnull(strstr(output, "\nBacklog="));
        g_assert_cmpint(ctl(fixture, &json, "--json=short", "show", "--file", path, NULL), ==, 0);
        g_assert_nonnull(
                strstr(json, "{\"type\":\"Stream\",\"address\":\"[::]:8080\",\"name\":\"http\"}"));
        g_assert_nonnull(strstr(json, "\"Id\":\"a.socket\""));
}

static void folder_make(const Fixture *fixture, const char *name) {
        g_autofree char *path = g_build_filename(fixture->units, name, NULL);

        g_assert_cmpint(g_mkdir_with_parents(path, 0755), ==, 0);
}

/* Its own file, then the drop-ins in the order in which they count. */
static void test_cat(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *none = NULL, *path = units_option(fixture), *all = NULL;

        unit_write(fixture, "a-b.service", SERVICE);
        g_assert_cmpint(ctl(fixture, &output, path, "cat", "a-b", NULL), ==, 0);
        g_assert_nonnull(strstr(output, "/a-b.service\n" SERVICE));
        g_assert_cmpint(ctl(fixture, &none, path, "cat", "b", NULL), ==, 4);
        g_assert_nonnull(strstr(none, "no file of b.service is in the search path"));
        folder_make(fixture, "a-b.service.d");
        folder_make(fixture, "a-.service.d");
        unit_write(fixture, "a-b.service.d/2.conf", "[Unit]\nDescription=2");
        unit_write(fixture, "a-.service.d/1.conf", "[Unit]\nDescription=1\n");
        unit_write(fixture, "a-.service.d/2.conf", "[Unit]\nDescription=hidden\n");
        g_assert_cmpint(ctl(fixture, &all, path, "cat", "a-b", NULL), ==, 0);
        g_clear_pointer(&output, g_free);
        output = g_strdup_printf("# %1$s/a-b.service\n" SERVICE "\n"
                                 "# %1$s/a-.service.d/1.conf\n[Unit]\nDescription=1\n\n"
                                 "# %1$s/a-b.service.d/2.conf\n[Unit]\nDescription=2\n",
                                 fixture->units);
        g_assert_cmpstr(all, ==, output);
}

/* What is no file isn't waited for, nor read without end. */
static void test_cat_odd_files(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = units_option(fixture), *output = NULL, *masked = NULL;
        g_autofree char *fifo = g_build_filename(fixture->units, "fifo.service", NULL);
        g_autofree char *zero = g_build_filename(fixture->units, "zero.service", NULL);
        g_autofree char *mask = g_build_filename(fixture->units, "mask.service", NULL);

        g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
        g_assert_cmpint(symlink("/dev/zero", zero), ==, 0);
        g_assert_cmpint(symlink("/dev/null", mask), ==, 0);
        g_assert_cmpint(ctl(fixture, &output, path, "cat", "fifo", "zero", NULL), ==, 1);
        g_assert_nonnull(strstr(output, "fifo.service:1: error: this is a FIFO"));
        g_assert_nonnull(strstr(output, "zero.service:1: error: this is a device"));
        g_assert_cmpint(ctl(fixture, &masked, path, "cat", "mask", NULL), ==, 0);
        g_assert_nonnull(strstr(masked, "mask.service:1: warning: the unit is masked"));
}

/* A file with what belongs to it; one that is named is the one that is read. */
static void test_show_file_drop_ins(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *own = NULL, *other = NULL, *link = NULL, *listed = NULL;

        unit_write(fixture, "a.service", SERVICE "[Unit]\nDescription=first\n");
        folder_make(fixture, "a.service.d");
        folder_make(fixture, "other");
        unit_write(fixture, "a.service.d/1.conf", "[Unit]\nDocumentation=man:a(1)\n");
        unit_write(fixture, "other/a.service", SERVICE "[Unit]\nDescription=second\n");
        own = g_build_filename(fixture->units, "a.service", NULL);
        other = g_build_filename(fixture->units, "other", "a.service", NULL);
        link = g_build_filename(fixture->units, "b.service", NULL);
        g_assert_cmpint(symlink("a.service", link), ==, 0);
        g_assert_cmpint(ctl(fixture, &output, "show", "--file", own, other, NULL), ==, 0);
        g_assert_nonnull(strstr(output, "\nDescription=first\n"));
        g_assert_nonnull(strstr(output, "\nDescription=second\n"));
        g_assert_nonnull(strstr(output, "\nDocumentation=man:a(1)\n"));
        listed = g_strdup_printf("\nDropInPaths=%s/a.service.d/1.conf\n", fixture->units);
        g_assert_nonnull(strstr(output, listed));
        g_clear_pointer(&output, g_free);
        g_assert_cmpint(ctl(fixture, &output, "show", "--file", link, NULL), ==, 0);
        g_assert_nonnull(strstr(output, "\nId=a.service\n"));
        g_assert_nonnull(strstr(output, "\nNames=a.service b.service\n"));
}

static void test_directives(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *json = NULL, *all = NULL;

        g_assert_cmpint(ctl(fixture, &all, "directives", NULL), ==, 0);
        g_assert_null(strstr(all, "CRITICAL"));
        g_assert_nonnull(strstr(all, "Description"));
        g_assert_nonnull(strstr(all, "TimeoutStartSec"));
        g_assert_cmpint(ctl(fixture, &output, "directives", "ListenStream", NULL), ==, 0);
        g_assert_nonnull(strstr(output, "Socket"));
        g_assert_nonnull(strstr(output, "honoured"));
        g_assert_nonnull(strstr(output, "1 directive listed"));
        g_assert_cmpint(ctl(fixture, &json, "--json=short", "directives", "RestartSec", NULL), ==,
                        0);
        /* As a file says it: a plain number would be seconds. */
        g_assert_cmpstr(json, ==,
                        "[{\"default\":\"100ms\",\"key\":\"RestartSec\",\"property\":"
                        "\"RestartUSec\",\"section\":\"Service\",\"since\":\"0.1\","
                        "\"status\":\"honoured\",\"type\":\"time span\",\"unit\":\"service\"}]\n");
        g_clear_pointer(&output, g_free);
        g_assert_cmpint(ctl(fixture, &output, "--no-legend", "directives", "ClaimTimeoutSec",
                            "Service", NULL),
                        ==, 0);
        g_assert_nonnull(strstr(output, " 30s "));
        g_assert_nonnull(strstr(output, " NAME.service "));
}

static char *directives_json(const Fixture *fixture, const char *key) {
        char *json = NULL;

        g_assert_cmpint(ctl(fixture, &json, "--json=short", "directives", key, NULL), ==, 0);
        return json;
}

/* Every row says since when, if only that it isn't yet, and no two are alike. */
static void test_directives_rows(void) {
        static const char *const types[] = { "service", "socket", "memfd", "target" };
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *none = directives_json(fixture, "JoinsNamespaceOf");
        g_autofree char *accepted = directives_json(fixture, "SourcePath");
        g_autofree char *limit = directives_json(fixture, "StartLimitBurst");
        g_autofree char *table = NULL;

        g_assert_nonnull(strstr(none, "\"since\":null,\"status\":\"not honoured\""));
        g_assert_nonnull(strstr(none, "\"unit\":\"any\""));
        g_assert_nonnull(strstr(accepted, "\"since\":\"0.2\",\"status\":\"accepted\""));
        for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
                g_autofree char *unit = g_strdup_printf("\"unit\":\"%s\"", types[i]);

                g_assert_nonnull(strstr(limit, unit));
        }
        g_assert_cmpint(ctl(fixture, &table, "directives", "JoinsNamespaceOf", NULL), ==, 0);
        g_assert_nonnull(strstr(table, "not honoured - "));
}

static const TestCase cases[] = {
        { "verify", test_verify, AS_BOTH, 0 },
        { "verify unreadable", test_verify_unreadable, AS_BOTH, 0 },
        { "verify foreign", test_verify_foreign, AS_BOTH, 0 },
        { "verify instance", test_verify_instance, AS_BOTH, 0 },
        { "verify colon", test_verify_colon, AS_BOTH, 0 },
        { "verify not loaded", test_verify_not_loaded, AS_BOTH, 0 },
        { "verify links", test_verify_links, AS_BOTH, 0 },
        { "verify json", test_verify_json, AS_BOTH, 0 },
        { "show files", test_show_file, AS_BOTH, 0 },
        { "cat", test_cat, AS_BOTH, 0 },
        { "cat odd files", test_cat_odd_files, AS_BOTH, 0 },
        { "show file with drop-ins", test_show_file_drop_ins, AS_BOTH, 0 },
        { "directives", test_directives, AS_BOTH, 0 },
        { "directives rows", test_directives_rows, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
